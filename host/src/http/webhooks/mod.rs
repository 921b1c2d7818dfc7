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

pub use change_webhook::change_webhook;
pub use create_webhook::create_webhook;
pub use delete_webhook::delete_webhook;
pub use list_deliveries::list_deliveries;
pub use read_webhooks::{list_webhooks, read_webhook};
pub use replay_delivery::replay_delivery;
pub use rotate_webhook_secret::rotate_webhook_secret;
pub use test_webhook::test_webhook;
