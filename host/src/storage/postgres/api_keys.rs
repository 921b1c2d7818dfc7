//! Keys by which programs call.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use sqlx::PgConnection;

use super::PostgresStorage;
use super::audit::record;
use crate::storage::rows::api_keys::ApiKeyRow;
use crate::storage::rows::audit::Note;
use crate::storage::rows::us;
use crate::storage::{
    Act, ApiKey, ApiKeyStorage, By, Digest, NewApiKey, OrganizerId, StorageError,
};

async fn create(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    key: NewApiKey,
    by: By,
) -> Result<ApiKey, StorageError> {
    let row: ApiKeyRow = sqlx::query_as(
        "INSERT INTO api_keys (organizer_id, name, hint, secret_digest, nonce, permissions,
                               created_by, created_at_us, expires_at_us)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *",
    )
    .bind(i64::from(organizer.0))
    .bind(key.name)
    .bind(key.hint)
    .bind(key.secret.0.as_slice())
    .bind(key.nonce.as_slice())
    .bind(json!(key.permissions).to_string())
    .bind(by.actor.as_str())
    .bind(us(by.at))
    .bind(key.expires_at.map(us))
    .fetch_one(&mut *connection)
    .await?;
    let made = ApiKey::try_from(row)?;
    note(connection, Act::ApiKeyCreated, &made, &by).await?;
    Ok(made)
}

async fn revoke(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    id: i64,
    by: By,
) -> Result<Option<ApiKey>, StorageError> {
    let row: Option<ApiKeyRow> = sqlx::query_as(
        "UPDATE api_keys SET revoked_at_us = $3
         WHERE organizer_id = $1 AND id = $2 AND revoked_at_us IS NULL RETURNING *",
    )
    .bind(i64::from(organizer.0))
    .bind(id)
    .bind(us(by.at))
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(row) = row {
        let revoked = ApiKey::try_from(row)?;
        note(connection, Act::ApiKeyRevoked, &revoked, &by).await?;
        return Ok(Some(revoked));
    }
    let row: Option<ApiKeyRow> =
        sqlx::query_as("SELECT * FROM api_keys WHERE organizer_id = $1 AND id = $2")
            .bind(i64::from(organizer.0))
            .bind(id)
            .fetch_optional(connection)
            .await?;
    row.map(TryInto::try_into).transpose()
}

async fn note(
    connection: &mut PgConnection,
    act: Act,
    key: &ApiKey,
    by: &By,
) -> Result<(), StorageError> {
    let note = Note {
        act,
        subject: format!("api key {}", key.id),
        details: json!({ "permissions": key.permissions }),
    };
    record(connection, key.organizer, by, note).await
}

#[async_trait]
impl ApiKeyStorage for PostgresStorage {
    async fn create_api_key(
        &self,
        organizer: OrganizerId,
        key: NewApiKey,
        by: By,
    ) -> Result<ApiKey, StorageError> {
        self.write(move |connection| Box::pin(create(connection, organizer, key, by)))
            .await
    }

    async fn api_keys(&self, organizer: OrganizerId) -> Result<Vec<ApiKey>, StorageError> {
        let rows: Vec<ApiKeyRow> =
            sqlx::query_as("SELECT * FROM api_keys WHERE organizer_id = $1 ORDER BY id")
                .bind(i64::from(organizer.0))
                .fetch_all(&self.pool)
                .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn api_key_by_secret(&self, secret: Digest) -> Result<Option<ApiKey>, StorageError> {
        let row: Option<ApiKeyRow> =
            sqlx::query_as("SELECT * FROM api_keys WHERE secret_digest = $1")
                .bind(secret.0.to_vec())
                .fetch_optional(&self.pool)
                .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn note_api_key_use(&self, id: i64, at: Timestamp) -> Result<(), StorageError> {
        sqlx::query(
            "UPDATE api_keys SET last_used_us = greatest(coalesce(last_used_us, $2), $2)
             WHERE id = $1",
        )
        .bind(id)
        .bind(us(at))
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn revoke_api_key(
        &self,
        organizer: OrganizerId,
        id: i64,
        by: By,
    ) -> Result<Option<ApiKey>, StorageError> {
        self.write(move |connection| Box::pin(revoke(connection, organizer, id, by)))
            .await
    }
}
