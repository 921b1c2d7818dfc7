//! `POST /api/tickets/pdf`: the PDF of a ticket that exists, or of one that the body describes.

use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::generate_qr::{Described, found_or_issued};
use super::order_body::{OrderBody, OrderOptions, TicketData, UserData};
use super::read_ticket::found_ticket;
use super::ticket_json::{pdf_url, shown_id};
use crate::access::{Permission, Principal};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::events::EventData;
use crate::http::extract::JsonBody;
use crate::http::idempotency::Recalled;
use crate::http::services::{Services, Shared};
use crate::issue::{Edition, Format};
use crate::storage::{Done, StoredTicket};

/// Which ticket, and how to print it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    { "ticketId": "order-17-1", "template": "classic" }
))]
pub struct PdfBody {
    /// A ticket that exists.
    pub ticket_id: Option<String>,
    /// Else the ticket, which is issued if its id is new or not given.
    pub ticket_data: Option<TicketData>,
    /// Creates the event of `ticketData` if it does not exist.
    pub event_data: Option<EventData>,
    /// Who comes, if `ticketData` does not say.
    pub user_data: Option<UserData>,
    /// Another template than the ticket's own, by name.
    pub template: Option<String>,
    /// As `template`.
    pub template_id: Option<String>,
    /// How to print.
    pub options: Option<OrderOptions>,
}

/// A ticket's PDF.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "ticketId": "order-17-1", "filename": "ticket-order-17-1.pdf",
        "pdfUrl": "https://tickets.example/api/tickets/order-17-1/download",
        "pdfBase64": "JVBERi0xLjcK", "generatedAt": "2027-03-01T10:00:00Z",
    }
))]
pub struct PdfJson {
    ticket_id: String,
    filename: String,
    pdf_url: String,
    pdf_base64: String,
    generated_at: Timestamp,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<&'static str>,
}

/// Renders a ticket as a PDF.
#[utoipa::path(
    post,
    path = "/api/tickets/pdf",
    tag = "Tickets",
    security(("bearer" = ["tickets.pdf.create"])),
    request_body = PdfBody,
    responses((status = 201, description = "the PDF was rendered", body = Success<PdfJson>)),
    extensions(("x-errors" = json!(["issuing", "TICKET_NOT_FOUND"]))),
)]
pub async fn generate_pdf(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    JsonBody(mut body): JsonBody<PdfBody>,
) -> Result<Success<PdfJson>, ApiError> {
    let principal = caller.may(Permission::TicketsPdfCreate)?;
    let options = body.options.take().unwrap_or_default();
    let mut notices = options.notices();
    refuse_other_formats(&options, &mut notices)?;
    let template = [
        body.template.take(),
        body.template_id.take(),
        options.template.clone(),
        options.template_id.clone(),
    ]
    .into_iter()
    .flatten()
    .next();
    // A ticket that this request issued is printed as it was then.
    let edition = match &done {
        Some(_) => Edition::AsIssued,
        None => Edition::Newest,
    };
    let ticket = described(&services, &principal, body, &options, &mut notices, done).await?;
    let issuer = &services.issuer;
    let mut url = pdf_url(&services, &ticket);
    let print = match &template {
        Some(name) => {
            let print = issuer.prepare_print_as(ticket, edition, name).await?;
            // A template's name needs no escape: it was found.
            url = format!("{url}?template={name}");
            print
        }
        None => issuer.prepare_print(ticket, edition).await?,
    };
    let artifact = issuer.print(&print, Format::Pdf).await?;
    let ticket_id = shown_id(&print.ticket);
    Ok(Success::created(
        "the PDF was rendered",
        PdfJson {
            filename: format!("ticket-{ticket_id}.pdf"),
            ticket_id,
            pdf_url: url,
            pdf_base64: STANDARD.encode(&artifact.bytes),
            generated_at: print.ticket.current.issued_at,
            notices,
        },
    ))
}

/// Clients of the old service name a page size here, which the template decides.
fn refuse_other_formats(
    options: &OrderOptions,
    notices: &mut Vec<&'static str>,
) -> Result<(), ApiError> {
    match options.format.as_deref().map(str::to_ascii_lowercase) {
        None => Ok(()),
        Some(name) if name == "pdf" => Ok(()),
        Some(name) if ["a3", "a4", "a5", "letter", "legal"].contains(&name.as_str()) => {
            notices.push("options.format is ignored: the template decides the page");
            Ok(())
        }
        Some(_) => Err(ApiError::field(
            "options.format",
            "must be pdf; see /download for png and svg",
        )),
    }
}

async fn described(
    services: &Services,
    principal: &Principal,
    body: PdfBody,
    options: &OrderOptions,
    notices: &mut Vec<&'static str>,
    done: Option<Done>,
) -> Result<StoredTicket, ApiError> {
    let with_custom_fields = !options.custom_fields.is_empty();
    let not_changed = "options.customFields is ignored: the ticket exists; PATCH it to change it";
    match (body.ticket_id, body.ticket_data) {
        (Some(id), None) => {
            if body.event_data.is_some() || body.user_data.is_some() {
                return Err(ApiError::field(
                    "ticketId",
                    "names a ticket that exists; eventData and userData go with ticketData",
                ));
            }
            if with_custom_fields {
                notices.push(not_changed);
            }
            found_ticket(services, principal, &id).await
        }
        (None, Some(ticket_data)) => {
            let order = OrderBody {
                ticket_data: Some(ticket_data),
                event_data: body.event_data,
                user_data: body.user_data,
                options: Some(OrderOptions {
                    custom_fields: options.custom_fields.clone(),
                    template: options.template.clone(),
                    template_id: options.template_id.clone(),
                    ..OrderOptions::default()
                }),
                ..OrderBody::default()
            };
            notices.extend(order.notices());
            let orders = order.into_orders(services.price_unit)?;
            match found_or_issued(services, principal, &orders, done).await? {
                Described::Issued(issued) => Ok(issued.ticket),
                Described::Found(ticket) => {
                    notices.push("the ticket existed: it is printed as it is stored");
                    Ok(*ticket)
                }
            }
        }
        (Some(_), Some(_)) => Err(ApiError::field(
            "ticketData",
            "give ticketId or ticketData, not both",
        )),
        (None, None) => Err(ApiError::field(
            "ticketId",
            "is required, or ticketData for a new ticket",
        )),
    }
}
