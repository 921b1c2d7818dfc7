//! `POST /api/tickets/validate`: the online verdict, also of `server` tokens.

use axum::extract::State;
use jiff::Timestamp;
use metrics::counter;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ticket_gate::{GateName, Verdict};
use utoipa::ToSchema;

use super::ticket_json::shown_id;
use crate::access::Permission;
use crate::gates::Validation;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::events::known_event;
use crate::http::extract::JsonBody;
use crate::http::openapi::{EventIdWord, GateWord};
use crate::http::services::Shared;
use crate::issue::DEFAULT_EVENT;
use crate::storage::CallerId;
use crate::telemetry;

/// What is asked.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    { "qr": "TK1:6BFOXN*TS0BI$ZD.P9UOL97O4-2HH77HRM3DSPTXRR+%4.ZE9CLIHHERR", "eventId": "gala-2027", "gate": "north" }
))]
pub struct ValidateBody {
    /// The text of the code.
    pub qr: Option<String>,
    /// As `qr`, as the old service's clients say it.
    pub validation_code: Option<String>,
    /// Ignored: the code names its ticket.
    #[expect(dead_code, reason = "understood from old clients, and changes nothing")]
    pub ticket_id: Option<Value>,
    /// The event that the gate admits to; the code's own if not given.
    #[schema(value_type = Option<EventIdWord>, inline)]
    pub event_id: Option<String>,
    /// The gate.
    #[schema(value_type = Option<GateWord>, inline)]
    pub gate: Option<String>,
}

/// The verdict.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "verdict": 0, "name": "VALID", "valid": true, "advice": "admit", "warnings": [],
        "ticketId": "order-17-1", "eventId": "gala-2027", "serial": 1, "ticketType": "vip",
        "expiresAt": "2027-05-02T11:00:00Z",
    }
))]
pub struct VerdictJson {
    verdict: u8,
    name: &'static str,
    valid: bool,
    advice: &'static str,
    warnings: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    serial: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

/// Judges the text of a code by what the host knows now. Any text has a verdict.
#[utoipa::path(
    post,
    path = "/api/tickets/validate",
    tag = "Tickets",
    security(("bearer" = ["tickets.validate"])),
    request_body = ValidateBody,
    responses((status = 200, description = "the verdict", body = Success<VerdictJson>)),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND", "NO_DELEGATION"]))),
)]
pub async fn validate_ticket(
    State(services): State<Shared>,
    caller: Caller,
    JsonBody(body): JsonBody<ValidateBody>,
) -> Result<Success<VerdictJson>, ApiError> {
    let principal = caller.may(Permission::TicketsValidate)?;
    let qr = body
        .qr
        .or(body.validation_code)
        .ok_or_else(|| ApiError::field("qr", "is required: the text of the code"))?;
    let gate = body
        .gate
        .map(|gate| GateName::new(&gate))
        .transpose()
        .map_err(|error| ApiError::field("gate", error.to_string()))?;
    let now = services.clock.now();
    let event = match &body.event_id {
        Some(named) => known_event(&services, principal.organizer, named).await?,
        None => {
            let fallback = CallerId::try_from(DEFAULT_EVENT).map_err(anyhow::Error::from)?;
            services
                .gates
                .event_of_code(principal.organizer, &qr, &fallback, now)
                .await?
        }
    };
    let validation = services
        .gates
        .validate(event, &qr, gate.as_ref(), now)
        .await?;
    let name = validation.judgement.verdict.name();
    counter!(telemetry::VERDICTS, "verdict" => name).increment(1);
    Ok(Success::ok("the verdict", VerdictJson::of(&validation)))
}

impl VerdictJson {
    fn of(validation: &Validation) -> Self {
        let Validation {
            judgement,
            ticket,
            event,
        } = validation;
        let claims = judgement.ticket.as_ref();
        let shown = ticket.as_ref();
        Self {
            verdict: judgement.verdict as u8,
            name: judgement.verdict.name(),
            valid: judgement.verdict == Verdict::Valid,
            advice: judgement.advice.name(),
            warnings: judgement
                .warnings
                .iter()
                .map(|warning| warning.name())
                .collect(),
            ticket_id: shown.map(shown_id),
            event_id: shown.map(|_| event.event.id.as_str().to_owned()),
            serial: claims.map(|claims| claims.serial.0),
            ticket_type: shown
                .and_then(|ticket| event.type_name(ticket.ticket_type))
                .map(str::to_owned),
            expires_at: claims
                .and_then(|claims| Timestamp::from_second(i64::from(claims.expires.0)).ok()),
        }
    }
}
