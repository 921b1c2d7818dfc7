//! `POST /api/tickets/qr/generate`: the code of a ticket, which is issued first if its id is new.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::generate_ticket::recalled;
use super::order_body::{Names, OrderBody, QrOptions, TicketData};
use super::qr_picture::{Picture, PictureStyle};
use super::ticket_json::shown_id;
use crate::access::{Permission, Principal};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::events::EventData;
use crate::http::extract::JsonBody;
use crate::http::idempotency::Recalled;
use crate::http::openapi::{CallerIdWord, EventIdWord, PictureWord, TypeWord};
use crate::http::services::{Services, Shared};
use crate::issue::{IssueError, Issued, Order};
use crate::storage::{Conflict, Done, StorageError, StoredTicket};

/// Which ticket, and how its code looks.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    {
        "ticketData": { "id": "order-17-2", "eventId": "gala-2027", "type": "standard", "orderId": "order-17" },
        "options": { "width": 400, "format": "svg", "color": { "dark": "#1a1a2e", "light": "#ffffff" } },
    }
))]
pub struct QrBody {
    /// The ticket; its id names it.
    pub ticket_data: Option<TicketData>,
    /// Creates the event if it does not exist.
    pub event_data: Option<EventData>,
    /// How the code looks.
    pub options: Option<QrOptions>,
    /// Flat form: the ticket's id.
    #[schema(value_type = Option<CallerIdWord>, inline)]
    pub ticket_id: Option<String>,
    /// Flat form: the event.
    #[schema(value_type = Option<EventIdWord>, inline)]
    pub event_id: Option<String>,
    /// Flat form: name of the ticket type.
    #[schema(value_type = Option<TypeWord>, inline)]
    pub ticket_type: Option<String>,
    /// Ignored: the code's text is the signed token.
    #[expect(dead_code, reason = "understood from old clients, and changes nothing")]
    pub ticket_code: Option<Value>,
    /// Flat form: `png` or `svg`.
    #[schema(value_type = Option<PictureWord>, inline)]
    pub format: Option<String>,
    /// Flat form: width in pixels.
    #[schema(minimum = 100, maximum = 2048)]
    pub size: Option<u32>,
}

/// A code.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "ticketId": "order-17-2", "qrCode": "data:image/svg+xml;base64,PHN2Zz4=",
        "qrText": "TK1:6BFOXN*TS0BI$ZD.P9UOL97O4-2HH77HRM3DSPTXRR+%4.ZE9CLIHHERR", "format": "svg",
    }
))]
pub struct QrJson {
    ticket_id: String,
    qr_code: String,
    qr_text: String,
    #[schema(value_type = PictureWord, inline)]
    format: &'static str,
}

/// Draws the code of a ticket.
#[utoipa::path(
    post,
    path = "/api/tickets/qr/generate",
    tag = "Tickets",
    security(("bearer" = ["tickets.create"])),
    request_body = QrBody,
    responses((status = 201, description = "the code was drawn", body = Success<QrJson>)),
    extensions(("x-errors" = json!(["issuing"]))),
)]
pub async fn generate_qr(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<QrBody>,
) -> Result<Success<QrJson>, ApiError> {
    let principal = caller.may(Permission::TicketsCreate)?;
    let mut flat = Flat::default();
    let mut options = body.options.unwrap_or_default();
    flat.take(&mut options.width, body.size, "options.width", "size");
    flat.take(&mut options.format, body.format, "options.format", "format");
    let style = PictureStyle::read(&options, "options.").map_err(|error| flat.named(error))?;
    let mut ticket = body.ticket_data.unwrap_or_default();
    flat.take(&mut ticket.id, body.ticket_id, "ticketData.id", "ticketId");
    flat.take(
        &mut ticket.event_id,
        body.event_id,
        "ticketData.eventId",
        "eventId",
    );
    flat.take(
        &mut ticket.ticket_type,
        body.ticket_type,
        "ticketData.type",
        "ticketType",
    );
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
    let orders = order
        .into_orders(services.price_unit)
        .map_err(|error| flat.named(error))?;
    let ticket = found_or_issued(&services, &principal, &orders, done)
        .await
        .map_err(|error| flat.named(error))?;
    let qr_text = services.issuer.qr_text_of(ticket.stored()).await?;
    answer(ticket.stored(), qr_text, &style)
}

/// Which fields came in the flat form, and their names there.
#[derive(Default)]
struct Flat(Vec<(&'static str, &'static str)>);

impl Flat {
    /// Fills in what the other form left open.
    fn take<T>(
        &mut self,
        field: &mut Option<T>,
        flat: Option<T>,
        name: &'static str,
        flat_name: &'static str,
    ) {
        if field.is_none() && flat.is_some() {
            *field = flat;
            self.0.push((name, flat_name));
        }
    }

    /// The error, with the names under which the caller sent the fields.
    fn named(&self, error: ApiError) -> ApiError {
        error.with_fields_renamed(|field| {
            let taken = self.0.iter().find(|(name, _)| *name == field);
            taken.map(|(_, flat_name)| (*flat_name).to_owned())
        })
    }
}

/// A ticket that a body describes.
pub enum Described {
    /// It was there.
    Found(Box<StoredTicket>),
    /// It is new.
    Issued(Box<Issued>),
}

impl Described {
    /// The row.
    pub fn stored(&self) -> &StoredTicket {
        match self {
            Self::Found(ticket) => ticket,
            Self::Issued(issued) => &issued.ticket,
        }
    }
}

/// The ticket whose id the one order gives, issued now if there is none; or the one that the same
/// request issued before.
///
/// # Errors
/// As the issuer's.
pub async fn found_or_issued(
    services: &Services,
    principal: &Principal,
    orders: &[Order],
    done: Option<Done>,
) -> Result<Described, ApiError> {
    let first = |issued: Vec<Issued>| {
        let first = issued.into_iter().next();
        first
            .map(|issued| Described::Issued(Box::new(issued)))
            .ok_or_else(|| ApiError::field("ticketData", "is required"))
    };
    if let Some(done) = done {
        return first(recalled(services, principal, &done, None).await?);
    }
    let id = orders.first().and_then(|order| order.caller_id.as_ref());
    let found = async || match id {
        Some(id) => {
            services
                .issuer
                .find_ticket(principal.organizer, id.as_str())
                .await
        }
        None => Ok(None),
    };
    if let Some(ticket) = found().await? {
        return Ok(Described::Found(Box::new(ticket)));
    }
    match services.issuer.issue(principal, orders, None).await {
        Ok(issued) => first(issued),
        // Another request issued it in between.
        Err(IssueError::Storage(StorageError::Conflict(Conflict::TicketExists))) => found()
            .await?
            .map(|ticket| Described::Found(Box::new(ticket)))
            .ok_or(ApiError::NotFound(Missing::Ticket)),
        Err(error) => Err(Names::of_ticket_data().given(error.into())),
    }
}

fn answer(
    ticket: &StoredTicket,
    qr_text: String,
    style: &PictureStyle,
) -> Result<Success<QrJson>, ApiError> {
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
