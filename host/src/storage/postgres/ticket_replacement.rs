//! One ticket in the place of another.

use serde_json::json;
use sqlx::PgConnection;

use super::audit::record;
use super::tickets::find;
use crate::storage::rows::audit::Note;
use crate::storage::rows::tickets::{refuse_stale, subject};
use crate::storage::rows::us;
use crate::storage::{
    Act, By, Conflict, OrganizerId, StorageError, StoredTicket, Successor, TicketKey, TicketState,
};

/// Revokes the old serial and stores the new one, in whatever state the ticket was.
pub(super) async fn replace(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    key: TicketKey,
    expected: u32,
    successor: Successor,
    by: By,
) -> Result<Option<StoredTicket>, StorageError> {
    sqlx::query(
        "SELECT FROM tickets WHERE organizer_id = $1 AND event_number = $2 AND serial = $3
         FOR NO KEY UPDATE",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(key.event.0))
    .bind(i64::from(key.serial.0))
    .execute(&mut *connection)
    .await?;
    let Some(ticket) = find(&mut *connection, organizer, key).await? else {
        return Ok(None);
    };
    refuse_stale(&ticket, expected)?;
    check_references(connection, organizer, key, &successor).await?;
    claim_key(connection, organizer, &successor).await?;
    let place = TicketKey {
        event: key.event,
        serial: successor.serial,
    };
    take_over(connection, organizer, &ticket, &successor, &by).await?;
    let number = expected + 1;
    sqlx::query(
        "INSERT INTO ticket_revisions
             (event_number, serial, revision, organizer_id, event_revision, template_version_id,
              signing_key_id, token, sealed_values, issued_at_us)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(i64::from(place.event.0))
    .bind(i64::from(place.serial.0))
    .bind(i64::from(number))
    .bind(i64::from(organizer.0))
    .bind(i64::from(successor.revision.event_revision))
    .bind(i64::from(successor.revision.template_version.0))
    .bind(successor.revision.signing_key.map(|id| i64::from(id.0)))
    .bind(successor.revision.token)
    .bind(successor.revision.values.0)
    .bind(us(by.at))
    .execute(&mut *connection)
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

/// There are no foreign keys that would look: see the migration.
async fn check_references(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    key: TicketKey,
    successor: &Successor,
) -> Result<(), StorageError> {
    let known: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM ticket_types WHERE event_number = $2 AND number = $3)
                AND EXISTS (SELECT FROM event_revisions WHERE event_number = $2 AND revision = $4)
                AND EXISTS (SELECT FROM template_versions WHERE organizer_id = $1 AND id = $5)
                AND ($6::bigint IS NULL
                     OR EXISTS (SELECT FROM signing_keys WHERE organizer_id = $1 AND id = $6))",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(key.event.0))
    .bind(i64::from(successor.ticket_type.0))
    .bind(i64::from(successor.revision.event_revision))
    .bind(i64::from(successor.revision.template_version.0))
    .bind(successor.revision.signing_key.map(|id| i64::from(id.0)))
    .fetch_one(connection)
    .await?;
    match known {
        true => Ok(()),
        false => Err(Conflict::Reference.into()),
    }
}

/// As for a new ticket: see the table of the claims.
async fn claim_key(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    successor: &Successor,
) -> Result<(), StorageError> {
    let Some(id) = successor.revision.signing_key else {
        return Ok(());
    };
    let claimed = sqlx::query(
        "UPDATE signing_key_claims SET last_expiry_us = greatest(last_expiry_us, $3)
         WHERE organizer_id = $1 AND signing_key_id = $2 AND slot = pg_backend_pid() % 64",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(id.0))
    .bind(us(successor.expires_at))
    .execute(connection)
    .await?;
    match claimed.rows_affected() {
        0 => Err(Conflict::KeyNotActive.into()),
        _ => Ok(()),
    }
}

async fn take_over(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    ticket: &StoredTicket,
    successor: &Successor,
    by: &By,
) -> Result<(), StorageError> {
    let event = i64::from(ticket.key.event.0);
    let (old, new) = (
        i64::from(ticket.key.serial.0),
        i64::from(successor.serial.0),
    );
    // The old row leaves first: both have one UUID, which only one that is not replaced may have.
    sqlx::query(
        "UPDATE tickets SET state = $4, state_reason = $5, state_at_us = $6, replaced_by = $3
         WHERE event_number = $1 AND serial = $2",
    )
    .bind(event)
    .bind(old)
    .bind(new)
    .bind(i64::from(TicketState::Revoked.number()))
    .bind(successor.reason.as_str())
    .bind(us(by.at))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO tickets
             (event_number, serial, organizer_id, type_number, state, state_reason, state_at_us,
              revision, uuid, ticket_number, caller_id, order_index, email_index, expires_at_us,
              created_at_us)
         SELECT event_number, $3, organizer_id, $4, $5, $6, $7, revision + 1, uuid, $8, caller_id,
                $9, $10, $11, created_at_us
         FROM tickets WHERE event_number = $1 AND serial = $2",
    )
    .bind(event)
    .bind(old)
    .bind(new)
    .bind(i64::from(successor.ticket_type.0))
    .bind(i64::from(ticket.state.number()))
    .bind(ticket.state_reason.as_deref())
    .bind(us(ticket.state_at))
    .bind(successor.ticket_number.as_str())
    .bind(successor.found_by.order.map(|index| index.0.to_vec()))
    .bind(successor.found_by.email.map(|index| index.0.to_vec()))
    .bind(us(successor.expires_at))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE caller_ticket_ids SET serial = $3
         WHERE organizer_id = $4 AND event_number = $1 AND serial = $2 AND caller_id = $5",
    )
    .bind(event)
    .bind(old)
    .bind(new)
    .bind(i64::from(organizer.0))
    .bind(ticket.id.as_ref().map(|id| id.as_str()))
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE events SET status_sequence = status_sequence + 1 WHERE number = $1")
        .bind(event)
        .execute(connection)
        .await?;
    Ok(())
}
