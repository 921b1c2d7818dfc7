//! `GET /api/tickets/{ticketId}/download`: a ticket as PDF, PNG or SVG.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::read_ticket::found_ticket;
use super::ticket_json::shown_id;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::error::ApiError;
use crate::http::extract::{PathOf, QueryOf};
use crate::http::openapi::{Binary, EditionWord, FormatWord};
use crate::http::services::{Services, Shared};
use crate::issue::{Artifact, Edition, Format, FormatError, etag};
use crate::storage::StoredTicket;

/// What to render.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DownloadQuery {
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
    /// Another template than the ticket's own, by name.
    pub template: Option<String>,
}

impl DownloadQuery {
    /// The format.
    ///
    /// # Errors
    /// [`ApiError::Validation`] for the part that is wrong.
    pub fn format(&self) -> Result<Format, ApiError> {
        Format::parse(self.format.as_deref().unwrap_or("pdf"), self.page, self.dpi).map_err(
            |error| {
                let field = match error {
                    FormatError::Name => "format",
                    FormatError::Dpi => "dpi",
                    FormatError::Page => "page",
                };
                ApiError::field(field, error.to_string())
            },
        )
    }

    /// The edition.
    ///
    /// # Errors
    /// [`ApiError::Validation`].
    pub fn edition(&self) -> Result<Edition, ApiError> {
        match self.edition.as_deref() {
            None => Ok(Edition::Newest),
            Some("issued") => Ok(Edition::AsIssued),
            Some(_) => Err(ApiError::field("as", "must be issued, or left out")),
        }
    }
}

/// Renders a ticket.
#[utoipa::path(
    get,
    path = "/api/tickets/{ticketId}/download",
    tag = "Tickets",
    security(("bearer" = ["tickets.read"])),
    params(DownloadQuery),
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
    extensions(("x-errors" = json!(["TICKET_NOT_FOUND", "PAGE_NOT_FOUND", "TEMPLATE_NOT_FOUND", "TEMPLATE_NOT_READY", "template"]))),
)]
pub async fn download_ticket(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    QueryOf(query): QueryOf<DownloadQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let principal = caller.may(Permission::TicketsRead)?;
    let ticket = found_ticket(&services, &principal, &id).await?;
    ticket_file(&services, ticket, &query, &headers).await
}

/// A ticket's file, or 304 if the client has it.
///
/// # Errors
/// As the issuer's.
pub async fn ticket_file(
    services: &Services,
    ticket: StoredTicket,
    query: &DownloadQuery,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let format = query.format()?;
    let edition = query.edition()?;
    let print = match &query.template {
        Some(name) => {
            services
                .issuer
                .prepare_print_as(ticket, edition, name)
                .await?
        }
        None => services.issuer.prepare_print(ticket, edition).await?,
    };
    let tag = etag(&print, format);
    if is_known(headers, &tag) {
        return not_modified(&tag);
    }
    let artifact = services.issuer.print(&print, format).await?;
    let name = format!("ticket-{}.{}", shown_id(&print.ticket), format.name());
    file(artifact, &name, &tag)
}

/// Whether the client has the bytes of this tag.
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|candidate| candidate == "*" || candidate.trim_start_matches("W/") == tag)
}

/// 304.
///
/// # Errors
/// Never for a tag of hexadecimal digits.
pub fn not_modified(tag: &str) -> Result<Response, ApiError> {
    let tag = HeaderValue::from_str(tag).map_err(anyhow::Error::from)?;
    Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response())
}

/// A rendered file, to be saved under `name`.
///
/// # Errors
/// Never for a name of printable ASCII without quotes.
pub fn file(artifact: Artifact, name: &str, tag: &str) -> Result<Response, ApiError> {
    let value = |text: &str| HeaderValue::from_str(text).map_err(anyhow::Error::from);
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static(artifact.format.media_type()),
        ),
        (
            CONTENT_DISPOSITION,
            value(&format!("attachment; filename=\"{name}\""))?,
        ),
        (ETAG, value(tag)?),
        // Personal data: the client may keep it, proxies may not; ask again each time.
        (CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
    ];
    Ok((headers, artifact.bytes).into_response())
}
