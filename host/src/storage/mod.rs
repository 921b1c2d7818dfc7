//! What the host remembers. The only room that knows SQL.
//!
//! [`Storage`] is one trait in parts, one part for each subject; `sqlite/` and `postgres/`
//! implement it, and `contract/` tests both. Rules for every verb:
//!
//! - One verb is atomic, and what it acknowledges survives a power cut.
//! - Every verb on an organizer's data takes the [`OrganizerId`], and its query is bound to it:
//!   another organizer's things are not found. The few verbs for the host itself say so.
//! - "Not found" is `None`; see [`StorageError`] for the rest.
//! - An act that changes something takes [`By`] and writes its audit entry in the same transaction.
//! - Times are kept in microseconds: what is finer is cut off.
//! - What is personal or secret arrives [`Sealed`], or as a [`BlindIndex`].

mod api_keys;
mod audit;
mod chunks;
#[cfg(test)]
pub(crate) mod contract;
mod erasure;
mod error;
mod events;
mod idempotency;
mod ids;
mod jobs;
mod organizers;
mod page;
pub mod postgres;
mod rows;
mod serials;
mod signing_keys;
pub mod sqlite;
mod templates;
mod tickets;
pub mod transfer;
mod webhook_deliveries;
mod webhooks;

pub use api_keys::{ApiKey, ApiKeyStorage, NewApiKey};
pub use audit::{
    Act, AuditEntry, AuditFilter, AuditSeal, AuditStorage, By, ChainLink, ChainedEntry,
    IssuedTicket, NewAuditSeal, RecordedEntry,
};
pub use chunks::{
    Artifact, Chunk, ChunkStorage, ClaimChunk, ClaimedChunk, GiveBack, Held, IssuedChunk, Lease,
    NewArtifact, Places, PrintedChunk,
};
pub use erasure::{ErasedRevision, Erasure, ErasureStorage, Forgotten, NamelessToken};
pub use error::{Cause, Conflict, StorageError};
pub use events::{
    DeclaredType, Event, EventData, EventFilter, EventRevision, EventStats, EventStorage, NewEvent,
    NumberedType, SerialRange, Texts, TypeStats,
};
pub use idempotency::{Claim, ClaimRequest, Claimed, Done, IdempotencyStorage};
pub use ids::{
    BlindIndex, CallerId, CallerIdError, Digest, OrganizerId, Sealed, SigningKeyId, Slug,
    SlugError, TemplateId, TemplateVersionId, TicketKey,
};
pub use jobs::{
    Intake, Job, JobChange, JobFilter, JobId, JobKind, JobState, JobStorage, NewChunk, NewJob,
    OldJobs, Opening, Priority, QueueStats, Step,
};
pub use organizers::{FirstDelegation, NewOrganizer, Organizer, OrganizerStorage};
pub use page::{Page, PageRequest};
pub use serials::SerialSupply;
pub use signing_keys::{
    Delegation, KeyPurpose, KeyState, NewDelegation, NewSigningKey, Rotation, SigningKeyRow,
    SigningKeyStorage,
};
pub use templates::{
    Asset, Canary, NewTemplateVersion, Template, TemplateStorage, TemplateVersion, VersionOutcome,
    VersionState,
};
pub use tickets::{
    FoundBy, NewRevision, NewTicket, StatusList, StoredTicket, Successor, TicketFilter,
    TicketRevision, TicketSelection, TicketState, TicketStorage, Transition,
};

pub use webhook_deliveries::{
    AfterAttempt, AttemptFailure, AttemptResult, DeliveryId, DeliveryState, FinishedAttempt,
    LoggedDelivery, NewMessage, WebhookAttempt, WebhookDelivery, WebhookDeliveryStorage,
};
pub use webhooks::{
    Disabled, DisabledBecause, NewWebhook, SealedPlace, SecretSource, Switch, Webhook, WebhookEdit,
    WebhookId, WebhookStorage,
};

use async_trait::async_trait;

/// Everything the host remembers.
#[async_trait]
pub trait Storage:
    OrganizerStorage
    + SigningKeyStorage
    + TemplateStorage
    + EventStorage
    + TicketStorage
    + AuditStorage
    + IdempotencyStorage
    + ApiKeyStorage
    + WebhookStorage
    + WebhookDeliveryStorage
    + ErasureStorage
    + JobStorage
    + ChunkStorage
    + Send
    + Sync
{
    /// Writes something and takes it back, to show that writing works.
    async fn check_health(&self) -> Result<(), StorageError>;

    /// Tells the operator's figures how many connections there are, and what waits.
    async fn measure(&self);

    /// Finishes what was begun and closes the database. Later verbs fail with
    /// [`StorageError::Unavailable`].
    async fn close(&self);
}
