//! `POST /api/tickets/generate`: issues one ticket, or up to 20 of the short form.

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use ticket_token::{encode_qr_text, parse};
use utoipa::ToSchema;

use super::order_body::{OrderBody, OrderOptions};
use super::qr_picture::{Picture, PictureFormat, PictureStyle};
use super::ticket_json::{pdf_url, public_url, shown_id};
use crate::access::{Permission, Principal};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::idempotency::{Recalled, tickets_of};
use crate::http::openapi::{FormatWord, TicketStateWord};
use crate::http::services::{Services, Shared};
use crate::issue::{Format, Issued};
use crate::storage::{Done, TicketState};

/// A ticket that was just issued.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "ticketId": "order-17-1", "uuid": "7d3f6a1e-9d0f-4c0b-8a53-1f2f6a0c9b11", "ticketNumber": "2-1",
        "eventId": "gala-2027", "ticketType": "vip", "status": "generated",
        "qrCode": "data:image/png;base64,iVBORw0KGgo=",
        "qrText": "TK1:6BFOXN*TS0BI$ZD.P9UOL97O4-2HH77HRM3DSPTXRR+%4.ZE9CLIHHERR",
        "signature": "tJ0mGZ3o0mW2q5oM5y3Y0t9Yl8n0c4q3o6s7k1b2a3c",
        "checksum": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "generatedAt": "2027-03-01T10:00:00Z", "expiresAt": "2027-05-02T11:00:00Z",
        "pdfUrl": "https://tickets.example/api/tickets/order-17-1/download",
        "publicUrl": "https://tickets.example/t/AQAAAAEAAAAB",
    }
))]
pub struct GeneratedTicket {
    ticket_id: String,
    uuid: String,
    event_id: String,
    ticket_type: String,
    /// The code as a picture, a data URL.
    qr_code: String,
    /// The text in the code.
    qr_text: String,
    /// base64url of the token's signature.
    signature: String,
    /// SHA-256 of the text in the code, hexadecimal.
    checksum: String,
    #[schema(value_type = TicketStateWord, inline)]
    status: &'static str,
    generated_at: Timestamp,
    expires_at: Timestamp,
    pdf_url: String,
    public_url: String,
    ticket_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pdf_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rendered: Option<Rendered>,
    /// What the template noted for its author.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// A page in the format that was asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Rendered {
    #[schema(value_type = FormatWord, inline)]
    format: &'static str,
    media_type: &'static str,
    base64: String,
}

/// What was issued: one ticket, or `tickets` when several were ordered.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum Generated {
    /// One.
    One(Box<One>),
    /// More than one.
    Several(Several),
}

/// One ticket, with notices about fields that changed nothing.
#[derive(Serialize, ToSchema)]
pub struct One {
    #[serde(flatten)]
    ticket: GeneratedTicket,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<&'static str>,
}

/// Several tickets.
#[derive(Serialize, ToSchema)]
pub struct Several {
    tickets: Vec<GeneratedTicket>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<&'static str>,
}

/// Issues tickets. A caller's id that was used before is 409 `TICKET_EXISTS`.
#[utoipa::path(
    post,
    path = "/api/tickets/generate",
    tag = "Tickets",
    security(("bearer" = ["tickets.create"])),
    request_body = OrderBody,
    responses((status = 201, description = "the ticket was issued", body = Success<Generated>)),
    extensions(("x-errors" = json!(["issuing", "TICKET_EXISTS"]))),
)]
pub async fn generate_ticket(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<OrderBody>,
) -> Result<Success<Generated>, ApiError> {
    let principal = caller.may(Permission::TicketsCreate)?;
    let notices = body.notices();
    let options = body.options();
    let names = body.names();
    let format = format_of(&options).map_err(|error| names.given(error))?;
    let style = PictureStyle::of(&options).map_err(|error| names.given(error))?;
    let orders = body.into_orders(services.price_unit)?;
    let issued = match done {
        None => services
            .issuer
            .issue(&principal, &orders, format)
            .await
            .map_err(|error| names.given(error.into()))?,
        Some(done) => recalled(&services, &principal, &done, format).await?,
    };
    let mut tickets = Vec::with_capacity(issued.len());
    for issued in issued {
        tickets.push(generated(&services, issued, &style)?);
    }
    let message = "the ticket was issued";
    Ok(match (tickets.len(), tickets.pop()) {
        (1, Some(ticket)) => {
            Success::created(message, Generated::One(Box::new(One { ticket, notices })))
        }
        (_, last) => {
            tickets.extend(last);
            Success::created(
                "the tickets were issued",
                Generated::Several(Several { tickets, notices }),
            )
        }
    })
}

/// The tickets that a request issued when it came first, as they were then.
///
/// # Errors
/// As the issuer's.
pub(super) async fn recalled(
    services: &Services,
    principal: &Principal,
    done: &Done,
    format: Option<Format>,
) -> Result<Vec<Issued>, ApiError> {
    const FIRST_REVISION: u32 = 1;
    let mut issued = Vec::new();
    for key in tickets_of(done)? {
        let state = TicketState::Generated;
        let ticket = services
            .issuer
            .recall(principal.organizer, key, FIRST_REVISION, state, format)
            .await?;
        issued.push(ticket);
    }
    Ok(issued)
}

fn format_of(options: &OrderOptions) -> Result<Option<Format>, ApiError> {
    match (&options.format, options.include_pdf) {
        (Some(name), _) => Format::parse(name, None, None)
            .map(Some)
            .map_err(|error| ApiError::field("options.format", error.to_string())),
        (None, Some(true)) => Ok(Some(Format::Pdf)),
        (None, _) => Ok(None),
    }
}

/// A ticket with its code, and the file that was asked for.
///
/// # Errors
/// When the stored token makes no sense.
pub(super) fn generated(
    services: &Services,
    issued: Issued,
    style: &PictureStyle,
) -> Result<GeneratedTicket, ApiError> {
    let token = &issued.token;
    let qr_text = encode_qr_text(token);
    let parsed = parse(token).map_err(|error| anyhow::anyhow!("a stored token: {error}"))?;
    let picture = Picture::draw(
        &qr_text,
        &PictureStyle {
            format: PictureFormat::Png,
            ..style.clone()
        },
    )?;
    let (pdf_base64, rendered) = match issued.artifact {
        None => (None, None),
        Some(artifact) => match artifact.format {
            Format::Pdf => (Some(STANDARD.encode(&artifact.bytes)), None),
            format @ (Format::Png { .. } | Format::Svg { .. }) => {
                let base64 = STANDARD.encode(&artifact.bytes);
                (
                    None,
                    Some(Rendered {
                        format: format.name(),
                        media_type: format.media_type(),
                        base64,
                    }),
                )
            }
        },
    };
    let checksum = Sha256::digest(&qr_text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(GeneratedTicket {
        ticket_id: shown_id(&issued.ticket),
        uuid: issued.ticket.uuid.to_string(),
        event_id: issued.event.event.id.as_str().to_owned(),
        ticket_type: issued.type_name,
        qr_code: picture.data_url(),
        qr_text,
        signature: URL_SAFE_NO_PAD.encode(parsed.signature()),
        checksum,
        status: issued.ticket.state.code(),
        generated_at: issued.ticket.created_at,
        expires_at: issued.ticket.expires_at,
        pdf_url: pdf_url(services, &issued.ticket),
        public_url: public_url(services, &issued.capability),
        ticket_number: issued.ticket.ticket_number,
        pdf_base64,
        rendered,
        notes: issued.notes,
    })
}
