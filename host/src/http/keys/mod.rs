//! An organizer's signing keys.

mod change_keys;
mod key_json;
mod list_keys;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::services::Shared;

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(list_keys::list_keys, change_keys::create_key))
        .routes(routes!(change_keys::rotate_key))
        .routes(routes!(change_keys::delete_key))
        .routes(routes!(change_keys::revoke_key))
}
