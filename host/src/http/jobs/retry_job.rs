//! `POST /api/tickets/job/{jobId}/retry`.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::batch_body::{BatchJson, Common};
use super::batch_ticket::{BatchTicket, in_place};
use super::change_job::job_id;
use super::create_batch::recalled_job;
use super::job_json::{JobJson, shown_job};
use crate::access::Permission;
use crate::batches::Repair;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::PathOf;
use crate::http::idempotency::Recalled;
use crate::http::openapi::EventIdWord;
use crate::http::services::Shared;

/// Body of a retry.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "items": [] }))]
pub struct RetryBody {
    /// Failed items that are ordered otherwise now; the others are tried as they were.
    #[serde(default)]
    pub items: Vec<RepairedItem>,
    /// The event of items that name none.
    #[schema(value_type = Option<EventIdWord>, inline)]
    pub event_id: Option<String>,
}

/// A failed item, as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RepairedItem {
    /// Its `index` among the items of the job.
    pub index: u64,
    /// The ticket, without a `quantity`.
    pub ticket: BatchTicket,
}

/// Tries the failed items of a job again, and those alone; each with its repaired data, if any are sent.
#[utoipa::path(
    post,
    path = "/api/tickets/job/{jobId}/retry",
    tag = "Jobs",
    security(("bearer" = ["tickets.jobs.process"])),
    request_body = RetryBody,
    responses((status = 200, description = "the job goes on", body = Success<JobJson>)),
    extensions(("x-errors" = json!(["JOB_NOT_FOUND", "STATE_CONFLICT"]))),
)]
pub async fn retry_job(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    Recalled(done): Recalled,
    BatchJson(body): BatchJson<RetryBody>,
) -> Result<Success<JobJson>, ApiError> {
    let principal = caller.may(Permission::TicketsJobsProcess)?;
    let uuid = job_id(&id)?;
    let common = Common {
        event_id: body.event_id,
        ..Common::default()
    };
    let mut repairs = Vec::with_capacity(body.items.len());
    for (position, item) in body.items.into_iter().enumerate() {
        let place = format!("items[{position}].ticket");
        let entry = item
            .ticket
            .into_entry()
            .map_err(|problem| in_place(&place, problem))?;
        if entry.quantity != 1 {
            return Err(ApiError::field(
                format!("{place}.quantity"),
                "must be 1: an item is one ticket",
            ));
        }
        let ordered = common
            .order(entry, services.price_unit)
            .map_err(|error| error.with_fields_renamed(|field| Some(format!("{place}.{field}"))))?;
        repairs.push(Repair {
            item: item.index,
            order: ordered.order,
        });
    }
    let job = match done {
        Some(done) => recalled_job(&services, &principal, &done).await?,
        None => services
            .batches
            .retry(&principal, uuid, repairs)
            .await?
            .ok_or(ApiError::NotFound(Missing::Job))?,
    };
    Ok(Success::ok(
        "the failed items are tried again",
        shown_job(&services, &job).await?,
    ))
}
