//! One ticket in the place of another.

use serde_json::json;
use sqlx::SqliteConnection;

use super::audit::record;
use super::signing_keys;
use super::ticket_writes::insert_revision;
use super::tickets::find;
use crate::storage::rows::audit::Note;
use crate::storage::rows::tickets::{refuse_stale, subject};
use crate::storage::rows::us;
use crate::storage::{
    Act, By, OrganizerId, StorageError, StoredTicket, Successor, TicketKey, TicketState,
};

/// Revokes the old serial and stores the new one, in whatever state the ticket was.
pub(super) async fn replace(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    key: TicketKey,
    expected: u32,
    successor: Successor,
    by: By,
) -> Result<Option<StoredTicket>, StorageError> {
    let Some(ticket) = find(&mut *connection, organizer, key).await? else {
        return Ok(None);
    };
    refuse_stale(&ticket, expected)?;
    if let Some(id) = successor.revision.signing_key {
        signing_keys::claim(connection, organizer, id, successor.expires_at).await?;
    }
    let place = TicketKey {
        event: key.event,
        serial: successor.serial,
    };
    // The old row leaves first: both have one UUID, which only one that is not replaced may have.
    sqlx::query(
        "UPDATE tickets SET state = $4, state_reason = $5, state_at_us = $6, replaced_by = $3
         WHERE event_number = $1 AND serial = $2;

         INSERT INTO tickets
             (event_number, serial, organizer_id, type_number, state, state_reason, state_at_us,
              revision, uuid, ticket_number, caller_id, order_index, email_index, expires_at_us,
              created_at_us)
         SELECT event_number, $3, organizer_id, $7, $8, $9, $10, $11, uuid, $12, caller_id, $13, $14,
                $15, created_at_us
         FROM tickets WHERE event_number = $1 AND serial = $2;

         UPDATE caller_ticket_ids SET serial = $3
         WHERE organizer_id = $16 AND event_number = $1 AND serial = $2 AND caller_id = $17;

         UPDATE events SET status_sequence = status_sequence + 1 WHERE number = $1",
    )
    .bind(key.event.0)
    .bind(key.serial.0)
    .bind(place.serial.0)
    .bind(TicketState::Revoked.number())
    .bind(successor.reason)
    .bind(us(by.at))
    .bind(successor.ticket_type.0)
    .bind(ticket.state.number())
    .bind(ticket.state_reason)
    .bind(us(ticket.state_at))
    .bind(expected + 1)
    .bind(successor.ticket_number)
    .bind(successor.found_by.order.map(|index| index.0.to_vec()))
    .bind(successor.found_by.email.map(|index| index.0.to_vec()))
    .bind(us(successor.expires_at))
    .bind(organizer.0)
    .bind(ticket.id.as_ref().map(|id| id.as_str().to_owned()))
    .execute(&mut *connection)
    .await?;
    let number = expected + 1;
    insert_revision(
        connection,
        organizer,
        place,
        number,
        successor.revision,
        &by,
    )
    .await?;
    let note = Note {
        act: Act::TicketReplaced,
        subject: subject(place),
        details: json!({
            "revision": number,
            "state": ticket.state.code(),
            "replaces": key.serial.0,
        }),
    };
    record(connection, organizer, &by, note).await?;
    find(connection, organizer, place).await
}
