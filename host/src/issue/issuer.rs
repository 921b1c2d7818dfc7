//! The whole job as one short list of stages: [`Issuer::issue`].

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use ticket_token::{Claims, Extra, HolderName, SignedToken, TicketType};

use super::capability::{Capabilities, Capability};
use super::describe::{ValueSources, layout_order};
use super::order::{DEFAULT_EVENT, EventReference, Order, Price};
use super::print::{Artifact, Format, PrintError, render_now};
use super::ticket_uuid::TicketUuids;
use super::ticket_values::TicketValues;
use crate::access::Principal;
use crate::clock::Clock;
use crate::events::{EventDetails, KnownEvent, KnownEvents};
use crate::keys::{IndexKind, KeyRing, Keys, KeysError, system_randomness, unix_time};
use crate::storage::{
    By, CallerId, Conflict, NewEvent, NewRevision, NewTicket, OrganizerId, SerialSupply, Storage,
    StorageError, StoredTicket, TicketKey,
};
use crate::templates::manifest::{TokenProfile, TokenUse};
use crate::templates::{CodeText, LaidOut, Library, LibraryError, TemplateChoice};

/// A token outlives its event by this much, so that a postponed event kills no printed ticket.
const VALID_AFTER_EVENT: SignedDuration = SignedDuration::from_hours(400 * 24);
/// A `dated` token begins to hold this long before its event, so that an earlier start kills none.
const VALID_BEFORE_EVENT: SignedDuration = SignedDuration::from_hours(24);

/// The revision with which a ticket begins.
const FIRST_REVISION: u32 = 1;

/// Issues and prints tickets.
pub struct Issuer {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) keys: Arc<Keys>,
    pub(super) library: Arc<Library>,
    pub(super) events: Arc<KnownEvents>,
    pub(super) clock: Arc<dyn Clock>,
    serials: SerialSupply,
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
    /// Its event.
    pub event: Arc<KnownEvent>,
    /// Name of its type.
    pub type_name: String,
    /// Its token.
    pub token: SignedToken,
    /// The page or document asked for.
    pub artifact: Option<Artifact>,
    /// Last part of the link for its holder.
    pub capability: String,
    /// What the layout noted for its author.
    pub notes: Vec<String>,
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
        }
    }

    /// Issues one ticket: event, type, template, serial, token, layout, page, row.
    ///
    /// # Errors
    /// [`IssueError`]; whatever it is, no ticket was stored.
    pub async fn issue(
        &self,
        principal: &Principal,
        order: &Order,
        format: Option<Format>,
    ) -> Result<Issued, IssueError> {
        match self.try_issue(principal, order, format).await {
            // The keys changed since they were read. That is rare; a second time would be a fault.
            Err(IssueError::Storage(StorageError::Conflict(Conflict::KeyNotActive))) => {
                self.keys.forget(principal.organizer);
                self.try_issue(principal, order, format).await
            }
            issued => issued,
        }
    }

    async fn try_issue(
        &self,
        principal: &Principal,
        order: &Order,
        format: Option<Format>,
    ) -> Result<Issued, IssueError> {
        let now = self.clock.now();
        let by = By {
            actor: principal.subject.clone(),
            at: now,
        };
        let keys = self.keys.ring(principal.organizer, now).await?;
        let known = self.event_for(principal, order, &by).await?;
        let KnownEvent { event, details, .. } = &*known;
        let ticket_type = self.type_for(&known, order, now).await?;
        let declared = details
            .ticket_types
            .iter()
            .find(|known| known.name == order.ticket_type.as_str());
        let choice = TemplateChoice {
            asked: order.template.as_deref(),
            of_type: declared.and_then(|declared| declared.template.as_deref()),
            of_event: details.template.as_deref(),
        };
        let (version, template) = self
            .library
            .choose(keys.organizer(), choice, order_draw(order))
            .await?;
        let price = settled_price(order, details, declared.and_then(|known| known.price_minor))?;
        let values = TicketValues::of(order, price);

        let serial = self
            .serials
            .take(
                self.storage.as_ref(),
                principal.organizer,
                event.number,
                1,
                now,
            )
            .await?
            .and_then(|serials| serials.first().copied())
            .ok_or(IssueError::NoEvent)?;
        let key = TicketKey {
            event: event.number,
            serial,
        };
        let expires = expiry(details, now);
        let claims = claims(
            key,
            ticket_type,
            expires,
            template.token_use(),
            details,
            &values,
            now,
        );
        let token = sign(&claims, template.token_use(), &keys)?;
        let number = keys
            .ticket_number_key(event.number)
            .number_of(serial)
            .to_string();

        let sources = ValueSources {
            organizer: keys.organizer().into(),
            event_id: event.id.as_str(),
            event: details,
            type_name: order.ticket_type.as_str(),
            ticket_number: &number,
            issued: now,
            values: &values,
        };
        let code = CodeText::Token(token.qr_text());
        let (notes, artifact) = self
            .library
            .lay_out(&template, layout_order(&sources), code, move |laid_out| {
                let render = |format| render_now(&laid_out.assets, &laid_out.scene, format);
                (notes_of(&laid_out), format.map(render).transpose())
            })
            .await?;
        let artifact = artifact?;

        let plain = values
            .to_bytes()
            .map_err(|error| IssueError::Fault(error.to_string()))?;
        let signing_key = match template.token_use() {
            TokenUse::Required(TokenProfile::Server) => None,
            TokenUse::Required(_) | TokenUse::None => Some(keys.ticket_signer()?.id),
        };
        let ticket = NewTicket {
            key,
            uuid: TicketUuids(keys.ticket_id_hash()).uuid_of(key),
            ticket_number: number.clone(),
            id: order.caller_id.clone(),
            ticket_type,
            order: values
                .order_id
                .as_ref()
                .map(|id| keys.blind_index(IndexKind::Order, id)),
            email: values
                .holder
                .email
                .as_ref()
                .map(|email| keys.blind_index(IndexKind::Email, email)),
            expires_at: expires,
            first: NewRevision {
                event_revision: event.current.revision,
                template_version: version.id,
                signing_key,
                token: token.cose().to_vec(),
                values: keys.seal_values(key, FIRST_REVISION, &plain, &mut system_randomness()),
            },
        };
        let ticket = self
            .storage
            .store_ticket(principal.organizer, ticket, by)
            .await?;
        let capability = self.capability_of(&keys, &ticket);
        let type_name = order.ticket_type.as_str().to_owned();
        Ok(Issued {
            ticket,
            event: known,
            type_name,
            token,
            artifact,
            capability,
            notes,
        })
    }

    /// The event of an order, made now if the order describes it.
    async fn event_for(
        &self,
        principal: &Principal,
        order: &Order,
        by: &By,
    ) -> Result<Arc<KnownEvent>, IssueError> {
        let organizer = principal.organizer;
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
        match self.storage.create_event(organizer, new, by.clone()).await {
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

    async fn type_for(
        &self,
        known: &KnownEvent,
        order: &Order,
        now: Timestamp,
    ) -> Result<TicketType, IssueError> {
        let KnownEvent {
            event,
            details,
            types,
            ..
        } = known;
        let asked = order.ticket_type.as_str();
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

    /// The ticket that a path names: by the caller's id, or by Guichet's.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn find_ticket(
        &self,
        organizer: OrganizerId,
        name: &str,
    ) -> Result<Option<StoredTicket>, IssueError> {
        if let Ok(uuid) = uuid::Uuid::try_parse(name) {
            let keys = self.keys.ring(organizer, self.clock.now()).await?;
            return match TicketUuids(keys.ticket_id_hash()).ticket_of(uuid) {
                Some(key) => Ok(self.storage.ticket(organizer, key).await?),
                None => Ok(None),
            };
        }
        match CallerId::try_from(name) {
            Ok(id) => Ok(self.storage.ticket_by_id(organizer, &id).await?),
            Err(_) => Ok(None),
        }
    }

    /// The ticket and organizer of a holder's link; none if the link is not genuine or is over.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn open_link(
        &self,
        organizer: OrganizerId,
        capability: &Capability,
    ) -> Result<Option<StoredTicket>, IssueError> {
        let now = self.clock.now();
        let keys = self.keys.ring(organizer, now).await?;
        if !Capabilities(keys.capability_hash()).confirm(capability, now.as_second()) {
            return Ok(None);
        }
        Ok(self.storage.ticket(organizer, capability.ticket).await?)
    }

    /// Last part of the link for a ticket's holder; it ends with the ticket.
    pub fn capability_of(&self, keys: &KeyRing, ticket: &StoredTicket) -> String {
        Capabilities(keys.capability_hash()).link_to(ticket.key, unix_time(ticket.expires_at).0)
    }
}

/// What the layout noted for its author, in words.
fn notes_of(laid_out: &LaidOut) -> Vec<String> {
    let entries = laid_out.notes.entries();
    entries
        .iter()
        .map(|note| format!("{}: {}", note.place, note.text))
        .collect()
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

fn expiry(details: &EventDetails, now: Timestamp) -> Timestamp {
    let end = details.ends.or(details.starts).unwrap_or(now).max(now);
    end.saturating_add(VALID_AFTER_EVENT)
        .unwrap_or(Timestamp::MAX)
}

fn claims(
    key: TicketKey,
    ticket_type: TicketType,
    expires: Timestamp,
    token_use: TokenUse,
    details: &EventDetails,
    values: &TicketValues,
    now: Timestamp,
) -> Claims {
    let extra = match token_use {
        TokenUse::Required(TokenProfile::Dated) => {
            let begin = details.doors.or(details.starts).unwrap_or(now);
            Extra::NotBefore(unix_time(
                begin.saturating_sub(VALID_BEFORE_EVENT).unwrap_or(now),
            ))
        }
        TokenUse::Required(TokenProfile::Named) => values
            .holder
            .name
            .as_deref()
            .and_then(HolderName::clipped)
            .map_or(Extra::None, Extra::Holder),
        TokenUse::Required(TokenProfile::Standard | TokenProfile::Server) | TokenUse::None => {
            Extra::None
        }
    };
    Claims {
        expires: unix_time(expires),
        event: key.event,
        serial: key.serial,
        ticket_type,
        extra,
    }
}

/// Even a template without a code gets a signed token: the ticket can be printed by another later.
fn sign(claims: &Claims, token_use: TokenUse, keys: &KeyRing) -> Result<SignedToken, IssueError> {
    match token_use {
        TokenUse::Required(TokenProfile::Server) => ticket_token::seal_mac(claims, keys.mac_key())
            .map_err(|error| IssueError::Fault(error.to_string())),
        TokenUse::Required(_) | TokenUse::None => {
            Ok(ticket_token::sign(claims, &keys.ticket_signer()?.key))
        }
    }
}

pub(super) fn settled_price(
    order: &Order,
    details: &EventDetails,
    of_type: Option<i64>,
) -> Result<Option<(i64, String)>, IssueError> {
    let Some(currency) = details.currency.clone() else {
        return match order.price {
            Some(_) => Err(IssueError::Price(
                "a price needs a currency: set the event's currency, such as EUR".to_owned(),
            )),
            None => Ok(None),
        };
    };
    let minor = match order.price {
        Some(Price::Minor(minor)) => Some(minor),
        Some(Price::Major(major)) => {
            let digits = crate::templates::values::currency_digits(&currency);
            let minor = (major * 10f64.powi(i32::from(digits))).round();
            if !minor.is_finite() || minor.abs() >= 1e15 {
                return Err(IssueError::Price("the price is out of range".to_owned()));
            }
            Some(minor as i64)
        }
        None => of_type,
    };
    if minor.is_some_and(|minor| minor < 0) {
        return Err(IssueError::Price(
            "the price must not be negative".to_owned(),
        ));
    }
    Ok(minor.map(|minor| (minor, currency)))
}
