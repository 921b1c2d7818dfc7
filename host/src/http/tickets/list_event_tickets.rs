//! `GET /api/tickets/events/{eventId}/tickets`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::ticket_json::{TicketJson, ticket_json};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::{Pagination, Success};
use crate::http::error::{ApiError, Missing};
use crate::http::events::{checked_page, known_event};
use crate::http::extract::{PathOf, QueryOf};
use crate::http::openapi::TicketStateWord;
use crate::http::services::Shared;
use crate::storage::{Page, TicketFilter, TicketState};

/// Which tickets.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct TicketsQuery {
    /// `generated`, `suspended` or `revoked`.
    #[param(value_type = Option<TicketStateWord>, inline)]
    pub status: Option<String>,
    /// Name of a ticket type.
    #[serde(rename = "type")]
    pub ticket_type: Option<String>,
    /// From 1.
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// 1 to 100; 20 if not given.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

/// A page of tickets.
#[derive(Serialize, ToSchema)]
pub struct TicketList {
    tickets: Vec<TicketJson>,
    pagination: Pagination,
}

/// Lists an event's tickets in the order of their serials.
#[utoipa::path(
    get,
    path = "/api/tickets/events/{eventId}/tickets",
    tag = "Tickets",
    security(("bearer" = ["tickets.read"])),
    params(TicketsQuery),
    responses((status = 200, description = "the tickets", body = Success<TicketList>)),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND"]))),
)]
pub async fn list_event_tickets(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    QueryOf(query): QueryOf<TicketsQuery>,
) -> Result<Success<TicketList>, ApiError> {
    let principal = caller.may(Permission::TicketsRead)?;
    let request = checked_page(query.page, query.limit)?;
    let state = query.status.as_deref().map(state_named).transpose()?;
    let known = known_event(&services, principal.organizer, &id).await?;
    let ticket_type = query
        .ticket_type
        .as_deref()
        .map(|name| known.types.iter().find(|numbered| numbered.name == name));
    let page = match ticket_type {
        // No ticket has a type that has no number.
        Some(None) => Page {
            items: Vec::new(),
            total: 0,
        },
        Some(Some(_)) | None => {
            let filter = TicketFilter {
                state,
                ticket_type: ticket_type.flatten().map(|numbered| numbered.number),
            };
            services
                .storage
                .tickets(principal.organizer, known.event.number, filter, request)
                .await?
                .ok_or(ApiError::NotFound(Missing::Event))?
        }
    };
    let keys = services
        .keys
        .ring(principal.organizer, services.clock.now())
        .await?;
    let mut tickets = Vec::with_capacity(page.items.len());
    for ticket in &page.items {
        tickets.push(ticket_json(&services, &keys, ticket, &known.event).await?);
    }
    let pagination = Pagination::new(request.page, request.limit, page.total);
    Ok(Success::ok(
        "the tickets",
        TicketList {
            tickets,
            pagination,
        },
    ))
}

fn state_named(name: &str) -> Result<TicketState, ApiError> {
    TicketState::from_code(name).ok_or_else(|| {
        let names = TicketState::ALL.map(TicketState::code).join(", ");
        ApiError::field("status", format!("must be one of {names}"))
    })
}
