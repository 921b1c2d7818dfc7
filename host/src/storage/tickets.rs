//! Tickets and their revisions.

use async_trait::async_trait;
use jiff::Timestamp;
use ticket_token::{EventNumber, Serial, TicketType};
use uuid::Uuid;

use super::{
    BlindIndex, By, CallerId, Conflict, OrganizerId, Page, PageRequest, Sealed, SigningKeyId,
    StorageError, TemplateVersionId, TicketKey,
};

/// A ticket, with its newest revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredTicket {
    /// Where it is.
    pub key: TicketKey,
    /// Its organizer.
    pub organizer: OrganizerId,
    /// The host's name for it.
    pub uuid: Uuid,
    /// The short name that is printed.
    pub ticket_number: String,
    /// The caller's name for it.
    pub id: Option<CallerId>,
    /// Its type.
    pub ticket_type: TicketType,
    /// Whether it holds.
    pub state: TicketState,
    /// Why it does not hold.
    pub state_reason: Option<String>,
    /// When it came into its state.
    pub state_at: Timestamp,
    /// Where the ticket is that took its place when a signed claim had to change.
    pub replaced_by: Option<Serial>,
    /// The order that it belongs to.
    pub order: Option<BlindIndex>,
    /// The `exp` of its token.
    pub expires_at: Timestamp,
    /// When it was issued first.
    pub created_at: Timestamp,
    /// What it says.
    pub current: TicketRevision,
}

/// What a ticket says since a time; never changed but by an [`Erasure`](super::Erasure).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketRevision {
    /// From 1.
    pub revision: u32,
    /// What the event was when it was issued.
    pub event_revision: u32,
    /// The layout.
    pub template_version: TemplateVersionId,
    /// The key that signed the token; `None` for server tokens.
    pub signing_key: Option<SigningKeyId>,
    /// The token's COSE object; encrypted where it says the holder's name.
    pub token_at_rest: Vec<u8>,
    /// The holder's and all other values.
    pub values: Sealed,
    /// When.
    pub issued_at: Timestamp,
}

/// Whether a ticket holds. The numbers are those of the status list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TicketState {
    /// It holds.
    Generated = 0,
    /// It never holds again.
    Revoked = 1,
    /// It does not hold for now.
    Suspended = 2,
}

impl TicketState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Generated, Self::Revoked, Self::Suspended];

    /// The name that is shown.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Generated => "generated",
            Self::Revoked => "revoked",
            Self::Suspended => "suspended",
        }
    }

    /// The state of a shown name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Its value in the status list, 2 bits.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }
}

/// A step between states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transition {
    /// From generated to suspended.
    Suspend {
        /// Why, for staff. No personal data: it is kept in clear.
        reason: Option<String>,
    },
    /// From suspended to generated.
    Reinstate,
    /// From generated or suspended to revoked.
    Revoke {
        /// Why, for staff. No personal data: it is kept in clear.
        reason: Option<String>,
    },
}

impl Transition {
    /// The state that it leads to.
    #[must_use]
    pub fn target(&self) -> TicketState {
        match self {
            Self::Suspend { .. } => TicketState::Suspended,
            Self::Reinstate => TicketState::Generated,
            Self::Revoke { .. } => TicketState::Revoked,
        }
    }

    /// Whether a ticket in `state` can take the step, or is there already (`Ok(false)`).
    pub(super) fn changes(&self, state: TicketState) -> Result<bool, Conflict> {
        let step = match (self, state) {
            (_, state) if state == self.target() => return Ok(false),
            (Self::Suspend { .. }, TicketState::Generated)
            | (Self::Reinstate, TicketState::Suspended)
            | (Self::Revoke { .. }, TicketState::Generated | TicketState::Suspended) => {
                return Ok(true);
            }
            (Self::Suspend { .. }, _) => "suspended",
            (Self::Reinstate, _) => "reinstated",
            (Self::Revoke { .. }, _) => "revoked",
        };
        Err(Conflict::Transition {
            what: "the ticket",
            state: state.code(),
            step,
        })
    }
}

/// A ticket to be stored, signed already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTicket {
    /// Where it is: a serial that was reserved.
    pub key: TicketKey,
    /// The host's name for it, unique in its event.
    pub uuid: Uuid,
    /// The short name that is printed, unique in its event.
    pub ticket_number: String,
    /// The caller's name for it, unique for the organizer.
    pub id: Option<CallerId>,
    /// Its type.
    pub ticket_type: TicketType,
    /// The order that it belongs to.
    pub order: Option<BlindIndex>,
    /// The holder's e-mail address.
    pub email: Option<BlindIndex>,
    /// The `exp` of its token.
    pub expires_at: Timestamp,
    /// What it says; this becomes revision 1.
    pub first: NewRevision,
}

/// A revision to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRevision {
    /// What the event is.
    pub event_revision: u32,
    /// The layout.
    pub template_version: TemplateVersionId,
    /// The key that signed the token; `None` for server tokens.
    pub signing_key: Option<SigningKeyId>,
    /// The token's COSE object; encrypted where it says the holder's name.
    pub token: Vec<u8>,
    /// The holder's and all other values.
    pub values: Sealed,
}

/// Under what a ticket is found whose values are sealed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FoundBy {
    /// The order that it belongs to.
    pub order: Option<BlindIndex>,
    /// The holder's e-mail address.
    pub email: Option<BlindIndex>,
}

/// A ticket that takes the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Successor {
    /// Where it is, in the event of the other: a serial that was reserved.
    pub serial: Serial,
    /// The short name that is printed, unique in its event.
    pub ticket_number: String,
    /// Its type.
    pub ticket_type: TicketType,
    /// Under what it is found.
    pub found_by: FoundBy,
    /// The `exp` of its token.
    pub expires_at: Timestamp,
    /// What it says.
    pub revision: NewRevision,
    /// Why the other does not hold any longer, for staff. No personal data: it is kept in clear.
    pub reason: String,
}

/// Which tickets are meant, of those that no other replaced; a ticket must meet all that is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TicketSelection {
    /// Those of this event.
    pub event: Option<EventNumber>,
    /// Those of this type.
    pub ticket_type: Option<TicketType>,
    /// Those of this order.
    pub order: Option<BlindIndex>,
}

/// Which tickets are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TicketFilter {
    /// Those in this state.
    pub state: Option<TicketState>,
    /// Those of this type.
    pub ticket_type: Option<TicketType>,
}

/// What an event's status list says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    /// Grows with every change.
    pub sequence: u64,
    /// How many serials there are: the list's length.
    pub length: u64,
    /// The tickets that do not hold, by serial.
    pub entries: Vec<(Serial, TicketState)>,
}

/// Tickets.
#[async_trait]
pub trait TicketStorage {
    /// Stores one signed ticket.
    ///
    /// # Errors
    /// As for [`store_tickets`](Self::store_tickets).
    async fn store_ticket(
        &self,
        organizer: OrganizerId,
        ticket: NewTicket,
        by: By,
    ) -> Result<StoredTicket, StorageError>;

    /// Stores signed tickets, all or none, in this order.
    ///
    /// # Errors
    /// [`Conflict::TicketExists`]: a caller's id is taken;
    /// [`Conflict::KeyNotActive`]: the signing key was retired or revoked meanwhile;
    /// [`Conflict::SerialTaken`], [`Conflict::Reference`].
    async fn store_tickets(
        &self,
        organizer: OrganizerId,
        tickets: Vec<NewTicket>,
        by: By,
    ) -> Result<Vec<StoredTicket>, StorageError>;

    /// Adds a revision to a ticket that is still at revision `expected`. Its token may differ only
    /// in what does not change the signed claims. `None`: the organizer has no such ticket.
    ///
    /// # Errors
    /// [`Conflict::StaleRevision`], [`Conflict::KeyNotActive`], [`Conflict::Reference`];
    /// [`Conflict::Transition`]: the ticket was revoked.
    async fn revise_ticket(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
        expected: u32,
        revision: NewRevision,
        found_by: FoundBy,
        by: By,
    ) -> Result<Option<StoredTicket>, StorageError>;

    /// Puts a ticket with other signed claims in the place of one that is still at revision
    /// `expected`: the old serial is revoked, and UUID, caller's id, state and time of issue pass to
    /// the new one, whose first revision is `expected + 1`. `None`: the organizer has no such ticket.
    ///
    /// # Errors
    /// As for [`revise_ticket`](Self::revise_ticket), and [`Conflict::SerialTaken`].
    async fn replace_ticket(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
        expected: u32,
        successor: Successor,
        by: By,
    ) -> Result<Option<StoredTicket>, StorageError>;

    /// Takes a step between states; a ticket that is there already stays as it is. `None`: the
    /// organizer has no such ticket.
    ///
    /// # Errors
    /// [`Conflict::Transition`].
    async fn change_ticket_state(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
        transition: Transition,
        by: By,
    ) -> Result<Option<StoredTicket>, StorageError>;

    /// The ticket at this place.
    async fn ticket(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
    ) -> Result<Option<StoredTicket>, StorageError>;

    /// The tickets at these places, by event and serial; those that the organizer does not have are left out.
    async fn tickets_at(
        &self,
        organizer: OrganizerId,
        keys: Vec<TicketKey>,
    ) -> Result<Vec<StoredTicket>, StorageError>;

    /// The ticket with this caller's id.
    async fn ticket_by_id(
        &self,
        organizer: OrganizerId,
        id: &CallerId,
    ) -> Result<Option<StoredTicket>, StorageError>;

    /// The tickets of an order, by event and serial.
    async fn tickets_of_order(
        &self,
        organizer: OrganizerId,
        order: BlindIndex,
    ) -> Result<Vec<StoredTicket>, StorageError>;

    /// Places and states of selected tickets behind the place `after`, by event and serial.
    async fn select_tickets(
        &self,
        organizer: OrganizerId,
        selection: TicketSelection,
        after: Option<TicketKey>,
        limit: u32,
    ) -> Result<Vec<(TicketKey, TicketState)>, StorageError>;

    /// Revokes tickets, all in one act, and answers how many held or were suspended before. Those
    /// that the organizer does not have, or that were revoked already, are passed over.
    async fn revoke_tickets(
        &self,
        organizer: OrganizerId,
        tickets: Vec<TicketKey>,
        reason: Option<String>,
        by: By,
    ) -> Result<u32, StorageError>;

    /// A revision of a ticket.
    async fn ticket_revision(
        &self,
        organizer: OrganizerId,
        key: TicketKey,
        revision: u32,
    ) -> Result<Option<TicketRevision>, StorageError>;

    /// An event's tickets, by serial. `None`: the organizer has no such event.
    async fn tickets(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        filter: TicketFilter,
        page: PageRequest,
    ) -> Result<Option<Page<StoredTicket>>, StorageError>;

    /// What an event's status list says. `None`: the organizer has no such event.
    async fn status_list(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
    ) -> Result<Option<StatusList>, StorageError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_decided() {
        let reason = || None;
        let check = |transition: Transition, expected: [Option<bool>; 3]| {
            let found = TicketState::ALL.map(|state| transition.changes(state).ok());
            assert_eq!(found, expected, "{transition:?}");
        };
        // From generated, revoked, suspended.
        check(
            Transition::Suspend { reason: reason() },
            [Some(true), None, Some(false)],
        );
        check(Transition::Reinstate, [Some(false), None, Some(true)]);
        check(
            Transition::Revoke { reason: reason() },
            [Some(true), Some(false), Some(true)],
        );
    }
}
