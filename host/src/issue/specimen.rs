//! Pages without a ticket: marked SPECIMEN, with a code that is never valid.

use std::sync::Arc;

use ticket_token::{Claims, EventNumber, Extra, Serial, TicketType, UnixTime};

use super::describe::{ValueSources, layout_order};
use super::issuer::{IssueError, Issuer, settled_price};
use super::order::Order;
use super::print::{Artifact, Format};
use super::ticket_values::TicketValues;
use crate::access::Principal;
use crate::events::details_of;
use crate::templates::{CodeText, LoadedTemplate};

/// The printed number of a specimen; the letter U is in no real one.
const SPECIMEN_NUMBER: &str = "SPECI-MEN00";

impl Issuer {
    /// Renders an order with a template, without issuing it.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn specimen(
        &self,
        principal: &Principal,
        order: &Order,
        template: &Arc<LoadedTemplate>,
        format: Format,
    ) -> Result<Artifact, IssueError> {
        let now = self.clock.now();
        let keys = self.keys.of(principal.organizer, now).await?;
        let event = self
            .find_event(principal.organizer, order.event.as_ref())
            .await?;
        let (event_id, details) = match (&event, &order.event_details) {
            (Some(event), _) => {
                let id = event.number.0.to_string();
                (
                    event.id.as_str().to_owned(),
                    details_of(&event.current.data, &id)?,
                )
            }
            (None, Some(details)) => ("preview".to_owned(), details.clone()),
            (None, None) => return Err(IssueError::NoEvent),
        };
        let values = TicketValues::of(order, settled_price(order, &details, None)?);
        let sources = ValueSources {
            organizer: &keys.organizer,
            event_id: &event_id,
            event: &details,
            type_name: order.ticket_type.as_str(),
            ticket_number: SPECIMEN_NUMBER,
            issued: now,
            values: &values,
        };
        let order = layout_order(&sources);
        let laid_out = self
            .library
            .lay_out(template, order, specimen_code())
            .await?;
        Ok(self.render(laid_out, format).await?)
    }

    /// Renders the sample values of a template's own manifest.
    ///
    /// # Errors
    /// [`IssueError`].
    pub async fn sample(
        &self,
        template: &Arc<LoadedTemplate>,
        format: Format,
    ) -> Result<Artifact, IssueError> {
        let laid_out = self
            .library
            .lay_out(template, template.sample_order(), specimen_code())
            .await?;
        Ok(self.render(laid_out, format).await?)
    }
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
