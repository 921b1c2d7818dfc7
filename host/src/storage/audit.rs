//! The record of what was done.

use async_trait::async_trait;
use jiff::Timestamp;

use ticket_token::{Serial, TicketType};
use uuid::Uuid;

use super::{Claim, OrganizerId, Page, PageRequest, SigningKeyId, StorageError, TicketKey};

/// Who does something, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The principal, such as `user:…`, `api-key:…` or `host`. No personal data: it is kept in clear.
    pub actor: String,
    /// The time of the act; it also becomes the `created_at` of what is made.
    pub at: Timestamp,
    /// The claim under which the act is noted as done; it fails if the claim was lost.
    pub claim: Option<Claim>,
}

impl By {
    /// An act that no request repeats.
    #[must_use]
    pub fn new(actor: impl Into<String>, at: Timestamp) -> Self {
        Self {
            actor: actor.into(),
            at,
            claim: None,
        }
    }

    /// The same for an act that only prepares the one of the request, and may be repeated.
    #[must_use]
    pub fn aside(&self) -> Self {
        Self::new(self.actor.clone(), self.at)
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    /// An organizer was made, with its first keys and its event `default`.
    OrganizerCreated,
    /// An organizer's name, settings or default template changed.
    OrganizerChanged,
    /// A signing key was made, to be next.
    KeyCreated,
    /// The next key became active, and the active one retired.
    KeyRotated,
    /// A signing key was revoked.
    KeyRevoked,
    /// A delegation was stored.
    DelegationStored,
    /// A template version was uploaded.
    TemplateUploaded,
    /// A template version was put in use.
    TemplateActivated,
    /// A template went back to its previous activation.
    TemplateRolledBack,
    /// A share of new tickets tries a version, or no longer does.
    TemplateCanaryChanged,
    /// An event was made.
    EventCreated,
    /// An event's data changed.
    EventRevised,
    /// An event without tickets was removed.
    EventDeleted,
    /// A ticket was issued.
    TicketIssued,
    /// A ticket's values or layout changed.
    TicketRevised,
    /// A ticket was suspended.
    TicketSuspended,
    /// A suspended ticket holds again.
    TicketReinstated,
    /// A ticket was revoked for good.
    TicketRevoked,
    /// A ticket got another serial and token; the old ones were revoked.
    TicketReplaced,
    /// Several tickets were revoked at once.
    TicketsRevoked,
    /// What tickets said of their holders was erased.
    TicketErased,
    /// An API key was made.
    ApiKeyCreated,
    /// An API key was revoked.
    ApiKeyRevoked,
    /// An endpoint for messages was made.
    WebhookCreated,
    /// An endpoint's address, types, description or switch changed.
    WebhookChanged,
    /// An endpoint was removed.
    WebhookDeleted,
    /// An endpoint got another secret.
    WebhookSecretRotated,
    /// A message was sent to try an endpoint.
    WebhookTested,
    /// A message was sent once more.
    WebhookReplayed,
    /// The host stopped sending to an endpoint.
    WebhookDisabled,
    /// A job was asked for.
    JobCreated,
    /// A job was released, paused or resumed.
    JobChanged,
    /// Failed items of a job are tried again.
    JobRetried,
    /// A job was stopped.
    JobCancelled,
    /// A job is over: completed, or failed.
    JobFinished,
    /// Old jobs were removed.
    JobsRemoved,
    /// A chunk of a job issued tickets.
    TicketsIssued,
    /// The database was made out of an archive.
    DataRestored,
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 38] = [
        Self::OrganizerCreated,
        Self::OrganizerChanged,
        Self::KeyCreated,
        Self::KeyRotated,
        Self::KeyRevoked,
        Self::DelegationStored,
        Self::TemplateUploaded,
        Self::TemplateActivated,
        Self::TemplateRolledBack,
        Self::TemplateCanaryChanged,
        Self::EventCreated,
        Self::EventRevised,
        Self::EventDeleted,
        Self::TicketIssued,
        Self::TicketRevised,
        Self::TicketSuspended,
        Self::TicketReinstated,
        Self::TicketRevoked,
        Self::TicketReplaced,
        Self::TicketsRevoked,
        Self::TicketErased,
        Self::ApiKeyCreated,
        Self::ApiKeyRevoked,
        Self::WebhookCreated,
        Self::WebhookChanged,
        Self::WebhookDeleted,
        Self::WebhookSecretRotated,
        Self::WebhookTested,
        Self::WebhookReplayed,
        Self::WebhookDisabled,
        Self::JobCreated,
        Self::JobChanged,
        Self::JobRetried,
        Self::JobCancelled,
        Self::JobFinished,
        Self::JobsRemoved,
        Self::TicketsIssued,
        Self::DataRestored,
    ];

    /// The name under which it is stored and shown. Never changed.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::OrganizerCreated => "organizer.created",
            Self::OrganizerChanged => "organizer.changed",
            Self::KeyCreated => "key.created",
            Self::KeyRotated => "key.rotated",
            Self::KeyRevoked => "key.revoked",
            Self::DelegationStored => "delegation.stored",
            Self::TemplateUploaded => "template.uploaded",
            Self::TemplateActivated => "template.activated",
            Self::TemplateRolledBack => "template.rolled_back",
            Self::TemplateCanaryChanged => "template.canary_changed",
            Self::EventCreated => "event.created",
            Self::EventRevised => "event.revised",
            Self::EventDeleted => "event.deleted",
            Self::TicketIssued => "ticket.issued",
            Self::TicketRevised => "ticket.revised",
            Self::TicketSuspended => "ticket.suspended",
            Self::TicketReinstated => "ticket.reinstated",
            Self::TicketRevoked => "ticket.revoked",
            Self::TicketReplaced => "ticket.replaced",
            Self::TicketsRevoked => "tickets.revoked",
            Self::TicketErased => "ticket.erased",
            Self::ApiKeyCreated => "api_key.created",
            Self::ApiKeyRevoked => "api_key.revoked",
            Self::WebhookCreated => "webhook.created",
            Self::WebhookChanged => "webhook.changed",
            Self::WebhookDeleted => "webhook.deleted",
            Self::WebhookSecretRotated => "webhook.secret_rotated",
            Self::WebhookTested => "webhook.tested",
            Self::WebhookReplayed => "webhook.replayed",
            Self::WebhookDisabled => "webhook.disabled",
            Self::JobCreated => "job.created",
            Self::JobChanged => "job.changed",
            Self::JobRetried => "job.retried",
            Self::JobCancelled => "job.cancelled",
            Self::JobFinished => "job.finished",
            Self::JobsRemoved => "jobs.removed",
            Self::TicketsIssued => "tickets.issued",
            Self::DataRestored => "data.restored",
        }
    }

    /// The act of a stored name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.code() == code)
    }
}

/// One line of the record.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// Grows with every entry of the host; not without gaps.
    pub id: i64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub act: Act,
    /// To what, such as `ticket 7/12` or `template classic/3`.
    pub subject: String,
    /// Figures of the act. No personal data.
    pub details: serde_json::Value,
}

/// An entry, and the seal that covers it.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedEntry {
    /// The entry.
    pub entry: AuditEntry,
    /// Number of the seal; `None`: it waits for one.
    pub seal: Option<u64>,
}

/// An entry, and its place in the chain.
#[derive(Debug, Clone, PartialEq)]
pub struct ChainedEntry {
    /// The entry.
    pub entry: AuditEntry,
    /// Where it stands; `None`: it waits to be sealed.
    pub link: Option<ChainLink>,
}

/// A place in the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChainLink {
    /// Number of the seal.
    pub seal: u64,
    /// Entries of the chain up to and with this one.
    pub position: u64,
}

/// Which entries are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Only these acts.
    pub act: Option<Act>,
    /// Not before this time.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

/// A seal over some entries and, through its hash, all before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditSeal {
    /// From 1, one after the other.
    pub number: u64,
    /// Entries that are sealed by this and all earlier ones.
    pub entries: u64,
    /// Hash of the chain of those entries.
    pub hash: [u8; 32],
    /// Who signed.
    pub key: SigningKeyId,
    /// The signed head.
    pub signed: Vec<u8>,
    /// When.
    pub sealed_at: Timestamp,
}

/// A seal that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAuditSeal {
    /// One more than the newest.
    pub number: u64,
    /// As [`AuditSeal::entries`].
    pub entries: u64,
    /// As [`AuditSeal::hash`].
    pub hash: [u8; 32],
    /// Who signed.
    pub key: SigningKeyId,
    /// The signed head.
    pub signed: Vec<u8>,
    /// Ids of the entries that no earlier seal covers, at least one.
    pub sealed: Vec<i64>,
}

/// What never changes of a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedTicket {
    /// Where it is.
    pub key: TicketKey,
    /// Its type.
    pub ticket_type: TicketType,
    /// The host's name for it.
    pub uuid: Uuid,
    /// The short name that is printed.
    pub ticket_number: String,
    /// The `exp` of its token.
    pub expires_at: Timestamp,
}

/// Reading the record, and sealing it. Entries are written by the verbs that act.
#[async_trait]
pub trait AuditStorage {
    /// Of all organizers, those with entries that are not sealed.
    async fn organizers_with_unsealed_audit(&self) -> Result<Vec<OrganizerId>, StorageError>;

    /// At most `limit` entries that are not sealed, by id.
    async fn unsealed_audit(
        &self,
        organizer: OrganizerId,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StorageError>;

    /// How many entries are not sealed.
    async fn count_unsealed_audit(&self, organizer: OrganizerId) -> Result<u64, StorageError>;

    /// The seal with the highest number.
    async fn newest_audit_seal(
        &self,
        organizer: OrganizerId,
    ) -> Result<Option<AuditSeal>, StorageError>;

    /// Stores a seal and marks its entries.
    ///
    /// [`Conflict::AuditSealed`](super::Conflict::AuditSealed): there is a seal of this number, or an
    /// entry is sealed already or not there.
    async fn store_audit_seal(
        &self,
        organizer: OrganizerId,
        seal: NewAuditSeal,
        at: Timestamp,
    ) -> Result<(), StorageError>;

    /// At most `limit` seals with numbers above `after`, by number.
    async fn audit_seals(
        &self,
        organizer: OrganizerId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<AuditSeal>, StorageError>;

    /// The entries that a seal covers and no earlier one does, by id.
    async fn sealed_audit(
        &self,
        organizer: OrganizerId,
        number: u64,
    ) -> Result<Vec<AuditEntry>, StorageError>;

    /// The tickets of an event that were issued at this very time, with serials from `first` to `last`, by
    /// serial: what an entry of [`Act::TicketsIssued`] stands for.
    async fn tickets_issued_at(
        &self,
        organizer: OrganizerId,
        first: TicketKey,
        last: Serial,
        at: Timestamp,
    ) -> Result<Vec<IssuedTicket>, StorageError>;

    /// Entries, newest first.
    async fn audit_page(
        &self,
        organizer: OrganizerId,
        filter: AuditFilter,
        page: PageRequest,
    ) -> Result<Page<ChainedEntry>, StorageError>;

    /// At most `limit` entries after the entry `after` (0: from the first), oldest first.
    async fn audit_entries(
        &self,
        organizer: OrganizerId,
        after: i64,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StorageError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_has_its_own_code() {
        for act in Act::ALL {
            assert_eq!(Act::from_code(act.code()), Some(act));
        }
        assert_eq!(Act::from_code("ticket.stolen"), None);
    }
}
