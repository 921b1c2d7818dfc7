//! How long a request may take.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::http::error::ApiError;
use crate::http::jobs;
use crate::http::services::Shared;

/// Ends a request that takes longer than the settings allow. The rows of a batch may take as long as they
/// come; a pause in them is bounded as in every body.
pub async fn limit_time(State(services): State<Shared>, request: Request, next: Next) -> Response {
    if jobs::is_streamed_batch(request.headers(), request.uri()) {
        return next.run(request).await;
    }
    let answer = tokio::time::timeout(services.request_timeout, next.run(request));
    answer.await.unwrap_or_else(|_| {
        let error = ApiError::Overloaded {
            retry_after: Duration::from_secs(1),
        };
        error.into_response()
    })
}
