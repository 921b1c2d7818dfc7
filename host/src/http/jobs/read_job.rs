//! `GET /api/tickets/job/{jobId}/status`.

use axum::extract::State;

use super::change_job::job_id;
use super::job_json::{JobJson, shown_job};
use crate::access::{Permission, Principal};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::PathOf;
use crate::http::services::{Services, Shared};
use crate::storage::Job;

/// The organizer's job of this id.
///
/// # Errors
/// `JOB_NOT_FOUND`, or when storage fails.
pub async fn found_job(
    services: &Services,
    principal: &Principal,
    id: &str,
) -> Result<Job, ApiError> {
    services
        .storage
        .job(principal.organizer, job_id(id)?)
        .await?
        .ok_or(ApiError::NotFound(Missing::Job))
}

/// Reads how far a job is.
#[utoipa::path(
    get,
    path = "/api/tickets/job/{jobId}/status",
    tag = "Jobs",
    security(("bearer" = ["tickets.jobs.read"])),
    responses((status = 200, description = "the job", body = Success<JobJson>)),
    extensions(("x-errors" = json!(["JOB_NOT_FOUND"]))),
)]
pub async fn read_job(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
) -> Result<Success<JobJson>, ApiError> {
    let principal = caller.may(Permission::TicketsJobsRead)?;
    let job = found_job(&services, &principal, &id).await?;
    Ok(Success::ok("the job", shown_job(&services, &job).await?))
}
