//! `DELETE /api/tickets/{ticketId}`, `POST …/suspend` and `…/reinstate`: steps between states.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::read_ticket::{found_ticket, shown};
use super::ticket_json::TicketJson;
use crate::access::{Permission, Principal};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::{PathOf, QueryOf};
use crate::http::idempotency::{Recalled, figure, ticket_of};
use crate::http::openapi::ReasonWord;
use crate::http::services::{Services, Shared};
use crate::issue::{Lines, printable};
use crate::storage::{Done, StoredTicket, Transition};

/// Longest reason in characters.
pub const MAX_REASON_CHARS: usize = 200;

/// Why.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ReasonQuery {
    /// For the staff; at most 200 characters, no personal data.
    #[param(value_type = Option<ReasonWord>, inline)]
    pub reason: Option<String>,
}

impl ReasonQuery {
    fn checked(self) -> Result<Option<String>, ApiError> {
        checked_reason(self.reason)
    }
}

/// A reason of at most 200 printable characters.
///
/// # Errors
/// [`ApiError::Validation`].
pub fn checked_reason(reason: Option<String>) -> Result<Option<String>, ApiError> {
    reason
        .filter(|reason| !reason.trim().is_empty())
        .map(|reason| printable(&reason, MAX_REASON_CHARS, Lines::One))
        .transpose()
        .map_err(|error| ApiError::field("reason", error.to_string()))
}

/// Revokes a ticket for good. Gates learn of it with the next status list.
#[utoipa::path(
    delete,
    path = "/api/tickets/{ticketId}",
    tag = "Tickets",
    security(("bearer" = ["tickets.admin"])),
    params(ReasonQuery),
    responses((status = 200, description = "the ticket is revoked", body = Success<TicketJson>)),
    extensions(("x-errors" = json!(["TICKET_NOT_FOUND", "STATE_CONFLICT"]))),
)]
pub async fn revoke_ticket(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    recalled: Recalled,
    QueryOf(query): QueryOf<ReasonQuery>,
) -> Result<Success<TicketJson>, ApiError> {
    let reason = query.checked()?;
    step(
        &services,
        caller,
        &id,
        recalled,
        Transition::Revoke { reason },
        "the ticket is revoked",
    )
    .await
}

/// Suspends a ticket.
#[utoipa::path(
    post,
    path = "/api/tickets/{ticketId}/suspend",
    tag = "Tickets",
    security(("bearer" = ["tickets.admin"])),
    params(ReasonQuery),
    responses((status = 200, description = "the ticket is suspended", body = Success<TicketJson>)),
    extensions(("x-errors" = json!(["TICKET_NOT_FOUND", "STATE_CONFLICT"]))),
)]
pub async fn suspend_ticket(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    recalled: Recalled,
    QueryOf(query): QueryOf<ReasonQuery>,
) -> Result<Success<TicketJson>, ApiError> {
    let reason = query.checked()?;
    step(
        &services,
        caller,
        &id,
        recalled,
        Transition::Suspend { reason },
        "the ticket is suspended",
    )
    .await
}

/// Ends a suspension.
#[utoipa::path(
    post,
    path = "/api/tickets/{ticketId}/reinstate",
    tag = "Tickets",
    security(("bearer" = ["tickets.admin"])),
    responses((status = 200, description = "the ticket holds again", body = Success<TicketJson>)),
    extensions(("x-errors" = json!(["TICKET_NOT_FOUND", "STATE_CONFLICT"]))),
)]
pub async fn reinstate_ticket(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    recalled: Recalled,
) -> Result<Success<TicketJson>, ApiError> {
    step(
        &services,
        caller,
        &id,
        recalled,
        Transition::Reinstate,
        "the ticket holds again",
    )
    .await
}

async fn step(
    services: &Shared,
    caller: Caller,
    id: &str,
    Recalled(done): Recalled,
    transition: Transition,
    message: &'static str,
) -> Result<Success<TicketJson>, ApiError> {
    let principal = caller.may(Permission::TicketsAdmin)?;
    if let Some(done) = done {
        let ticket = recalled_step(services, &principal, &done, transition).await?;
        return Ok(Success::ok(message, shown(services, &ticket).await?));
    }
    let ticket = found_ticket(services, &principal, id).await?;
    let by = principal.by(services.clock.now());
    let ticket = services
        .storage
        .change_ticket_state(principal.organizer, ticket.key, transition, by)
        .await?
        .ok_or(ApiError::NotFound(Missing::Ticket))?;
    Ok(Success::ok(message, shown(services, &ticket).await?))
}

/// A ticket as the step left it when the request came first. The reason is in the request itself.
async fn recalled_step(
    services: &Services,
    principal: &Principal,
    done: &Done,
    transition: Transition,
) -> Result<StoredTicket, ApiError> {
    let (key, revision) = (ticket_of(done)?, figure(done, "revision")?);
    let missing = || ApiError::NotFound(Missing::Ticket);
    let organizer = principal.organizer;
    let stored = services.storage.ticket(organizer, key).await?;
    let current = services
        .storage
        .ticket_revision(organizer, key, revision)
        .await?;
    Ok(StoredTicket {
        current: current.ok_or_else(missing)?,
        state: transition.target(),
        state_reason: match transition {
            Transition::Revoke { reason } | Transition::Suspend { reason } => reason,
            Transition::Reinstate => None,
        },
        ..stored.ok_or_else(missing)?
    })
}
