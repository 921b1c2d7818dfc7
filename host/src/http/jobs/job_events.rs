//! `GET /api/tickets/job/{jobId}/events`: progress as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use uuid::Uuid;

use super::job_json::shown_job;
use super::read_job::found_job;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::error::ApiError;
use crate::http::extract::PathOf;
use crate::http::openapi::EventStreamWord;
use crate::http::services::Shared;
use crate::storage::{Job, OrganizerId};

/// Between two looks at the job.
const PAUSE: Duration = Duration::from_millis(250);
/// Says that the connection is alive while nothing changes.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Tells how far a job is whenever that changes, as server-sent events named `progress` with the job as data;
/// the last is named `end`. An event's id is the job's version: who comes back with `Last-Event-ID` is told
/// what changed since.
#[utoipa::path(
    get,
    path = "/api/tickets/job/{jobId}/events",
    tag = "Jobs",
    security(("bearer" = ["tickets.jobs.read"])),
    params(("Last-Event-ID" = Option<u64>, Header, description = "The id of the last event that was seen.")),
    responses((status = 200, description = "the events", content_type = "text/event-stream", body = EventStreamWord)),
    extensions(("x-errors" = json!(["JOB_NOT_FOUND"]))),
)]
pub async fn stream_events(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    let principal = caller.may(Permission::TicketsJobsRead)?;
    let job = found_job(&services, &principal, &id).await?;
    let seen = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok()?.trim().parse::<u64>().ok());
    let watch = Watch {
        services,
        organizer: job.organizer,
        uuid: job.uuid,
        first: Some(job),
        seen,
        is_over: false,
    };
    let events = unfold(watch, |mut watch| async move {
        let event = watch.next().await?;
        Some((Ok(event), watch))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

struct Watch {
    services: Shared,
    organizer: OrganizerId,
    uuid: Uuid,
    /// As it was when the watcher came.
    first: Option<Job>,
    /// The version that the watcher knows.
    seen: Option<u64>,
    is_over: bool,
}

impl Watch {
    /// The next event; `None` when the job is over and the watcher knows it, or the job is gone.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.is_over {
                return None;
            }
            let job = match self.first.take() {
                Some(job) => job,
                None => {
                    tokio::time::sleep(PAUSE).await;
                    let found = self.services.storage.job(self.organizer, self.uuid).await;
                    match found {
                        Ok(found) => found?,
                        // The database is away for a moment; the watcher waits with us.
                        Err(_) => continue,
                    }
                }
            };
            self.is_over = job.state.is_over();
            if self.seen == Some(job.version) && !self.is_over {
                continue;
            }
            self.seen = Some(job.version);
            let shown = shown_job(&self.services, &job).await.ok()?;
            let name = match self.is_over {
                true => "end",
                false => "progress",
            };
            let event = Event::default().id(job.version.to_string()).event(name);
            return event.json_data(shown).ok();
        }
    }
}
