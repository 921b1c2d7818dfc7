//! Tickets.

mod download_order;
mod download_ticket;
mod draw_qrcode;
mod generate_pdf;
mod generate_qr;
mod generate_ticket;
mod list_event_tickets;
mod open_link;
mod order_body;
mod patch_ticket;
mod qr_picture;
mod read_event_stats;
mod read_ticket;
mod regenerate_ticket;
mod revoke_ticket;
mod revoke_tickets;
mod service_info;
mod ticket_json;
mod validate_ticket;

pub use download_order::download_order;
pub use download_ticket::{DownloadQuery, download_ticket};
pub use draw_qrcode::draw_qrcode;
pub use generate_pdf::generate_pdf;
pub use generate_qr::generate_qr;
pub use generate_ticket::generate_ticket;
pub use list_event_tickets::list_event_tickets;
pub use open_link::open_link;
pub use order_body::OrderBody;
pub use patch_ticket::patch_ticket;
pub use read_event_stats::read_event_stats;
pub use read_ticket::{found_ticket, read_ticket};
pub use regenerate_ticket::regenerate_ticket;
pub use revoke_ticket::{reinstate_ticket, revoke_ticket, suspend_ticket};
pub use revoke_tickets::revoke_tickets;
pub use service_info::service_info;
pub use validate_ticket::validate_ticket;
