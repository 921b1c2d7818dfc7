//! `DELETE /api/events/{eventId}`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::event_named::found_event;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::PathOf;
use crate::http::idempotency::Recalled;
use crate::http::services::Shared;
use crate::issue::DEFAULT_EVENT;

/// What was deleted.
#[derive(Serialize, ToSchema)]
#[schema(example = json!(
    { "id": "gala-2027", "deleted": true }
))]
pub struct DeletedEvent {
    id: String,
    deleted: bool,
}

const MESSAGE: &str = "the event was deleted";

/// Deletes an event that never had a ticket; else 409 `EVENT_HAS_TICKETS`. The built-in event stays.
#[utoipa::path(
    delete,
    path = "/api/events/{eventId}",
    tag = "Events",
    security(("bearer" = ["events.write"])),
    responses((status = 200, description = "the event was deleted", body = Success<DeletedEvent>)),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND", "EVENT_HAS_TICKETS", "BUILT_IN_EVENT"]))),
)]
pub async fn delete_event(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    Recalled(done): Recalled,
) -> Result<Success<DeletedEvent>, ApiError> {
    let principal = caller.may(Permission::EventsWrite)?;
    if done.is_some() {
        return Ok(Success::ok(MESSAGE, DeletedEvent { id, deleted: true }));
    }
    let event = found_event(&services, principal.organizer, &id).await?;
    if event.id.as_str() == DEFAULT_EVENT {
        return Err(ApiError::Conflict {
            code: "BUILT_IN_EVENT",
            message: "the built-in event is for tickets that name none; it cannot be deleted"
                .to_owned(),
        });
    }
    let by = principal.by(services.clock.now());
    let deleted = services
        .storage
        .delete_event(principal.organizer, event.number, by)
        .await?;
    services.events.forget(event.number);
    if !deleted {
        return Err(ApiError::NotFound(Missing::Event));
    }
    let id = event.id.as_str().to_owned();
    Ok(Success::ok(MESSAGE, DeletedEvent { id, deleted }))
}
