//! The whole job as one short list of stages: [`Issuer::issue`].

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use metrics::{counter, histogram};
use ticket_token::{EventNumber, TicketType};
use tracing::Instrument as _;

use super::draft::{Draft, expiry};
use super::order::{DEFAULT_EVENT, EventReference, Order, Price};
use super::print::{Artifact, Format, PrintError};
use super::ticket_values::TicketValues;
use crate::access::Principal;
use crate::clock::Clock;
use crate::events::{EventDetails, KnownEvent, KnownEvents};
use crate::keys::{KeyRing, Keys, KeysError};
use crate::storage::{
    By, CallerId, Conflict, NewEvent, NewTicket, OrganizerId, SerialSupply, Storage, StorageError,
    StoredTicket, TicketKey,
};
use crate::telemetry::{self, Vocabulary};
use crate::templates::{Library, LibraryError, TemplateChoice};
use crate::traces::traced;

/// The revision with which a ticket begins.
pub(super) const FIRST_REVISION: u32 = 1;

/// Issues and prints tickets.
pub struct Issuer {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) keys: Arc<Keys>,
    pub(super) library: Arc<Library>,
    pub(super) events: Arc<KnownEvents>,
    pub(super) clock: Arc<dyn Clock>,
    serials: SerialSupply,
    /// Names of types and templates in figures.
    words: Vocabulary,
}

/// What an [`Issuer`] works with.
pub struct IssuerParts {
    /// Where tickets are kept.
    pub storage: Arc<dyn Storage>,
    /// Who signs.
    pub keys: Arc<Keys>,
    /// Which layouts there are.
    pub library: Arc<Library>,
    /// Events in memory.
    pub events: Arc<KnownEvents>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where serials come from.
    pub serials: SerialSupply,
}

/// A ticket that was just issued.
pub struct Issued {
    /// The row.
    pub ticket: StoredTicket,
    /// The token's COSE object.
    pub token: Vec<u8>,
    /// Its event.
    pub event: Arc<KnownEvent>,
    /// Name of its type.
    pub type_name: String,
    /// The page or document asked for.
    pub artifact: Option<Artifact>,
    /// Last part of the link for its holder.
    pub capability: String,
    /// What the layout noted for its author.
    pub notes: Vec<String>,
}

/// What was prepared of a ticket beside its row.
struct Prepared {
    token: Vec<u8>,
    event: Arc<KnownEvent>,
    type_name: String,
    artifact: Option<Artifact>,
    notes: Vec<String>,
}

/// Why no ticket was issued.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// There is no such event, and the order does not describe one.
    #[error("there is no such event")]
    NoEvent,
    /// The event does not declare this type.
    #[error("the event has no ticket type \"{asked}\"; it has {}", .declared.join(", "))]
    UnknownType {
        /// The name in the order.
        asked: String,
        /// The names allowed.
        declared: Vec<String>,
    },
    /// The order's price cannot be understood.
    #[error("{0}")]
    Price(String),
    /// There is no such template, or it has no version in use.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// Rendering failed.
    #[error(transparent)]
    Print(#[from] PrintError),
    /// The organizer's keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Storage failed or refused.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A fault of this program.
    #[error("{0}")]
    Fault(String),
}

impl Issuer {
    /// An issuer.
    pub fn new(parts: IssuerParts) -> Self {
        let IssuerParts {
            storage,
            keys,
            library,
            events,
            clock,
            serials,
        } = parts;
        Self {
            storage,
            keys,
            library,
            events,
            clock,
            serials,
            words: Vocabulary::default(),
        }
    }

    /// Issues tickets, all or none: event, type, template, serial, token, layout, page, rows.
    ///
    /// # Errors
    /// [`IssueError`]; whatever it is, no ticket was stored.
    pub async fn issue(
        &self,
        principal: &Principal,
        orders: &[Order],
        format: Option<Format>,
    ) -> Result<Vec<Issued>, IssueError> {
        let begun = Instant::now();
        let issued = match self.try_issue(principal, orders, format).await {
            // The keys changed since they were read. That is rare; a second time would be a fault.
            Err(IssueError::Storage(StorageError::Conflict(Conflict::KeyNotActive))) => {
                self.keys.forget(principal.organizer);
                self.try_issue(principal, orders, format).await
            }
            // The event was deleted since it was read.
            Err(IssueError::Storage(StorageError::Conflict(Conflict::Reference))) => {
                for order in orders {
                    let known = self
                        .find_event(principal.organizer, order.event.as_ref())
                        .await?;
                    if let Some(known) = known {
                        self.events.forget(known.event.number);
                    }
                }
                self.try_issue(principal, orders, format).await
            }
            issued => issued,
        };
        self.count(orders, issued.is_ok(), begun.elapsed());
        issued
    }

    fn count(&self, orders: &[Order], issued: bool, taken: Duration) {
        let status = if issued { "generated" } else { "failed" };
        let batch_size = orders.len().to_string();
        for order in orders {
            let ticket_type = self.words.label(order.ticket_type.as_str());
            let template = self
                .words
                .label(order.template.as_deref().unwrap_or("default"));
            counter!(telemetry::TICKETS, "type" => ticket_type, "template" => template, "status" => status)
                .increment(1);
        }
        // All orders of a request are of one type.
        if let Some(order) = orders.first() {
            let ticket_type = self.words.label(order.ticket_type.as_str());
            histogram!(telemetry::TICKET_SECONDS, "type" => ticket_type, "batch_size" => batch_size)
                .record(taken);
        }
    }

    /// Counts tickets of a job. Their types are not told apart: a chunk may have many.
    pub fn count_bulk(&self, template: Option<&str>, issued: u64, failed: u64) {
        let template = self.words.label(template.unwrap_or("default"));
        for (status, number) in [("generated", issued), ("failed", failed)] {
            counter!(telemetry::TICKETS, "type" => "batch", "template" => template.clone(), "status" => status)
                .increment(number);
        }
    }

    async fn try_issue(
        &self,
        principal: &Principal,
        orders: &[Order],
        format: Option<Format>,
    ) -> Result<Vec<Issued>, IssueError> {
        let by = principal.by(self.clock.now());
        let keys = self.keys.ring(principal.organizer, by.at).await?;
        let mut rows = Vec::with_capacity(orders.len());
        let mut prepared = Vec::with_capacity(orders.len());
        for order in orders {
            let (row, rest) = self.prepare(principal, &keys, order, format, &by).await?;
            rows.push(row);
            prepared.push(rest);
        }
        let stored = self
            .storage
            .store_tickets(principal.organizer, rows, by)
            .instrument(traced!("store"))
            .await?;
        let issued = stored.into_iter().zip(prepared);
        Ok(issued
            .map(|(ticket, prepared)| Issued {
                capability: self.capability_of(&keys, &ticket),
                ticket,
                token: prepared.token,
                event: prepared.event,
                type_name: prepared.type_name,
                artifact: prepared.artifact,
                notes: prepared.notes,
            })
            .collect())
    }

    /// All of a ticket but its row in the database.
    async fn prepare(
        &self,
        principal: &Principal,
        keys: &KeyRing,
        order: &Order,
        format: Option<Format>,
        by: &By,
    ) -> Result<(NewTicket, Prepared), IssueError> {
        let known = self.event_for(principal.organizer, order, by).await?;
        let KnownEvent { event, details, .. } = &*known;
        let type_name = order.ticket_type.as_str();
        let ticket_type = self.type_for(&known, type_name, by.at).await?;
        let declared = details.declared_type(type_name);
        let choice = TemplateChoice {
            asked: order.template.as_deref(),
            of_type: declared.and_then(|declared| declared.template.as_deref()),
            of_event: details.template.as_deref(),
        };
        let (version, template) = self
            .library
            .choose(keys.organizer(), choice, order_draw(order))
            .await?;
        let of_type = declared.and_then(|known| known.price_minor);
        let price = settled_price(order.price.or(of_type.map(Price::Minor)), details)?;
        let draft = Draft {
            keys,
            known: &known,
            type_name,
            ticket_type,
            version: version.id,
            template,
            values: TicketValues::of(order, price),
            now: by.at,
        };

        let key = self
            .next_place(principal.organizer, event.number, by.at)
            .await?;
        let expires = expiry(details, by.at);
        let signed = draft.sign(&draft.claims(key, expires))?;
        let number = draft.ticket_number(key);
        let (notes, artifact) = self
            .lay_out_draft(&draft, &number, signed.token.qr_text(), format)
            .await?;
        let token = signed.token.cose().to_vec();
        let row = draft.row(key, order.caller_id.clone(), expires, signed)?;
        let rest = Prepared {
            token,
            event: Arc::clone(&known),
            type_name: type_name.to_owned(),
            artifact,
            notes,
        };
        Ok((row, rest))
    }

    /// A place that no ticket had yet.
    pub(super) async fn next_place(
        &self,
        organizer: OrganizerId,
        event: EventNumber,
        now: Timestamp,
    ) -> Result<TicketKey, IssueError> {
        let serials = self
            .serials
            .take(self.storage.as_ref(), organizer, event, 1, now)
            .await?;
        let serial = serials.and_then(|serials| serials.first().copied());
        serial
            .map(|serial| TicketKey { event, serial })
            .ok_or(IssueError::NoEvent)
    }

    /// The event of an order, made now if the order describes it.
    ///
    /// # Errors
    /// [`IssueError::NoEvent`], or when storage fails.
    pub async fn event_for(
        &self,
        organizer: OrganizerId,
        order: &Order,
        by: &By,
    ) -> Result<Arc<KnownEvent>, IssueError> {
        if let Some(event) = self.find_event(organizer, order.event.as_ref()).await? {
            return Ok(event);
        }
        let (Some(details), Some(EventReference::Caller(id))) =
            (&order.event_details, &order.event)
        else {
            return Err(IssueError::NoEvent);
        };
        let new = NewEvent {
            id: id.clone(),
            data: details.clone().into(),
        };
        match self.storage.create_event(organizer, new, by.aside()).await {
            // Another request was first; its event is the one.
            Ok(_) | Err(StorageError::Conflict(Conflict::EventExists)) => {}
            Err(error) => return Err(error.into()),
        }
        let event = self.find_event(organizer, order.event.as_ref()).await?;
        event.ok_or(IssueError::NoEvent)
    }

    /// The event that a caller names; the built-in one if it names none.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn find_event(
        &self,
        organizer: OrganizerId,
        reference: Option<&EventReference>,
    ) -> Result<Option<Arc<KnownEvent>>, StorageError> {
        let now = self.clock.now();
        match reference {
            Some(EventReference::Caller(id)) => self.events.by_id(organizer, id, now).await,
            Some(EventReference::Uuid(_)) => Ok(None),
            None => match CallerId::try_from(DEFAULT_EVENT) {
                Ok(id) => self.events.by_id(organizer, &id, now).await,
                Err(_) => Ok(None),
            },
        }
    }

    /// The number of a type by its name, given now if an open event sees it for the first time.
    pub(super) async fn type_for(
        &self,
        known: &KnownEvent,
        asked: &str,
        now: Timestamp,
    ) -> Result<TicketType, IssueError> {
        let KnownEvent {
            event,
            details,
            types,
            ..
        } = known;
        let mut declared = details.ticket_types.iter().map(|known| &known.name);
        if !event.current.data.open && !declared.clone().any(|name| name == asked) {
            return Err(IssueError::UnknownType {
                asked: asked.to_owned(),
                declared: declared.by_ref().cloned().collect(),
            });
        }
        if let Some(found) = types.iter().find(|numbered| numbered.name == asked) {
            return Ok(found.number);
        }
        let numbered = self
            .storage
            .number_ticket_type(event.organizer, event.number, asked, now)
            .await?;
        self.events.forget(event.number);
        Ok(numbered.ok_or(IssueError::NoEvent)?.number)
    }
}

/// A number that decides between a template and its canary; the same for the same order, so that a
/// retried request is laid out alike.
fn order_draw(order: &Order) -> u16 {
    use sha2::{Digest, Sha256};
    let Some(id) = &order.caller_id else {
        let random: [u8; 16] = *uuid::Uuid::new_v4().as_bytes();
        return u16::from_be_bytes([random[0], random[1]]) % 1_000;
    };
    let digest = Sha256::digest(id.as_str().as_bytes());
    u16::from_be_bytes([digest[0], digest[1]]) % 1_000
}

/// A price in the event's currency.
pub(super) fn settled_price(
    price: Option<Price>,
    details: &EventDetails,
) -> Result<Option<(i64, String)>, IssueError> {
    let Some(currency) = details.currency.clone() else {
        return match price {
            Some(_) => Err(IssueError::Price(
                "a price needs a currency: set the event's currency, such as EUR".to_owned(),
            )),
            None => Ok(None),
        };
    };
    let minor = match price {
        Some(Price::Minor(minor)) => Some(minor),
        Some(Price::Major(major)) => {
            let digits = crate::templates::values::currency_digits(&currency);
            let minor = (major * 10f64.powi(i32::from(digits))).round();
            if !minor.is_finite() || minor.abs() >= 1e15 {
                return Err(IssueError::Price("the price is out of range".to_owned()));
            }
            Some(minor as i64)
        }
        None => None,
    };
    if minor.is_some_and(|minor| minor < 0) {
        return Err(IssueError::Price(
            "the price must not be negative".to_owned(),
        ));
    }
    Ok(minor.map(|minor| (minor, currency)))
}
