//! API keys.

mod api_key_json;
mod create_api_key;
mod list_api_keys;
mod revoke_api_key;

pub use create_api_key::create_api_key;
pub use list_api_keys::list_api_keys;
pub use revoke_api_key::revoke_api_key;
