//! An organizer's signing keys.

mod change_keys;
mod key_json;
mod list_keys;

pub use change_keys::{create_key, revoke_key, rotate_key};
pub use list_keys::list_keys;
