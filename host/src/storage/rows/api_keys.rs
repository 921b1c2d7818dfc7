//! Rows of API keys.

use super::{Place, row};
use crate::storage::{ApiKey, StorageError};

row! {
    struct ApiKeyRow {
        id: i64,
        organizer_id: i64,
        name: String,
        hint: String,
        nonce: Vec<u8>,
        permissions: String,
        created_by: String,
        created_at_us: i64,
        expires_at_us: Option<i64>,
        last_used_us: Option<i64>,
        revoked_at_us: Option<i64>,
    }
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = StorageError;

    fn try_from(row: ApiKeyRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "api_keys",
            id: row.id,
        };
        Ok(Self {
            id: row.id,
            organizer: place.organizer(row.organizer_id)?,
            name: row.name,
            hint: row.hint,
            nonce: place.bytes("nonce", &row.nonce)?,
            permissions: place.json("permissions", &row.permissions)?,
            created_by: row.created_by,
            created_at: place.time("created_at_us", row.created_at_us)?,
            expires_at: place.time_or_none("expires_at_us", row.expires_at_us)?,
            last_used: place.time_or_none("last_used_us", row.last_used_us)?,
            revoked_at: place.time_or_none("revoked_at_us", row.revoked_at_us)?,
        })
    }
}
