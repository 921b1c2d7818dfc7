//! `GET /api/events`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::event_json::EventJson;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::{Pagination, Success};
use crate::http::error::ApiError;
use crate::http::extract::QueryOf;
use crate::http::services::Shared;
use crate::storage::{EventFilter, PageRequest};

/// Which part of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// From 1.
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// 1 to 100; 20 if not given.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

/// The part of a list that a query asks for.
///
/// # Errors
/// [`ApiError::Validation`].
pub fn checked_page(page: Option<u32>, limit: Option<u32>) -> Result<PageRequest, ApiError> {
    let request = PageRequest {
        page: page.unwrap_or(1),
        limit: limit.unwrap_or(20),
    };
    if request.page == 0 {
        return Err(ApiError::field("page", "must be 1 or more"));
    }
    if !(1..=100).contains(&request.limit) {
        return Err(ApiError::field("limit", "must be 1 to 100"));
    }
    Ok(request)
}

/// A page of events.
#[derive(Serialize, ToSchema)]
pub struct EventList {
    events: Vec<EventJson>,
    pagination: Pagination,
}

/// Lists events, the newest first.
#[utoipa::path(
    get,
    path = "/api/events",
    tag = "Events",
    security(("bearer" = ["events.read"])),
    params(PageQuery),
    responses((status = 200, description = "the events", body = Success<EventList>)),
)]
pub async fn list_events(
    State(services): State<Shared>,
    caller: Caller,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Success<EventList>, ApiError> {
    let principal = caller.may(Permission::EventsRead)?;
    let request = checked_page(query.page, query.limit)?;
    let page = services
        .storage
        .events(principal.organizer, EventFilter::default(), request)
        .await?;
    let events = page
        .items
        .iter()
        .map(EventJson::of)
        .collect::<Result<_, _>>()?;
    let pagination = Pagination::new(request.page, request.limit, page.total);
    Ok(Success::ok("the events", EventList { events, pagination }))
}
