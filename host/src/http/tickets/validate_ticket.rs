//! `POST /api/tickets/validate`: the online verdict, also of `server` tokens.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ticket_gate::{Bundle, GateName, Knowledge, Ledger, Moment, Question, StatusList, judge};
use ticket_token::{EventNumber, VerifyingKey, decode_qr_text, parse};

use super::ticket_json::shown_id;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::services::{Services, Shared};
use crate::http::verifier;
use crate::storage::{Event, OrganizerId, TicketKey};

/// What is asked.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct ValidateBody {
    /// The text of the code.
    pub qr: Option<String>,
    /// As `qr`, as the old service's clients say it.
    pub validation_code: Option<String>,
    /// Ignored: the code names its ticket.
    pub ticket_id: Option<Value>,
    /// The event that the gate admits to; the code's own if not given.
    pub event_id: Option<String>,
    /// The gate.
    pub gate: Option<String>,
}

/// The verdict.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
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
    let event = event_asked(
        &services,
        principal.organizer,
        body.event_id.as_deref(),
        &qr,
    )
    .await?;
    verdict(&services, &event, &qr, gate.as_ref())
        .await
        .map(|json| Success::ok("the verdict", json))
}

/// The event named by the caller, else by the code (not proven yet), else the built-in one: a code
/// that names no event of this organizer is then judged to be of another event, or not genuine.
async fn event_asked(
    services: &Services,
    organizer: OrganizerId,
    named: Option<&str>,
    qr: &str,
) -> Result<Event, ApiError> {
    if let Some(named) = named {
        return verifier::found_event(services, organizer, named).await;
    }
    let claimed = decode_qr_text(qr).ok().and_then(|bytes| parse(&bytes).ok());
    if let Some(token) = claimed {
        let number: EventNumber = token.claims.event;
        if let Some(event) = services.storage.event(organizer, number).await? {
            return Ok(event);
        }
    }
    verifier::found_event(services, organizer, crate::issue::DEFAULT_EVENT).await
}

async fn verdict(
    services: &Services,
    event: &Event,
    qr: &str,
    gate: Option<&GateName>,
) -> Result<VerdictJson, ApiError> {
    let now = services.clock.now();
    let keys = services.keys.of(event.organizer, now).await?;
    let bundle = verifier::bundle_bytes(services, event, now).await?;
    let status = verifier::status_bytes(services, event, now).await?;
    let trusted = |error: ticket_gate::KnowledgeError| anyhow::Error::msg(error.to_string());
    let bundle = Bundle::open(&bundle, &VerifyingKey::new(&keys.root)).map_err(trusted)?;
    let status = StatusList::open_unpaired(&status, &bundle).map_err(trusted)?;
    let ledger = Ledger::default();
    let knowledge = Knowledge::new(&bundle, Some(&status), &ledger).with_mac_key(&keys.mac);
    let at = Moment(u64::try_from(now.as_millisecond()).unwrap_or(0));
    let question = Question {
        gate,
        ..Question::entry_at(at)
    };
    let judgement = judge(qr, &knowledge, &question);
    let ticket = match &judgement.ticket {
        Some(claims) if claims.event == event.number => {
            let key = TicketKey {
                event: claims.event,
                serial: claims.serial,
            };
            services.storage.ticket(event.organizer, key).await?
        }
        Some(_) | None => None,
    };
    let ticket_type = match &ticket {
        Some(ticket) => Some(services.issuer.type_name_of(ticket).await?),
        None => None,
    };
    Ok(VerdictJson {
        verdict: judgement.verdict as u8,
        name: judgement.verdict.name(),
        valid: judgement.verdict == ticket_gate::Verdict::Valid,
        advice: judgement.advice.name(),
        warnings: judgement
            .warnings
            .iter()
            .map(|warning| warning.name())
            .collect(),
        ticket_id: ticket.as_ref().map(shown_id),
        event_id: ticket.as_ref().map(|_| event.id.as_str().to_owned()),
        serial: judgement.ticket.as_ref().map(|claims| claims.serial.0),
        ticket_type,
        expires_at: judgement
            .ticket
            .as_ref()
            .and_then(|claims| Timestamp::from_second(i64::from(claims.expires.0)).ok()),
    })
}
