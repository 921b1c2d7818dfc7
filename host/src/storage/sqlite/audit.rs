//! The record of what was done.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqliteConnection;
use ticket_token::Serial;

use super::SqliteStorage;
use super::idempotency::settle;
use crate::storage::rows::audit::{AuditRow, ChainedRow, Note, SealRow, count};
use crate::storage::rows::tickets::IssuedRow;
use crate::storage::rows::{Place, us};
use crate::storage::{
    Act, AuditEntry, AuditFilter, AuditSeal, AuditStorage, By, ChainedEntry, Conflict,
    IssuedTicket, NewAuditSeal, OrganizerId, Page, PageRequest, StorageError, TicketKey,
};

/// Writes an entry, in the transaction of the act, and notes the act as done under the claim, if any.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    by: &By,
    note: Note,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO audit (organizer_id, at_us, actor, act, subject, details)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(organizer.0)
    .bind(us(by.at))
    .bind(by.actor.as_str())
    .bind(note.act.code())
    .bind(note.subject.as_str())
    .bind(note.details.to_string())
    .execute(&mut *connection)
    .await?;
    match by.claim {
        Some(claim) => settle(connection, claim, note.act, &note.subject, &note.details).await,
        None => Ok(()),
    }
}

#[async_trait]
impl AuditStorage for SqliteStorage {
    async fn organizers_with_unsealed_audit(&self) -> Result<Vec<OrganizerId>, StorageError> {
        let ids: Vec<i64> = sqlx::query_scalar(
            "SELECT DISTINCT organizer_id FROM audit WHERE seal_number IS NULL ORDER BY 1",
        )
        .fetch_all(&self.readers)
        .await?;
        ids.into_iter()
            .map(|id| Place { table: "audit", id }.organizer(id))
            .collect()
    }

    async fn unsealed_audit(
        &self,
        organizer: OrganizerId,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StorageError> {
        let rows: Vec<AuditRow> = sqlx::query_as(
            "SELECT id, at_us, actor, act, subject, details FROM audit
             WHERE organizer_id = $1 AND seal_number IS NULL ORDER BY id LIMIT $2",
        )
        .bind(organizer.0)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn count_unsealed_audit(&self, organizer: OrganizerId) -> Result<u64, StorageError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM audit WHERE organizer_id = $1 AND seal_number IS NULL",
        )
        .bind(organizer.0)
        .fetch_one(&self.readers)
        .await?;
        Ok(count.unsigned_abs())
    }

    async fn newest_audit_seal(
        &self,
        organizer: OrganizerId,
    ) -> Result<Option<AuditSeal>, StorageError> {
        let row: Option<SealRow> = sqlx::query_as(
            "SELECT number, entries, hash, signing_key_id, signed, sealed_at_us FROM audit_seals
             WHERE organizer_id = $1 ORDER BY number DESC LIMIT 1",
        )
        .bind(organizer.0)
        .fetch_optional(&self.readers)
        .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn store_audit_seal(
        &self,
        organizer: OrganizerId,
        seal: NewAuditSeal,
        at: Timestamp,
    ) -> Result<(), StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT INTO audit_seals (organizer_id, number, entries, hash,
                                                  signing_key_id, signed, sealed_at_us)
                         VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    )
                    .bind(organizer.0)
                    .bind(count(seal.number))
                    .bind(count(seal.entries))
                    .bind(seal.hash.as_slice())
                    .bind(seal.key.0)
                    .bind(seal.signed.as_slice())
                    .bind(us(at))
                    .execute(&mut *connection)
                    .await?;
                    // One writer commits in the order of ids: what lies between and is not sealed is
                    // what the caller has read.
                    let marked = sqlx::query(
                        "UPDATE audit SET seal_number = $2
                         WHERE organizer_id = $1 AND seal_number IS NULL AND id BETWEEN $3 AND $4",
                    )
                    .bind(organizer.0)
                    .bind(count(seal.number))
                    .bind(seal.sealed.first())
                    .bind(seal.sealed.last())
                    .execute(connection)
                    .await?;
                    if marked.rows_affected() != seal.sealed.len() as u64 {
                        return Err(Conflict::AuditSealed.into());
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn audit_seals(
        &self,
        organizer: OrganizerId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditSeal>, StorageError> {
        let rows: Vec<SealRow> = sqlx::query_as(
            "SELECT number, entries, hash, signing_key_id, signed, sealed_at_us FROM audit_seals
             WHERE organizer_id = $1 AND number > $2 ORDER BY number LIMIT $3",
        )
        .bind(organizer.0)
        .bind(count(after))
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn sealed_audit(
        &self,
        organizer: OrganizerId,
        number: u64,
    ) -> Result<Vec<AuditEntry>, StorageError> {
        let rows: Vec<AuditRow> = sqlx::query_as(
            "SELECT id, at_us, actor, act, subject, details FROM audit
             WHERE organizer_id = $1 AND seal_number = $2 ORDER BY id",
        )
        .bind(organizer.0)
        .bind(count(number))
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn tickets_issued_at(
        &self,
        organizer: OrganizerId,
        first: TicketKey,
        last: Serial,
        at: Timestamp,
    ) -> Result<Vec<IssuedTicket>, StorageError> {
        let rows: Vec<IssuedRow> = sqlx::query_as(
            "SELECT event_number, serial, type_number, uuid, ticket_number, expires_at_us FROM tickets
             WHERE organizer_id = $1 AND event_number = $2 AND serial BETWEEN $3 AND $4
                   AND created_at_us = $5
             ORDER BY serial",
        )
        .bind(organizer.0)
        .bind(first.event.0)
        .bind(first.serial.0)
        .bind(last.0)
        .bind(us(at))
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn audit_page(
        &self,
        organizer: OrganizerId,
        filter: AuditFilter,
        page: PageRequest,
    ) -> Result<Page<ChainedEntry>, StorageError> {
        let mut snapshot = self.readers.begin().await?;
        let total: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM audit
             WHERE organizer_id = $1 AND ($2 IS NULL OR act = $2)
                   AND ($3 IS NULL OR at_us >= $3) AND ($4 IS NULL OR at_us < $4)",
        )
        .bind(organizer.0)
        .bind(filter.act.map(Act::code))
        .bind(filter.from.map(us))
        .bind(filter.until.map(us))
        .fetch_one(&mut *snapshot)
        .await?;
        // The place of an entry: all of earlier seals, and those of its own up to it.
        let rows: Vec<ChainedRow> = sqlx::query_as(
            "SELECT a.id, a.at_us, a.actor, a.act, a.subject, a.details, a.seal_number,
                    CASE WHEN a.seal_number IS NOT NULL THEN
                        coalesce((SELECT s.entries FROM audit_seals s
                                  WHERE s.organizer_id = $1 AND s.number = a.seal_number - 1), 0)
                        + (SELECT count(*) FROM audit b
                           WHERE b.organizer_id = $1 AND b.seal_number = a.seal_number
                                 AND b.id <= a.id)
                    END AS position
             FROM audit a
             WHERE a.organizer_id = $1 AND ($2 IS NULL OR a.act = $2)
                   AND ($3 IS NULL OR a.at_us >= $3) AND ($4 IS NULL OR a.at_us < $4)
             ORDER BY a.id DESC LIMIT $5 OFFSET $6",
        )
        .bind(organizer.0)
        .bind(filter.act.map(Act::code))
        .bind(filter.from.map(us))
        .bind(filter.until.map(us))
        .bind(page.limit)
        .bind(count(page.offset()))
        .fetch_all(&mut *snapshot)
        .await?;
        snapshot.commit().await?;
        let items = rows.into_iter().map(TryInto::try_into);
        Ok(Page {
            items: items.collect::<Result<_, _>>()?,
            total: total.unsigned_abs(),
        })
    }

    async fn audit_entries(
        &self,
        organizer: OrganizerId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StorageError> {
        let rows: Vec<AuditRow> = sqlx::query_as(
            "SELECT id, at_us, actor, act, subject, details FROM audit
             WHERE organizer_id = $1 AND id > $2 ORDER BY id LIMIT $3",
        )
        .bind(organizer.0)
        .bind(after)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}
