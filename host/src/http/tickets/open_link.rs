//! `GET /t/{capability}`: the ticket of whoever holds the link.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::download_ticket::{DownloadQuery, ticket_file};
use crate::http::error::{ApiError, Missing};
use crate::http::extract::{PathOf, QueryOf};
use crate::http::openapi::{Binary, EditionWord, FormatWord};
use crate::http::services::Shared;
use crate::issue::Capability;

/// What to render. The template is the ticket's own: the holder does not choose it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LinkQuery {
    /// `pdf` (if not given), `png` or `svg`.
    #[param(value_type = Option<FormatWord>, inline)]
    pub format: Option<String>,
    /// Page of a PNG or SVG, from 1.
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Resolution of a PNG, 36 to 600; 300 if not given.
    #[param(minimum = 36, maximum = 600)]
    pub dpi: Option<u32>,
    /// `issued`: the ticket as it was sold, with the event's data of that day. Else both as they are.
    #[serde(rename = "as")]
    #[param(value_type = Option<EditionWord>, inline)]
    pub edition: Option<String>,
}

impl From<LinkQuery> for DownloadQuery {
    fn from(query: LinkQuery) -> Self {
        Self {
            format: query.format,
            page: query.page,
            dpi: query.dpi,
            edition: query.edition,
            template: None,
        }
    }
}

/// Renders the ticket of a link. A link that is wrong or over is not told apart from none.
#[utoipa::path(
    get,
    path = "/t/{capability}",
    tag = "Tickets",
    security(()),
    params(LinkQuery),
    responses((
        status = 200,
        description = "the file",
        content(
            (inline(Binary) = "application/pdf"),
            (inline(Binary) = "image/png"),
            (inline(Binary) = "image/svg+xml"),
        ),
        headers(("ETag" = String), ("Content-Disposition" = String)),
    )),
    extensions(("x-errors" = json!(["TICKET_NOT_FOUND", "PAGE_NOT_FOUND", "template"]))),
)]
pub async fn open_link(
    State(services): State<Shared>,
    PathOf(text): PathOf<String>,
    QueryOf(query): QueryOf<LinkQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let query = DownloadQuery::from(query);
    let missing = ApiError::NotFound(Missing::Ticket);
    let Some(capability) = Capability::parse(&text) else {
        return Err(missing);
    };
    let Some(organizer) = services
        .storage
        .event_organizer(capability.ticket.event)
        .await?
    else {
        return Err(missing);
    };
    let Some(ticket) = services.issuer.open_link(organizer, &capability).await? else {
        return Err(missing);
    };
    ticket_file(&services, ticket, &query, &headers).await
}
