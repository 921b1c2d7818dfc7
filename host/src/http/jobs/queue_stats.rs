//! `GET /api/tickets/queue/stats`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::services::Shared;

/// How the organizer's part of the queue is doing.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "pendingJobs": 0, "processingJobs": 1, "completedJobs": 12, "failedJobs": 0, "cancelledJobs": 0,
        "averageProcessingTime": 3.4, "queueLength": 58000, "throughput": 9600.0,
    }
))]
pub struct QueueJson {
    pending_jobs: u64,
    /// Those that are worked on or paused.
    processing_jobs: u64,
    completed_jobs: u64,
    failed_jobs: u64,
    cancelled_jobs: u64,
    /// Seconds from the first chunk to the end, mean of the last 100 jobs that were completed.
    average_processing_time: f64,
    /// Tickets that wait.
    queue_length: u64,
    /// Tickets that were made a second, mean of the last minute.
    throughput: f64,
}

/// Reads how the organizer's part of the queue is doing.
#[utoipa::path(
    get,
    path = "/api/tickets/queue/stats",
    tag = "Jobs",
    security(("bearer" = ["tickets.stats.read"])),
    responses((status = 200, description = "the figures", body = Success<QueueJson>)),
    extensions(("x-errors" = json!([]))),
)]
pub async fn read_queue_stats(
    State(services): State<Shared>,
    caller: Caller,
) -> Result<Success<QueueJson>, ApiError> {
    let principal = caller.may(Permission::TicketsStatsRead)?;
    let stats = services.batches.stats(principal.organizer).await?;
    Ok(Success::ok(
        "the queue",
        QueueJson {
            pending_jobs: stats.pending,
            processing_jobs: stats.processing,
            completed_jobs: stats.completed,
            failed_jobs: stats.failed,
            cancelled_jobs: stats.cancelled,
            average_processing_time: stats.average_seconds,
            queue_length: stats.queued_items,
            throughput: stats.per_second,
        },
    ))
}
