//! Steps of a job: process, cancel, pause, resume.

use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::create_batch::recalled_job;
use super::job_json::{JobJson, shown_job};
use crate::access::{Permission, Principal};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::PathOf;
use crate::http::idempotency::Recalled;
use crate::http::openapi::JobStateWord;
use crate::http::services::{Services, Shared};
use crate::storage::{Job, JobChange};

/// The id in a path. What is no id of a job is none of this organizer's.
///
/// # Errors
/// `JOB_NOT_FOUND`.
pub fn job_id(text: &str) -> Result<Uuid, ApiError> {
    Uuid::try_parse(text).map_err(|_| ApiError::NotFound(Missing::Job))
}

async fn change(
    services: &Services,
    principal: &Principal,
    id: &str,
    Recalled(done): Recalled,
    change: JobChange,
) -> Result<Job, ApiError> {
    if let Some(done) = done {
        return recalled_job(services, principal, &done).await;
    }
    services
        .batches
        .change(principal, job_id(id)?, change)
        .await?
        .ok_or(ApiError::NotFound(Missing::Job))
}

/// Begins a job that waits.
#[utoipa::path(
    post,
    path = "/api/tickets/jobs/{jobId}/process",
    tag = "Jobs",
    security(("bearer" = ["tickets.jobs.process"])),
    responses((status = 200, description = "the job may begin", body = Success<JobJson>)),
    extensions(("x-errors" = json!(["JOB_NOT_FOUND", "STATE_CONFLICT"]))),
)]
pub async fn process_job(
    State(services): State<Shared>,
    caller: Caller,
    recalled: Recalled,
    PathOf(id): PathOf<String>,
) -> Result<Success<JobJson>, ApiError> {
    let principal = caller.may(Permission::TicketsJobsProcess)?;
    let job = change(&services, &principal, &id, recalled, JobChange::Release).await?;
    let shown = shown_job(&services, &job).await?;
    Ok(Success::ok("the job may begin", shown))
}

/// Begins no further chunks of a job until it is resumed.
#[utoipa::path(
    post,
    path = "/api/tickets/job/{jobId}/pause",
    tag = "Jobs",
    security(("bearer" = ["tickets.jobs.process"])),
    responses((status = 200, description = "the job is paused", body = Success<JobJson>)),
    extensions(("x-errors" = json!(["JOB_NOT_FOUND", "STATE_CONFLICT"]))),
)]
pub async fn pause_job(
    State(services): State<Shared>,
    caller: Caller,
    recalled: Recalled,
    PathOf(id): PathOf<String>,
) -> Result<Success<JobJson>, ApiError> {
    let principal = caller.may(Permission::TicketsJobsProcess)?;
    let job = change(&services, &principal, &id, recalled, JobChange::Pause).await?;
    let shown = shown_job(&services, &job).await?;
    Ok(Success::ok("the job is paused", shown))
}

/// Goes on with a job that was paused.
#[utoipa::path(
    post,
    path = "/api/tickets/job/{jobId}/resume",
    tag = "Jobs",
    security(("bearer" = ["tickets.jobs.process"])),
    responses((status = 200, description = "the job goes on", body = Success<JobJson>)),
    extensions(("x-errors" = json!(["JOB_NOT_FOUND", "STATE_CONFLICT"]))),
)]
pub async fn resume_job(
    State(services): State<Shared>,
    caller: Caller,
    recalled: Recalled,
    PathOf(id): PathOf<String>,
) -> Result<Success<JobJson>, ApiError> {
    let principal = caller.may(Permission::TicketsJobsProcess)?;
    let job = change(&services, &principal, &id, recalled, JobChange::Resume).await?;
    let shown = shown_job(&services, &job).await?;
    Ok(Success::ok("the job goes on", shown))
}

/// A job that was cancelled.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "id": "6f1c2b1e-8d0a-4c55-9d0e-3f2f6a0c9b11", "jobId": "6f1c2b1e-8d0a-4c55-9d0e-3f2f6a0c9b11",
        "status": "cancelled", "cancelled": true, "cancelledAt": "2027-03-01T10:00:00Z",
        "cancelledBy": "user:anna", "ticketsGenerated": 12000,
    }
))]
pub struct CancelledJob {
    id: String,
    job_id: String,
    #[schema(value_type = JobStateWord, inline)]
    status: &'static str,
    cancelled: bool,
    cancelled_at: Option<Timestamp>,
    cancelled_by: String,
    /// What was issued before stays valid.
    tickets_generated: u64,
}

/// Stops a job within a second. Tickets that it issued stay valid.
#[utoipa::path(
    delete,
    path = "/api/tickets/job/{jobId}/cancel",
    tag = "Jobs",
    security(("bearer" = ["tickets.jobs.cancel"])),
    responses((status = 200, description = "the job is cancelled", body = Success<CancelledJob>)),
    extensions(("x-errors" = json!(["JOB_NOT_FOUND", "STATE_CONFLICT"]))),
)]
pub async fn cancel_job(
    State(services): State<Shared>,
    caller: Caller,
    recalled: Recalled,
    PathOf(id): PathOf<String>,
) -> Result<Success<CancelledJob>, ApiError> {
    let principal = caller.may(Permission::TicketsJobsCancel)?;
    let job = change(&services, &principal, &id, recalled, JobChange::Cancel).await?;
    Ok(Success::ok(
        "the job is cancelled",
        CancelledJob {
            id: job.uuid.to_string(),
            job_id: job.uuid.to_string(),
            status: job.state.code(),
            cancelled: true,
            cancelled_at: job.finished_at,
            cancelled_by: principal.by(services.clock.now()).actor,
            tickets_generated: job.completed,
        },
    ))
}
