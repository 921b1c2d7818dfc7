//! The event that a path or body names.

use std::sync::Arc;

use crate::events::KnownEvent;
use crate::http::error::{ApiError, Missing};
use crate::http::idempotency::{event_of, figure};
use crate::http::services::Services;
use crate::issue::EventReference;
use crate::storage::{CallerId, Done, Event, OrganizerId};

/// The event as stored now, for who looks at it or changes it.
///
/// # Errors
/// [`ApiError::NotFound`], also for another organizer's.
pub async fn found_event(
    services: &Services,
    organizer: OrganizerId,
    id: &str,
) -> Result<Event, ApiError> {
    let event = services
        .storage
        .event_by_id(organizer, &caller_id(id)?)
        .await?;
    event.ok_or(ApiError::NotFound(Missing::Event))
}

/// The event as this process knows it, for who works with it.
///
/// # Errors
/// [`ApiError::NotFound`], also for another organizer's.
pub async fn known_event(
    services: &Services,
    organizer: OrganizerId,
    id: &str,
) -> Result<Arc<KnownEvent>, ApiError> {
    let now = services.clock.now();
    let event = services
        .events
        .by_id(organizer, &caller_id(id)?, now)
        .await?;
    event.ok_or(ApiError::NotFound(Missing::Event))
}

/// An event as an act left it.
///
/// # Errors
/// [`ApiError::NotFound`]: it was deleted since.
pub async fn recalled_event(
    services: &Services,
    organizer: OrganizerId,
    done: &Done,
) -> Result<Event, ApiError> {
    let (number, revision) = (event_of(done)?, figure(done, "revision")?);
    let missing = || ApiError::NotFound(Missing::Event);
    let event = services.storage.event(organizer, number).await?;
    let current = services
        .storage
        .event_revision(organizer, number, revision)
        .await?;
    Ok(Event {
        current: current.ok_or_else(missing)?,
        ..event.ok_or_else(missing)?
    })
}

/// An id that no event can have names none.
fn caller_id(id: &str) -> Result<CallerId, ApiError> {
    match EventReference::parse(id) {
        Ok(EventReference::Caller(id)) => Ok(id),
        Ok(EventReference::Uuid(_)) | Err(_) => Err(ApiError::NotFound(Missing::Event)),
    }
}
