//! Event details as storage keeps them, and back.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::details::{EventDetails, TicketTypeDetails};
use crate::storage::{DeclaredType, EventData, StorageError, Texts};

/// What the record keeps as free-form defaults.
#[derive(Default, Serialize, Deserialize)]
struct Defaults {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    template: Option<String>,
}

/// What the record keeps of a ticket type.
#[derive(Serialize, Deserialize)]
struct Rules {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
    entries: u16,
    group_size: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_from: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_until: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    gates: Vec<String>,
    #[serde(default)]
    re_entry: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    template: Option<String>,
}

impl From<EventDetails> for EventData {
    fn from(details: EventDetails) -> Self {
        let locale = details.locale.clone();
        let texts = |text: Option<String>| -> Texts {
            text.map(|text| BTreeMap::from([(locale.clone(), text)]))
                .unwrap_or_default()
        };
        let defaults = Defaults {
            address: details.address,
            template: details.template,
        };
        Self {
            names: texts(Some(details.title)),
            venue: texts(details.venue),
            description: texts(details.description),
            organizer_name: details.organizer_name,
            starts_at: details.starts,
            ends_at: details.ends,
            doors_at: details.doors,
            time_zone: details.time_zone,
            currency: details.currency,
            open: details.ticket_types.is_empty(),
            ticket_types: details
                .ticket_types
                .into_iter()
                .map(DeclaredType::from)
                .collect(),
            // Plain structs of plain fields always become JSON.
            defaults: serde_json::to_value(defaults).unwrap_or_default(),
            policy: serde_json::Value::Object(serde_json::Map::new()),
            locale: details.locale,
        }
    }
}

impl From<TicketTypeDetails> for DeclaredType {
    fn from(details: TicketTypeDetails) -> Self {
        let rules = Rules {
            price: details.price_minor,
            entries: details.entries,
            group_size: details.group_size,
            valid_from: details.valid_from,
            valid_until: details.valid_until,
            gates: details.gates,
            re_entry: details.re_entry,
            template: details.template,
        };
        Self {
            name: details.name,
            names: Texts::new(),
            rules: serde_json::to_value(rules).unwrap_or_default(),
        }
    }
}

/// Reads a record back.
///
/// # Errors
/// [`StorageError::Corrupt`] when the free-form columns make no sense.
pub fn details_of(data: &EventData, id: &str) -> Result<EventDetails, StorageError> {
    let corrupt = |column, error: serde_json::Error| StorageError::Corrupt {
        table: "event_revisions",
        column,
        id: id.to_owned(),
        reason: error.to_string(),
    };
    let defaults: Defaults = serde_json::from_value(data.defaults.clone())
        .map_err(|error| corrupt("defaults", error))?;
    let ticket_types = data
        .ticket_types
        .iter()
        .map(|declared| {
            let rules: Rules = serde_json::from_value(declared.rules.clone())
                .map_err(|error| corrupt("ticket_types", error))?;
            Ok(TicketTypeDetails {
                name: declared.name.clone(),
                price_minor: rules.price,
                entries: rules.entries,
                group_size: rules.group_size,
                valid_from: rules.valid_from,
                valid_until: rules.valid_until,
                gates: rules.gates,
                re_entry: rules.re_entry,
                template: rules.template,
            })
        })
        .collect::<Result<_, StorageError>>()?;
    Ok(EventDetails {
        title: in_language(&data.names, &data.locale).unwrap_or_default(),
        description: in_language(&data.description, &data.locale),
        venue: in_language(&data.venue, &data.locale),
        address: defaults.address,
        starts: data.starts_at,
        ends: data.ends_at,
        doors: data.doors_at,
        time_zone: data.time_zone.clone(),
        locale: data.locale.clone(),
        currency: data.currency.clone(),
        organizer_name: data.organizer_name.clone(),
        ticket_types,
        template: defaults.template,
    })
}

fn in_language(texts: &Texts, locale: &str) -> Option<String> {
    texts.get(locale).or_else(|| texts.values().next()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_survive_the_record() {
        let details = EventDetails {
            title: "Nuit blanche".to_owned(),
            venue: Some("Halle 3".to_owned()),
            address: Some("1 rue de la Paix\nParis".to_owned()),
            currency: Some("EUR".to_owned()),
            starts: Some(Timestamp::constant(1_800_000_000, 0)),
            template: Some("classic".to_owned()),
            ticket_types: vec![TicketTypeDetails {
                name: "VIP".to_owned(),
                price_minor: Some(9_900),
                entries: 2,
                group_size: 4,
                valid_from: None,
                valid_until: Some(Timestamp::constant(1_900_000_000, 0)),
                gates: vec!["north".to_owned()],
                re_entry: true,
                template: None,
            }],
            ..EventDetails::built_in()
        };
        let data = EventData::from(details.clone());
        assert!(!data.open);
        assert_eq!(details_of(&data, "1").unwrap(), details);
    }
}
