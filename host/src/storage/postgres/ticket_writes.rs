//! What changes tickets: one statement for each verb, so one round trip, which commits by itself. Only
//! under a claim is there a second one, and a transaction around both.
//!
//! The parts of a statement all see the database as it was when the statement began. What others
//! change meanwhile is found where rows are written, which waits for them and looks again.

use serde_json::json;
use sqlx::PgConnection;

use super::idempotency::settle;
use super::tickets::find;
use crate::storage::rows::tickets::{as_stored, issued, refuse_stale, subject};
use crate::storage::rows::{stored_time, us};
use crate::storage::{
    Act, By, Conflict, FoundBy, NewRevision, NewTicket, OrganizerId, StorageError, StoredTicket,
    TicketKey, TicketRevision, Transition,
};

/// Stores tickets, all or none, in this order.
pub(super) async fn store(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    tickets: Vec<NewTicket>,
    by: By,
) -> Result<Vec<StoredTicket>, StorageError> {
    if tickets.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(claim) = by.claim {
        settle(connection, claim, Act::TicketIssued, "", &issued(&tickets)).await?;
    }
    insert(connection, organizer, &tickets, &by).await?;
    let stored = tickets.into_iter();
    Ok(stored
        .map(|ticket| as_stored(organizer, ticket, &by))
        .collect())
}

/// The rows refer to others by no foreign keys (see the migration), so the statement looks for what
/// they refer to, once for all tickets that refer to the same. Then it claims the keys: see the table
/// of the claims. Counting what a part returned makes the next part wait for it, so that what is wrong
/// has the same name each time: first the callers' ids, then the tickets. The ids are written in their
/// order, so that two such statements never wait for each other.
async fn insert(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    tickets: &[NewTicket],
    by: &By,
) -> Result<(), StorageError> {
    let (unknown, stored): (i64, i64) = sqlx::query_as(
        "WITH incoming AS MATERIALIZED (
             SELECT * FROM unnest($5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                                  $19, $20) WITH ORDINALITY
             AS columns (event_number, serial, uuid, ticket_number, caller_id, type_number,
                         order_index, email_index, expires_at_us, event_revision,
                         template_version_id, signing_key_id, token, sealed_values, subject, details,
                         place)),
         unknown AS MATERIALIZED (
             SELECT count(*) AS number
             FROM (SELECT DISTINCT event_number, type_number, event_revision, template_version_id,
                          signing_key_id FROM incoming) i
             LEFT JOIN events e ON e.organizer_id = $1 AND e.number = i.event_number
             LEFT JOIN ticket_types y
                 ON y.event_number = i.event_number AND y.number = i.type_number
             LEFT JOIN event_revisions r
                 ON r.event_number = i.event_number AND r.revision = i.event_revision
             LEFT JOIN template_versions v
                 ON v.organizer_id = $1 AND v.id = i.template_version_id
             LEFT JOIN signing_keys k ON k.organizer_id = $1 AND k.id = i.signing_key_id
             WHERE e.number IS NULL OR y.number IS NULL OR r.revision IS NULL OR v.id IS NULL
                   OR (i.signing_key_id IS NOT NULL AND k.id IS NULL)),
         claimed AS (
             UPDATE signing_key_claims c
             SET last_expiry_us = greatest(c.last_expiry_us, i.expires_at_us)
             FROM (SELECT signing_key_id, max(expires_at_us) AS expires_at_us
                   FROM incoming GROUP BY signing_key_id) i
             WHERE c.organizer_id = $1 AND c.signing_key_id = i.signing_key_id
                   AND c.slot = pg_backend_pid() % 64 AND (SELECT number FROM unknown) = 0
             RETURNING c.signing_key_id),
         allowed AS MATERIALIZED (
             SELECT * FROM incoming
             WHERE (SELECT number FROM unknown) = 0
                   AND (SELECT count(*) FROM claimed)
                       = (SELECT count(DISTINCT signing_key_id) FROM incoming)),
         named AS (
             INSERT INTO caller_ticket_ids (organizer_id, caller_id, event_number, serial)
             SELECT $1, caller_id, event_number, serial FROM allowed
             WHERE caller_id IS NOT NULL ORDER BY caller_id RETURNING 1),
         placed AS (
             INSERT INTO tickets
                 (event_number, serial, organizer_id, type_number, state, state_at_us, revision,
                  uuid, ticket_number, caller_id, order_index, email_index, expires_at_us,
                  created_at_us)
             SELECT event_number, serial, $1, type_number, 0, $2, 1, uuid, ticket_number, caller_id,
                    order_index, email_index, expires_at_us, $2
             FROM allowed WHERE (SELECT count(*) FROM named) >= 0 RETURNING 1),
         described AS (
             INSERT INTO ticket_revisions
                 (event_number, serial, revision, organizer_id, event_revision,
                  template_version_id, signing_key_id, token, sealed_values, issued_at_us)
             SELECT event_number, serial, 1, $1, event_revision, template_version_id,
                    signing_key_id, token, sealed_values, $2
             FROM allowed WHERE (SELECT count(*) FROM placed) >= 0),
         noted AS (
             INSERT INTO audit (organizer_id, at_us, actor, act, subject, details)
             SELECT $1, $2, $3, $4, subject, details FROM allowed ORDER BY place)
         SELECT (SELECT number FROM unknown), (SELECT count(*) FROM allowed)",
    )
    .bind(i64::from(organizer.0))
    .bind(us(by.at))
    .bind(by.actor.as_str())
    .bind(Act::TicketIssued.code())
    .bind(column(tickets, |ticket| i64::from(ticket.key.event.0)))
    .bind(column(tickets, |ticket| i64::from(ticket.key.serial.0)))
    .bind(column(tickets, |ticket| ticket.uuid.as_bytes().as_slice()))
    .bind(column(tickets, |ticket| ticket.ticket_number.as_str()))
    .bind(column(tickets, |ticket| {
        ticket.id.as_ref().map(|id| id.as_str())
    }))
    .bind(column(tickets, |ticket| i64::from(ticket.ticket_type.0)))
    .bind(column(tickets, |ticket| {
        ticket.order.as_ref().map(|index| index.0.as_slice())
    }))
    .bind(column(tickets, |ticket| {
        ticket.email.as_ref().map(|index| index.0.as_slice())
    }))
    .bind(column(tickets, |ticket| us(ticket.expires_at)))
    .bind(column(tickets, |ticket| {
        i64::from(ticket.first.event_revision)
    }))
    .bind(column(tickets, |ticket| {
        i64::from(ticket.first.template_version.0)
    }))
    .bind(column(tickets, |ticket| {
        ticket.first.signing_key.map(|key| i64::from(key.0))
    }))
    .bind(column(tickets, |ticket| ticket.first.token.as_slice()))
    .bind(column(tickets, |ticket| ticket.first.values.0.as_slice()))
    .bind(column(tickets, |ticket| subject(ticket.key)))
    .bind(column(tickets, |ticket| {
        json!({ "type": ticket.ticket_type.0, "templateVersion": ticket.first.template_version.0 })
            .to_string()
    }))
    .fetch_one(connection)
    .await?;
    if unknown > 0 {
        return Err(Conflict::Reference.into());
    }
    if stored.unsigned_abs() != tickets.len() as u64 {
        return Err(Conflict::KeyNotActive.into());
    }
    Ok(())
}

/// One column of the rows to be.
fn column<'t, T>(tickets: &'t [NewTicket], value: impl Fn(&'t NewTicket) -> T) -> Vec<T> {
    tickets.iter().map(value).collect()
}

/// Adds a revision to a ticket that is still at revision `expected`.
pub(super) async fn revise(
    connection: &mut PgConnection,
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
    let current = expected;
    let details = json!({ "revision": current + 1, "state": ticket.state.code() });
    // The old token may go on serving: then no key signs anything now.
    let signed_now = match revision.signing_key {
        Some(id) if revision.token != ticket.current.token_at_rest => Some(i64::from(id.0)),
        _ => None,
    };
    let (missing, claimed, revised): (bool, i64, i64) = sqlx::query_as(
        "WITH unknown AS MATERIALIZED (
             SELECT NOT (
                 EXISTS (SELECT FROM event_revisions WHERE event_number = $2 AND revision = $5)
                 AND EXISTS (SELECT FROM template_versions WHERE organizer_id = $1 AND id = $6)
                 AND ($7::bigint IS NULL
                      OR EXISTS (SELECT FROM signing_keys WHERE organizer_id = $1 AND id = $7))
             ) AS missing),
         claimed AS (
             UPDATE signing_key_claims
             SET last_expiry_us = greatest(last_expiry_us, $9)
             WHERE organizer_id = $1 AND signing_key_id = $8 AND slot = pg_backend_pid() % 64
                   AND NOT (SELECT missing FROM unknown)
             RETURNING signing_key_id),
         revised AS (
             UPDATE tickets SET revision = $4 + 1, order_index = $17, email_index = $18,
                    erased_at_us = NULL
             WHERE organizer_id = $1 AND event_number = $2 AND serial = $3 AND revision = $4
                   AND state = $19 AND replaced_by IS NULL
                   AND NOT (SELECT missing FROM unknown)
                   AND ($8::bigint IS NULL OR (SELECT count(*) FROM claimed) = 1)
             RETURNING revision),
         remembered AS (
             INSERT INTO earlier_emails (organizer_id, email_index, event_number, serial)
             SELECT t.organizer_id, t.email_index, t.event_number, t.serial
             FROM tickets t, revised
             WHERE t.organizer_id = $1 AND t.event_number = $2 AND t.serial = $3
                   AND t.email_index IS NOT NULL AND t.email_index IS DISTINCT FROM $18
             ON CONFLICT DO NOTHING),
         described AS (
             INSERT INTO ticket_revisions
                 (event_number, serial, revision, organizer_id, event_revision,
                  template_version_id, signing_key_id, token, sealed_values, issued_at_us)
             SELECT $2, $3, revision, $1, $5, $6, $7, $10, $11, $12 FROM revised),
         noted AS (
             INSERT INTO audit (organizer_id, at_us, actor, act, subject, details)
             SELECT $1, $12, $13, $14, $15, $16 FROM revised)
         SELECT (SELECT missing FROM unknown), (SELECT count(*) FROM claimed),
                (SELECT count(*) FROM revised)",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(key.event.0))
    .bind(i64::from(key.serial.0))
    .bind(i64::from(current))
    .bind(i64::from(revision.event_revision))
    .bind(i64::from(revision.template_version.0))
    .bind(revision.signing_key.map(|id| i64::from(id.0)))
    .bind(signed_now)
    .bind(us(ticket.expires_at))
    .bind(revision.token.as_slice())
    .bind(revision.values.0.as_slice())
    .bind(us(by.at))
    .bind(by.actor.as_str())
    .bind(Act::TicketRevised.code())
    .bind(subject(key))
    .bind(details.to_string())
    .bind(found_by.order.map(|index| index.0.to_vec()))
    .bind(found_by.email.map(|index| index.0.to_vec()))
    .bind(i64::from(ticket.state.number()))
    .fetch_one(&mut *connection)
    .await?;
    if missing {
        return Err(Conflict::Reference.into());
    }
    if revised == 0 {
        if signed_now.is_some() && claimed == 0 {
            return Err(Conflict::KeyNotActive.into());
        }
        // Someone else was faster. Tickets are never deleted, so it is there.
        let now = find(connection, organizer, key).await?.unwrap_or(ticket);
        refuse_stale(&now, expected)?;
        let current = now.current.revision;
        return Err(Conflict::StaleRevision { current }.into());
    }
    if let Some(claim) = by.claim {
        settle(
            connection,
            claim,
            Act::TicketRevised,
            &subject(key),
            &details,
        )
        .await?;
    }
    Ok(Some(StoredTicket {
        current: TicketRevision {
            revision: current + 1,
            event_revision: revision.event_revision,
            template_version: revision.template_version,
            signing_key: revision.signing_key,
            token_at_rest: revision.token,
            values: revision.values,
            issued_at: stored_time(by.at),
        },
        order: found_by.order,
        ..ticket
    }))
}

/// Takes a step between states.
pub(super) async fn change_state(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    key: TicketKey,
    transition: Transition,
    by: By,
) -> Result<Option<StoredTicket>, StorageError> {
    let target = transition.target();
    let act = match transition {
        Transition::Suspend { .. } => Act::TicketSuspended,
        Transition::Reinstate => Act::TicketReinstated,
        Transition::Revoke { .. } => Act::TicketRevoked,
    };
    loop {
        let Some(ticket) = find(&mut *connection, organizer, key).await? else {
            return Ok(None);
        };
        if !transition.changes(ticket.state)? {
            return Ok(Some(ticket));
        }
        let reason = match &transition {
            Transition::Suspend { reason } | Transition::Revoke { reason } => reason.clone(),
            Transition::Reinstate => None,
        };
        let details = json!({ "revision": ticket.current.revision, "state": target.code() });
        let changed: i64 = sqlx::query_scalar(
            "WITH changed AS (
                 UPDATE tickets SET state = $5, state_reason = $6, state_at_us = $7
                 WHERE organizer_id = $1 AND event_number = $2 AND serial = $3 AND state = $4
                 RETURNING event_number),
             counted AS (
                 UPDATE events SET status_sequence = status_sequence + 1
                 WHERE number = (SELECT event_number FROM changed)),
             noted AS (
                 INSERT INTO audit (organizer_id, at_us, actor, act, subject, details)
                 SELECT $1, $7, $8, $9, $10, $11 FROM changed)
             SELECT count(*) FROM changed",
        )
        .bind(i64::from(organizer.0))
        .bind(i64::from(key.event.0))
        .bind(i64::from(key.serial.0))
        .bind(i64::from(ticket.state.number()))
        .bind(i64::from(target.number()))
        .bind(reason.as_deref())
        .bind(us(by.at))
        .bind(by.actor.as_str())
        .bind(act.code())
        .bind(subject(key))
        .bind(details.to_string())
        .fetch_one(&mut *connection)
        .await?;
        if changed == 1 {
            if let Some(claim) = by.claim {
                settle(connection, claim, act, &subject(key), &details).await?;
            }
            return Ok(Some(StoredTicket {
                state: target,
                state_reason: reason,
                state_at: stored_time(by.at),
                ..ticket
            }));
        }
        // Someone else changed it in between: decide again, on what it is now.
    }
}
