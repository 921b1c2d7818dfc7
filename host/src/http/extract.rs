//! Our own extractors, since the framework's rejections would break the error envelope.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::error::{ApiError, FieldProblem};

/// Largest JSON body in bytes. A ticket order is a few kilobytes; a large one carries long custom
/// values. Streams and uploads have bounds of their own.
pub const MAX_JSON_BYTES: usize = 1 << 20;

/// A JSON body of at most [`MAX_JSON_BYTES`].
pub struct JsonBody<T>(pub T);

impl<S, T> FromRequest<S> for JsonBody<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !media_type_is(request.headers(), "application/json") {
            return Err(ApiError::UnsupportedMediaType {
                expected: "application/json",
            });
        }
        let bytes = whole_body(request, state, MAX_JSON_BYTES).await?;
        parse_json(&bytes).map(Self)
    }
}

/// Reads a whole body that the router's body limit has bounded to `max_bytes`.
pub async fn whole_body<S: Send + Sync>(
    request: Request,
    state: &S,
    max_bytes: usize,
) -> Result<Bytes, ApiError> {
    let bytes = Bytes::from_request(request, state)
        .await
        .map_err(|rejection| match rejection {
            BytesRejection::FailedToBufferBody(inner)
                if inner.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE =>
            {
                ApiError::TooLarge { max_bytes }
            }
            _ => ApiError::field("", "the body could not be read to its end"),
        })?;
    if bytes.len() > max_bytes {
        return Err(ApiError::TooLarge { max_bytes });
    }
    Ok(bytes)
}

/// Whether the `Content-Type` is this one, parameters aside.
pub fn media_type_is(headers: &axum::http::HeaderMap, expected: &str) -> bool {
    headers
        .get(axum::http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case(expected))
}

/// Parses JSON; the error names the path of the field that is wrong.
pub fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." || path == "?" {
            String::new()
        } else {
            path
        };
        ApiError::Validation(vec![FieldProblem::new(
            field,
            error.into_inner().to_string(),
        )])
    })?;
    deserializer
        .end()
        .map_err(|error| ApiError::field("", error.to_string()))?;
    Ok(value)
}

/// The query string, checked like a body.
pub struct QueryOf<T>(pub T);

impl<S, T> FromRequestParts<S> for QueryOf<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map(|query| Self(query.0))
            .map_err(|rejection| ApiError::field("query", rejection.body_text()))
    }
}

/// Path parameters.
pub struct PathOf<T>(pub T);

impl<S, T> FromRequestParts<S> for PathOf<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Send,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|path| Self(path.0))
            .map_err(|rejection| ApiError::field("path", rejection.body_text()))
    }
}
