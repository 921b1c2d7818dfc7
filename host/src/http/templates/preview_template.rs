//! `POST /api/templates/{name}/preview`: a page as it would be printed.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::template_json::{found_template, found_version};
use crate::access::{Permission, Principal};
use crate::http::authorize::Caller;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::{MAX_JSON_BYTES, PathOf, QueryOf, expect_json, parse_json, whole_body};
use crate::http::openapi::{Binary, FormatWord};
use crate::http::services::{Services, Shared};
use crate::http::tickets::{DownloadQuery, OrderBody, found_ticket};
use crate::issue::{Artifact, Edition};
use crate::storage::TemplateVersion;

/// Which version, and in which format.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PreviewQuery {
    /// Number of the version; the one in use, else the newest, if not given.
    pub version: Option<u32>,
    /// `pdf` (if not given), `png` or `svg`.
    #[param(value_type = Option<FormatWord>, inline)]
    pub format: Option<String>,
    /// Page of a PNG or SVG, from 1.
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// Resolution of a PNG.
    #[param(minimum = 36, maximum = 600)]
    pub dpi: Option<u32>,
}

/// What to show: nothing for the template's own sample, an order, or a ticket that exists.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    { "ticketId": "order-17-1" }
))]
pub struct PreviewBody {
    /// A ticket that exists: the preview is then the same bytes as its download.
    pub ticket_id: Option<String>,
    /// An order, in the shapes of `/generate`. It is not issued.
    pub order: Option<OrderBody>,
}

/// Renders a preview. Without a ticket it is marked SPECIMEN and its code is never valid.
#[utoipa::path(
    post,
    path = "/api/templates/{name}/preview",
    tag = "Templates",
    security(("bearer" = ["templates.read"])),
    params(PreviewQuery),
    request_body = Option<PreviewBody>,
    responses((
        status = 200,
        description = "the page",
        content(
            (inline(Binary) = "application/pdf"),
            (inline(Binary) = "image/png"),
            (inline(Binary) = "image/svg+xml"),
        ),
    )),
    extensions(("x-errors" = json!(["TEMPLATE_NOT_FOUND", "TICKET_NOT_FOUND", "EVENT_NOT_FOUND", "PAGE_NOT_FOUND", "TEMPLATE_NOT_READY", "template"]))),
)]
pub async fn preview_template(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(name): PathOf<String>,
    QueryOf(query): QueryOf<PreviewQuery>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    let principal = caller.may(Permission::TemplatesRead)?;
    let version = version_of(&services, &principal, &name, query.version).await?;
    let format = DownloadQuery {
        format: query.format,
        page: query.page,
        dpi: query.dpi,
        ..DownloadQuery::default()
    }
    .format()?;
    let bytes = whole_body(request, &services, MAX_JSON_BYTES).await?;
    let body = if bytes.is_empty() {
        PreviewBody::default()
    } else {
        expect_json(&headers, "application/json in UTF-8, or no body")?;
        parse_json(&bytes)?
    };
    let template = services.library.load(&version).await?;
    let artifact: Artifact = match (body.ticket_id, body.order) {
        (Some(_), Some(_)) => {
            return Err(ApiError::field("order", "give ticketId or order, not both"));
        }
        (Some(id), None) => {
            let may_read = principal.may(Permission::TicketsRead);
            if !may_read {
                return Err(ApiError::Forbidden {
                    permission: Permission::TicketsRead.name(),
                });
            }
            let ticket = found_ticket(&services, &principal, &id).await?;
            let print = services
                .issuer
                .prepare_print(ticket, Edition::Newest)
                .await?;
            services
                .issuer
                .print_with(&print, &template, format)
                .await?
        }
        (None, Some(order)) => {
            let order = order
                .into_orders(services.price_unit)
                .map_err(|error| error.with_fields_renamed(|field| Some(format!("order.{field}"))))?
                .pop()
                .ok_or_else(|| ApiError::field("order", "is empty"))?;
            services
                .issuer
                .specimen(&principal, &order, &template, format)
                .await?
        }
        (None, None) => services.issuer.sample(&template, format).await?,
    };
    Ok(([(CONTENT_TYPE, format.media_type())], artifact.bytes).into_response())
}

async fn version_of(
    services: &Services,
    principal: &Principal,
    name: &str,
    number: Option<u32>,
) -> Result<TemplateVersion, ApiError> {
    if let Some(number) = number {
        return found_version(services, principal, name, number).await;
    }
    let template = found_template(services, principal, name).await?;
    match template.active {
        Some(id) => services
            .storage
            .template_version(principal.organizer, id)
            .await?
            .ok_or(ApiError::NotFound(Missing::Template)),
        None => found_version(services, principal, name, template.newest_version).await,
    }
}
