//! Rows of events and their revisions.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Place, row};
use crate::storage::{DeclaredType, Event, EventData, EventRevision, StorageError, Texts};

/// A query of [`EventRow`]s: which revision, and which events.
macro_rules! select_events {
    ($revision:literal, $events:literal) => {
        concat!(
            "SELECT e.number, e.organizer_id, e.caller_id, e.next_serial, e.bundle_sequence,
                    e.status_sequence, e.created_at_us AS event_created_at_us,
                    r.revision, r.names, r.venue, r.description, r.organizer_name,
                    r.starts_at_us, r.ends_at_us, r.doors_at_us, r.time_zone, r.locale, r.currency,
                    r.ticket_types, r.defaults, r.policy, r.open, r.created_at_us
             FROM events e
             JOIN event_revisions r ON r.event_number = e.number AND r.revision = ",
            $revision,
            " WHERE ",
            $events
        )
    };
}
pub(in crate::storage) use select_events;

row! {
    struct EventRow {
        number: i64,
        organizer_id: i64,
        caller_id: String,
        next_serial: i64,
        bundle_sequence: i64,
        status_sequence: i64,
        event_created_at_us: i64,
        revision: i64,
        names: String,
        venue: String,
        description: String,
        organizer_name: Option<String>,
        starts_at_us: Option<i64>,
        ends_at_us: Option<i64>,
        doors_at_us: Option<i64>,
        time_zone: String,
        locale: String,
        currency: Option<String>,
        ticket_types: String,
        defaults: String,
        policy: String,
        open: bool,
        created_at_us: i64,
    }
}

impl TryFrom<EventRow> for Event {
    type Error = StorageError;

    fn try_from(row: EventRow) -> Result<Self, StorageError> {
        let events = Place {
            table: "events",
            id: row.number,
        };
        let revisions = Place {
            table: "event_revisions",
            id: format_args!("{}/{}", row.number, row.revision),
        };
        let types: Vec<TypeJson> = revisions.json("ticket_types", &row.ticket_types)?;
        let data = EventData {
            names: revisions.json("names", &row.names)?,
            venue: revisions.json("venue", &row.venue)?,
            description: revisions.json("description", &row.description)?,
            organizer_name: row.organizer_name,
            starts_at: revisions.time_or_none("starts_at_us", row.starts_at_us)?,
            ends_at: revisions.time_or_none("ends_at_us", row.ends_at_us)?,
            doors_at: revisions.time_or_none("doors_at_us", row.doors_at_us)?,
            time_zone: row.time_zone,
            locale: row.locale,
            currency: row.currency,
            ticket_types: types.into_iter().map(Into::into).collect(),
            defaults: revisions.json("defaults", &row.defaults)?,
            policy: revisions.json("policy", &row.policy)?,
            open: row.open,
        };
        Ok(Self {
            number: events.event_number("number", row.number)?,
            organizer: events.organizer(row.organizer_id)?,
            id: events.caller_id(&row.caller_id)?,
            bundle_sequence: events.convert("bundle_sequence", row.bundle_sequence)?,
            status_sequence: events.convert("status_sequence", row.status_sequence)?,
            next_serial: events.convert("next_serial", row.next_serial)?,
            created_at: events.time("created_at_us", row.event_created_at_us)?,
            current: EventRevision {
                revision: revisions.convert("revision", row.revision)?,
                data,
                created_at: revisions.time("created_at_us", row.created_at_us)?,
            },
        })
    }
}

/// A declared type as it stands in the column `ticket_types`.
#[derive(Deserialize)]
struct TypeJson {
    name: String,
    names: Texts,
    rules: Value,
}

impl From<TypeJson> for DeclaredType {
    fn from(json: TypeJson) -> Self {
        Self {
            name: json.name,
            names: json.names,
            rules: json.rules,
        }
    }
}

/// The text of the column `ticket_types`.
pub(in crate::storage) fn types_text(types: Vec<DeclaredType>) -> String {
    let types = types.into_iter().map(|declared| {
        json!({
            "name": declared.name,
            "names": Value::from_iter(declared.names),
            "rules": declared.rules,
        })
    });
    Value::from_iter(types).to_string()
}

/// The text of a column in several languages.
pub(in crate::storage) fn texts_text(texts: Texts) -> String {
    Value::from_iter(texts).to_string()
}
