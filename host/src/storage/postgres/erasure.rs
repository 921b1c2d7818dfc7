//! Erasing what tickets say of their holders, and what is kept for a time only.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::PgConnection;
use ticket_token::{EventNumber, Serial};

use super::PostgresStorage;
use super::audit::record;
use super::tickets::find;
use crate::storage::rows::erasure::{OverRow, PlaceRow, RevisionRow, behind, erasure_notes};
use crate::storage::rows::us;
use crate::storage::{
    BlindIndex, By, Conflict, Erasure, ErasureStorage, Forgotten, NamelessToken, OrganizerId,
    StorageError, TicketKey, TicketRevision,
};

async fn erase_all(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    mut erasures: Vec<Erasure>,
    by: By,
) -> Result<u32, StorageError> {
    // In their order, so that two who erase the same tickets never wait for each other.
    erasures.sort_by_key(|erasure| (erasure.key.event.0, erasure.key.serial.0));
    let mut erased = Vec::new();
    for erasure in erasures {
        let (key, revisions) = (erasure.key, erasure.revisions.len());
        if erase(connection, organizer, erasure, &by).await? && revisions > 0 {
            erased.push((key, revisions));
        }
    }
    for note in erasure_notes(&erased) {
        record(connection, organizer, &by, note).await?;
    }
    Ok(u32::try_from(erased.len()).unwrap_or(u32::MAX))
}

/// Whether the organizer has such a ticket.
async fn erase(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    erasure: Erasure,
    by: &By,
) -> Result<bool, StorageError> {
    let key = erasure.key;
    let marked = sqlx::query(
        "UPDATE tickets
         SET revision = revision + $6,
             email_index = CASE WHEN $7 THEN NULL ELSE email_index END,
             erased_at_us = CASE WHEN $7 THEN $8 ELSE erased_at_us END
         WHERE event_number = $1 AND serial = $2 AND organizer_id = $3 AND revision = $4
               AND replaced_by IS NOT DISTINCT FROM $5",
    )
    .bind(i64::from(key.event.0))
    .bind(i64::from(key.serial.0))
    .bind(i64::from(organizer.0))
    .bind(i64::from(erasure.seen_revision))
    .bind(erasure.seen_replaced_by.map(|serial| i64::from(serial.0)))
    .bind(i64::from(erasure.next.is_some()))
    .bind(erasure.newest_is_erased)
    .bind(us(by.at))
    .execute(&mut *connection)
    .await?;
    if marked.rows_affected() == 0 {
        return match find(connection, organizer, key).await? {
            None => Ok(false),
            Some(ticket) => Err(Conflict::StaleRevision {
                current: ticket.current.revision,
            }
            .into()),
        };
    }
    for revision in erasure.revisions {
        if let Some(nameless) = &revision.token {
            claim(connection, organizer, nameless).await?;
        }
        let (token, signing_key) = match revision.token {
            Some(nameless) => (
                Some(nameless.token),
                Some(i64::from(nameless.signing_key.0)),
            ),
            None => (None, None),
        };
        let written = sqlx::query(
            "UPDATE ticket_revisions
             SET sealed_values = $4, token = coalesce($5, token),
                 signing_key_id = coalesce($6, signing_key_id)
             WHERE event_number = $1 AND serial = $2 AND revision = $3 AND sealed_values = $7",
        )
        .bind(i64::from(key.event.0))
        .bind(i64::from(key.serial.0))
        .bind(i64::from(revision.revision))
        .bind(revision.values.0)
        .bind(token)
        .bind(signing_key)
        .bind(revision.seen_values.0)
        .execute(&mut *connection)
        .await?;
        if written.rows_affected() == 0 {
            let current = erasure.seen_revision;
            return Err(Conflict::StaleRevision { current }.into());
        }
    }
    if let Some(values) = erasure.next {
        sqlx::query(
            "INSERT INTO ticket_revisions
                 (event_number, serial, revision, organizer_id, event_revision,
                  template_version_id, signing_key_id, token, sealed_values, issued_at_us)
             SELECT event_number, serial, revision + 1, organizer_id, event_revision,
                    template_version_id, signing_key_id, token, $4, issued_at_us
             FROM ticket_revisions WHERE event_number = $1 AND serial = $2 AND revision = $3",
        )
        .bind(i64::from(key.event.0))
        .bind(i64::from(key.serial.0))
        .bind(i64::from(erasure.seen_revision))
        .bind(values.0)
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query(
        "DELETE FROM earlier_emails
         WHERE event_number = $1 AND serial = $2 AND ($3::bytea IS NULL OR email_index = $3)",
    )
    .bind(i64::from(key.event.0))
    .bind(i64::from(key.serial.0))
    .bind(match erasure.forgotten {
        Forgotten::All => None,
        Forgotten::Address(index) => Some(index.0.to_vec()),
    })
    .execute(connection)
    .await?;
    Ok(true)
}

/// Lets the key sign, and notes how long what it signed holds: see the table of the claims.
async fn claim(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    nameless: &NamelessToken,
) -> Result<(), StorageError> {
    let claimed = sqlx::query(
        "UPDATE signing_key_claims SET last_expiry_us = greatest(last_expiry_us, $3)
         WHERE organizer_id = $1 AND signing_key_id = $2 AND slot = pg_backend_pid() % 64",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(nameless.signing_key.0))
    .bind(us(nameless.expires_at))
    .execute(connection)
    .await?;
    if claimed.rows_affected() == 0 {
        return Err(Conflict::KeyNotActive.into());
    }
    Ok(())
}

#[async_trait]
impl ErasureStorage for PostgresStorage {
    async fn tickets_of_email(
        &self,
        organizer: OrganizerId,
        email: BlindIndex,
        after: Option<TicketKey>,
        limit: u32,
    ) -> Result<Vec<TicketKey>, StorageError> {
        let rows: Vec<PlaceRow> = sqlx::query_as(
            "SELECT event_number, serial FROM tickets
             WHERE organizer_id = $1 AND email_index = $2 AND (event_number, serial) > ($3, $4)
             UNION
             SELECT event_number, serial FROM earlier_emails
             WHERE organizer_id = $1 AND email_index = $2 AND (event_number, serial) > ($3, $4)
             ORDER BY event_number, serial LIMIT $5",
        )
        .bind(i64::from(organizer.0))
        .bind(email.0.as_slice())
        .bind(after.map_or(-1, |key| i64::from(key.event.0)))
        .bind(after.map_or(-1, |key| i64::from(key.serial.0)))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn ticket_revisions(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
    ) -> Result<Vec<TicketRevision>, StorageError> {
        let rows: Vec<RevisionRow> = sqlx::query_as(
            "SELECT event_number, serial, revision, event_revision, template_version_id,
                    signing_key_id, token, sealed_values, issued_at_us
             FROM ticket_revisions
             WHERE event_number = $1 AND serial = $2 AND organizer_id = $3 ORDER BY revision",
        )
        .bind(i64::from(key.event.0))
        .bind(i64::from(key.serial.0))
        .bind(i64::from(organizer.0))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn erase_holders(
        &self,
        organizer: OrganizerId,
        erasures: Vec<Erasure>,
        by: By,
    ) -> Result<u32, StorageError> {
        self.write(move |connection| Box::pin(erase_all(connection, organizer, erasures, by)))
            .await
    }

    async fn events_with_holders(
        &self,
        over_since: Timestamp,
        checked_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(OrganizerId, EventNumber)>, StorageError> {
        let rows: Vec<OverRow> = sqlx::query_as(
            "SELECT e.organizer_id, e.number FROM events e
             JOIN event_revisions r ON r.event_number = e.number AND r.revision = e.revision
             WHERE coalesce(r.ends_at_us, r.starts_at_us) < $1
                   AND (e.holders_checked_us IS NULL OR e.holders_checked_us < $2)
             ORDER BY e.number LIMIT $3",
        )
        .bind(us(over_since))
        .bind(us(checked_since))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn tickets_with_holders(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        after: Option<Serial>,
        limit: u32,
    ) -> Result<Vec<TicketKey>, StorageError> {
        let rows: Vec<PlaceRow> = sqlx::query_as(
            "SELECT event_number, serial FROM tickets
             WHERE event_number = $2 AND serial > $3 AND organizer_id = $1
                   AND erased_at_us IS NULL
             ORDER BY serial LIMIT $4",
        )
        .bind(i64::from(organizer.0))
        .bind(i64::from(event.0))
        .bind(behind(after))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn note_holders_checked(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        sqlx::query(
            "UPDATE events SET holders_checked_us = $3 WHERE organizer_id = $1 AND number = $2",
        )
        .bind(i64::from(organizer.0))
        .bind(i64::from(event.0))
        .bind(us(at))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn remove_old_requests(&self, at: Timestamp) -> Result<u64, StorageError> {
        // Not those that another request has in hand now.
        let removed = sqlx::query(
            "DELETE FROM idempotency WHERE (organizer_id, key_digest) IN (
                 SELECT organizer_id, key_digest FROM idempotency WHERE kept_until_us <= $1
                 FOR UPDATE SKIP LOCKED)",
        )
        .bind(us(at))
        .execute(&self.pool)
        .await?;
        Ok(removed.rows_affected())
    }

    /// The server's vacuum takes overwritten rows away; no client can tell it to do so within a moment, nor
    /// reach its journal.
    async fn purge_overwritten(&self) -> Result<(), StorageError> {
        Ok(())
    }
}
