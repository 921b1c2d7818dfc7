//! Messages to endpoints, and what became of them.
//!
//! A delivery is claimed for some seconds by whoever tries it ([`claim_webhook_deliveries`]); the number
//! of the attempt is its fencing token: who was thought dead and comes back changes nothing.
//!
//! [`claim_webhook_deliveries`]: WebhookDeliveryStorage::claim_webhook_deliveries

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{
    By, OrganizerId, Page, PageRequest, RecordedEntry, SealedPlace, StorageError, Webhook,
    WebhookId,
};

/// Number of a delivery in this host; never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryId(pub i64);

impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// Names it; the same in every attempt.
    pub message_id: String,
    /// Its type.
    pub event_type: String,
    /// JSON, byte for byte as it is signed.
    pub body: String,
}

/// One message to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// Its number.
    pub id: DeliveryId,
    /// To whom.
    pub webhook: WebhookId,
    /// What is sent.
    pub message: NewMessage,
    /// What became of it.
    pub state: DeliveryState,
    /// Attempts that were begun.
    pub attempts: u32,
    /// When it is tried next, at the earliest.
    pub next_attempt: Timestamp,
    /// When it was queued.
    pub created_at: Timestamp,
    /// When it left the state [`DeliveryState::Pending`].
    pub finished_at: Option<Timestamp>,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryState {
    /// It is tried now, or later.
    Pending,
    /// The endpoint took it.
    Delivered,
    /// It was tried often enough.
    Failed,
    /// The endpoint was disabled before.
    Cancelled,
}

impl DeliveryState {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Pending,
        Self::Delivered,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The name under which it is stored and shown. Never changed.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a stored name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// An attempt that is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookAttempt {
    /// From 1. One that is missing was broken off with its host.
    pub number: u32,
    /// When it began.
    pub at: Timestamp,
    /// How long it took; whole microseconds are kept.
    pub duration: Duration,
    /// What came back.
    pub result: AttemptResult,
}

/// What came back of an attempt. Nothing of an answer's body is kept: it may hold anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptResult {
    /// An answer with this status.
    Answered(u16),
    /// No answer.
    Failed(AttemptFailure),
}

/// Why there was no answer; no more than its organizer may know of the host's network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptFailure {
    /// The name has no address, or nobody could say.
    NameNotResolved,
    /// It leads to an address that this host sends nothing to.
    AddressNotAllowed,
    /// Nobody listens, or the connection broke.
    ConnectionFailed,
    /// The certificate is not good, or TLS was not spoken.
    TlsFailed,
    /// It took too long.
    TimedOut,
    /// What came back is no HTTP.
    BadAnswer,
    /// The message could not be signed: a fault of this host.
    NotSigned,
}

impl AttemptFailure {
    const ALL: [Self; 7] = [
        Self::NameNotResolved,
        Self::AddressNotAllowed,
        Self::ConnectionFailed,
        Self::TlsFailed,
        Self::TimedOut,
        Self::BadAnswer,
        Self::NotSigned,
    ];

    /// The name under which it is stored and shown. Never changed.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NameNotResolved => "name_not_resolved",
            Self::AddressNotAllowed => "address_not_allowed",
            Self::ConnectionFailed => "connection_failed",
            Self::TlsFailed => "tls_failed",
            Self::TimedOut => "timed_out",
            Self::BadAnswer => "bad_answer",
            Self::NotSigned => "not_signed",
        }
    }

    /// The failure of a stored name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|failure| failure.code() == code)
    }
}

/// A delivery with its attempts, by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedDelivery {
    /// The delivery.
    pub delivery: WebhookDelivery,
    /// What was tried.
    pub attempts: Vec<WebhookAttempt>,
}

/// An attempt, and what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedAttempt {
    /// Whose.
    pub webhook: WebhookId,
    /// Of which delivery.
    pub delivery: DeliveryId,
    /// The attempt.
    pub attempt: WebhookAttempt,
    /// What follows.
    pub then: AfterAttempt,
    /// An endpoint that has failed since then or longer is disabled.
    pub hopeless_since: Timestamp,
}

/// What follows from an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterAttempt {
    /// The endpoint took the message.
    Delivered,
    /// It is tried again.
    TryAgain {
        /// Not before.
        at: Timestamp,
    },
    /// It was the last.
    GiveUp,
    /// The endpoint wants nothing more, ever.
    EndpointGone,
}

/// Messages to endpoints.
#[async_trait]
pub trait WebhookDeliveryStorage {
    /// Of all organizers, the endpoints that have not been told all sealed entries.
    async fn webhooks_to_tell(&self) -> Result<Vec<Webhook>, StorageError>;

    /// At most `limit` sealed entries behind a place, in the order of sealing.
    async fn sealed_audit_behind(
        &self,
        organizer: OrganizerId,
        place: SealedPlace,
        limit: u32,
    ) -> Result<Vec<RecordedEntry>, StorageError>;

    /// Queues messages for an endpoint that was told up to `from`, and notes that it was told up to
    /// `to`. False: another was first, or the endpoint is disabled or gone; nothing is queued then.
    async fn tell_webhook(
        &self,
        webhook: &Webhook,
        to: SealedPlace,
        messages: Vec<NewMessage>,
        at: Timestamp,
    ) -> Result<bool, StorageError>;

    /// Queues a message by which an organizer tries an endpoint. `None`: it has no such endpoint.
    ///
    /// # Errors
    /// [`Conflict::Transition`](super::Conflict::Transition): the endpoint is disabled.
    async fn test_webhook(
        &self,
        organizer: OrganizerId,
        webhook: WebhookId,
        message: NewMessage,
        by: By,
    ) -> Result<Option<WebhookDelivery>, StorageError>;

    /// Queues the message of a delivery once more, in whatever state that is. `None`: the organizer has
    /// no such delivery to this endpoint.
    ///
    /// # Errors
    /// As for [`Self::test_webhook`].
    async fn replay_webhook_delivery(
        &self,
        organizer: OrganizerId,
        webhook: WebhookId,
        delivery: DeliveryId,
        by: By,
    ) -> Result<Option<WebhookDelivery>, StorageError>;

    /// Deliveries to an endpoint, newest first.
    async fn webhook_deliveries(
        &self,
        organizer: OrganizerId,
        webhook: WebhookId,
        state: Option<DeliveryState>,
        page: PageRequest,
    ) -> Result<Page<LoggedDelivery>, StorageError>;

    /// One of them.
    async fn webhook_delivery(
        &self,
        organizer: OrganizerId,
        webhook: WebhookId,
        delivery: DeliveryId,
    ) -> Result<Option<LoggedDelivery>, StorageError>;

    /// Of all organizers, the endpoints with deliveries that are due.
    async fn webhooks_with_due_deliveries(
        &self,
        now: Timestamp,
    ) -> Result<Vec<Webhook>, StorageError>;

    /// Claims at most `limit` due deliveries to an endpoint, longest due first: nobody else may try
    /// them until `leased_until`. Each counts one attempt more.
    async fn claim_webhook_deliveries(
        &self,
        webhook: WebhookId,
        now: Timestamp,
        leased_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<WebhookDelivery>, StorageError>;

    /// Notes what came of an attempt, and disables the endpoint if it is gone or has failed too long.
    /// False: another has claimed the delivery since, or it is over; nothing is noted then.
    async fn finish_webhook_attempt(&self, finished: FinishedAttempt)
    -> Result<bool, StorageError>;

    /// Of all organizers, the deliveries that are not over.
    async fn count_pending_webhook_deliveries(&self) -> Result<u64, StorageError>;

    /// Removes at most `limit` deliveries that were queued before a time, and answers how many.
    async fn remove_webhook_deliveries(
        &self,
        before: Timestamp,
        limit: u32,
    ) -> Result<u64, StorageError>;
}
