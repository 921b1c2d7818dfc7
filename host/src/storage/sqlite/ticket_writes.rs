//! What changes tickets. Each function runs inside one verb of the writer.

use serde_json::json;
use sqlx::SqliteConnection;

use super::audit::record;
use super::idempotency::settle;
use super::signing_keys;
use super::tickets::find;
use crate::storage::rows::audit::Note;
use crate::storage::rows::tickets::{as_stored, issued, refuse_stale, subject};
use crate::storage::rows::{stored_time, us};
use crate::storage::{
    Act, By, Conflict, FoundBy, NewRevision, NewTicket, OrganizerId, StorageError, StoredTicket,
    TicketKey, Transition,
};

/// Stores tickets in this order.
pub(super) async fn store(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    tickets: Vec<NewTicket>,
    by: By,
) -> Result<Vec<StoredTicket>, StorageError> {
    if let Some(claim) = by.claim {
        settle(connection, claim, Act::TicketIssued, "", &issued(&tickets)).await?;
    }
    let mut stored = Vec::with_capacity(tickets.len());
    for ticket in tickets {
        insert(connection, organizer, &ticket, &by).await?;
        stored.push(as_stored(organizer, ticket, &by));
    }
    Ok(stored)
}

/// One text, so one round trip to the connection's thread for all that a ticket is. Its first
/// statement is [`signing_keys::claim`].
async fn insert(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    ticket: &NewTicket,
    by: &By,
) -> Result<(), StorageError> {
    let written = sqlx::query(
        "UPDATE signing_keys SET last_expiry_us = max(coalesce(last_expiry_us, $11), $11)
         WHERE organizer_id = $1 AND id = $14 AND purpose = 'ticket' AND state = 'active';

         INSERT INTO caller_ticket_ids (organizer_id, caller_id, event_number, serial)
         SELECT $1, $4, $2, $3 WHERE $4 IS NOT NULL;

         INSERT INTO tickets
             (event_number, serial, organizer_id, type_number, state, state_at_us, revision, uuid,
              ticket_number, caller_id, order_index, email_index, expires_at_us, created_at_us)
         VALUES ($2, $3, $1, $5, 0, $6, 1, $7, $8, $4, $9, $10, $11, $6);

         INSERT INTO ticket_revisions
             (event_number, serial, revision, organizer_id, event_revision, template_version_id,
              signing_key_id, token, sealed_values, issued_at_us)
         VALUES ($2, $3, 1, $1, $12, $13, $14, $15, $16, $6);

         INSERT INTO audit (organizer_id, at_us, actor, act, subject, details)
         VALUES ($1, $6, $17, $18, $19, $20)",
    )
    .bind(organizer.0)
    .bind(ticket.key.event.0)
    .bind(ticket.key.serial.0)
    .bind(ticket.id.as_ref().map(|id| id.as_str()))
    .bind(ticket.ticket_type.0)
    .bind(us(by.at))
    .bind(ticket.uuid.as_bytes().as_slice())
    .bind(ticket.ticket_number.as_str())
    .bind(ticket.order.as_ref().map(|index| index.0.as_slice()))
    .bind(ticket.email.as_ref().map(|index| index.0.as_slice()))
    .bind(us(ticket.expires_at))
    .bind(ticket.first.event_revision)
    .bind(ticket.first.template_version.0)
    .bind(ticket.first.signing_key.map(|key| key.0))
    .bind(ticket.first.token.as_slice())
    .bind(ticket.first.values.0.as_slice())
    .bind(by.actor.as_str())
    .bind(Act::TicketIssued.code())
    .bind(subject(ticket.key))
    .bind(
        json!({ "type": ticket.ticket_type.0, "templateVersion": ticket.first.template_version.0 })
            .to_string(),
    )
    .execute(connection)
    .await?;
    // The ticket, its revision, the record; and the claimed key and the caller's id, if any.
    let expected =
        3 + u64::from(ticket.first.signing_key.is_some()) + u64::from(ticket.id.is_some());
    if written.rows_affected() != expected {
        return Err(Conflict::KeyNotActive.into());
    }
    Ok(())
}

/// Adds a revision to a ticket that is still at revision `expected`.
pub(super) async fn revise(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    key: TicketKey,
    expected: u32,
    revision: NewRevision,
    found_by: FoundBy,
    by: By,
) -> Result<Option<StoredTicket>, StorageError> {
    let Some(ticket) = find(&mut *connection, organizer, key).await? else {
        return Ok(None);
    };
    refuse_stale(&ticket, expected)?;
    // The old token may go on serving: then no key signs anything now.
    if revision.token != ticket.current.token_at_rest
        && let Some(id) = revision.signing_key
    {
        signing_keys::claim(connection, organizer, id, ticket.expires_at).await?;
    }
    insert_revision(connection, organizer, key, expected + 1, revision, &by).await?;
    sqlx::query(
        "INSERT INTO earlier_emails (organizer_id, email_index, event_number, serial)
         SELECT organizer_id, email_index, event_number, serial FROM tickets
         WHERE event_number = $1 AND serial = $2
               AND email_index IS NOT NULL AND email_index IS NOT $5
         ON CONFLICT DO NOTHING;

         UPDATE tickets
         SET revision = $3, order_index = $4, email_index = $5, erased_at_us = NULL
         WHERE event_number = $1 AND serial = $2",
    )
    .bind(key.event.0)
    .bind(key.serial.0)
    .bind(expected + 1)
    .bind(found_by.order.map(|index| index.0.to_vec()))
    .bind(found_by.email.map(|index| index.0.to_vec()))
    .execute(&mut *connection)
    .await?;
    let note = Note {
        act: Act::TicketRevised,
        subject: subject(key),
        details: json!({ "revision": expected + 1, "state": ticket.state.code() }),
    };
    record(connection, organizer, &by, note).await?;
    find(connection, organizer, key).await
}

pub(super) async fn insert_revision(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    key: TicketKey,
    number: u32,
    revision: NewRevision,
    by: &By,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO ticket_revisions
             (event_number, serial, revision, organizer_id, event_revision, template_version_id,
              signing_key_id, token, sealed_values, issued_at_us)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(key.event.0)
    .bind(key.serial.0)
    .bind(number)
    .bind(organizer.0)
    .bind(revision.event_revision)
    .bind(revision.template_version.0)
    .bind(revision.signing_key.map(|id| id.0))
    .bind(revision.token)
    .bind(revision.values.0)
    .bind(us(by.at))
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes a step between states.
pub(super) async fn change_state(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    key: TicketKey,
    transition: Transition,
    by: By,
) -> Result<Option<StoredTicket>, StorageError> {
    let Some(ticket) = find(&mut *connection, organizer, key).await? else {
        return Ok(None);
    };
    if !transition.changes(ticket.state)? {
        return Ok(Some(ticket));
    }
    let target = transition.target();
    let (act, reason) = match transition {
        Transition::Suspend { reason } => (Act::TicketSuspended, reason),
        Transition::Reinstate => (Act::TicketReinstated, None),
        Transition::Revoke { reason } => (Act::TicketRevoked, reason),
    };
    sqlx::query(
        "UPDATE tickets SET state = $3, state_reason = $4, state_at_us = $5
         WHERE event_number = $1 AND serial = $2;
         UPDATE events SET status_sequence = status_sequence + 1 WHERE number = $1",
    )
    .bind(key.event.0)
    .bind(key.serial.0)
    .bind(target.number())
    .bind(reason.as_deref())
    .bind(us(by.at))
    .execute(&mut *connection)
    .await?;
    let note = Note {
        act,
        subject: subject(key),
        details: json!({ "revision": ticket.current.revision, "state": target.code() }),
    };
    record(connection, organizer, &by, note).await?;
    let state_at = stored_time(by.at);
    Ok(Some(StoredTicket {
        state: target,
        state_reason: reason,
        state_at,
        ..ticket
    }))
}
