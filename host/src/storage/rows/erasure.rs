//! Rows that erasing reads.

use serde_json::json;
use ticket_token::{EventNumber, Serial};

use super::audit::Note;
use super::tickets::subject;
use super::{Place, row};
use crate::storage::{
    Act, OrganizerId, Sealed, SigningKeyId, StorageError, TemplateVersionId, TicketKey,
    TicketRevision,
};

row! {
    struct PlaceRow {
        event_number: i64,
        serial: i64,
    }
}

impl TryFrom<PlaceRow> for TicketKey {
    type Error = StorageError;

    fn try_from(row: PlaceRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "tickets",
            id: format_args!("{}/{}", row.event_number, row.serial),
        };
        Ok(Self {
            event: place.event_number("event_number", row.event_number)?,
            serial: place.serial("serial", row.serial)?,
        })
    }
}

row! {
    struct OverRow {
        organizer_id: i64,
        number: i64,
    }
}

impl TryFrom<OverRow> for (OrganizerId, EventNumber) {
    type Error = StorageError;

    fn try_from(row: OverRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "events",
            id: row.number,
        };
        Ok((
            place.organizer(row.organizer_id)?,
            place.event_number("number", row.number)?,
        ))
    }
}

row! {
    struct RevisionRow {
        event_number: i64,
        serial: i64,
        revision: i64,
        event_revision: i64,
        template_version_id: i64,
        signing_key_id: Option<i64>,
        token: Vec<u8>,
        sealed_values: Vec<u8>,
        issued_at_us: i64,
    }
}

impl TryFrom<RevisionRow> for TicketRevision {
    type Error = StorageError;

    fn try_from(row: RevisionRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "ticket_revisions",
            id: format_args!("{}/{}/{}", row.event_number, row.serial, row.revision),
        };
        let signing_key = row
            .signing_key_id
            .map(|id| place.convert("signing_key_id", id).map(SigningKeyId));
        Ok(Self {
            revision: place.convert("revision", row.revision)?,
            event_revision: place.convert("event_revision", row.event_revision)?,
            template_version: place
                .convert("template_version_id", row.template_version_id)
                .map(TemplateVersionId)?,
            signing_key: signing_key.transpose()?,
            token_at_rest: row.token,
            values: Sealed(row.sealed_values),
            issued_at: place.time("issued_at_us", row.issued_at_us)?,
        })
    }
}

/// What the record says of erased tickets, a line for each event. Several serials may be one ticket: those
/// that it had before.
pub(in crate::storage) fn erasure_notes(erased: &[(TicketKey, usize)]) -> Vec<Note> {
    let of_events = erased.chunk_by(|(one, _), (other, _)| one.event == other.event);
    of_events
        .filter_map(|of_event| {
            let (first, _) = *of_event.first()?;
            let serials: Vec<u32> = of_event.iter().map(|(key, _)| key.serial.0).collect();
            let revisions: usize = of_event.iter().map(|(_, revisions)| revisions).sum();
            Some(Note {
                act: Act::TicketErased,
                subject: match of_event {
                    [_] => subject(first),
                    _ => format!("event {}", first.event.0),
                },
                details: json!({ "serials": serials, "revisions": revisions }),
            })
        })
        .collect()
}

/// The serial behind which a list goes on, or one before all.
pub(in crate::storage) fn behind(after: Option<Serial>) -> i64 {
    after.map_or(-1, |serial| i64::from(serial.0))
}
