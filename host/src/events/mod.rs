//! Events: what organizers say of them, and what gates are told.

mod details;
mod publish;
mod record;

pub use details::{EventDetails, TicketTypeDetails, parse_moment};
pub use publish::{BundleParts, PublishError, Voucher, make_bundle, make_status_list};
pub use record::details_of;
