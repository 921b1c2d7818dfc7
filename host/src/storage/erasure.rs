//! Erasing what tickets say of their holders, and other things that are kept for a time only.
//!
//! An erasure is the one act that changes revisions: their sealed values are written anew, without what is
//! personal. Where it touches the newest revision it also adds one, so that whoever read the ticket before
//! cannot write what it said back.

use async_trait::async_trait;
use jiff::Timestamp;
use ticket_token::{EventNumber, Serial};

use super::{
    BlindIndex, By, OrganizerId, Sealed, SigningKeyId, StorageError, TicketKey, TicketRevision,
};

/// What is written over a ticket's row and revisions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The ticket.
    pub key: TicketKey,
    /// Its newest revision, as it was seen.
    pub seen_revision: u32,
    /// What took its place, as it was seen.
    pub seen_replaced_by: Option<Serial>,
    /// What is written over revisions up to the seen one.
    pub revisions: Vec<ErasedRevision>,
    /// The values of the revision to be added, which is otherwise like the one seen.
    pub next: Option<Sealed>,
    /// Whether the newest revision says nothing of a holder from now on: then the ticket has no address.
    pub newest_is_erased: bool,
    /// Which earlier addresses lead to the ticket no longer.
    pub forgotten: Forgotten,
}

/// What is written over one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasedRevision {
    /// Which.
    pub revision: u32,
    /// Its values, as they were seen.
    pub seen_values: Sealed,
    /// Its values from now on.
    pub values: Sealed,
    /// Its token from now on, where the one that it had says the holder's name.
    pub token: Option<NamelessToken>,
}

/// A token in the place of one that says a name. All its other claims are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamelessToken {
    /// The token's COSE object.
    pub token: Vec<u8>,
    /// Who signed.
    pub signing_key: SigningKeyId,
    /// Its `exp`.
    pub expires_at: Timestamp,
}

/// Addresses of earlier revisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgotten {
    /// All of them.
    All,
    /// This one.
    Address(BlindIndex),
}

/// Erasing, and what is kept for a time only.
#[async_trait]
pub trait ErasureStorage {
    /// Places of tickets that have this address in their newest or an earlier revision, replaced ones
    /// too, behind the place `after`, by event and serial.
    async fn tickets_of_email(
        &self,
        organizer: OrganizerId,
        email: BlindIndex,
        after: Option<TicketKey>,
        limit: u32,
    ) -> Result<Vec<TicketKey>, StorageError>;

    /// All revisions at this place, oldest first; none if the organizer has no such ticket.
    async fn ticket_revisions(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
    ) -> Result<Vec<TicketRevision>, StorageError>;

    /// Writes erasures, all in one act, and answers how many tickets they changed. Those that the organizer
    /// does not have are passed over.
    ///
    /// # Errors
    /// [`Conflict::StaleRevision`](super::Conflict::StaleRevision): a ticket or a revision is not as it was seen;
    /// [`Conflict::KeyNotActive`](super::Conflict::KeyNotActive).
    async fn erase_holders(
        &self,
        organizer: OrganizerId,
        erasures: Vec<Erasure>,
        by: By,
    ) -> Result<u32, StorageError>;

    /// Of all organizers, events that ended before `over_since` and were not looked through for holders
    /// since `checked_since`. An event without a time never ends.
    async fn events_with_holders(
        &self,
        over_since: Timestamp,
        checked_since: Timestamp,
        limit: u32,
    ) -> Result<Vec<(OrganizerId, EventNumber)>, StorageError>;

    /// Places of an event's tickets, replaced ones too, whose newest revision may say something of a
    /// holder, behind the serial `after`.
    async fn tickets_with_holders(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        after: Option<Serial>,
        limit: u32,
    ) -> Result<Vec<TicketKey>, StorageError>;

    /// Notes that an event was looked through.
    async fn note_holders_checked(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        at: Timestamp,
    ) -> Result<(), StorageError>;

    /// Of all organizers, forgets requests that nobody may repeat any longer, and answers how many.
    async fn remove_old_requests(&self, at: Timestamp) -> Result<u64, StorageError>;

    /// Takes what was overwritten out of the files that this process writes, as far as the engine lets it.
    async fn purge_overwritten(&self) -> Result<(), StorageError>;
}
