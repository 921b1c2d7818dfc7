//! What a ticket says of its holder and order, as it is sealed in a revision.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::order::{CustomValue, Holder, Order};

/// The values of one ticket revision. Sealed as JSON: the row must be readable by later versions.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketValues {
    /// Who comes.
    pub holder: Holder,
    /// Seat.
    pub seat: Option<String>,
    /// Block, gate or area.
    pub zone: Option<String>,
    /// The order that it belongs to.
    pub order_id: Option<String>,
    /// Language asked for.
    pub language: Option<String>,
    /// Price in the smallest unit, and its currency.
    pub price: Option<(i64, String)>,
    /// Further values.
    pub custom: BTreeMap<String, CustomValue>,
    /// Place among the tickets ordered together, and how many they are.
    pub position: (u32, u32),
    /// Whether what it said of a holder was erased, and nothing was said since.
    pub erased: bool,
}

impl TicketValues {
    /// What an order says, at the price that was settled.
    pub fn of(order: &Order, price: Option<(i64, String)>) -> Self {
        Self {
            holder: order.holder.clone(),
            seat: order.seat.clone(),
            zone: order.zone.clone(),
            order_id: order.order_id.clone(),
            language: order.language.clone(),
            price,
            custom: order.custom.clone(),
            position: order.position,
            erased: false,
        }
    }

    /// Takes away all that may be personal: the holder, and every further value, for nobody but the caller
    /// knows what those are. Seat, order, price and language stay: they say where to sit, not who sits there.
    pub fn erase(&mut self) {
        self.erased = self.erased || self.says_who();
        self.holder = Holder::default();
        self.custom.clear();
    }

    /// Whether there is anything to erase.
    pub fn says_who(&self) -> bool {
        self.holder != Holder::default() || !self.custom.is_empty()
    }

    /// The bytes that are sealed.
    ///
    /// # Errors
    /// Never for values that came from an [`Order`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&SealedForm::from(self))
    }

    /// Reads bytes that were sealed.
    ///
    /// # Errors
    /// When the row makes no sense.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice::<SealedForm>(bytes).map(Self::from)
    }
}

#[derive(Serialize, Deserialize)]
struct SealedForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seat: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<(i64, String)>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    custom: BTreeMap<String, SealedCustom>,
    position: (u32, u32),
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum SealedCustom {
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "i")]
    Integer(i64),
    #[serde(rename = "d")]
    Decimal(i64, u8),
    #[serde(rename = "b")]
    Boolean(bool),
}

impl From<&CustomValue> for SealedCustom {
    fn from(value: &CustomValue) -> Self {
        match value {
            CustomValue::Text(text) => Self::Text(text.clone()),
            CustomValue::Integer(value) => Self::Integer(*value),
            CustomValue::Decimal(unscaled, scale) => Self::Decimal(*unscaled, *scale),
            CustomValue::Boolean(value) => Self::Boolean(*value),
        }
    }
}

impl From<SealedCustom> for CustomValue {
    fn from(sealed: SealedCustom) -> Self {
        match sealed {
            SealedCustom::Text(text) => Self::Text(text),
            SealedCustom::Integer(value) => Self::Integer(value),
            SealedCustom::Decimal(unscaled, scale) => Self::Decimal(unscaled, scale),
            SealedCustom::Boolean(value) => Self::Boolean(value),
        }
    }
}

impl From<&TicketValues> for SealedForm {
    fn from(values: &TicketValues) -> Self {
        let custom = values
            .custom
            .iter()
            .map(|(name, value)| (name.clone(), value.into()));
        Self {
            name: values.holder.name.clone(),
            email: values.holder.email.clone(),
            phone: values.holder.phone.clone(),
            seat: values.seat.clone(),
            zone: values.zone.clone(),
            order: values.order_id.clone(),
            language: values.language.clone(),
            price: values.price.clone(),
            custom: custom.collect(),
            position: values.position,
            erased: values.erased,
        }
    }
}

impl From<SealedForm> for TicketValues {
    fn from(form: SealedForm) -> Self {
        let custom = form
            .custom
            .into_iter()
            .map(|(name, value)| (name, value.into()));
        Self {
            holder: Holder {
                name: form.name,
                email: form.email,
                phone: form.phone,
            },
            seat: form.seat,
            zone: form.zone,
            order_id: form.order,
            language: form.language,
            price: form.price,
            custom: custom.collect(),
            position: form.position,
            erased: form.erased,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_sealing() {
        let values = TicketValues {
            holder: Holder {
                name: Some("Zoë".to_owned()),
                email: None,
                phone: None,
            },
            seat: Some("12".to_owned()),
            zone: None,
            order_id: Some("A-1".to_owned()),
            language: None,
            price: Some((1250, "EUR".to_owned())),
            custom: BTreeMap::from([
                ("a".to_owned(), CustomValue::Decimal(-125, 2)),
                ("b".to_owned(), CustomValue::Boolean(true)),
            ]),
            position: (2, 3),
            erased: false,
        };
        let bytes = values.to_bytes().unwrap();
        assert_eq!(TicketValues::from_bytes(&bytes).unwrap(), values);

        let mut erased = values;
        erased.erase();
        let bytes = erased.to_bytes().unwrap();
        let left = String::from_utf8(bytes.clone()).unwrap();
        assert!(!left.contains("Zo") && !left.contains("custom"), "{left}");
        assert!(TicketValues::from_bytes(&bytes).unwrap().erased);
        assert_eq!(erased.seat.as_deref(), Some("12"));
    }
}
