//! `GET /api/tickets/orders/{orderId}/download`: all tickets of an order in one PDF.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::download_ticket::{DownloadQuery, file, is_known, not_modified};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::{PathOf, QueryOf};
use crate::http::openapi::{Binary, EditionWord};
use crate::http::services::Shared;
use crate::issue::{Lines, etag_of_all, printable};
use crate::storage::TicketState;

/// More tickets in one file are a job for a batch: all their pages are in memory at once.
const MAX_TICKETS: usize = 500;

/// What to render.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OrderQuery {
    /// `issued`: the tickets as they were sold.
    #[serde(rename = "as")]
    #[param(value_type = Option<EditionWord>, inline)]
    pub edition: Option<String>,
}

/// Binds the tickets of an order into one PDF, in the order of their issue. Revoked ones are left
/// out: they admit nobody.
#[utoipa::path(
    get,
    path = "/api/tickets/orders/{orderId}/download",
    tag = "Tickets",
    security(("bearer" = ["tickets.read"])),
    params(OrderQuery),
    responses((
        status = 200,
        description = "one PDF of all its tickets",
        content((inline(Binary) = "application/pdf")),
        headers(("ETag" = String), ("Content-Disposition" = String)),
    )),
    extensions(("x-errors" = json!(["ORDER_NOT_FOUND", "ORDER_TOO_LARGE", "template"]))),
)]
pub async fn download_order(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(order_id): PathOf<String>,
    QueryOf(query): QueryOf<OrderQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let principal = caller.may(Permission::TicketsRead)?;
    let edition = DownloadQuery {
        edition: query.edition,
        ..DownloadQuery::default()
    }
    .edition()?;
    let missing = ApiError::NotFound(Missing::Order);
    // What could not be an order's id names none.
    let Ok(order_id) = printable(&order_id, 100, Lines::One) else {
        return Err(missing);
    };
    let mut tickets = services
        .issuer
        .tickets_of_order(principal.organizer, &order_id)
        .await?;
    tickets.retain(|ticket| ticket.state != TicketState::Revoked);
    if tickets.is_empty() {
        return Err(missing);
    }
    if tickets.len() > MAX_TICKETS {
        return Err(ApiError::Conflict {
            code: "ORDER_TOO_LARGE",
            message: format!(
                "the order has {} tickets; one file holds at most {MAX_TICKETS}",
                tickets.len()
            ),
        });
    }
    let mut prints = Vec::with_capacity(tickets.len());
    for ticket in tickets {
        prints.push(services.issuer.prepare_print(ticket, edition).await?);
    }
    let tag = etag_of_all(&prints);
    if is_known(&headers, &tag) {
        return not_modified(&tag);
    }
    let artifact = services.issuer.print_all(&prints).await?;
    let plain = |character: char| match character {
        'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => character,
        _ => '_',
    };
    let name: String = order_id.chars().map(plain).collect();
    file(artifact, &format!("order-{name}.pdf"), &tag)
}
