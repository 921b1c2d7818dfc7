//! Events: what organizers say of them, and what gates are told.

mod details;
mod known;
mod publish;
mod record;

pub use details::{EventDetails, TicketTypeDetails, parse_moment};
pub use known::{KnownEvent, KnownEvents};
pub use publish::{
    BundleParts, PublishError, Voucher, bundle_content, make_status_list, sign_content,
};
pub use record::details_of;
