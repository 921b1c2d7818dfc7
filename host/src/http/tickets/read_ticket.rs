//! `GET /api/tickets/{ticketId}`.

use axum::extract::State;

use super::ticket_json::{TicketJson, ticket_json};
use crate::access::{Permission, Principal};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::PathOf;
use crate::http::services::{Services, Shared};
use crate::storage::StoredTicket;

/// Shows a ticket, by the caller's id or Guichet's.
#[utoipa::path(
    get,
    path = "/api/tickets/{ticketId}",
    tag = "Tickets",
    security(("bearer" = ["tickets.read"])),
    responses((status = 200, description = "the ticket", body = Success<TicketJson>)),
    extensions(("x-errors" = json!(["TICKET_NOT_FOUND"]))),
)]
pub async fn read_ticket(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
) -> Result<Success<TicketJson>, ApiError> {
    let principal = caller.may(Permission::TicketsRead)?;
    let ticket = found_ticket(&services, &principal, &id).await?;
    shown(&services, &ticket)
        .await
        .map(|json| Success::ok("the ticket", json))
}

/// The ticket that a path names.
///
/// # Errors
/// [`ApiError::NotFound`], also for another organizer's.
pub async fn found_ticket(
    services: &Services,
    principal: &Principal,
    id: &str,
) -> Result<StoredTicket, ApiError> {
    services
        .issuer
        .find_ticket(principal.organizer, id)
        .await?
        .ok_or(ApiError::NotFound(Missing::Ticket))
}

/// A ticket as JSON, with its event.
///
/// # Errors
/// When rows are missing or do not open.
pub async fn shown(services: &Services, ticket: &StoredTicket) -> Result<TicketJson, ApiError> {
    let keys = services
        .keys
        .ring(ticket.organizer, services.clock.now())
        .await?;
    let event = services
        .storage
        .event(ticket.organizer, ticket.key.event)
        .await?
        .ok_or(ApiError::NotFound(Missing::Event))?;
    ticket_json(services, &keys, ticket, &event).await
}
