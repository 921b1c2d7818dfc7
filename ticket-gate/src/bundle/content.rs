//! A bundle's content as plain values, and the rules that it keeps.

use alloc::string::String;
use alloc::vec::Vec;

use ticket_token::{EventNumber, PublicKey, TicketType, UnixTime};

use crate::error::{KnowledgeError, Refusal};
use crate::label::{GateName, LocalizedText};
use crate::moment::Moment;
use crate::policy::Policy;
use crate::ticket_number::TicketNumberKey;

/// Most ticket types of an event.
pub const MAX_TYPES: usize = 4096;
/// Most keys of an event: rotation leaves a few, this is generous.
pub const MAX_KEYS: usize = 64;
/// Most windows of a ticket type: one a day for a year.
pub const MAX_WINDOWS: usize = 366;
/// Most gates of a ticket type.
pub const MAX_GATES: usize = 64;
/// Most entries of a ticket, in all or in a window.
pub const MAX_ENTRIES: u16 = 10_000;
const MAX_GROUP: u16 = 1_000;
const MAX_ADDRESS_BYTES: usize = 1024;
const MAX_TIME_ZONE_BYTES: usize = 64;

/// Everything a bundle says but who vouches for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleContent {
    /// Raised with every change; a scanner takes no lower one.
    pub sequence: u64,
    /// When this was made.
    pub issued_at: UnixTime,
    /// From this second on, judging with it warns.
    pub expires: UnixTime,
    /// The event.
    pub event: EventFacts,
    /// Ticket types, their numbers ascending.
    pub types: Vec<TypeRule>,
    /// The organizer's ticket keys, none twice, at least one.
    pub keys: Vec<ListedKey>,
    /// Where revocations are found.
    pub status: StatusReference,
    /// The secret that permutes this event's ticket numbers.
    pub number_key: TicketNumberKey,
    /// What the organizer wants done.
    pub policy: Policy,
}

/// What a scanner shows of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFacts {
    /// The event's number, as in its tokens.
    pub number: EventNumber,
    /// Its names.
    pub names: LocalizedText,
    /// IANA name of its time zone, for showing times; nothing is computed with it here.
    pub time_zone: String,
    /// When the doors open and close. Shown, not judged: early and late entry is decided by the
    /// windows of a ticket type, so that a type without any is good whenever its token is.
    pub doors: Option<Window>,
}

/// A time from `opens` up to, not including, `closes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First second inside.
    pub opens: UnixTime,
    /// First second outside again.
    pub closes: UnixTime,
}

/// What a ticket type allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeRule {
    /// The number in the tokens.
    pub number: TicketType,
    /// Its names.
    pub names: LocalizedText,
    /// How often it admits.
    pub entries: Entries,
    /// How many people one entry is for, 1 to 1000; they may come one by one.
    pub group_size: u16,
    /// When it admits, ascending, not overlapping; empty: always.
    pub windows: Vec<Window>,
    /// Where it admits; empty: at every gate.
    pub gates: Vec<GateName>,
    /// Whether an exit gives the entry back.
    pub re_entry: bool,
}

/// How often a ticket admits, 1 to 10,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entries {
    /// So often in all.
    InAll(u16),
    /// So often in each window of the type, which then has windows.
    PerWindow(u16),
}

/// A ticket key as the bundle lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedKey {
    /// The key.
    pub key: PublicKey,
    /// Its state when the bundle was made.
    pub state: KeyState,
    /// Nothing is signed with it from this second on. For showing: a token does not say when it was
    /// signed.
    pub sign_until: UnixTime,
    /// Nothing it signed is accepted from this second on.
    pub verify_until: UnixTime,
}

/// The state of a ticket key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum KeyState {
    /// Will sign soon. Accepted, for it may have become active since the bundle was made.
    Next = 0,
    /// Signs.
    Active = 1,
    /// Signs no more; what it signed is good.
    Retired = 2,
    /// Stolen or lost: what it signed is worth nothing.
    Revoked = 3,
}

/// Where an event's status list is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReference {
    /// Its address, which the list repeats as its `sub`; 1 to 1024 bytes.
    pub address: String,
    /// How many tickets it covered when the bundle was made.
    pub size: u32,
}

impl Window {
    /// The moment it begins.
    pub fn begins(&self) -> Moment {
        self.opens.into()
    }

    /// The moment it is over.
    pub fn ends(&self) -> Moment {
        self.closes.into()
    }

    fn check(&self, field: &'static str) -> Result<(), Refusal> {
        if self.closes <= self.opens {
            return Err(KnowledgeError::value(field, "must end after it begins"));
        }
        Ok(())
    }
}

impl KeyState {
    /// The state with `number` in a bundle.
    pub(super) fn from_number(number: u64) -> Option<Self> {
        match number {
            0 => Some(Self::Next),
            1 => Some(Self::Active),
            2 => Some(Self::Retired),
            3 => Some(Self::Revoked),
            _ => None,
        }
    }
}

impl BundleContent {
    /// Checks what the types alone do not rule out.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        if self.expires <= self.issued_at {
            return Err(KnowledgeError::value("expires", "must be after issued at"));
        }
        check_text_size("time zone", &self.event.time_zone, MAX_TIME_ZONE_BYTES)?;
        check_text_size("status address", &self.status.address, MAX_ADDRESS_BYTES)?;
        if let Some(doors) = &self.event.doors {
            doors.check("doors")?;
        }
        self.check_types()?;
        self.check_keys()
    }

    fn check_types(&self) -> Result<(), Refusal> {
        if self.types.len() > MAX_TYPES {
            return Err(KnowledgeError::value("ticket types", "at most 4096"));
        }
        if !self
            .types
            .is_sorted_by(|earlier, later| earlier.number < later.number)
        {
            return Err(KnowledgeError::value("ticket types", "numbers must ascend"));
        }
        self.types.iter().try_for_each(TypeRule::check)
    }

    fn check_keys(&self) -> Result<(), Refusal> {
        if self.keys.is_empty() || self.keys.len() > MAX_KEYS {
            return Err(KnowledgeError::value("keys", "1 to 64"));
        }
        // Every pair, for there are few keys, and sorting would cost the verifier 70 KB.
        let mut rest = self.keys.iter();
        while let Some(listed) = rest.next() {
            if rest.clone().any(|other| other.key == listed.key) {
                return Err(KnowledgeError::value("keys", "none twice"));
            }
        }
        Ok(())
    }
}

impl TypeRule {
    fn check(&self) -> Result<(), Refusal> {
        let (Entries::InAll(entries) | Entries::PerWindow(entries)) = self.entries;
        if entries == 0 || entries > MAX_ENTRIES {
            return Err(KnowledgeError::value("entries", "1 to 10000"));
        }
        if self.group_size == 0 || self.group_size > MAX_GROUP {
            return Err(KnowledgeError::value("group size", "1 to 1000"));
        }
        if matches!(self.entries, Entries::PerWindow(_)) && self.windows.is_empty() {
            return Err(KnowledgeError::value("entries", "per window needs windows"));
        }
        if self.windows.len() > MAX_WINDOWS {
            return Err(KnowledgeError::value("windows", "at most 366"));
        }
        if self.gates.len() > MAX_GATES {
            return Err(KnowledgeError::value("gates", "at most 64"));
        }
        self.windows
            .iter()
            .try_for_each(|window| window.check("window"))?;
        if !self
            .windows
            .is_sorted_by(|earlier, later| earlier.closes <= later.opens)
        {
            return Err(KnowledgeError::value(
                "windows",
                "must ascend and not overlap",
            ));
        }
        Ok(())
    }
}

fn check_text_size(field: &'static str, text: &str, max: usize) -> Result<(), Refusal> {
    if text.is_empty() || text.len() > max {
        return Err(KnowledgeError::value(field, "empty or too long"));
    }
    Ok(())
}
