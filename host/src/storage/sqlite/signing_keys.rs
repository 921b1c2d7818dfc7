//! Signing keys and delegations.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use sqlx::SqliteConnection;

use super::SqliteStorage;
use super::audit::record;
use crate::storage::rows::audit::Note;
use crate::storage::rows::signing_keys::{DelegationRow, KeyRow};
use crate::storage::rows::us;
use crate::storage::{
    Act, By, Conflict, Delegation, KeyState, NewDelegation, NewSigningKey, OrganizerId, Rotation,
    SigningKeyId, SigningKeyRow, SigningKeyStorage, StorageError,
};

/// Stores a key in this state.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    key: NewSigningKey,
    state: KeyState,
    by: &By,
) -> Result<SigningKeyRow, StorageError> {
    let row: KeyRow = sqlx::query_as(
        "INSERT INTO signing_keys (organizer_id, purpose, state, key_id, public_key, sealed_seed,
                                   created_at_us, state_at_us)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7) RETURNING *",
    )
    .bind(organizer.0)
    .bind(key.purpose.code())
    .bind(state.code())
    .bind(key.key_id.0.as_slice())
    .bind(key.public_key.as_slice())
    .bind(key.seed.map(|seed| seed.0))
    .bind(us(by.at))
    .fetch_one(&mut *connection)
    .await?;
    let made = SigningKeyRow::try_from(row)?;
    note(connection, organizer, Act::KeyCreated, &made, by).await?;
    Ok(made)
}

/// Makes sure that a key may still sign, and remembers the latest `exp` that it signed: when it is
/// retired, it has to verify for as long.
pub(super) async fn claim(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    key: SigningKeyId,
    expires_at: Timestamp,
) -> Result<(), StorageError> {
    let claimed = sqlx::query(
        "UPDATE signing_keys SET last_expiry_us = max(coalesce(last_expiry_us, $3), $3)
         WHERE organizer_id = $1 AND id = $2 AND purpose = 'ticket' AND state = 'active'",
    )
    .bind(organizer.0)
    .bind(key.0)
    .bind(us(expires_at))
    .execute(connection)
    .await?;
    if claimed.rows_affected() == 0 {
        return Err(Conflict::KeyNotActive.into());
    }
    Ok(())
}

async fn create(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    key: NewSigningKey,
    by: By,
) -> Result<SigningKeyRow, StorageError> {
    let has_active: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM signing_keys
                        WHERE organizer_id = $1 AND purpose = $2 AND state = 'active')",
    )
    .bind(organizer.0)
    .bind(key.purpose.code())
    .fetch_one(&mut *connection)
    .await?;
    let state = if has_active {
        KeyState::Next
    } else {
        KeyState::Active
    };
    insert(connection, organizer, key, state, &by).await
}

async fn rotate(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    rotation: Rotation,
    by: By,
) -> Result<SigningKeyRow, StorageError> {
    sqlx::query(
        "UPDATE signing_keys
         SET state = 'retired', state_at_us = $3, sign_until_us = $3,
             verify_until_us = max($4, coalesce(last_expiry_us, $4))
         WHERE organizer_id = $1 AND purpose = $2 AND state = 'active'",
    )
    .bind(organizer.0)
    .bind(rotation.purpose.code())
    .bind(us(by.at))
    .bind(rotation.verify_until.map(us))
    .execute(&mut *connection)
    .await?;
    let row: Option<KeyRow> = sqlx::query_as(
        "UPDATE signing_keys SET state = 'active', state_at_us = $3
         WHERE organizer_id = $1 AND purpose = $2 AND state = 'next' RETURNING *",
    )
    .bind(organizer.0)
    .bind(rotation.purpose.code())
    .bind(us(by.at))
    .fetch_optional(&mut *connection)
    .await?;
    let active = SigningKeyRow::try_from(row.ok_or(Conflict::NoNextKey)?)?;
    note(connection, organizer, Act::KeyRotated, &active, &by).await?;
    Ok(active)
}

async fn revoke(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    key: SigningKeyId,
    by: By,
) -> Result<Option<SigningKeyRow>, StorageError> {
    let row: Option<KeyRow> =
        sqlx::query_as("SELECT * FROM signing_keys WHERE organizer_id = $1 AND id = $2")
            .bind(organizer.0)
            .bind(key.0)
            .fetch_optional(&mut *connection)
            .await?;
    let Some(row) = row else { return Ok(None) };
    let found = SigningKeyRow::try_from(row)?;
    if found.state == KeyState::Revoked {
        return Ok(Some(found));
    }
    let row: KeyRow = sqlx::query_as(
        "UPDATE signing_keys
         SET state = 'revoked', state_at_us = $3, sign_until_us = coalesce(sign_until_us, $3)
         WHERE organizer_id = $1 AND id = $2 RETURNING *",
    )
    .bind(organizer.0)
    .bind(key.0)
    .bind(us(by.at))
    .fetch_one(&mut *connection)
    .await?;
    let revoked = SigningKeyRow::try_from(row)?;
    note(connection, organizer, Act::KeyRevoked, &revoked, &by).await?;
    Ok(Some(revoked))
}

async fn note(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    act: Act,
    key: &SigningKeyRow,
    by: &By,
) -> Result<(), StorageError> {
    let note = Note {
        act,
        subject: format!("key {}", key.id.0),
        details: json!({
            "purpose": key.purpose.code(),
            "kid": key.key_id.to_string(),
            "state": key.state.code(),
        }),
    };
    record(connection, organizer, by, note).await
}

/// Stores a delegation.
pub(super) async fn delegate(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    delegation: NewDelegation,
    by: &By,
) -> Result<Delegation, StorageError> {
    let newest: Option<i64> =
        sqlx::query_scalar("SELECT max(sequence) FROM delegations WHERE organizer_id = $1")
            .bind(organizer.0)
            .fetch_one(&mut *connection)
            .await?;
    let newest = newest.and_then(|newest| u64::try_from(newest).ok());
    if let Some(newest) = newest
        && delegation.sequence <= newest
    {
        return Err(Conflict::StaleDelegation { newest }.into());
    }
    let row: DelegationRow = sqlx::query_as(
        "INSERT INTO delegations (organizer_id, sequence, bundle_key_id, delegation,
                                  not_before_us, expires_at_us, created_at_us)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *",
    )
    .bind(organizer.0)
    .bind(i64::try_from(delegation.sequence).unwrap_or(i64::MAX))
    .bind(delegation.bundle_key.0)
    .bind(delegation.bytes)
    .bind(us(delegation.not_before))
    .bind(us(delegation.expires_at))
    .bind(us(by.at))
    .fetch_one(&mut *connection)
    .await?;
    let stored = Delegation::try_from(row)?;
    let note = Note {
        act: Act::DelegationStored,
        subject: format!("delegation {}", stored.sequence),
        details: json!({ "bundleKey": stored.bundle_key.0 }),
    };
    record(connection, organizer, by, note).await?;
    Ok(stored)
}

#[async_trait]
impl SigningKeyStorage for SqliteStorage {
    async fn signing_keys(
        &self,
        organizer: OrganizerId,
    ) -> Result<Vec<SigningKeyRow>, StorageError> {
        let rows: Vec<KeyRow> =
            sqlx::query_as("SELECT * FROM signing_keys WHERE organizer_id = $1 ORDER BY id")
                .bind(organizer.0)
                .fetch_all(&self.readers)
                .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn create_signing_key(
        &self,
        organizer: OrganizerId,
        key: NewSigningKey,
        by: By,
    ) -> Result<SigningKeyRow, StorageError> {
        self.writer
            .write(move |connection| Box::pin(create(connection, organizer, key, by)))
            .await
    }

    async fn rotate_signing_key(
        &self,
        organizer: OrganizerId,
        rotation: Rotation,
        by: By,
    ) -> Result<SigningKeyRow, StorageError> {
        self.writer
            .write(move |connection| Box::pin(rotate(connection, organizer, rotation, by)))
            .await
    }

    async fn revoke_signing_key(
        &self,
        organizer: OrganizerId,
        key: SigningKeyId,
        by: By,
    ) -> Result<Option<SigningKeyRow>, StorageError> {
        self.writer
            .write(move |connection| Box::pin(revoke(connection, organizer, key, by)))
            .await
    }

    async fn store_delegation(
        &self,
        organizer: OrganizerId,
        delegation: NewDelegation,
        by: By,
    ) -> Result<Delegation, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move { delegate(connection, organizer, delegation, &by).await })
            })
            .await
    }

    async fn newest_delegation(
        &self,
        organizer: OrganizerId,
    ) -> Result<Option<Delegation>, StorageError> {
        let row: Option<DelegationRow> = sqlx::query_as(
            "SELECT * FROM delegations WHERE organizer_id = $1 ORDER BY sequence DESC LIMIT 1",
        )
        .bind(organizer.0)
        .fetch_optional(&self.readers)
        .await?;
        row.map(TryInto::try_into).transpose()
    }
}
