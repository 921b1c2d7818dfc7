//! Tickets.

mod download_order;
mod download_ticket;
mod draw_qrcode;
mod erase_holder;
mod generate_pdf;
mod generate_qr;
mod generate_ticket;
mod list_event_tickets;
mod open_link;
mod order_body;
mod order_check;
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

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::services::Shared;

pub use download_ticket::{DownloadQuery, is_known, not_modified};
pub use order_body::{
    MAX_CUSTOM_CHARS, MAX_CUSTOM_FIELDS, MAX_NAME_CHARS, MAX_SHORT_CHARS, OrderBody, OrderOptions,
    TicketData, UserData,
};
pub use read_ticket::found_ticket;
pub use revoke_ticket::MAX_REASON_CHARS;
pub use ticket_json::shown_id;

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(service_info::service_info))
        .routes(routes!(generate_ticket::generate_ticket))
        .routes(routes!(generate_qr::generate_qr))
        .routes(routes!(generate_pdf::generate_pdf))
        .routes(routes!(revoke_tickets::revoke_tickets))
        .routes(routes!(validate_ticket::validate_ticket))
        .routes(routes!(list_event_tickets::list_event_tickets))
        .routes(routes!(read_event_stats::read_event_stats))
        .routes(routes!(download_order::download_order))
        .routes(routes!(
            read_ticket::read_ticket,
            patch_ticket::patch_ticket,
            revoke_ticket::revoke_ticket
        ))
        .routes(routes!(erase_holder::erase_holder))
        .routes(routes!(erase_holder::erase_person))
        .routes(routes!(download_ticket::download_ticket))
        .routes(routes!(draw_qrcode::draw_qrcode))
        .routes(routes!(regenerate_ticket::regenerate_ticket))
        .routes(routes!(revoke_ticket::suspend_ticket))
        .routes(routes!(revoke_ticket::reinstate_ticket))
        .routes(routes!(open_link::open_link))
}
