//! Signing keys and delegations.

use async_trait::async_trait;
use serde_json::json;
use sqlx::PgConnection;

use super::PostgresStorage;
use super::audit::record;
use crate::storage::rows::audit::Note;
use crate::storage::rows::signing_keys::{DelegationRow, KeyRow};
use crate::storage::rows::us;
use crate::storage::{
    Act, By, Conflict, Delegation, KeyPurpose, KeyState, NewDelegation, NewSigningKey, OrganizerId,
    Rotation, SigningKeyId, SigningKeyRow, SigningKeyStorage, StorageError,
};

/// A query of [`KeyRow`]s: which keys.
macro_rules! select_keys {
    ($keys:literal) => {
        concat!(
            "SELECT k.id, k.purpose, k.state, k.key_id, k.public_key, k.sealed_seed,
                    k.sign_until_us, k.verify_until_us,
                    greatest(k.last_expiry_us, (SELECT max(c.last_expiry_us)
                                                FROM signing_key_claims c
                                                WHERE c.signing_key_id = k.id)) AS last_expiry_us,
                    k.created_at_us, k.state_at_us
             FROM signing_keys k WHERE ",
            $keys
        )
    };
}

/// What is done to an organizer's keys and delegations is done one after the other.
async fn take_turn(
    connection: &mut PgConnection,
    organizer: OrganizerId,
) -> Result<(), StorageError> {
    sqlx::query("SELECT FROM organizers WHERE id = $1 FOR NO KEY UPDATE")
        .bind(i64::from(organizer.0))
        .execute(connection)
        .await?;
    Ok(())
}

/// Stores a key in this state.
pub(super) async fn insert(
    connection: &mut PgConnection,
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
    .bind(i64::from(organizer.0))
    .bind(key.purpose.code())
    .bind(state.code())
    .bind(key.key_id.0.as_slice())
    .bind(key.public_key.as_slice())
    .bind(key.seed.map(|seed| seed.0))
    .bind(us(by.at))
    .fetch_one(&mut *connection)
    .await?;
    let made = SigningKeyRow::try_from(row)?;
    open_claims(connection, organizer, &made).await?;
    note(connection, organizer, Act::KeyCreated, &made, by).await?;
    Ok(made)
}

/// Lets tickets be stored that the key signed, if it may sign any: see the table.
async fn open_claims(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    key: &SigningKeyRow,
) -> Result<(), StorageError> {
    if (key.purpose, key.state) == (KeyPurpose::Ticket, KeyState::Active) {
        sqlx::query(
            "INSERT INTO signing_key_claims (signing_key_id, slot, organizer_id)
             SELECT $2, slot, $1 FROM generate_series(0, 63) slot",
        )
        .bind(i64::from(organizer.0))
        .bind(i64::from(key.id.0))
        .execute(connection)
        .await?;
    }
    Ok(())
}

/// Does so for every key that was written without it.
pub(in crate::storage) async fn open_claims_of_all(
    connection: &mut PgConnection,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO signing_key_claims (signing_key_id, slot, organizer_id)
         SELECT id, slot, organizer_id FROM signing_keys, generate_series(0, 63) slot
         WHERE purpose = 'ticket' AND state = 'active' ON CONFLICT DO NOTHING",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Waits for the tickets that are being stored under a key, and lets no more be stored. What the
/// claims knew goes into the key.
async fn close_claims(connection: &mut PgConnection, key: i64) -> Result<(), StorageError> {
    sqlx::query(
        "WITH closed AS (
             DELETE FROM signing_key_claims WHERE signing_key_id = $1 RETURNING last_expiry_us)
         UPDATE signing_keys
         SET last_expiry_us = greatest(last_expiry_us, (SELECT max(last_expiry_us) FROM closed))
         WHERE id = $1",
    )
    .bind(key)
    .execute(connection)
    .await?;
    Ok(())
}

async fn create(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    key: NewSigningKey,
    by: By,
) -> Result<SigningKeyRow, StorageError> {
    take_turn(connection, organizer).await?;
    let has_active: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM signing_keys
                        WHERE organizer_id = $1 AND purpose = $2 AND state = 'active')",
    )
    .bind(i64::from(organizer.0))
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
    connection: &mut PgConnection,
    organizer: OrganizerId,
    rotation: Rotation,
    by: By,
) -> Result<SigningKeyRow, StorageError> {
    take_turn(connection, organizer).await?;
    let retiring: Option<i64> = sqlx::query_scalar(
        "SELECT id FROM signing_keys
         WHERE organizer_id = $1 AND purpose = $2 AND state = 'active'",
    )
    .bind(i64::from(organizer.0))
    .bind(rotation.purpose.code())
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(retiring) = retiring {
        close_claims(connection, retiring).await?;
        sqlx::query(
            "UPDATE signing_keys
             SET state = 'retired', state_at_us = $2, sign_until_us = $2,
                 verify_until_us = CASE WHEN $3::bigint IS NOT NULL
                                        THEN greatest($3, last_expiry_us) END
             WHERE id = $1",
        )
        .bind(retiring)
        .bind(us(by.at))
        .bind(rotation.verify_until.map(us))
        .execute(&mut *connection)
        .await?;
    }
    let row: Option<KeyRow> = sqlx::query_as(
        "UPDATE signing_keys SET state = 'active', state_at_us = $3
         WHERE organizer_id = $1 AND purpose = $2 AND state = 'next' RETURNING *",
    )
    .bind(i64::from(organizer.0))
    .bind(rotation.purpose.code())
    .bind(us(by.at))
    .fetch_optional(&mut *connection)
    .await?;
    let active = SigningKeyRow::try_from(row.ok_or(Conflict::NoNextKey)?)?;
    open_claims(connection, organizer, &active).await?;
    note(connection, organizer, Act::KeyRotated, &active, &by).await?;
    Ok(active)
}

async fn revoke(
    connection: &mut PgConnection,
    organizer: OrganizerId,
    key: SigningKeyId,
    by: By,
) -> Result<Option<SigningKeyRow>, StorageError> {
    take_turn(connection, organizer).await?;
    let row: Option<KeyRow> = sqlx::query_as(select_keys!("k.organizer_id = $1 AND k.id = $2"))
        .bind(i64::from(organizer.0))
        .bind(i64::from(key.0))
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let found = SigningKeyRow::try_from(row)?;
    if found.state == KeyState::Revoked {
        return Ok(Some(found));
    }
    close_claims(connection, i64::from(key.0)).await?;
    let row: KeyRow = sqlx::query_as(
        "UPDATE signing_keys
         SET state = 'revoked', state_at_us = $3, sign_until_us = coalesce(sign_until_us, $3)
         WHERE organizer_id = $1 AND id = $2 RETURNING *",
    )
    .bind(i64::from(organizer.0))
    .bind(i64::from(key.0))
    .bind(us(by.at))
    .fetch_one(&mut *connection)
    .await?;
    let revoked = SigningKeyRow::try_from(row)?;
    note(connection, organizer, Act::KeyRevoked, &revoked, &by).await?;
    Ok(Some(revoked))
}

async fn note(
    connection: &mut PgConnection,
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
    connection: &mut PgConnection,
    organizer: OrganizerId,
    delegation: NewDelegation,
    by: &By,
) -> Result<Delegation, StorageError> {
    take_turn(connection, organizer).await?;
    let newest: Option<i64> =
        sqlx::query_scalar("SELECT max(sequence) FROM delegations WHERE organizer_id = $1")
            .bind(i64::from(organizer.0))
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
    .bind(i64::from(organizer.0))
    .bind(i64::try_from(delegation.sequence).unwrap_or(i64::MAX))
    .bind(i64::from(delegation.bundle_key.0))
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
impl SigningKeyStorage for PostgresStorage {
    async fn signing_keys(
        &self,
        organizer: OrganizerId,
    ) -> Result<Vec<SigningKeyRow>, StorageError> {
        let rows: Vec<KeyRow> = sqlx::query_as(select_keys!("k.organizer_id = $1 ORDER BY k.id"))
            .bind(i64::from(organizer.0))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn create_signing_key(
        &self,
        organizer: OrganizerId,
        key: NewSigningKey,
        by: By,
    ) -> Result<SigningKeyRow, StorageError> {
        self.write(move |connection| Box::pin(create(connection, organizer, key, by)))
            .await
    }

    async fn rotate_signing_key(
        &self,
        organizer: OrganizerId,
        rotation: Rotation,
        by: By,
    ) -> Result<SigningKeyRow, StorageError> {
        self.write(move |connection| Box::pin(rotate(connection, organizer, rotation, by)))
            .await
    }

    async fn revoke_signing_key(
        &self,
        organizer: OrganizerId,
        key: SigningKeyId,
        by: By,
    ) -> Result<Option<SigningKeyRow>, StorageError> {
        self.write(move |connection| Box::pin(revoke(connection, organizer, key, by)))
            .await
    }

    async fn store_delegation(
        &self,
        organizer: OrganizerId,
        delegation: NewDelegation,
        by: By,
    ) -> Result<Delegation, StorageError> {
        self.write(move |connection| {
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
        .bind(i64::from(organizer.0))
        .fetch_optional(&self.pool)
        .await?;
        row.map(TryInto::try_into).transpose()
    }
}
