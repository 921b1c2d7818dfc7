//! Organizers and their settings.

mod change_organizer;
mod create_organizer;
mod organizer_json;
mod read_organizers;
mod settings_body;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::services::Shared;

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(
            read_organizers::list_organizers,
            create_organizer::create_organizer
        ))
        .routes(routes!(
            read_organizers::read_organizer,
            change_organizer::change_organizer
        ))
}
