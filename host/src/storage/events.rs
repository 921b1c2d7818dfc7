//! Events: what is said of them, in revisions that never change, and their counters.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use ticket_token::{EventNumber, Serial, TicketType};

use super::{By, CallerId, OrganizerId, Page, PageRequest, StorageError};

/// A text in several languages: language tag to text.
pub type Texts = BTreeMap<String, String>;

/// An event, with its newest revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number, unique in the host; it stands in every token.
    pub number: EventNumber,
    /// Its organizer.
    pub organizer: OrganizerId,
    /// Its id for callers, unique for its organizer.
    pub id: CallerId,
    /// What is said of it.
    pub current: EventRevision,
    /// The number of the newest bundle.
    pub bundle_sequence: u64,
    /// Grows whenever a ticket's state changes.
    pub status_sequence: u64,
    /// The first serial that was never reserved; so the length of the status list.
    pub next_serial: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What was said of an event at a time.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRevision {
    /// From 1.
    pub revision: u32,
    /// What was said.
    pub data: EventData,
    /// When.
    pub created_at: Timestamp,
}

/// What is said of an event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventData {
    /// Its names.
    pub names: Texts,
    /// Where it is.
    pub venue: Texts,
    /// What it is.
    pub description: Texts,
    /// Who gives it, where that is not the organizer's own name.
    pub organizer_name: Option<String>,
    /// When it starts.
    pub starts_at: Option<Timestamp>,
    /// When it ends.
    pub ends_at: Option<Timestamp>,
    /// When the doors open.
    pub doors_at: Option<Timestamp>,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Language tag in which tickets are written if they name none.
    pub locale: String,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// The types that it declares, in order.
    pub ticket_types: Vec<DeclaredType>,
    /// Values for tickets that lack them.
    pub defaults: serde_json::Value,
    /// What gates do in doubt.
    pub policy: serde_json::Value,
    /// Whether tickets of types that are not declared are accepted; these are numbered by first use.
    pub open: bool,
}

/// A ticket type as an event declares it.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredType {
    /// Its name in orders, such as `vip`; unique in its event.
    pub name: String,
    /// Its names for people.
    pub names: Texts,
    /// Entries, groups, windows, gates, price.
    pub rules: serde_json::Value,
}

/// A ticket type's name and the number that stands for it in tokens, for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberedType {
    /// From 1.
    pub number: TicketType,
    /// Its name in orders.
    pub name: String,
}

/// An event to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEvent {
    /// Its id for callers.
    pub id: CallerId,
    /// What is said of it.
    pub data: EventData,
}

/// Which events are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// Those that start at this time or later.
    pub starts_from: Option<Timestamp>,
    /// Those that start before this time.
    pub starts_before: Option<Timestamp>,
}

/// Serials that belong to whoever reserved them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SerialRange {
    /// The first of them.
    pub first: Serial,
    /// How many there are.
    pub count: u32,
}

impl SerialRange {
    /// The serials, in order.
    pub fn serials(self) -> impl Iterator<Item = Serial> {
        // 64 bits, as a range may end with the last serial there is.
        let first = u64::from(self.first.0);
        (first..first + u64::from(self.count))
            .map_while(|serial| u32::try_from(serial).ok().map(Serial))
    }
}

/// How many tickets an event has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventStats {
    /// By type, in the order of their numbers; types without tickets are left out.
    pub types: Vec<TypeStats>,
}

/// How many tickets of one type there are. Tickets that another replaced are not counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeStats {
    /// The type.
    pub ticket_type: NumberedType,
    /// Tickets that hold.
    pub generated: u64,
    /// Tickets that are suspended.
    pub suspended: u64,
    /// Tickets that were revoked.
    pub revoked: u64,
}

/// Events.
#[async_trait]
pub trait EventStorage {
    /// Makes an event, and numbers the types that it declares.
    ///
    /// # Errors
    /// [`Conflict::EventExists`](super::Conflict::EventExists),
    /// [`Conflict::TooManyTypes`](super::Conflict::TooManyTypes).
    async fn create_event(
        &self,
        organizer: OrganizerId,
        event: NewEvent,
        by: By,
    ) -> Result<Event, StorageError>;

    /// Adds a revision to an event that is still at revision `expected`. `None`: the organizer has
    /// no such event.
    ///
    /// # Errors
    /// [`Conflict::StaleRevision`](super::Conflict::StaleRevision),
    /// [`Conflict::TooManyTypes`](super::Conflict::TooManyTypes).
    async fn revise_event(
        &self,
        organizer: OrganizerId,
        number: EventNumber,
        expected: u32,
        data: EventData,
        by: By,
    ) -> Result<Option<Event>, StorageError>;

    /// Removes an event that never had a ticket. Its number is not given again. False: the organizer
    /// has no such event.
    ///
    /// # Errors
    /// [`Conflict::EventHasTickets`](super::Conflict::EventHasTickets).
    async fn delete_event(
        &self,
        organizer: OrganizerId,
        number: EventNumber,
        by: By,
    ) -> Result<bool, StorageError>;

    /// The event with this number.
    async fn event(
        &self,
        organizer: OrganizerId,
        number: EventNumber,
    ) -> Result<Option<Event>, StorageError>;

    /// Whose event this is. The host's own verb: links that name an event name no organizer.
    async fn event_organizer(
        &self,
        number: EventNumber,
    ) -> Result<Option<OrganizerId>, StorageError>;

    /// The event with this id.
    async fn event_by_id(
        &self,
        organizer: OrganizerId,
        id: &CallerId,
    ) -> Result<Option<Event>, StorageError>;

    /// A revision of an event.
    async fn event_revision(
        &self,
        organizer: OrganizerId,
        number: EventNumber,
        revision: u32,
    ) -> Result<Option<EventRevision>, StorageError>;

    /// The organizer's events, newest first.
    async fn events(
        &self,
        organizer: OrganizerId,
        filter: EventFilter,
        page: PageRequest,
    ) -> Result<Page<Event>, StorageError>;

    /// All types that ever had a number in an event, by number.
    async fn ticket_types(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
    ) -> Result<Vec<NumberedType>, StorageError>;

    /// The number of a type in an open event, given now if it is used for the first time. `None`:
    /// the organizer has no such event.
    ///
    /// # Errors
    /// [`Conflict::TypeNotDeclared`](super::Conflict::TypeNotDeclared): the event is not open;
    /// [`Conflict::TooManyTypes`](super::Conflict::TooManyTypes).
    async fn number_ticket_type(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        name: &str,
        at: Timestamp,
    ) -> Result<Option<NumberedType>, StorageError>;

    /// Reserves `count` (at least 1) serials for `holder`, which explains later holes, such as a
    /// replica's name. `None`: the organizer has no such event.
    ///
    /// # Errors
    /// [`Conflict::SerialsExhausted`](super::Conflict::SerialsExhausted).
    async fn reserve_serials(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        count: u32,
        holder: &str,
        at: Timestamp,
    ) -> Result<Option<SerialRange>, StorageError>;

    /// The number for the next bundle of an event. `None`: the organizer has no such event.
    async fn next_bundle_sequence(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
    ) -> Result<Option<u64>, StorageError>;

    /// Counts an event's tickets. `None`: the organizer has no such event.
    async fn event_stats(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
    ) -> Result<Option<EventStats>, StorageError>;
}
