//! The record of what was done.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::SqliteStorage;
use super::idempotency::settle;
use super::row::{Place, row, us};
use crate::storage::{Act, AuditEntry, AuditStorage, By, OrganizerId, StorageError};

/// What an entry says beyond who and when.
pub(super) struct Note {
    pub(super) act: Act,
    pub(super) subject: String,
    pub(super) details: serde_json::Value,
}

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

row! {
    struct Row {
        id: i64,
        at_us: i64,
        actor: String,
        act: String,
        subject: String,
        details: String,
    }
}

impl TryFrom<Row> for AuditEntry {
    type Error = StorageError;

    fn try_from(row: Row) -> Result<Self, StorageError> {
        let place = Place {
            table: "audit",
            id: row.id,
        };
        Ok(Self {
            id: row.id,
            at: place.time("at_us", row.at_us)?,
            actor: row.actor,
            act: place.name("act", &row.act, Act::from_code)?,
            subject: row.subject,
            details: place.json("details", &row.details)?,
        })
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
        let rows: Vec<Row> = sqlx::query_as(
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
