//! Keys by which programs call.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{By, Digest, OrganizerId, StorageError};

/// A stored API key; the key itself is kept nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its number in this host.
    pub id: i64,
    /// Whose data it sees.
    pub organizer: OrganizerId,
    /// What it is for, in its maker's words.
    pub name: String,
    /// Its beginning.
    pub hint: String,
    /// Random; the key may have been derived from it.
    pub nonce: [u8; 16],
    /// Names of what it may do.
    pub permissions: Vec<String>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Timestamp,
    /// It is not accepted from this time on.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to the minute or so.
    pub last_used: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// An API key to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewApiKey {
    /// What it is for.
    pub name: String,
    /// Its beginning.
    pub hint: String,
    /// Digest of the key.
    pub secret: Digest,
    /// Random; the key may have been derived from it.
    pub nonce: [u8; 16],
    /// Names of what it may do.
    pub permissions: Vec<String>,
    /// It is not accepted from this time on.
    pub expires_at: Option<Timestamp>,
}

/// API keys.
#[async_trait]
pub trait ApiKeyStorage {
    /// Stores a key.
    async fn create_api_key(
        &self,
        organizer: OrganizerId,
        key: NewApiKey,
        by: By,
    ) -> Result<ApiKey, StorageError>;

    /// An organizer's keys, oldest first, in whatever state.
    async fn api_keys(&self, organizer: OrganizerId) -> Result<Vec<ApiKey>, StorageError>;

    /// The key with this digest, whoever's it is. The host's own verb: the key says whose it is.
    async fn api_key_by_secret(&self, secret: Digest) -> Result<Option<ApiKey>, StorageError>;

    /// Notes that a key was used.
    async fn note_api_key_use(&self, id: i64, at: Timestamp) -> Result<(), StorageError>;

    /// Revokes a key; one that was revoked stays as it is. `None`: the organizer has no such key.
    async fn revoke_api_key(
        &self,
        organizer: OrganizerId,
        id: i64,
        by: By,
    ) -> Result<Option<ApiKey>, StorageError>;
}
