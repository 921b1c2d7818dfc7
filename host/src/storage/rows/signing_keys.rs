//! Rows of signing keys and delegations.

use ticket_token::KeyId;

use super::{Place, row};
use crate::storage::{
    Delegation, KeyPurpose, KeyState, Sealed, SigningKeyId, SigningKeyRow, StorageError,
};

row! {
    struct KeyRow {
        id: i64,
        purpose: String,
        state: String,
        key_id: Vec<u8>,
        public_key: Vec<u8>,
        sealed_seed: Option<Vec<u8>>,
        sign_until_us: Option<i64>,
        verify_until_us: Option<i64>,
        last_expiry_us: Option<i64>,
        created_at_us: i64,
        state_at_us: i64,
    }
}

impl TryFrom<KeyRow> for SigningKeyRow {
    type Error = StorageError;

    fn try_from(row: KeyRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "signing_keys",
            id: row.id,
        };
        Ok(Self {
            id: place.convert("id", row.id).map(SigningKeyId)?,
            purpose: place.name("purpose", &row.purpose, KeyPurpose::from_code)?,
            state: place.name("state", &row.state, KeyState::from_code)?,
            key_id: place.bytes("key_id", &row.key_id).map(KeyId)?,
            public_key: place.bytes("public_key", &row.public_key)?,
            seed: row.sealed_seed.map(Sealed),
            sign_until: place.time_or_none("sign_until_us", row.sign_until_us)?,
            verify_until: place.time_or_none("verify_until_us", row.verify_until_us)?,
            last_expiry: place.time_or_none("last_expiry_us", row.last_expiry_us)?,
            created_at: place.time("created_at_us", row.created_at_us)?,
            state_at: place.time("state_at_us", row.state_at_us)?,
        })
    }
}

row! {
    struct DelegationRow {
        organizer_id: i64,
        sequence: i64,
        bundle_key_id: i64,
        delegation: Vec<u8>,
        not_before_us: i64,
        expires_at_us: i64,
        created_at_us: i64,
    }
}

impl TryFrom<DelegationRow> for Delegation {
    type Error = StorageError;

    fn try_from(row: DelegationRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "delegations",
            id: format_args!("{}/{}", row.organizer_id, row.sequence),
        };
        Ok(Self {
            sequence: place.convert("sequence", row.sequence)?,
            bundle_key: place
                .convert("bundle_key_id", row.bundle_key_id)
                .map(SigningKeyId)?,
            not_before: place.time("not_before_us", row.not_before_us)?,
            expires_at: place.time("expires_at_us", row.expires_at_us)?,
            created_at: place.time("created_at_us", row.created_at_us)?,
            bytes: row.delegation,
        })
    }
}
