//! `GET /api/tickets/jobs`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::job_json::{JobJson, shown_job};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::{Pagination, Success};
use crate::http::error::ApiError;
use crate::http::events::{checked_page, known_event};
use crate::http::extract::QueryOf;
use crate::http::openapi::{EventIdWord, JobKindWord, JobStateWord};
use crate::http::services::Shared;
use crate::storage::{JobFilter, JobKind, JobState};

/// Which jobs.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JobsQuery {
    /// Those in this state.
    #[param(value_type = Option<JobStateWord>, inline)]
    pub status: Option<String>,
    /// Those of this event alone.
    #[param(value_type = Option<EventIdWord>, inline)]
    pub event_id: Option<String>,
    /// `tickets`, `pdfs` or `full`.
    #[serde(rename = "type")]
    #[param(value_type = Option<JobKindWord>, inline)]
    pub kind: Option<String>,
    /// From 1.
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// 1 to 100; 20 if not given.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

/// A page of jobs.
#[derive(Serialize, ToSchema)]
pub struct JobList {
    jobs: Vec<JobJson>,
    pagination: Pagination,
}

/// Lists jobs, newest first.
#[utoipa::path(
    get,
    path = "/api/tickets/jobs",
    tag = "Jobs",
    security(("bearer" = ["tickets.jobs.read"])),
    params(JobsQuery),
    responses((status = 200, description = "the jobs", body = Success<JobList>)),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND"]))),
)]
pub async fn list_jobs(
    State(services): State<Shared>,
    caller: Caller,
    QueryOf(query): QueryOf<JobsQuery>,
) -> Result<Success<JobList>, ApiError> {
    let principal = caller.may(Permission::TicketsJobsRead)?;
    let request = checked_page(query.page, query.limit)?;
    let state = query.status.as_deref().map(state_named).transpose()?;
    let kind = query.kind.as_deref().map(kind_named).transpose()?;
    let event = match &query.event_id {
        None => None,
        Some(id) => Some(
            known_event(&services, principal.organizer, id)
                .await?
                .event
                .number,
        ),
    };
    let filter = JobFilter { state, event, kind };
    let page = services
        .storage
        .jobs(principal.organizer, filter, request)
        .await?;
    let mut jobs = Vec::with_capacity(page.items.len());
    for job in &page.items {
        jobs.push(shown_job(&services, job).await?);
    }
    let pagination = Pagination::new(request.page, request.limit, page.total);
    Ok(Success::ok("the jobs", JobList { jobs, pagination }))
}

/// The state of a name.
///
/// # Errors
/// The names there are.
pub fn state_named(name: &str) -> Result<JobState, ApiError> {
    JobState::from_code(name).ok_or_else(|| {
        let names = JobState::ALL.map(JobState::code).join(", ");
        ApiError::field("status", format!("must be one of {names}"))
    })
}

fn kind_named(name: &str) -> Result<JobKind, ApiError> {
    JobKind::from_code(name).ok_or_else(|| {
        let names = JobKind::ALL.map(JobKind::code).join(", ");
        ApiError::field("type", format!("must be one of {names}"))
    })
}
