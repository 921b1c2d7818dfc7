//! Requests that may be sent twice and shall act once.

use async_trait::async_trait;
use serde_json::Value;
use sqlx::PgConnection;

use super::PostgresStorage;
use crate::storage::rows::idempotency::{ClaimRow, acts, done_text};
use crate::storage::rows::{Place, us};
use crate::storage::{
    Act, Claim, ClaimRequest, Claimed, Conflict, Done, IdempotencyStorage, OrganizerId,
    StorageError,
};

/// Notes an act under a claim, in the act's transaction.
pub(super) async fn settle(
    connection: &mut PgConnection,
    claim: Claim,
    act: Act,
    subject: &str,
    details: &Value,
) -> Result<(), StorageError> {
    // The list grows at its end: its last bracket gives way.
    let settled = sqlx::query(
        "UPDATE idempotency
         SET done = coalesce(left(done, -1) || ',', '[') || $4 || ']'
         WHERE organizer_id = $1 AND key_digest = $2 AND attempt = $3",
    )
    .bind(i64::from(claim.organizer.0))
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
    connection: &mut PgConnection,
    organizer: OrganizerId,
    request: ClaimRequest,
) -> Result<Claimed, StorageError> {
    remove_old(connection, organizer, &request).await?;
    // A new row counts no attempt yet, so it is told from one that was there, which is locked.
    let row: ClaimRow = sqlx::query_as(
        "INSERT INTO idempotency (organizer_id, key_digest, request_digest, attempt,
                                  leased_until_us, kept_until_us)
         VALUES ($1, $2, $3, 0, $4, $5)
         ON CONFLICT (organizer_id, key_digest) DO UPDATE SET attempt = idempotency.attempt
         RETURNING request_digest, attempt, leased_until_us, kept_until_us, done",
    )
    .bind(i64::from(organizer.0))
    .bind(request.key.0.as_slice())
    .bind(request.request.0.as_slice())
    .bind(us(request.leased_until))
    .bind(us(request.kept_until))
    .fetch_one(&mut *connection)
    .await?;
    // One that is over and was not removed yet is as good as none.
    let is_over = row.kept_until_us <= us(request.at);
    if row.attempt > 0 && !is_over {
        if row.request_digest != request.request.0 {
            return Ok(Claimed::OtherRequest);
        }
        if let Some(done) = row.done {
            return Ok(Claimed::Done(acts(&done)?));
        }
        if us(request.at) < row.leased_until_us {
            let place = Place {
                table: "idempotency",
                id: organizer.0,
            };
            let until = place.time("leased_until_us", row.leased_until_us)?;
            return Ok(Claimed::Running { until });
        }
    }
    // Whoever had it is dead, or slower than its lease and will find that it lost it.
    let attempt = row.attempt + 1;
    sqlx::query(
        "UPDATE idempotency
         SET request_digest = $3, attempt = $4, leased_until_us = $5, kept_until_us = $6, done = NULL
         WHERE organizer_id = $1 AND key_digest = $2",
    )
    .bind(i64::from(organizer.0))
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

/// Removes what nobody asks for any longer, but for what another request has in hand now.
async fn remove_old(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    request: &ClaimRequest,
) -> Result<(), StorageError> {
    sqlx::query(
        "DELETE FROM idempotency
         WHERE organizer_id = $1 AND key_digest IN (
             SELECT key_digest FROM idempotency
             WHERE organizer_id = $1 AND kept_until_us <= $2 AND key_digest <> $3
             FOR UPDATE SKIP LOCKED)",
    )
    .bind(i64::from(organizer.0))
    .bind(us(request.at))
    .bind(request.key.0.as_slice())
    .execute(connection)
    .await?;
    Ok(())
}

#[async_trait]
impl IdempotencyStorage for PostgresStorage {
    async fn claim_request(
        &self,
        organizer: OrganizerId,
        request: ClaimRequest,
    ) -> Result<Claimed, StorageError> {
        self.write(move |connection| Box::pin(claim(connection, organizer, request)))
            .await
    }

    async fn finish_request(&self, claim: Claim, done: Done) -> Result<(), StorageError> {
        let mut connection = self.pool.acquire().await?;
        settle(
            &mut connection,
            claim,
            done.act,
            &done.subject,
            &done.details,
        )
        .await
    }

    async fn release_request(&self, claim: Claim) -> Result<(), StorageError> {
        sqlx::query(
            "DELETE FROM idempotency
             WHERE organizer_id = $1 AND key_digest = $2 AND attempt = $3 AND done IS NULL",
        )
        .bind(i64::from(claim.organizer.0))
        .bind(claim.key.0.as_slice())
        .bind(claim.attempt)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
