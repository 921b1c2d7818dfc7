//! `GET /t/{capability}`: the ticket of whoever holds the link.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

use super::download_ticket::{DownloadQuery, ticket_file};
use crate::http::error::{ApiError, Missing};
use crate::http::extract::{PathOf, QueryOf};
use crate::http::services::Shared;
use crate::issue::Capability;

/// Renders the ticket of a link. A link that is wrong or over is not told apart from none.
pub async fn open_link(
    State(services): State<Shared>,
    PathOf(text): PathOf<String>,
    QueryOf(query): QueryOf<DownloadQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    if query.template.is_some() {
        return Err(ApiError::field(
            "template",
            "cannot be chosen by the holder's link",
        ));
    }
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
