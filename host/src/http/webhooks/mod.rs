//! Webhooks: endpoints of an organizer, and the log of what was sent to them.

mod change_webhook;
mod create_webhook;
mod delete_webhook;
mod delivery_json;
mod list_deliveries;
mod read_webhooks;
mod replay_delivery;
mod rotate_webhook_secret;
mod test_webhook;
mod webhook_body;
mod webhook_json;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::services::Shared;

pub use webhook_body::MAX_DESCRIPTION_CHARS;

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(
            read_webhooks::list_webhooks,
            create_webhook::create_webhook
        ))
        .routes(routes!(
            read_webhooks::read_webhook,
            change_webhook::change_webhook,
            delete_webhook::delete_webhook
        ))
        .routes(routes!(rotate_webhook_secret::rotate_webhook_secret))
        .routes(routes!(test_webhook::test_webhook))
        .routes(routes!(list_deliveries::list_deliveries))
        .routes(routes!(replay_delivery::replay_delivery))
}
