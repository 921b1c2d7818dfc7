//! Signing keys and delegations.
//!
//! An organizer has at most one `next` and one `active` key of a purpose. While a key is active, it
//! may sign; a retired key still verifies, until `verify_until`; a revoked one never again.

use async_trait::async_trait;
use jiff::Timestamp;
use ticket_token::KeyId;

use super::{By, OrganizerId, Sealed, SigningKeyId, StorageError};

/// What a key is for; a key has one use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyPurpose {
    /// Signs delegations. Scanners are paired with it.
    Root,
    /// Signs bundles and status lists.
    Bundle,
    /// Signs tickets.
    Ticket,
    /// Signs the heads of the audit chain.
    Audit,
}

impl KeyPurpose {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Root, Self::Bundle, Self::Ticket, Self::Audit];

    /// The name under which it is stored and shown.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Bundle => "bundle",
            Self::Ticket => "ticket",
            Self::Audit => "audit",
        }
    }

    /// The purpose of a stored name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.code() == code)
    }
}

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyState {
    /// Made known to scanners ahead of its use.
    Next,
    /// Signs.
    Active,
    /// Signs no more; what it signed holds.
    Retired,
    /// Nothing that it signed holds.
    Revoked,
}

impl KeyState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Next, Self::Active, Self::Retired, Self::Revoked];

    /// The name under which it is stored and shown.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
        }
    }

    /// The state of a stored name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// A stored signing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// Its number in this host.
    pub id: SigningKeyId,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// Where it is in its life.
    pub state: KeyState,
    /// Its short name in tokens.
    pub key_id: KeyId,
    /// Its public half.
    pub public_key: [u8; 32],
    /// Its seed, sealed with the organizer's data key; `None` for a root key that lives elsewhere.
    pub seed: Option<Sealed>,
    /// It signs nothing from this time on; `None` while it has no successor.
    pub sign_until: Option<Timestamp>,
    /// What it signed does not hold from this time on; never before `last_expiry`.
    pub verify_until: Option<Timestamp>,
    /// The latest `exp` that it signed.
    pub last_expiry: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it came into its state.
    pub state_at: Timestamp,
}

/// A signing key to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSigningKey {
    /// What it is for.
    pub purpose: KeyPurpose,
    /// Its short name in tokens.
    pub key_id: KeyId,
    /// Its public half.
    pub public_key: [u8; 32],
    /// Its seed, sealed; `None` for a root key that lives elsewhere.
    pub seed: Option<Sealed>,
}

/// How keys change places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// Which keys.
    pub purpose: KeyPurpose,
    /// When the retired key stops verifying at the earliest. It is moved to the last `exp` that the
    /// key signed when that is later; `None`: never.
    pub verify_until: Option<Timestamp>,
}

/// A root key's word that a bundle key speaks for the organizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Larger than all before.
    pub sequence: u64,
    /// The bundle key.
    pub bundle_key: SigningKeyId,
    /// The signed object.
    pub bytes: Vec<u8>,
    /// Holds from this time on,
    pub not_before: Timestamp,
    /// and before this time.
    pub expires_at: Timestamp,
    /// When it was stored.
    pub created_at: Timestamp,
}

/// A delegation to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDelegation {
    /// Larger than all before.
    pub sequence: u64,
    /// The bundle key.
    pub bundle_key: SigningKeyId,
    /// The signed object.
    pub bytes: Vec<u8>,
    /// Holds from this time on,
    pub not_before: Timestamp,
    /// and before this time.
    pub expires_at: Timestamp,
}

/// Signing keys and delegations.
#[async_trait]
pub trait SigningKeyStorage {
    /// All keys of an organizer, oldest first.
    async fn signing_keys(
        &self,
        organizer: OrganizerId,
    ) -> Result<Vec<SigningKeyRow>, StorageError>;

    /// Stores a key that shall be next; it is active at once when its purpose has no active key.
    ///
    /// # Errors
    /// [`Conflict::KeyExists`](super::Conflict::KeyExists): the purpose has a next key already.
    async fn create_signing_key(
        &self,
        organizer: OrganizerId,
        key: NewSigningKey,
        by: By,
    ) -> Result<SigningKeyRow, StorageError>;

    /// Makes the next key active and retires the active one. Returns the new active key.
    ///
    /// # Errors
    /// [`Conflict::NoNextKey`](super::Conflict::NoNextKey).
    async fn rotate_signing_key(
        &self,
        organizer: OrganizerId,
        rotation: Rotation,
        by: By,
    ) -> Result<SigningKeyRow, StorageError>;

    /// Revokes a key; revoked keys stay so. `None`: the organizer has no such key.
    async fn revoke_signing_key(
        &self,
        organizer: OrganizerId,
        key: SigningKeyId,
        by: By,
    ) -> Result<Option<SigningKeyRow>, StorageError>;

    /// Stores a delegation.
    ///
    /// # Errors
    /// [`Conflict::StaleDelegation`](super::Conflict::StaleDelegation).
    async fn store_delegation(
        &self,
        organizer: OrganizerId,
        delegation: NewDelegation,
        by: By,
    ) -> Result<Delegation, StorageError>;

    /// The delegation with the largest sequence.
    async fn newest_delegation(
        &self,
        organizer: OrganizerId,
    ) -> Result<Option<Delegation>, StorageError>;
}
