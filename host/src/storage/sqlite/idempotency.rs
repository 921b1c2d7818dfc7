//! Requests that may be sent twice and shall act once.

use async_trait::async_trait;
use serde_json::Value;
use sqlx::SqliteConnection;

use super::SqliteStorage;
use crate::storage::rows::idempotency::{ClaimRow, acts, done_text};
use crate::storage::rows::{Place, us};
use crate::storage::{
    Act, Claim, ClaimRequest, Claimed, Conflict, Done, IdempotencyStorage, OrganizerId,
    StorageError,
};

/// Notes an act under a claim, in the act's transaction.
pub(super) async fn settle(
    connection: &mut SqliteConnection,
    claim: Claim,
    act: Act,
    subject: &str,
    details: &Value,
) -> Result<(), StorageError> {
    let settled = sqlx::query(
        "UPDATE idempotency SET done = json_insert(coalesce(done, '[]'), '$[#]', json($4))
         WHERE organizer_id = $1 AND key_digest = $2 AND attempt = $3",
    )
    .bind(claim.organizer.0)
    .bind(claim.key.0.as_slice())
    .bind(claim.attempt)
    .bind(done_text(act, subject, details))
    .execute(connection)
    .await?;
    if settled.rows_affected() == 0 {
        return Err(Conflict::ClaimLost.into());
    }
    Ok(())
}

async fn claim(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    request: ClaimRequest,
) -> Result<Claimed, StorageError> {
    sqlx::query("DELETE FROM idempotency WHERE organizer_id = $1 AND kept_until_us <= $2")
        .bind(organizer.0)
        .bind(us(request.at))
        .execute(&mut *connection)
        .await?;
    let row: Option<ClaimRow> = sqlx::query_as(
        "SELECT request_digest, attempt, leased_until_us, kept_until_us, done FROM idempotency
         WHERE organizer_id = $1 AND key_digest = $2",
    )
    .bind(organizer.0)
    .bind(request.key.0.as_slice())
    .fetch_optional(&mut *connection)
    .await?;
    let attempt = match row {
        None => 1,
        Some(row) if row.request_digest != request.request.0 => return Ok(Claimed::OtherRequest),
        Some(ClaimRow {
            done: Some(done), ..
        }) => return Ok(Claimed::Done(acts(&done)?)),
        Some(row) if us(request.at) < row.leased_until_us => {
            let place = Place {
                table: "idempotency",
                id: organizer.0,
            };
            let until = place.time("leased_until_us", row.leased_until_us)?;
            return Ok(Claimed::Running { until });
        }
        // Whoever had it is dead, or slower than its lease and will find that it lost it.
        Some(row) => row.attempt + 1,
    };
    sqlx::query(
        "INSERT INTO idempotency (organizer_id, key_digest, request_digest, attempt,
                                  leased_until_us, kept_until_us)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (organizer_id, key_digest) DO UPDATE
         SET attempt = excluded.attempt, leased_until_us = excluded.leased_until_us,
             kept_until_us = excluded.kept_until_us",
    )
    .bind(organizer.0)
    .bind(request.key.0.as_slice())
    .bind(request.request.0.as_slice())
    .bind(attempt)
    .bind(us(request.leased_until))
    .bind(us(request.kept_until))
    .execute(connection)
    .await?;
    Ok(Claimed::Begun(Claim {
        organizer,
        key: request.key,
        attempt,
    }))
}

#[async_trait]
impl IdempotencyStorage for SqliteStorage {
    async fn claim_request(
        &self,
        organizer: OrganizerId,
        request: ClaimRequest,
    ) -> Result<Claimed, StorageError> {
        self.writer
            .write(move |connection| Box::pin(claim(connection, organizer, request)))
            .await
    }

    async fn finish_request(&self, claim: Claim, done: Done) -> Result<(), StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    settle(connection, claim, done.act, &done.subject, &done.details).await
                })
            })
            .await
    }

    async fn release_request(&self, claim: Claim) -> Result<(), StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "DELETE FROM idempotency
                         WHERE organizer_id = $1 AND key_digest = $2 AND attempt = $3
                               AND done IS NULL",
                    )
                    .bind(claim.organizer.0)
                    .bind(claim.key.0.as_slice())
                    .bind(claim.attempt)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}
