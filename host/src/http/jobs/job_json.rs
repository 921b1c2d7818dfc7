//! Jobs as callers see them.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::openapi::{JobStateWord, PriorityWord};
use crate::http::services::Services;
use crate::storage::{Job, JobKind, JobState, Step};

/// A job.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "id": "6f1c2b1e-8d0a-4c55-9d0e-3f2f6a0c9b11", "jobId": "6f1c2b1e-8d0a-4c55-9d0e-3f2f6a0c9b11",
        "type": "tickets", "eventId": "gala-2027", "status": "processing", "state": "processing",
        "step": "issue", "priority": "normal",
        "progress": { "total": 100000, "completed": 42000, "failed": 0, "percentage": 42.0 },
        "results": { "ticketsGenerated": 42000, "qrCodesGenerated": 42000, "pdfsGenerated": 0 },
        "version": 44, "createdAt": "2027-03-01T10:00:00Z", "startedAt": "2027-03-01T10:00:00Z",
        "secondsLeft": 6.1,
    }
))]
pub struct JobJson {
    id: String,
    /// As `id`.
    job_id: String,
    /// `tickets`, `pdfs` or `full`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The event that all tickets have in common.
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[schema(value_type = JobStateWord, inline)]
    status: &'static str,
    /// As `status`.
    #[schema(value_type = JobStateWord, inline)]
    state: &'static str,
    /// What is done at the moment: `sample`, `issue`, `plan` or `print`.
    step: &'static str,
    #[schema(value_type = PriorityWord, inline)]
    priority: &'static str,
    progress: JobProgress,
    results: JobResults,
    /// Grows with each change.
    version: u64,
    created_at: Timestamp,
    /// It is not begun before.
    #[serde(skip_serializing_if = "Option::is_none")]
    starts_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    completed_at: Option<Timestamp>,
    /// Estimated from its speed so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_left: Option<f64>,
    /// Why all of it failed, an error code.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// How far a job is.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobProgress {
    /// Its tickets.
    total: u64,
    /// Those that are done.
    completed: u64,
    /// Those that failed.
    failed: u64,
    /// Of all the work, printing included.
    percentage: f64,
}

/// What a job made.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct JobResults {
    tickets_generated: u64,
    /// Each ticket has its code.
    qr_codes_generated: u64,
    pdfs_generated: u64,
}

/// How much of a job is done, 0 to 1.
fn share(job: &Job) -> f64 {
    let total = job.total.max(1) as f64;
    let settled = (job.completed + job.failed) as f64;
    match job.kind {
        _ if job.state == JobState::Completed => 1.0,
        JobKind::Tickets => settled / total,
        JobKind::Full => {
            let to_print = job.total.saturating_sub(job.failed).max(1) as f64;
            (settled / total + job.printed as f64 / to_print) / 2.0
        }
        JobKind::Pdfs => (job.printed + job.failed) as f64 / total,
    }
}

/// The job, as it is at this time.
pub fn job_json(job: &Job, event_id: Option<String>, now: Timestamp) -> JobJson {
    let share = share(job).clamp(0.0, 1.0);
    let elapsed = job
        .started_at
        .map_or(0.0, |started| now.duration_since(started).as_secs_f64());
    let is_running = job.state == JobState::Processing && share > 0.0 && elapsed > 0.0;
    let made = match job.kind {
        JobKind::Pdfs => 0,
        JobKind::Tickets | JobKind::Full => job.completed,
    };
    JobJson {
        id: job.uuid.to_string(),
        job_id: job.uuid.to_string(),
        kind: job.kind.code(),
        event_id,
        status: job.state.code(),
        state: job.state.code(),
        step: match job.step {
            Step::Sample => "sample",
            Step::Issue => "issue",
            Step::Plan => "plan",
            Step::Print => "print",
        },
        priority: job.priority.code(),
        progress: JobProgress {
            total: job.total,
            completed: match job.kind {
                JobKind::Pdfs => job.printed,
                JobKind::Tickets | JobKind::Full => job.completed,
            },
            failed: job.failed,
            percentage: (share * 1_000.0).round() / 10.0,
        },
        results: JobResults {
            tickets_generated: made,
            qr_codes_generated: made,
            pdfs_generated: job.printed,
        },
        version: job.version,
        created_at: job.created_at,
        starts_at: (job.not_before > job.created_at).then_some(job.not_before),
        started_at: job.started_at,
        completed_at: job.finished_at,
        seconds_left: is_running.then(|| (elapsed * (1.0 - share) / share * 10.0).round() / 10.0),
        error: job.error.clone(),
    }
}

/// The job with the name of its event.
///
/// # Errors
/// When storage fails.
pub async fn shown_job(
    services: &Services,
    job: &Job,
) -> Result<JobJson, crate::http::error::ApiError> {
    let now = services.clock.now();
    let event_id = match job.event {
        None => None,
        Some(number) => services
            .events
            .by_number(job.organizer, number, now)
            .await?
            .map(|known| known.event.id.as_str().to_owned()),
    };
    Ok(job_json(job, event_id, now))
}

/// A job that was taken in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "jobId": "6f1c2b1e-8d0a-4c55-9d0e-3f2f6a0c9b11", "totalTickets": 4, "ticketsCount": 4,
        "status": "pending", "estimatedTime": 1, "estimatedDuration": 1,
        "statusUrl": "https://tickets.example/api/tickets/job/6f1c2b1e-8d0a-4c55-9d0e-3f2f6a0c9b11/status",
    }
))]
pub struct AcceptedJob {
    job_id: String,
    total_tickets: u64,
    /// As `totalTickets`.
    tickets_count: u64,
    #[schema(value_type = JobStateWord, inline)]
    status: &'static str,
    /// Seconds until it is done, by the speed of late.
    estimated_time: u64,
    /// As `estimatedTime`.
    estimated_duration: u64,
    status_url: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    notices: Vec<&'static str>,
}

/// What a host makes a second of which nothing is known yet.
const USUAL_PER_SECOND: f64 = 5_000.0;

/// The answer to a job that was taken in.
///
/// # Errors
/// When storage fails.
pub async fn accepted(
    services: &Services,
    job: &Job,
    notices: Vec<&'static str>,
) -> Result<AcceptedJob, crate::http::error::ApiError> {
    let stats = services.batches.stats_of_all().await?;
    let speed = match stats.per_second {
        speed if speed >= 1.0 => speed,
        _ => USUAL_PER_SECOND,
    };
    let seconds = (stats.queued_items.max(job.total) as f64 / speed)
        .ceil()
        .max(1.0);
    Ok(AcceptedJob {
        job_id: job.uuid.to_string(),
        total_tickets: job.total,
        tickets_count: job.total,
        status: job.state.code(),
        estimated_time: seconds as u64,
        estimated_duration: seconds as u64,
        status_url: format!(
            "{}/api/tickets/job/{}/status",
            services.public_url, job.uuid
        ),
        notices,
    })
}
