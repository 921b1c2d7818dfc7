//! `GET /api/tickets/{ticketId}/qrcode`: the code as a picture.

use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::order_body::QrOptions;
use super::qr_picture::{Picture, PictureStyle};
use super::read_ticket::found_ticket;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::error::ApiError;
use crate::http::extract::{PathOf, QueryOf};
use crate::http::openapi::{Binary, PictureWord};
use crate::http::services::Shared;

/// How the code looks.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct QrQuery {
    /// Width in pixels, 100 to 2048.
    #[param(minimum = 100, maximum = 2048)]
    pub width: Option<u32>,
    /// Quiet zone in modules, 4 to 20.
    #[param(minimum = 4, maximum = 20)]
    pub margin: Option<u32>,
    /// `png` or `svg`.
    #[param(value_type = Option<PictureWord>, inline)]
    pub format: Option<String>,
}

/// Draws a ticket's code.
#[utoipa::path(
    get,
    path = "/api/tickets/{ticketId}/qrcode",
    tag = "Tickets",
    security(("bearer" = ["tickets.read"])),
    params(QrQuery),
    responses((
        status = 200,
        description = "the picture",
        content((inline(Binary) = "image/png"), (inline(Binary) = "image/svg+xml")),
    )),
    extensions(("x-errors" = json!(["TICKET_NOT_FOUND"]))),
)]
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
