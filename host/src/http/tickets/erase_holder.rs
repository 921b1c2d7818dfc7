//! `DELETE /api/tickets/{ticketId}/holder` and `POST /api/tickets/erase`: what tickets say of a person is
//! erased. The tickets stay.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::read_ticket::found_ticket;
use super::ticket_json::shown_id;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::{JsonBody, PathOf};
use crate::http::idempotency::{Recalled, figure, no_sense};
use crate::http::openapi::AddressWord;
use crate::http::services::Shared;
use crate::issue::{Effect, Lines, printable};
use crate::storage::{Act, Done};

/// Longest address in characters (RFC 5321).
const MAX_EMAIL_CHARS: usize = 254;

/// What became of a ticket.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "ticketId": "order-17-1", "revisions": 2 }))]
pub struct ErasedTicketJson {
    ticket_id: String,
    /// Revisions that said something of a holder, and do not any more.
    revisions: u32,
}

/// Erases what a ticket says, and said before, of its holders. It stays valid.
#[utoipa::path(
    delete,
    path = "/api/tickets/{ticketId}/holder",
    tag = "Tickets",
    security(("bearer" = ["tickets.admin"])),
    responses((status = 200, description = "nothing is left of the ticket's holder", body = Success<ErasedTicketJson>)),
    extensions(("x-errors" = json!(["TICKET_NOT_FOUND", "REVISION_CONFLICT"]))),
)]
pub async fn erase_holder(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    Recalled(done): Recalled,
) -> Result<Success<ErasedTicketJson>, ApiError> {
    let principal = caller.may(Permission::TicketsAdmin)?;
    let ticket = found_ticket(&services, &principal, &id).await?;
    let revisions = match done {
        Some(done) => figure(&done, "revisions")?,
        None => {
            let erased = services.issuer.erase_holder(&principal, &ticket).await?;
            erased.revisions
        }
    };
    Ok(Success::ok(
        "nothing is left of the ticket's holder",
        ErasedTicketJson {
            ticket_id: shown_id(&ticket),
            revisions,
        },
    ))
}

/// Who.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "email": "zoe@example.org", "dryRun": true }))]
pub struct EraseBody {
    /// The person's e-mail address; letter case does not matter.
    #[schema(value_type = AddressWord, inline, required)]
    pub email: Option<String>,
    /// Only counts what would be erased.
    pub dry_run: Option<bool>,
}

/// What became of a person's tickets.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "dryRun": true, "tickets": 1, "revisions": 2, "more": false }))]
pub struct ErasedPersonJson {
    dry_run: bool,
    /// Tickets that said something of the person.
    tickets: u32,
    /// Revisions of theirs.
    revisions: u32,
    /// Not all were reached: send it again.
    more: bool,
}

/// Erases what tickets say, and said before, of the person with an e-mail address.
#[utoipa::path(
    post,
    path = "/api/tickets/erase",
    tag = "Tickets",
    security(("bearer" = ["tickets.admin"])),
    request_body = EraseBody,
    responses((status = 200, description = "this was erased, or would be", body = Success<ErasedPersonJson>)),
    extensions(("x-errors" = json!(["REVISION_CONFLICT"]))),
)]
pub async fn erase_person(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<EraseBody>,
) -> Result<Success<ErasedPersonJson>, ApiError> {
    let principal = caller.may(Permission::TicketsAdmin)?;
    let email = checked_email(body.email.as_deref())?;
    let dry_run = body.dry_run.unwrap_or(false);
    let message = match dry_run {
        true => "this would be erased",
        false => "this was erased",
    };
    if let Some(done) = done {
        let answer = serde_json::from_value(done.details.clone()).map_err(|_| no_sense(&done))?;
        return Ok(Success::ok(message, answer));
    }
    let effect = match dry_run {
        true => Effect::Count,
        false => Effect::Erase,
    };
    let erased = services
        .issuer
        .erase_person(&principal, &email, effect)
        .await?;
    let answer = ErasedPersonJson {
        dry_run,
        tickets: erased.tickets,
        revisions: erased.revisions,
        more: erased.more,
    };
    if let Some(claim) = principal.claim {
        let done = Done {
            act: Act::TicketErased,
            subject: "tickets of a person".to_owned(),
            details: serde_json::to_value(&answer).map_err(anyhow::Error::from)?,
        };
        services.storage.finish_request(claim, done).await?;
    }
    Ok(Success::ok(message, answer))
}

fn checked_email(email: Option<&str>) -> Result<String, ApiError> {
    let email = email.ok_or_else(|| ApiError::field("email", "is required"))?;
    let email = printable(email, MAX_EMAIL_CHARS, Lines::One)
        .map_err(|error| ApiError::field("email", error.to_string()))?;
    if !email.contains('@') {
        return Err(ApiError::field("email", "must be an e-mail address"));
    }
    Ok(email)
}
