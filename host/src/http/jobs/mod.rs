//! Jobs: batches of tickets, and the queue they wait in.

mod batch_body;
mod batch_options;
mod batch_ticket;
mod byte_range;
mod change_job;
mod clean_queue;
mod create_batch;
mod create_batch_pdf;
mod create_job;
mod csv_rows;
mod file_options;
mod job_events;
mod job_files;
mod job_json;
mod list_items;
mod list_jobs;
mod queue_stats;
mod read_job;
mod retry_job;
mod streamed;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, Uri};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::services::Shared;

pub use batch_body::MAX_BATCH_BYTES;

/// Those that take rows as a stream.
const ROUTES_OF_STREAMS: [&str; 2] = ["/api/tickets/batch", "/api/tickets/full-batch"];

/// Those whose bodies may be large.
pub const ROUTES_OF_BATCHES: [&str; 4] = [
    "/api/tickets/batch-pdf",
    "/api/tickets/batch",
    "/api/tickets/full-batch",
    "/api/tickets/jobs",
];

/// Whether a request sends the rows of a batch, which are read as they come, and not before.
pub fn is_streamed_batch(headers: &HeaderMap, uri: &Uri) -> bool {
    streamed::RowFormat::of(headers).is_some() && ROUTES_OF_STREAMS.contains(&uri.path())
}

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(create_batch::create_batch).layer(DefaultBodyLimit::disable()))
        .routes(routes!(create_batch::create_full_batch).layer(DefaultBodyLimit::disable()))
        .routes(
            routes!(create_batch_pdf::create_batch_pdf)
                .layer(DefaultBodyLimit::max(MAX_BATCH_BYTES)),
        )
        .routes(
            routes!(list_jobs::list_jobs, create_job::create_job)
                .layer(DefaultBodyLimit::max(MAX_BATCH_BYTES)),
        )
        .routes(routes!(change_job::process_job))
        .routes(routes!(read_job::read_job))
        .routes(routes!(change_job::cancel_job))
        .routes(routes!(change_job::pause_job))
        .routes(routes!(change_job::resume_job))
        .routes(routes!(retry_job::retry_job).layer(DefaultBodyLimit::max(MAX_BATCH_BYTES)))
        .routes(routes!(list_items::list_items))
        .routes(routes!(job_files::read_result))
        .routes(routes!(job_files::download_file))
        .routes(routes!(job_files::open_file_link))
        .routes(routes!(job_events::stream_events))
        .routes(routes!(queue_stats::read_queue_stats))
        .routes(routes!(clean_queue::clean_queue))
}
