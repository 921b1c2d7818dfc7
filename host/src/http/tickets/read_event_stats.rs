//! `GET /api/tickets/events/{eventId}/stats`.

use std::collections::BTreeMap;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::events::known_event;
use crate::http::extract::PathOf;
use crate::http::services::Shared;
use crate::storage::EventStats;

/// How many tickets an event has.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "eventId": "gala-2027", "totalTickets": 2, "generatedTickets": 1, "suspendedTickets": 0, "revokedTickets": 1,
        "pendingTickets": 0, "failedTickets": 0, "admitted": 0,
        "types": {
            "vip": { "totalTickets": 2, "generatedTickets": 1, "suspendedTickets": 0, "revokedTickets": 1 },
        },
    }
))]
pub struct StatsJson {
    event_id: String,
    #[serde(flatten)]
    all: CountsJson,
    /// Ordered, and not issued yet. A ticket is issued within its request, so none waits.
    pending_tickets: u64,
    /// Ordered, and could not be issued. Such a request was told so, and left no ticket.
    failed_tickets: u64,
    /// Tickets that a gate of this host admitted.
    admitted: u64,
    types: BTreeMap<String, CountsJson>,
}

/// Tickets by state. One that took another's place is counted, the other is not.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CountsJson {
    total_tickets: u64,
    generated_tickets: u64,
    suspended_tickets: u64,
    revoked_tickets: u64,
}

/// Counts an event's tickets.
#[utoipa::path(
    get,
    path = "/api/tickets/events/{eventId}/stats",
    tag = "Tickets",
    security(("bearer" = ["tickets.stats.read"])),
    responses((status = 200, description = "the counts", body = Success<StatsJson>)),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND"]))),
)]
pub async fn read_event_stats(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
) -> Result<Success<StatsJson>, ApiError> {
    let principal = caller.may(Permission::TicketsStatsRead)?;
    let known = known_event(&services, principal.organizer, &id).await?;
    let stats = services
        .storage
        .event_stats(principal.organizer, known.event.number)
        .await?
        .ok_or(ApiError::NotFound(Missing::Event))?;
    Ok(Success::ok(
        "the counts",
        StatsJson::of(known.event.id.as_str(), stats),
    ))
}

impl StatsJson {
    fn of(event_id: &str, stats: EventStats) -> Self {
        let mut json = Self {
            event_id: event_id.to_owned(),
            ..Self::default()
        };
        for of_type in stats.types {
            let counts = CountsJson {
                total_tickets: of_type.generated + of_type.suspended + of_type.revoked,
                generated_tickets: of_type.generated,
                suspended_tickets: of_type.suspended,
                revoked_tickets: of_type.revoked,
            };
            json.all.add(&counts);
            json.types.insert(of_type.ticket_type.name, counts);
        }
        json
    }
}

impl CountsJson {
    fn add(&mut self, other: &Self) {
        self.total_tickets += other.total_tickets;
        self.generated_tickets += other.generated_tickets;
        self.suspended_tickets += other.suspended_tickets;
        self.revoked_tickets += other.revoked_tickets;
    }
}
