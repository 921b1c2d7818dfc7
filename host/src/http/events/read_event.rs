//! `GET /api/events/{eventId}`.

use axum::extract::State;

use super::event_json::EventJson;
use super::event_named::found_event;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::PathOf;
use crate::http::services::Shared;

/// Shows an event.
#[utoipa::path(
    get,
    path = "/api/events/{eventId}",
    tag = "Events",
    security(("bearer" = ["events.read"])),
    responses((status = 200, description = "the event", body = Success<EventJson>)),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND"]))),
)]
pub async fn read_event(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
) -> Result<Success<EventJson>, ApiError> {
    let principal = caller.may(Permission::EventsRead)?;
    let event = found_event(&services, principal.organizer, &id).await?;
    Ok(Success::ok("the event", EventJson::of(&event)?))
}
