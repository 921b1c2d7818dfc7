//! `POST /api/tickets/{ticketId}/regenerate`: a new code, or the file again.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::generate_ticket::{GeneratedTicket, generated};
use super::order_body::OrderOptions;
use super::patch_ticket::recalled_change;
use super::qr_picture::PictureStyle;
use super::read_ticket::found_ticket;
use super::revoke_ticket::checked_reason;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, PathOf};
use crate::http::idempotency::Recalled;
use crate::http::openapi::ReasonWord;
use crate::http::services::Shared;
use crate::issue::{Edition, Format, Issued, Renewal, TicketPatch};

/// What is made again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!(
    { "reason": "code was posted in public", "regenerateQR": true, "regeneratePDF": false }
))]
pub struct RegenerateBody {
    /// Why, for the staff; at most 200 characters, no personal data.
    #[schema(value_type = Option<ReasonWord>, inline)]
    pub reason: Option<String>,
    /// A new serial and code, if not said otherwise; the old ones are revoked.
    #[serde(rename = "regenerateQR", alias = "regenerateQr")]
    #[schema(extensions(("x-aliases" = json!(["regenerateQr"]))))]
    pub regenerate_qr: Option<bool>,
    /// The PDF, which is sent along.
    #[serde(rename = "regeneratePDF", alias = "regeneratePdf")]
    #[schema(extensions(("x-aliases" = json!(["regeneratePdf"]))))]
    pub regenerate_pdf: Option<bool>,
}

/// Gives a ticket a new code, for one that was lost or seen by others, and renders it. Its id stays.
#[utoipa::path(
    post,
    path = "/api/tickets/{ticketId}/regenerate",
    tag = "Tickets",
    security(("bearer" = ["tickets.create"])),
    request_body = RegenerateBody,
    responses((status = 200, description = "the ticket was made again", body = Success<GeneratedTicket>)),
    extensions(("x-errors" = json!(["TICKET_NOT_FOUND", "TEMPLATE_NOT_READY", "REVISION_CONFLICT", "STATE_CONFLICT", "SERIALS_EXHAUSTED", "NO_TICKET_KEY", "template"]))),
)]
pub async fn regenerate_ticket(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<RegenerateBody>,
) -> Result<Success<GeneratedTicket>, ApiError> {
    let principal = caller.may(Permission::TicketsCreate)?;
    let reason = checked_reason(body.reason)?;
    let format = (body.regenerate_pdf == Some(true)).then_some(Format::Pdf);
    let new_code = body.regenerate_qr.unwrap_or(true);
    if !new_code && format.is_none() {
        return Err(ApiError::field(
            "regenerateQR",
            "is false, and regeneratePDF is not true: there is nothing to make again",
        ));
    }
    let issuer = &services.issuer;
    let issued = if let Some(done) = done {
        recalled_change(&services, &principal, &done, format).await?
    } else if new_code {
        let ticket = found_ticket(&services, &principal, &id).await?;
        let patch = TicketPatch::default();
        issuer
            .change(
                &principal,
                &ticket,
                &patch,
                &Renewal::Always { reason },
                format,
            )
            .await?
    } else {
        let ticket = found_ticket(&services, &principal, &id).await?;
        let keys = services
            .keys
            .ring(principal.organizer, services.clock.now())
            .await?;
        let type_name = issuer.type_name_of(&ticket).await?;
        let token = issuer.token_of(&ticket).await?;
        let print = issuer.prepare_print(ticket, Edition::Newest).await?;
        Issued {
            artifact: Some(issuer.print(&print, Format::Pdf).await?),
            capability: issuer.capability_of(&keys, &print.ticket),
            event: print.event,
            ticket: print.ticket,
            type_name,
            token,
            notes: Vec::new(),
        }
    };
    let style = PictureStyle::of(&OrderOptions::default())?;
    Ok(Success::ok(
        "the ticket was made again",
        generated(&services, issued, &style)?,
    ))
}
