//! The record of what was done.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::SqliteStorage;
use super::idempotency::settle;
use crate::storage::rows::audit::{AuditRow, Note};
use crate::storage::rows::us;
use crate::storage::{AuditEntry, AuditStorage, By, OrganizerId, StorageError};

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
