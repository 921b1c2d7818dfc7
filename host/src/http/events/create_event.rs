//! `POST /api/events`.

use axum::extract::State;

use super::event_data::EventData;
use super::event_json::EventJson;
use super::event_named::recalled_event;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, FieldProblem};
use crate::http::extract::JsonBody;
use crate::http::idempotency::Recalled;
use crate::http::services::Shared;
use crate::issue::caller_id;
use crate::storage::NewEvent;

/// Makes an event. An id that exists is 409 `EVENT_EXISTS`.
#[utoipa::path(
    post,
    path = "/api/events",
    tag = "Events",
    security(("bearer" = ["events.write"])),
    request_body = EventData,
    responses((status = 201, description = "the event was made", body = Success<EventJson>)),
    extensions(("x-errors" = json!(["EVENT_EXISTS"]))),
)]
pub async fn create_event(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<EventData>,
) -> Result<Success<EventJson>, ApiError> {
    let principal = caller.may(Permission::EventsWrite)?;
    let id = match &body.id {
        Some(id) => caller_id(id).map_err(|error| error.to_string()),
        None => Err("is required".to_owned()),
    };
    let (id, details) = match (id, body.into_details()) {
        (Ok(id), Ok(details)) => (id, details),
        (id, details) => {
            let of_id = id.err().map(|message| FieldProblem::new("id", message));
            let others = details.err().into_iter().flatten();
            return Err(ApiError::Validation(
                of_id.into_iter().chain(others).collect(),
            ));
        }
    };
    let by = principal.by(services.clock.now());
    let new = NewEvent {
        id,
        data: details.into(),
    };
    let event = match done {
        Some(done) => recalled_event(&services, principal.organizer, &done).await?,
        None => {
            services
                .storage
                .create_event(principal.organizer, new, by)
                .await?
        }
    };
    Ok(Success::created(
        "the event was made",
        EventJson::of(&event)?,
    ))
}
