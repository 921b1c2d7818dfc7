//! Many tickets at once, for jobs: what they have in common is found once, and single tickets may fail.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use ticket_token::{EventNumber, TicketType};

use super::draft::{Draft, expiry};
use super::issuer::{IssueError, Issuer, settled_price};
use super::order::{Order, Price};
use super::ticket_values::TicketValues;
use crate::events::KnownEvent;
use crate::keys::KeyRing;
use crate::storage::{By, CallerId, NewTicket, OrganizerId, TemplateVersionId, TicketKey};
use crate::templates::{Candidates, LibraryError, ReadyTemplate, TemplateChoice};

/// Prepares the tickets of a chunk.
pub struct Bulk<'i> {
    issuer: &'i Issuer,
    organizer: OrganizerId,
    keys: Arc<KeyRing>,
    by: By,
    known: HashMap<Kind, Arc<Settled>>,
}

/// What orders have in common.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Kind {
    event: EventNumber,
    type_name: String,
    template: Option<String>,
}

/// What is the same for all orders of a kind.
struct Settled {
    event: Arc<KnownEvent>,
    ticket_type: TicketType,
    price: Option<Price>,
    candidates: Candidates,
}

/// A ticket that lacks only its place.
pub struct BulkTicket {
    settled: Arc<Settled>,
    type_name: String,
    version: TemplateVersionId,
    template: ReadyTemplate,
    values: TicketValues,
    caller_id: Option<CallerId>,
}

impl Issuer {
    /// Begins to prepare tickets.
    ///
    /// # Errors
    /// When the organizer's keys cannot be used.
    pub async fn bulk(&self, organizer: OrganizerId, by: By) -> Result<Bulk<'_>, IssueError> {
        Ok(Bulk {
            issuer: self,
            organizer,
            keys: self.keys.ring(organizer, by.at).await?,
            by,
            known: HashMap::new(),
        })
    }
}

impl Bulk<'_> {
    /// The organizer's keys.
    pub fn keys(&self) -> &Arc<KeyRing> {
        &self.keys
    }

    /// Finds all that a ticket needs, and checks its values against what its template asks for. `draw`, 0 to
    /// 999, decides between the template's version in use and one on trial.
    ///
    /// # Errors
    /// [`IssueError`]; those of the order itself leave the other orders alone.
    pub async fn prepare(&mut self, order: Order, draw: u16) -> Result<BulkTicket, IssueError> {
        let event = self
            .issuer
            .event_for(self.organizer, &order, &self.by)
            .await?;
        let kind = Kind {
            event: event.event.number,
            type_name: order.ticket_type.as_str().to_owned(),
            template: order.template.clone(),
        };
        let settled = match self.known.get(&kind) {
            Some(settled) => Arc::clone(settled),
            None => {
                let settled = Arc::new(self.settle(event, &kind).await?);
                self.known.insert(kind.clone(), Arc::clone(&settled));
                settled
            }
        };
        let price = settled_price(order.price.or(settled.price), &settled.event.details)?;
        let (version, template) = settled.candidates.pick(draw);
        let ticket = BulkTicket {
            type_name: kind.type_name,
            version,
            template: template.clone(),
            values: TicketValues::of(&order, price),
            caller_id: order.caller_id,
            settled,
        };
        // It has none yet, and each has one.
        const SOME_NUMBER: &str = "0000000000";
        let layout_order = ticket
            .draft(&self.keys, self.by.at)
            .layout_order(SOME_NUMBER);
        let checked = ticket.template.check_values(&layout_order);
        checked.map_err(LibraryError::Values)?;
        Ok(ticket)
    }

    async fn settle(&self, event: Arc<KnownEvent>, kind: &Kind) -> Result<Settled, IssueError> {
        let ticket_type = self
            .issuer
            .type_for(&event, &kind.type_name, self.by.at)
            .await?;
        let declared = event.details.declared_type(&kind.type_name);
        let choice = TemplateChoice {
            asked: kind.template.as_deref(),
            of_type: declared.and_then(|declared| declared.template.as_deref()),
            of_event: event.details.template.as_deref(),
        };
        let candidates = self
            .issuer
            .library
            .candidates(self.keys.organizer(), choice)
            .await?;
        Ok(Settled {
            ticket_type,
            price: declared
                .and_then(|declared| declared.price_minor)
                .map(Price::Minor),
            candidates,
            event,
        })
    }
}

impl BulkTicket {
    /// The same ticket at another place among those ordered together, without an id of the caller's.
    #[must_use]
    pub fn again_at(&self, position: (u32, u32)) -> Self {
        Self {
            settled: Arc::clone(&self.settled),
            type_name: self.type_name.clone(),
            version: self.version,
            template: self.template.clone(),
            values: TicketValues {
                position,
                ..self.values.clone()
            },
            caller_id: None,
        }
    }

    /// Its event.
    pub fn event(&self) -> EventNumber {
        self.settled.event.event.number
    }

    /// The caller's id.
    pub fn caller_id(&self) -> Option<&CallerId> {
        self.caller_id.as_ref()
    }

    fn draft<'t>(&'t self, keys: &'t KeyRing, now: Timestamp) -> Draft<'t> {
        Draft {
            keys,
            known: &self.settled.event,
            type_name: &self.type_name,
            ticket_type: self.settled.ticket_type,
            version: self.version,
            template: self.template.clone(),
            values: self.values.clone(),
            now,
        }
    }

    /// Signs the ticket for its place. Computes for some 50 microseconds.
    ///
    /// # Errors
    /// When there is no key to sign with.
    pub fn sign(
        &self,
        keys: &KeyRing,
        place: TicketKey,
        now: Timestamp,
    ) -> Result<NewTicket, IssueError> {
        let draft = self.draft(keys, now);
        let expires = expiry(&self.settled.event.details, now);
        let signed = draft.sign(&draft.claims(place, expires))?;
        draft.row(place, self.caller_id.clone(), expires, signed)
    }

    /// The same, and lays it out, which shows whether its template takes it.
    ///
    /// # Errors
    /// When there is no key to sign with, or the template refuses or breaks.
    pub async fn sign_and_lay_out(
        &self,
        issuer: &Issuer,
        keys: &KeyRing,
        place: TicketKey,
        now: Timestamp,
    ) -> Result<NewTicket, IssueError> {
        let draft = self.draft(keys, now);
        let expires = expiry(&self.settled.event.details, now);
        let signed = draft.sign(&draft.claims(place, expires))?;
        let number = draft.ticket_number(place);
        issuer
            .lay_out_draft(&draft, &number, signed.token.qr_text(), None)
            .await?;
        draft.row(place, self.caller_id.clone(), expires, signed)
    }
}
