//! `GET /api/tickets/{ticketId}/qrcode`: the code as a picture.

use axum::extract::State;
use serde::Deserialize;

use super::order_body::QrOptions;
use super::qr_picture::{Picture, PictureStyle};
use super::read_ticket::found_ticket;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::error::ApiError;
use crate::http::extract::{PathOf, QueryOf};
use crate::http::services::Shared;

/// How the code looks.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QrQuery {
    /// Width in pixels, 100 to 2048.
    pub width: Option<u32>,
    /// Quiet zone in modules, 4 to 20.
    pub margin: Option<u32>,
    /// `png` or `svg`.
    pub format: Option<String>,
}

/// Draws a ticket's code.
pub async fn draw_qrcode(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    QueryOf(query): QueryOf<QrQuery>,
) -> Result<Picture, ApiError> {
    let principal = caller.may(Permission::TicketsRead)?;
    let options = QrOptions {
        width: query.width,
        margin: query.margin,
        format: query.format,
        ..QrOptions::default()
    };
    let style = PictureStyle::read(&options, "")?;
    let ticket = found_ticket(&services, &principal, &id).await?;
    Picture::draw(&services.issuer.qr_text_of(&ticket).await?, &style)
}
