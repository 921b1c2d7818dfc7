//! What gates fetch: bundles, status lists, and the keys that they trust.

mod keys;
mod publications;

pub use keys::{list_keys, read_root_key};
pub use publications::{read_bundle, read_status_list};
