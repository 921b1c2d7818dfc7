//! Pages without a ticket: marked SPECIMEN, with a code that is never valid.

use jiff::Timestamp;
use ticket_token::{Claims, EventNumber, Extra, Serial, TicketType, UnixTime};

use super::describe::{OrganizerFacts, ValueSources, layout_order};
use super::issuer::{IssueError, Issuer, settled_price};
use super::order::{EventReference, Order};
use super::print::{Artifact, Format};
use super::ticket_values::TicketValues;
use crate::access::Principal;
use crate::events::EventDetails;
use crate::templates::loaded::LayoutOrder;
use crate::templates::manifest::{Manifest, Sample, Subject};
use crate::templates::{CodeText, ReadyTemplate};

/// The printed number of a specimen; the letter U is in no real one.
const NUMBER: &str = "SPECI-MEN00";
/// The event of an order that names none, where there is no host to ask.
const EVENT_ID: &str = "specimen";

impl Issuer {
    /// Renders an order with a template, without issuing it.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn specimen(
        &self,
        principal: &Principal,
        order: &Order,
        template: &ReadyTemplate,
        format: Format,
    ) -> Result<Artifact, IssueError> {
        let now = self.clock.now();
        let keys = self.keys.ring(principal.organizer, now).await?;
        let known = self
            .find_event(principal.organizer, order.event.as_ref())
            .await?;
        let event = match (&known, &order.event_details) {
            (Some(known), _) => Some(&known.details),
            (None, Some(details)) => Some(details),
            (None, None) => return Err(IssueError::NoEvent),
        };
        let order = specimen_order(order, event, keys.organizer().into(), template.manifest())?;
        self.draw(template, order, specimen_code(), format).await
    }

    /// Renders the sample values of a template's own manifest.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn sample(
        &self,
        template: &ReadyTemplate,
        format: Format,
    ) -> Result<Artifact, IssueError> {
        self.draw(template, template.sample_order(), specimen_code(), format)
            .await
    }
}

/// What an order says, as it would be printed if it were issued. A function of its arguments alone:
/// the time of issue is that of the manifest's own sample.
///
/// # Errors
/// [`IssueError::Price`].
pub fn specimen_order(
    order: &Order,
    event: Option<&EventDetails>,
    organizer: OrganizerFacts<'_>,
    manifest: &Manifest,
) -> Result<LayoutOrder, IssueError> {
    let built_in;
    let details = match event.or(order.event_details.as_ref()) {
        Some(details) => details,
        None => {
            built_in = EventDetails::built_in();
            &built_in
        }
    };
    let event_id = match &order.event {
        Some(EventReference::Caller(id)) => id.as_str(),
        Some(EventReference::Uuid(_)) | None => EVENT_ID,
    };
    let values = TicketValues::of(order, settled_price(order.price, details)?);
    Ok(layout_order(&ValueSources {
        organizer,
        event_id,
        event: details,
        type_name: order.ticket_type.as_str(),
        ticket_number: NUMBER,
        issued: time_of_issue(manifest),
        values: &values,
    }))
}

fn time_of_issue(manifest: &Manifest) -> Timestamp {
    const OTHERWISE: Timestamp = Timestamp::constant(1_798_761_600, 0); // 2027-01-01T00:00:00Z
    let sample = manifest
        .fields
        .iter()
        .find_map(|field| match (&field.subject, &field.sample) {
            (Subject::Ticket, Sample::Moment(seconds)) if field.name == "issued" => Some(*seconds),
            _ => None,
        });
    sample
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or(OTHERWISE)
}

/// A well-formed token of the reserved key id with a zero signature.
pub fn specimen_code() -> CodeText {
    let claims = Claims {
        expires: UnixTime(u32::MAX),
        event: EventNumber(0),
        serial: Serial(0),
        ticket_type: TicketType(0),
        extra: Extra::None,
    };
    CodeText::Specimen(ticket_token::specimen(&claims).qr_text())
}
