//! `DELETE /api/tickets/{ticketId}`, `POST …/suspend` and `…/reinstate`: steps between states.

use axum::extract::State;
use serde::Deserialize;

use super::read_ticket::{found_ticket, shown};
use super::ticket_json::TicketJson;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::{PathOf, QueryOf};
use crate::http::services::Shared;
use crate::issue::{Lines, printable};
use crate::storage::{By, Transition};

/// Why.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReasonQuery {
    /// For the staff; at most 200 characters, no personal data.
    pub reason: Option<String>,
}

impl ReasonQuery {
    fn checked(self) -> Result<Option<String>, ApiError> {
        let reason = self.reason.filter(|reason| !reason.trim().is_empty());
        reason
            .map(|reason| printable(&reason, 200, Lines::One))
            .transpose()
            .map_err(|error| ApiError::field("reason", error.to_string()))
    }
}

/// Revokes a ticket for good. Gates learn of it with the next status list.
pub async fn revoke_ticket(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    QueryOf(query): QueryOf<ReasonQuery>,
) -> Result<Success<TicketJson>, ApiError> {
    let reason = query.checked()?;
    step(
        &services,
        caller,
        &id,
        Transition::Revoke { reason },
        "the ticket is revoked",
    )
    .await
}

/// Suspends a ticket.
pub async fn suspend_ticket(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    QueryOf(query): QueryOf<ReasonQuery>,
) -> Result<Success<TicketJson>, ApiError> {
    let reason = query.checked()?;
    step(
        &services,
        caller,
        &id,
        Transition::Suspend { reason },
        "the ticket is suspended",
    )
    .await
}

/// Ends a suspension.
pub async fn reinstate_ticket(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
) -> Result<Success<TicketJson>, ApiError> {
    step(
        &services,
        caller,
        &id,
        Transition::Reinstate,
        "the ticket holds again",
    )
    .await
}

async fn step(
    services: &Shared,
    caller: Caller,
    id: &str,
    transition: Transition,
    message: &'static str,
) -> Result<Success<TicketJson>, ApiError> {
    let principal = caller.may(Permission::TicketsAdmin)?;
    let ticket = found_ticket(services, &principal, id).await?;
    let by = By {
        actor: principal.subject.clone(),
        at: services.clock.now(),
    };
    let ticket = services
        .storage
        .change_ticket_state(principal.organizer, ticket.key, transition, by)
        .await?
        .ok_or(ApiError::NotFound(Missing::Ticket))?;
    Ok(Success::ok(message, shown(services, &ticket).await?))
}
