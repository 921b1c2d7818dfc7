//! The online verdict.

use std::sync::Arc;

use jiff::Timestamp;
use ticket_gate::{GateName, Judgement, Knowledge, Ledger, Moment, Question, Status, judge};
use ticket_token::{Claims, decode_qr_text, parse};

use super::{GateError, Gatehouse};
use crate::events::KnownEvent;
use crate::storage::{CallerId, OrganizerId, StoredTicket, TicketKey, TicketState};

/// A verdict of the host.
#[derive(Debug)]
pub struct Validation {
    /// The verdict and all that led to it.
    pub judgement: Judgement,
    /// The ticket, where the code is genuine and of the event.
    pub ticket: Option<StoredTicket>,
    /// The event that was judged for.
    pub event: Arc<KnownEvent>,
}

impl Gatehouse {
    /// The event at whose gate a code is judged, where the caller named none: the code's own, though
    /// it is not proven yet, else `fallback`. So a code that names no event of this organizer is
    /// judged to be of another event, or not genuine.
    ///
    /// # Errors
    /// [`GateError::NoEvent`]: there is not even the fallback; or when storage fails.
    pub async fn event_of_code(
        &self,
        organizer: OrganizerId,
        qr_text: &str,
        fallback: &CallerId,
        now: Timestamp,
    ) -> Result<Arc<KnownEvent>, GateError> {
        let events = &self.parts.events;
        if let Some(claims) = claimed(qr_text)
            && let Some(event) = events.by_number(organizer, claims.event, now).await?
        {
            return Ok(event);
        }
        let event = events.by_id(organizer, fallback, now).await?;
        event.ok_or(GateError::NoEvent)
    }

    /// Judges the text of a code by what the host knows at `now`. Any text has a verdict.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn validate(
        &self,
        event: Arc<KnownEvent>,
        qr_text: &str,
        gate: Option<&GateName>,
        now: Timestamp,
    ) -> Result<Validation, GateError> {
        let organizer = event.event.organizer;
        let opened = self.opened(organizer, Arc::clone(&event), now).await?;
        let key = claimed(qr_text)
            .filter(|claims| claims.event == event.event.number)
            .map(|claims| TicketKey {
                event: claims.event,
                serial: claims.serial,
            });
        let ticket = match key {
            Some(key) => self.parts.storage.ticket(organizer, key).await?,
            None => None,
        };
        let ledger = Ledger::default();
        let mut knowledge =
            Knowledge::new(&opened.bundle, None, &ledger).with_mac_key(opened.ring.mac_key());
        if let Some(ticket) = &ticket {
            knowledge = knowledge.with_status_of(ticket.key.serial, status_of(ticket.state));
        }
        let question = Question {
            gate,
            ..Question::entry_at(Moment(u64::try_from(now.as_millisecond()).unwrap_or(0)))
        };
        let judgement = judge(qr_text, &knowledge, &question);
        // What a code claims that is not genuine is nobody's business.
        let ticket = ticket.filter(|_| judgement.ticket.is_some());
        Ok(Validation {
            judgement,
            ticket,
            event,
        })
    }
}

/// What a code says of itself, not proven.
fn claimed(qr_text: &str) -> Option<Claims> {
    let cose = decode_qr_text(qr_text).ok()?;
    parse(&cose).ok().map(|token| token.claims)
}

fn status_of(state: TicketState) -> Status {
    match state {
        TicketState::Generated => Status::Valid,
        TicketState::Suspended => Status::Suspended,
        TicketState::Revoked => Status::Revoked,
    }
}
