//! A ticket as JSON.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::http::error::ApiError;
use crate::http::openapi::{AnyObject, TicketStateWord};
use crate::http::services::Services;
use crate::issue::{CustomValue, TicketValues};
use crate::keys::KeyRing;
use crate::storage::{Event, StoredTicket};

/// A stored ticket. Moments are RFC 3339 in UTC.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "ticketId": "order-17-1", "uuid": "7d3f6a1e-9d0f-4c0b-8a53-1f2f6a0c9b11", "ticketNumber": "2-1",
        "eventId": "gala-2027", "ticketType": "vip", "status": "generated",
        "revision": 1, "templateVersion": 1,
        "generatedAt": "2027-03-01T10:00:00Z", "expiresAt": "2027-05-02T11:00:00Z",
        "qrText": "TK1:6BFOXN*TS0BI$ZD.P9UOL97O4-2HH77HRM3DSPTXRR+%4.ZE9CLIHHERR",
        "pdfUrl": "https://tickets.example/api/tickets/order-17-1/download",
        "publicUrl": "https://tickets.example/t/AQAAAAEAAAAB",
        "attendeeName": "Zoë Kraus", "attendeeEmail": "zoe@example.org", "seat": "12", "zone": "A",
        "orderId": "order-17", "language": "de", "price": 9900, "currency": "EUR",
        "customFields": { "table": "7" },
    }
))]
pub struct TicketJson {
    ticket_id: String,
    uuid: String,
    ticket_number: String,
    event_id: String,
    ticket_type: String,
    #[schema(value_type = TicketStateWord, inline)]
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_reason: Option<String>,
    revision: u32,
    template_version: u32,
    generated_at: Timestamp,
    expires_at: Timestamp,
    qr_text: String,
    pdf_url: String,
    public_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    attendee_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attendee_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seat: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attendee_phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    /// In the smallest unit of `currency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    price: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<String>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = AnyObject, inline)]
    custom_fields: Map<String, Value>,
    /// What the ticket said of its holder was erased, and nothing was said since.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    holder_erased: bool,
}

/// The name under which a ticket is shown: the caller's, else Guichet's.
pub fn shown_id(ticket: &StoredTicket) -> String {
    match &ticket.id {
        Some(id) => id.as_str().to_owned(),
        None => ticket.uuid.to_string(),
    }
}

/// Where a ticket's PDF is found.
pub fn pdf_url(services: &Services, ticket: &StoredTicket) -> String {
    format!(
        "{}/api/tickets/{}/download",
        services.public_url,
        shown_id(ticket)
    )
}

/// The link for a ticket's holder.
pub fn public_url(services: &Services, capability: &str) -> String {
    format!("{}/t/{capability}", services.public_url)
}

/// Reads what is sealed and writes the whole.
///
/// # Errors
/// When rows are missing or do not open.
pub async fn ticket_json(
    services: &Services,
    keys: &KeyRing,
    ticket: &StoredTicket,
    event: &Event,
) -> Result<TicketJson, ApiError> {
    let values: TicketValues = services.issuer.values_of(ticket).await?;
    let capability = services.issuer.capability_of(keys, ticket);
    let version = services
        .storage
        .template_version(ticket.organizer, ticket.current.template_version)
        .await?;
    Ok(TicketJson {
        ticket_id: shown_id(ticket),
        uuid: ticket.uuid.to_string(),
        ticket_number: ticket.ticket_number.clone(),
        event_id: event.id.as_str().to_owned(),
        ticket_type: services.issuer.type_name_of(ticket).await?,
        status: ticket.state.code(),
        status_reason: ticket.state_reason.clone(),
        revision: ticket.current.revision,
        template_version: version.map_or(0, |version| version.number),
        generated_at: ticket.created_at,
        expires_at: ticket.expires_at,
        qr_text: services.issuer.qr_text_of(ticket).await?,
        pdf_url: pdf_url(services, ticket),
        public_url: public_url(services, &capability),
        attendee_name: values.holder.name,
        attendee_email: values.holder.email,
        seat: values.seat,
        zone: values.zone,
        order_id: values.order_id,
        attendee_phone: values.holder.phone,
        language: values.language,
        price: values.price.as_ref().map(|(minor, _)| *minor),
        currency: values.price.map(|(_, currency)| currency),
        custom_fields: values
            .custom
            .iter()
            .map(|(name, value)| (name.clone(), custom_json(value)))
            .collect(),
        holder_erased: values.erased,
    })
}

/// A further value. A decimal is shown as it was written, which a binary fraction could not.
fn custom_json(value: &CustomValue) -> Value {
    match value {
        CustomValue::Text(text) => Value::from(text.as_str()),
        CustomValue::Integer(value) => Value::from(*value),
        CustomValue::Boolean(value) => Value::from(*value),
        CustomValue::Decimal(unscaled, scale) => {
            let sign = if *unscaled < 0 { "-" } else { "" };
            let width = usize::from(*scale) + 1;
            let digits = format!("{:0width$}", unscaled.unsigned_abs());
            let (whole, fraction) = digits.split_at(digits.len() - usize::from(*scale));
            let text = format!("{sign}{whole}.{fraction}");
            serde_json::from_str(&text).unwrap_or(Value::String(text))
        }
    }
}
