//! What a caller wants: one ticket, in checked types.

use std::collections::BTreeMap;

use super::names::{Lines, NameError, TextError, caller_id, printable};
use crate::events::EventDetails;
use crate::storage::CallerId;

/// An order for one ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The event, or none for the organizer's built-in event `default`.
    pub event: Option<EventReference>,
    /// Creates the event if it does not exist.
    pub event_details: Option<EventDetails>,
    /// The caller's own id of the ticket.
    pub caller_id: Option<CallerId>,
    /// Name of the ticket type; `standard` if none.
    pub ticket_type: TypeName,
    /// Price, in what the configuration counts.
    pub price: Option<Price>,
    /// Who comes.
    pub holder: Holder,
    /// The seat, as printed.
    pub seat: Option<String>,
    /// The block, gate or area, as printed.
    pub zone: Option<String>,
    /// The order that it belongs to.
    pub order_id: Option<String>,
    /// Language of the ticket, a BCP 47 tag; the event's if none.
    pub language: Option<String>,
    /// Further values for the template.
    pub custom: BTreeMap<String, CustomValue>,
    /// The template asked for; else the event's, else the organizer's.
    pub template: Option<String>,
    /// The place in a group of tickets ordered together: index from 1, and the total.
    pub position: (u32, u32),
}

/// How a caller names an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EventReference {
    /// By its own id.
    Caller(CallerId),
    /// By Guichet's id.
    Uuid(uuid::Uuid),
}

impl EventReference {
    /// Reads either kind of id; `default` is the built-in event.
    ///
    /// # Errors
    /// Why it is neither.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        match uuid::Uuid::try_parse(text) {
            Ok(uuid) => Ok(Self::Uuid(uuid)),
            Err(_) if text == DEFAULT_EVENT => Ok(Self::Caller(CallerId::try_from(text)?)),
            Err(_) => caller_id(text).map(Self::Caller),
        }
    }
}

/// The id of every organizer's built-in event.
pub const DEFAULT_EVENT: &str = "default";

/// Who comes; encrypted wherever it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Name as printed.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
}

/// Name of a ticket type, 1 to 64 printable characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeName(String);

impl TypeName {
    /// Longest name in characters.
    pub const MAX_CHARS: usize = 64;

    /// A checked name.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, TextError> {
        printable(text, Self::MAX_CHARS, Lines::One).map(Self)
    }

    /// The type of an order that names none.
    pub fn standard() -> Self {
        Self("standard".to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A price as the caller wrote it; its currency is the event's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Price {
    /// In the smallest unit of the currency.
    Minor(i64),
    /// In the main unit, from clients of the old service.
    Major(f64),
}

/// A value for the template that Guichet itself does not know.
#[derive(Clone, Debug, PartialEq)]
pub enum CustomValue {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A decimal number: unscaled value and digits after the point.
    Decimal(i64, u8),
    /// Yes or no.
    Boolean(bool),
}
