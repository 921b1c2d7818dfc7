//! Requests that may be sent twice and shall act once.
//!
//! A request with an `Idempotency-Key` first *claims* the key for some seconds. Its act then commits
//! together with the note of what was done ([`By::claim`](super::By)), in one transaction, and only
//! as long as the claim is the newest: a request that was thought dead and comes back commits
//! nothing. So whatever moment the host is killed at, either the act and its note are there, and the
//! next request of the key is told what was done, or neither is, and the next one acts.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Act, Digest, OrganizerId, StorageError};

/// A key that this request may act under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Whose request it is.
    pub organizer: OrganizerId,
    /// The key.
    pub key: Digest,
    /// Which claim of the key this is.
    pub attempt: i64,
}

/// A request that wants a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClaimRequest {
    /// Digest of the caller's key.
    pub key: Digest,
    /// Digest of all that the request says.
    pub request: Digest,
    /// Now.
    pub at: Timestamp,
    /// From when on the claim may be taken over.
    pub leased_until: Timestamp,
    /// From when on the key is new again.
    pub kept_until: Timestamp,
}

/// What was done under a key.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The act.
    pub act: Act,
    /// To what, as on record.
    pub subject: String,
    /// Figures of the act, as on record.
    pub details: serde_json::Value,
}

/// What a claim came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Claimed {
    /// Act under this claim.
    Begun(Claim),
    /// It was done already, by these acts.
    Done(Vec<Done>),
    /// Another request works on it, until this time at most.
    Running {
        /// The end of its lease.
        until: Timestamp,
    },
    /// The key belongs to another request.
    OtherRequest,
}

/// Requests that may be sent twice.
#[async_trait]
pub trait IdempotencyStorage {
    /// Claims a key.
    async fn claim_request(
        &self,
        organizer: OrganizerId,
        request: ClaimRequest,
    ) -> Result<Claimed, StorageError>;

    /// Notes what was done, for a request that did it in several steps each of which may be repeated.
    ///
    /// # Errors
    /// [`Conflict::ClaimLost`](super::Conflict::ClaimLost).
    async fn finish_request(&self, claim: Claim, done: Done) -> Result<(), StorageError>;

    /// Gives a claim back under which nothing was done; the key is then as if never used.
    async fn release_request(&self, claim: Claim) -> Result<(), StorageError>;
}
