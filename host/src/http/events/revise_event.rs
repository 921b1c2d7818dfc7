//! `PUT /api/events/{eventId}`: a new revision.

use axum::extract::State;

use super::event_data::EventData;
use super::event_json::EventJson;
use super::event_named::{found_event, recalled_event};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::{JsonBody, PathOf};
use crate::http::idempotency::Recalled;
use crate::http::services::Shared;

const MESSAGE: &str = "the event was revised";

/// Replaces what is said of an event. Tickets already sold keep the revision that they were sold
/// with; downloads show the newest.
#[utoipa::path(
    put,
    path = "/api/events/{eventId}",
    tag = "Events",
    security(("bearer" = ["events.write"])),
    request_body = EventData,
    responses((status = 200, description = "the event was revised", body = Success<EventJson>)),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND", "REVISION_CONFLICT"]))),
)]
pub async fn revise_event(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<EventData>,
) -> Result<Success<EventJson>, ApiError> {
    let principal = caller.may(Permission::EventsWrite)?;
    let event = found_event(&services, principal.organizer, &id).await?;
    if body
        .id
        .as_deref()
        .is_some_and(|given| given != event.id.as_str())
    {
        return Err(ApiError::field(
            "id",
            "differs from the event in the path; ids do not change",
        ));
    }
    if let Some(done) = done {
        let revised = recalled_event(&services, principal.organizer, &done).await?;
        return Ok(Success::ok(MESSAGE, EventJson::of(&revised)?));
    }
    let details = body.into_details().map_err(ApiError::Validation)?;
    let by = principal.by(services.clock.now());
    let revised = services
        .storage
        .revise_event(
            principal.organizer,
            event.number,
            event.current.revision,
            details.into(),
            by,
        )
        .await?
        .ok_or(ApiError::NotFound(Missing::Event))?;
    services.events.forget(event.number);
    Ok(Success::ok(MESSAGE, EventJson::of(&revised)?))
}
