//! Small bodies are read before anything else is done.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::http::error::ApiError;

/// More than most requests have.
const SMALL_BYTES: usize = 16 << 10;

/// Reads a body that says that it is small. Whoever is refused while their body is still on its way would find the
/// connection closed when they send the next request on it.
pub async fn read_small_body(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    if !length.is_some_and(|length| (1..=SMALL_BYTES).contains(&length)) {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, SMALL_BYTES).await {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        Err(_) => ApiError::body("could not be read to its end; send it whole").into_response(),
    }
}
