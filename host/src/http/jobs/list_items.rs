//! `GET /api/tickets/job/{jobId}/items`.

use std::collections::HashMap;

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::read_job::found_job;
use crate::access::Permission;
use crate::batches::{ItemState, JobItem};
use crate::http::authorize::Caller;
use crate::http::envelope::{Pagination, Success};
use crate::http::error::ApiError;
use crate::http::events::checked_page;
use crate::http::extract::{PathOf, QueryOf};
use crate::http::openapi::{FailedWord, ItemStateWord};
use crate::http::services::Shared;
use crate::http::tickets::shown_id;
use crate::storage::{StoredTicket, TicketKey};

/// Which items.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ItemsQuery {
    /// `failed` for those alone, at most 1,000.
    #[param(value_type = Option<FailedWord>, inline)]
    pub status: Option<String>,
    /// From 1.
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// 1 to 100; 20 if not given.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

/// A page of items.
#[derive(Serialize, ToSchema)]
pub struct ItemList {
    items: Vec<ItemJson>,
    pagination: Pagination,
}

/// An item of a job.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    { "index": 17, "line": 19, "status": "failed", "error": { "code": "VALIDATION_ERROR", "message": "seat: has more than 100 characters" } }
))]
pub struct ItemJson {
    /// Counted through the job, from 0.
    index: u64,
    /// Where it stood in the upload, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    /// `waiting`, `done` or `failed`.
    #[schema(value_type = ItemStateWord, inline)]
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ItemError>,
}

/// Why an item failed.
#[derive(Serialize, ToSchema)]
pub struct ItemError {
    code: String,
    message: String,
}

/// Lists what became of each item of a job, in their order; or of the failed ones alone.
#[utoipa::path(
    get,
    path = "/api/tickets/job/{jobId}/items",
    tag = "Jobs",
    security(("bearer" = ["tickets.jobs.read"])),
    params(ItemsQuery),
    responses((status = 200, description = "the items", body = Success<ItemList>)),
    extensions(("x-errors" = json!(["JOB_NOT_FOUND"]))),
)]
pub async fn list_items(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    QueryOf(query): QueryOf<ItemsQuery>,
) -> Result<Success<ItemList>, ApiError> {
    let principal = caller.may(Permission::TicketsJobsRead)?;
    let request = checked_page(query.page, query.limit)?;
    let job = found_job(&services, &principal, &id).await?;
    let (items, total) = match query.status.as_deref() {
        None => {
            let items = services
                .batches
                .items(&job, request.offset(), request.limit)
                .await?;
            (items, job.total)
        }
        Some("failed") => {
            let items = services
                .batches
                .failed_items(&job, request.offset(), request.limit)
                .await?;
            (items, job.failed)
        }
        Some(_) => return Err(ApiError::field("status", "must be failed, or left out")),
    };
    let tickets = services.batches.tickets_of(&job, &items).await?;
    let tickets: HashMap<TicketKey, &StoredTicket> =
        tickets.iter().map(|ticket| (ticket.key, ticket)).collect();
    let items = items
        .into_iter()
        .map(|item| item_json(item, &tickets))
        .collect();
    let pagination = Pagination::new(request.page, request.limit, total);
    Ok(Success::ok("the items", ItemList { items, pagination }))
}

fn item_json(item: JobItem, tickets: &HashMap<TicketKey, &StoredTicket>) -> ItemJson {
    let plain = |status| ItemJson {
        index: item.index,
        line: None,
        status,
        ticket_id: None,
        ticket_number: None,
        error: None,
    };
    match item.state {
        ItemState::Waiting => plain("waiting"),
        ItemState::Done(key) => {
            let ticket = tickets.get(&key);
            ItemJson {
                ticket_id: ticket.map(|ticket| shown_id(ticket)),
                ticket_number: ticket.map(|ticket| ticket.ticket_number.clone()),
                ..plain("done")
            }
        }
        ItemState::Failed(fault) => ItemJson {
            line: fault.line,
            error: Some(ItemError {
                code: fault.code,
                message: fault.message,
            }),
            ..plain("failed")
        },
    }
}
