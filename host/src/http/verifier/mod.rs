//! What gates fetch: bundles, status lists, and the keys that they trust.

mod keys;
mod publications;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::services::Shared;

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(keys::read_root_key))
        .routes(routes!(keys::list_keys))
        .routes(routes!(publications::read_bundle))
        .routes(routes!(publications::read_status_list))
}
