//! An order as it is kept, sealed, until a job issues its ticket.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::names::NameError;
use super::order::{EventReference, Holder, Order, Price, TypeName};
use super::ticket_values::SealedCustom;
use crate::storage::CallerId;

/// An order in JSON, with short names: there may be millions. Its event exists: what describes an event was
/// made into one before.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct OrderForm {
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(rename = "t")]
    ticket_type: String,
    #[serde(rename = "m", default, skip_serializing_if = "Option::is_none")]
    price_minor: Option<i64>,
    #[serde(rename = "M", default, skip_serializing_if = "Option::is_none")]
    price_major: Option<f64>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    seat: Option<String>,
    #[serde(rename = "z", default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(rename = "c", default, skip_serializing_if = "BTreeMap::is_empty")]
    custom: BTreeMap<String, SealedCustom>,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    #[serde(rename = "x", default, skip_serializing_if = "Option::is_none")]
    position: Option<(u32, u32)>,
}

impl From<&Order> for OrderForm {
    fn from(order: &Order) -> Self {
        let (price_minor, price_major) = match order.price {
            None => (None, None),
            Some(Price::Minor(minor)) => (Some(minor), None),
            Some(Price::Major(major)) => (None, Some(major)),
        };
        Self {
            event: order.event.as_ref().map(|event| match event {
                EventReference::Caller(id) => id.as_str().to_owned(),
                EventReference::Uuid(uuid) => uuid.to_string(),
            }),
            id: order.caller_id.as_ref().map(|id| id.as_str().to_owned()),
            ticket_type: order.ticket_type.as_str().to_owned(),
            price_minor,
            price_major,
            name: order.holder.name.clone(),
            email: order.holder.email.clone(),
            phone: order.holder.phone.clone(),
            seat: order.seat.clone(),
            zone: order.zone.clone(),
            order: order.order_id.clone(),
            language: order.language.clone(),
            custom: order
                .custom
                .iter()
                .map(|(name, value)| (name.clone(), value.into()))
                .collect(),
            template: order.template.clone(),
            position: (order.position != (1, 1)).then_some(order.position),
        }
    }
}

impl OrderForm {
    /// The same at another place among those ordered together.
    #[must_use]
    pub fn at(self, index: u32, of: u32) -> Self {
        Self {
            position: Some((index, of)),
            ..self
        }
    }
}

/// A form that was sealed by another version, or altered, makes no order.
#[derive(Debug, thiserror::Error)]
#[error("a kept order makes no sense: {0}")]
pub struct FormError(String);

impl TryFrom<OrderForm> for Order {
    type Error = FormError;

    fn try_from(form: OrderForm) -> Result<Self, FormError> {
        let wrong = |error: &dyn std::fmt::Display| FormError(error.to_string());
        let event = form.event.as_deref().map(EventReference::parse);
        let caller_id = form.id.as_deref().map(CallerId::try_from);
        Ok(Self {
            event: event
                .transpose()
                .map_err(|error: NameError| wrong(&error))?,
            event_details: None,
            caller_id: caller_id.transpose().map_err(|error| wrong(&error))?,
            ticket_type: TypeName::new(&form.ticket_type).map_err(|error| wrong(&error))?,
            price: match (form.price_minor, form.price_major) {
                (Some(minor), _) => Some(Price::Minor(minor)),
                (None, Some(major)) => Some(Price::Major(major)),
                (None, None) => None,
            },
            holder: Holder {
                name: form.name,
                email: form.email,
                phone: form.phone,
            },
            seat: form.seat,
            zone: form.zone,
            order_id: form.order,
            language: form.language,
            custom: form
                .custom
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect(),
            template: form.template,
            position: form.position.unwrap_or((1, 1)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issue::CustomValue;

    #[test]
    fn an_order_survives_being_kept() {
        let order = Order {
            event: Some(EventReference::parse("gala").unwrap()),
            event_details: None,
            caller_id: Some(CallerId::try_from("a-1").unwrap()),
            ticket_type: TypeName::new("vip").unwrap(),
            price: Some(Price::Minor(1250)),
            holder: Holder {
                name: Some("Zoë".to_owned()),
                email: Some("zoe@example.org".to_owned()),
                phone: None,
            },
            seat: Some("12".to_owned()),
            zone: None,
            order_id: Some("o-1".to_owned()),
            language: Some("de".to_owned()),
            custom: BTreeMap::from([("table".to_owned(), CustomValue::Integer(7))]),
            template: Some("classic".to_owned()),
            position: (2, 3),
        };
        let kept = serde_json::to_string(&OrderForm::from(&order)).unwrap();
        let form: OrderForm = serde_json::from_str(&kept).unwrap();
        assert_eq!(Order::try_from(form).unwrap(), order);
    }
}
