//! `PUT /api/events/{eventId}`: a new revision.

use axum::extract::State;

use super::event_data::EventData;
use super::event_json::EventJson;
use super::event_named::found_event;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::{JsonBody, PathOf};
use crate::http::services::Shared;
use crate::storage::By;

/// Replaces what is said of an event. Tickets already sold keep the revision that they were sold
/// with; downloads show the newest.
pub async fn revise_event(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
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
    let details = body.into_details().map_err(ApiError::Validation)?;
    let by = By {
        actor: principal.subject.clone(),
        at: services.clock.now(),
    };
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
    Ok(Success::ok(
        "the event was revised",
        EventJson::of(&revised)?,
    ))
}
