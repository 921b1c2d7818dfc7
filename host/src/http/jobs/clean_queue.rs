//! `POST /api/tickets/queue/clean`.

use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Permission;
use crate::config::length_of_time;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::idempotency::{Recalled, figure};
use crate::http::openapi::{AgeWord, EndStateWord};
use crate::http::services::Shared;
use crate::storage::JobState;

/// Which jobs are removed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "olderThan": "7d", "status": ["completed", "failed"] }))]
pub struct CleanBody {
    /// Those that were over so long ago, such as `12h` or `7d`; 7 days if not given.
    #[schema(value_type = Option<AgeWord>, inline)]
    pub older_than: Option<String>,
    /// Those in one of these states; `completed` and `failed` if not given.
    #[schema(value_type = Option<Vec<EndStateWord>>, inline)]
    pub status: Option<Vec<String>>,
}

/// What was removed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({ "cleanedCount": 3, "cleanedAt": "2027-03-01T10:00:00Z" }))]
pub struct Cleaned {
    cleaned_count: u64,
    cleaned_at: Timestamp,
}

/// Removes old jobs of the organizer, with the files that they made. Their tickets stay.
#[utoipa::path(
    post,
    path = "/api/tickets/queue/clean",
    tag = "Jobs",
    security(("bearer" = ["tickets.admin"])),
    request_body = CleanBody,
    responses((status = 200, description = "what was removed", body = Success<Cleaned>)),
    extensions(("x-errors" = json!([]))),
)]
pub async fn clean_queue(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<CleanBody>,
) -> Result<Success<Cleaned>, ApiError> {
    let principal = caller.may(Permission::TicketsAdmin)?;
    let age = match body.older_than.as_deref() {
        None => SignedDuration::from_hours(7 * 24),
        Some(text) => {
            length_of_time(text).map_err(|message| ApiError::field("olderThan", message))?
        }
    };
    let names = body
        .status
        .unwrap_or_else(|| vec!["completed".to_owned(), "failed".to_owned()]);
    let mut states = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let state = JobState::from_code(name).filter(|state| state.is_over());
        states.push(state.ok_or_else(|| {
            ApiError::field(
                format!("status[{index}]"),
                "must be completed, failed or cancelled; cancel a job that is not over",
            )
        })?);
    }
    let now = services.clock.now();
    let before = now.saturating_sub(age).unwrap_or(now);
    let cleaned_count = match done {
        Some(done) => figure(&done, "count")?.into(),
        None => services.batches.clean(&principal, &states, before).await?,
    };
    Ok(Success::ok(
        "old jobs were removed",
        Cleaned {
            cleaned_count,
            cleaned_at: now,
        },
    ))
}
