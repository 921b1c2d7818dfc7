//! API keys.

mod api_key_json;
mod create_api_key;
mod list_api_keys;
mod revoke_api_key;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::services::Shared;

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(
            list_api_keys::list_api_keys,
            create_api_key::create_api_key
        ))
        .routes(routes!(revoke_api_key::revoke_api_key))
}
