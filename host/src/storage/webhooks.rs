//! Endpoints that are told what was done.
//!
//! No act knows of endpoints. What was done stands in the record, whose sealed entries have a place
//! without gaps; an endpoint keeps the place up to which it was told, and messages are made and the
//! place moved in one transaction ([`super::WebhookDeliveryStorage::tell_webhook`]).

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{By, OrganizerId, StorageError};

/// Number of an endpoint in this host; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebhookId(pub i64);

impl fmt::Display for WebhookId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its number.
    pub id: WebhookId,
    /// Whose acts it is told of.
    pub organizer: OrganizerId,
    /// Where messages are sent.
    pub url: String,
    /// Types of messages that it wants; `None`: all.
    pub events: Option<Vec<String>>,
    /// What it is for, in its maker's words.
    pub description: Option<String>,
    /// What its secret is derived from.
    pub secret: SecretSource,
    /// Since when and why nothing is sent.
    pub disabled: Option<Disabled>,
    /// The first attempt that failed since one succeeded.
    pub failing_since: Option<Timestamp>,
    /// Up to where it was told.
    pub told: SealedPlace,
    /// Entries up to this one were written before it was made or enabled.
    pub not_before_entry: i64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What an endpoint's secrets are derived from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecretSource {
    /// Random.
    pub nonce: [u8; 16],
    /// From 1; grows with each rotation.
    pub generation: u32,
    /// Until then, the secret of the generation before signs along.
    pub old_until: Option<Timestamp>,
}

/// That an endpoint gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disabled {
    /// Since when.
    pub at: Timestamp,
    /// Why.
    pub because: DisabledBecause,
}

/// Why an endpoint gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisabledBecause {
    /// Its organizer wants it so.
    Asked,
    /// It answered 410 Gone.
    Gone,
    /// It failed for too long.
    Failing,
}

impl DisabledBecause {
    /// The name under which it is stored and shown. Never changed.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    /// The reason of a stored name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Asked, Self::Gone, Self::Failing]
            .into_iter()
            .find(|because| because.code() == code)
    }
}

/// A place in the order of sealing: by seal, and in a seal by entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SealedPlace {
    /// Number of the seal; 0 is before the first.
    pub seal: u64,
    /// The entry.
    pub entry: i64,
}

/// An endpoint to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewWebhook {
    /// Where messages are sent.
    pub url: String,
    /// Types of messages that it wants; `None`: all.
    pub events: Option<Vec<String>>,
    /// What it is for.
    pub description: Option<String>,
    /// Random.
    pub nonce: [u8; 16],
}

/// What changes of an endpoint; `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WebhookEdit {
    /// Where messages are sent.
    pub url: Option<String>,
    /// Types of messages that it wants; within, `None` is all.
    pub events: Option<Option<Vec<String>>>,
    /// What it is for.
    pub description: Option<Option<String>>,
    /// Whether messages are sent.
    pub switch: Option<Switch>,
}

/// Whether an endpoint is to get messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// From now on; nothing of what was done meanwhile.
    On,
    /// None; those that wait are cancelled.
    Off,
}

/// Endpoints.
#[async_trait]
pub trait WebhookStorage {
    /// Makes an endpoint, unless the organizer has `most` of them. It is told what is done from then on.
    ///
    /// # Errors
    /// [`Conflict::TooManyWebhooks`](super::Conflict::TooManyWebhooks).
    async fn create_webhook(
        &self,
        organizer: OrganizerId,
        webhook: NewWebhook,
        most: u32,
        by: By,
    ) -> Result<Webhook, StorageError>;

    /// An organizer's endpoints, oldest first.
    async fn webhooks(&self, organizer: OrganizerId) -> Result<Vec<Webhook>, StorageError>;

    /// One of them.
    async fn webhook(
        &self,
        organizer: OrganizerId,
        id: WebhookId,
    ) -> Result<Option<Webhook>, StorageError>;

    /// Changes an endpoint. Switching on one that is on, or off one that is off, changes nothing of it.
    async fn change_webhook(
        &self,
        organizer: OrganizerId,
        id: WebhookId,
        edit: WebhookEdit,
        by: By,
    ) -> Result<Option<Webhook>, StorageError>;

    /// The next generation of its secret; the one before holds until `old_until`.
    async fn rotate_webhook_secret(
        &self,
        organizer: OrganizerId,
        id: WebhookId,
        old_until: Timestamp,
        by: By,
    ) -> Result<Option<Webhook>, StorageError>;

    /// Removes an endpoint and its deliveries. False: there is none.
    async fn delete_webhook(
        &self,
        organizer: OrganizerId,
        id: WebhookId,
        by: By,
    ) -> Result<bool, StorageError>;
}
