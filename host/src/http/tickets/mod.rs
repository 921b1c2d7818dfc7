//! Tickets.

mod download_ticket;
mod draw_qrcode;
mod generate_qr;
mod generate_ticket;
mod open_link;
mod order_body;
mod qr_picture;
mod read_ticket;
mod revoke_ticket;
mod service_info;
mod ticket_json;
mod validate_ticket;

pub use download_ticket::{DownloadQuery, download_ticket};
pub use draw_qrcode::draw_qrcode;
pub use generate_qr::generate_qr;
pub use generate_ticket::generate_ticket;
pub use open_link::open_link;
pub use order_body::OrderBody;
pub use read_ticket::{found_ticket, read_ticket};
pub use revoke_ticket::{reinstate_ticket, revoke_ticket, suspend_ticket};
pub use service_info::service_info;
pub use validate_ticket::validate_ticket;
