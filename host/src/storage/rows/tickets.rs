//! Rows of tickets and their revisions.

use std::fmt;

use serde_json::{Value, json};
use ticket_token::{EventNumber, Serial};
use uuid::Uuid;

use super::{Place, row, stored_time};
use crate::storage::{
    By, Conflict, IssuedTicket, NewTicket, OrganizerId, Sealed, SigningKeyId, StorageError,
    StoredTicket, TemplateVersionId, TicketKey, TicketRevision, TicketState,
};

/// A query of [`TicketRow`]s: which revision, and which tickets.
macro_rules! select_tickets {
    ($revision:literal, $tickets:literal) => {
        concat!(
            "SELECT t.event_number, t.serial, t.organizer_id, t.type_number, t.state,
                    t.state_reason, t.state_at_us, t.uuid, t.ticket_number, t.caller_id,
                    t.order_index, t.expires_at_us, t.created_at_us, t.replaced_by,
                    r.revision, r.event_revision, r.template_version_id, r.signing_key_id, r.token,
                    r.sealed_values, r.issued_at_us
             FROM tickets t
             JOIN ticket_revisions r ON r.event_number = t.event_number AND r.serial = t.serial
                  AND r.revision = ",
            $revision,
            " WHERE ",
            $tickets
        )
    };
}
pub(in crate::storage) use select_tickets;

row! {
    struct TicketRow {
        event_number: i64,
        serial: i64,
        organizer_id: i64,
        type_number: i64,
        state: i64,
        state_reason: Option<String>,
        state_at_us: i64,
        uuid: Vec<u8>,
        ticket_number: String,
        caller_id: Option<String>,
        order_index: Option<Vec<u8>>,
        expires_at_us: i64,
        created_at_us: i64,
        replaced_by: Option<i64>,
        revision: i64,
        event_revision: i64,
        template_version_id: i64,
        signing_key_id: Option<i64>,
        token: Vec<u8>,
        sealed_values: Vec<u8>,
        issued_at_us: i64,
    }
}

impl TryFrom<TicketRow> for StoredTicket {
    type Error = StorageError;

    fn try_from(row: TicketRow) -> Result<Self, StorageError> {
        let tickets = Place {
            table: "tickets",
            id: format_args!("{}/{}", row.event_number, row.serial),
        };
        let revisions = Place {
            table: "ticket_revisions",
            id: format_args!("{}/{}/{}", row.event_number, row.serial, row.revision),
        };
        let signing_key = row
            .signing_key_id
            .map(|id| revisions.convert("signing_key_id", id).map(SigningKeyId));
        let replaced_by = row
            .replaced_by
            .map(|serial| tickets.serial("replaced_by", serial));
        let order = row
            .order_index
            .map(|index| tickets.blind_index("order_index", &index));
        Ok(Self {
            key: TicketKey {
                event: tickets.event_number("event_number", row.event_number)?,
                serial: tickets.serial("serial", row.serial)?,
            },
            organizer: tickets.organizer(row.organizer_id)?,
            uuid: Uuid::from_bytes(tickets.bytes("uuid", &row.uuid)?),
            ticket_number: row.ticket_number,
            id: row.caller_id.map(|id| tickets.caller_id(&id)).transpose()?,
            ticket_type: tickets.ticket_type("type_number", row.type_number)?,
            state: ticket_state(&tickets, row.state)?,
            state_reason: row.state_reason,
            state_at: tickets.time("state_at_us", row.state_at_us)?,
            replaced_by: replaced_by.transpose()?,
            order: order.transpose()?,
            expires_at: tickets.time("expires_at_us", row.expires_at_us)?,
            created_at: tickets.time("created_at_us", row.created_at_us)?,
            current: TicketRevision {
                revision: revisions.convert("revision", row.revision)?,
                event_revision: revisions.convert("event_revision", row.event_revision)?,
                template_version: revisions
                    .convert("template_version_id", row.template_version_id)
                    .map(TemplateVersionId)?,
                signing_key: signing_key.transpose()?,
                token_at_rest: row.token,
                values: Sealed(row.sealed_values),
                issued_at: revisions.time("issued_at_us", row.issued_at_us)?,
            },
        })
    }
}

/// The state of the column `state`.
fn ticket_state(
    place: &Place<impl fmt::Display>,
    number: i64,
) -> Result<TicketState, StorageError> {
    TicketState::ALL
        .into_iter()
        .find(|state| i64::from(state.number()) == number)
        .ok_or_else(|| place.corrupt("state", format_args!("unknown state {number}")))
}

row! {
    struct IssuedRow {
        event_number: i64,
        serial: i64,
        type_number: i64,
        uuid: Vec<u8>,
        ticket_number: String,
        expires_at_us: i64,
    }
}

impl TryFrom<IssuedRow> for IssuedTicket {
    type Error = StorageError;

    fn try_from(row: IssuedRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "tickets",
            id: format_args!("{}/{}", row.event_number, row.serial),
        };
        Ok(Self {
            key: TicketKey {
                event: place.event_number("event_number", row.event_number)?,
                serial: place.serial("serial", row.serial)?,
            },
            ticket_type: place.ticket_type("type_number", row.type_number)?,
            uuid: Uuid::from_bytes(place.bytes("uuid", &row.uuid)?),
            ticket_number: row.ticket_number,
            expires_at: place.time("expires_at_us", row.expires_at_us)?,
        })
    }
}

row! {
    struct StatusRow {
        serial: i64,
        state: i64,
    }
}

/// What a row of a status list says.
pub(in crate::storage) fn status_entry(
    event: EventNumber,
    row: StatusRow,
) -> Result<(Serial, TicketState), StorageError> {
    let place = Place {
        table: "tickets",
        id: format_args!("{}/{}", event.0, row.serial),
    };
    let serial = place.serial("serial", row.serial)?;
    Ok((serial, ticket_state(&place, row.state)?))
}

row! {
    struct SelectedRow {
        event_number: i64,
        serial: i64,
        state: i64,
    }
}

/// The place and state of a selected ticket.
pub(in crate::storage) fn selected(
    row: SelectedRow,
) -> Result<(TicketKey, TicketState), StorageError> {
    let place = Place {
        table: "tickets",
        id: format_args!("{}/{}", row.event_number, row.serial),
    };
    let key = TicketKey {
        event: place.event_number("event_number", row.event_number)?,
        serial: place.serial("serial", row.serial)?,
    };
    Ok((key, ticket_state(&place, row.state)?))
}

/// What is noted as done of tickets that were stored under a claim.
pub(in crate::storage) fn issued(tickets: &[NewTicket]) -> Value {
    let places = tickets
        .iter()
        .map(|ticket| (ticket.key.event.0, ticket.key.serial.0));
    json!({ "tickets": places.collect::<Vec<_>>() })
}

/// Whether a ticket can be changed by someone who saw it at revision `expected`.
pub(in crate::storage) fn refuse_stale(
    ticket: &StoredTicket,
    expected: u32,
) -> Result<(), Conflict> {
    let current = ticket.current.revision;
    if current != expected || ticket.replaced_by.is_some() {
        return Err(Conflict::StaleRevision { current });
    }
    if ticket.state == TicketState::Revoked {
        return Err(Conflict::Transition {
            what: "the ticket",
            state: ticket.state.code(),
            step: "changed",
        });
    }
    Ok(())
}

/// How the record names a ticket.
pub(in crate::storage) fn subject(key: TicketKey) -> String {
    format!("ticket {key}")
}

/// What reading the ticket back would give.
pub(in crate::storage) fn as_stored(
    organizer: OrganizerId,
    ticket: NewTicket,
    by: &By,
) -> StoredTicket {
    let at = stored_time(by.at);
    StoredTicket {
        key: ticket.key,
        organizer,
        uuid: ticket.uuid,
        ticket_number: ticket.ticket_number,
        id: ticket.id,
        ticket_type: ticket.ticket_type,
        state: TicketState::Generated,
        state_reason: None,
        state_at: at,
        replaced_by: None,
        order: ticket.order,
        expires_at: stored_time(ticket.expires_at),
        created_at: at,
        current: TicketRevision {
            revision: 1,
            event_revision: ticket.first.event_revision,
            template_version: ticket.first.template_version,
            signing_key: ticket.first.signing_key,
            token_at_rest: ticket.first.token,
            values: ticket.first.values,
            issued_at: at,
        },
    }
}
