//! `POST /api/tickets/qr/generate`: the code of a ticket, which is issued first if its id is new.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ticket_token::encode_qr_text;

use super::order_body::{OrderBody, QrOptions, TicketData};
use super::qr_picture::{Picture, PictureStyle};
use super::ticket_json::shown_id;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::events::EventData;
use crate::http::extract::JsonBody;
use crate::http::services::Shared;
use crate::storage::{Conflict, StorageError, StoredTicket};

/// Which ticket, and how its code looks.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct QrBody {
    /// The ticket; its id names it.
    pub ticket_data: Option<TicketData>,
    /// Creates the event if it does not exist.
    pub event_data: Option<EventData>,
    /// How the code looks.
    pub options: Option<QrOptions>,
    /// Flat form: the ticket's id.
    pub ticket_id: Option<String>,
    /// Flat form: the event.
    pub event_id: Option<String>,
    /// Flat form: name of the ticket type.
    pub ticket_type: Option<String>,
    /// Ignored: the code's text is the signed token.
    pub ticket_code: Option<Value>,
    /// Flat form: `png` or `svg`.
    pub format: Option<String>,
    /// Flat form: width in pixels.
    pub size: Option<u32>,
}

/// A code.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QrJson {
    ticket_id: String,
    qr_code: String,
    qr_text: String,
    format: &'static str,
}

/// Draws the code of a ticket.
pub async fn generate_qr(
    State(services): State<Shared>,
    caller: Caller,
    JsonBody(body): JsonBody<QrBody>,
) -> Result<Success<QrJson>, ApiError> {
    let principal = caller.may(Permission::TicketsCreate)?;
    let mut options = body.options.unwrap_or_default();
    options.width = options.width.or(body.size);
    options.format = options.format.or(body.format);
    let style = PictureStyle::read(&options, "options")?;
    let mut ticket = body.ticket_data.unwrap_or_default();
    ticket.id = ticket.id.or(body.ticket_id);
    ticket.event_id = ticket.event_id.or(body.event_id);
    ticket.ticket_type = ticket.ticket_type.or(body.ticket_type);
    if ticket.id.is_none() {
        return Err(ApiError::field(
            "ticketData.id",
            "is required: it names the ticket whose code is drawn",
        ));
    }
    let order = OrderBody {
        ticket_data: Some(ticket),
        event_data: body.event_data,
        ..OrderBody::default()
    };
    let order = order
        .into_orders(services.price_unit)?
        .pop()
        .ok_or_else(|| ApiError::field("ticketData", "is required"))?;
    let id = order
        .caller_id
        .as_ref()
        .map(|id| id.as_str().to_owned())
        .unwrap_or_default();
    let ticket = match services
        .issuer
        .find_ticket(principal.organizer, &id)
        .await?
    {
        Some(found) => found,
        None => match services.issuer.issue(&principal, &order, None).await {
            Ok(issued) => issued.ticket,
            // Another request issued it in between.
            Err(crate::issue::IssueError::Storage(StorageError::Conflict(
                Conflict::TicketExists,
            ))) => services
                .issuer
                .find_ticket(principal.organizer, &id)
                .await?
                .ok_or(ApiError::NotFound(crate::http::error::Missing::Ticket))?,
            Err(error) => return Err(error.into()),
        },
    };
    answer(&ticket, &style)
}

fn answer(ticket: &StoredTicket, style: &PictureStyle) -> Result<Success<QrJson>, ApiError> {
    let qr_text = encode_qr_text(&ticket.current.token);
    let picture = Picture::draw(&qr_text, style)?;
    let format = match picture.media_type() {
        "image/svg+xml" => "svg",
        _ => "png",
    };
    let ticket_id = shown_id(ticket);
    Ok(Success::created(
        "the code was drawn",
        QrJson {
            ticket_id,
            qr_code: picture.data_url(),
            qr_text,
            format,
        },
    ))
}
