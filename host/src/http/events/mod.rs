//! Events.

mod create_event;
mod delete_event;
mod event_data;
mod event_json;
mod event_named;
mod list_events;
mod read_event;
mod revise_event;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::services::Shared;

pub use event_data::{EventData, MAX_TEXT_CHARS, MAX_TITLE_CHARS};
pub use event_named::{found_event, known_event};
pub use list_events::checked_page;

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(
            list_events::list_events,
            create_event::create_event
        ))
        .routes(routes!(
            read_event::read_event,
            revise_event::revise_event,
            delete_event::delete_event
        ))
}
