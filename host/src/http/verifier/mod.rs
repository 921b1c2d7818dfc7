//! What gates fetch: bundles, status lists, and the keys that they trust.

mod keys;
mod publications;

pub use keys::{list_keys, read_root_key};
pub use publications::{
    bundle_bytes, found_event, read_bundle, read_status_list, status_bytes, status_list_address,
};
