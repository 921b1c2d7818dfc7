//! The shape of every JSON answer, request ids, and the one log line a request.

use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::{MatchedPath, Request};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::{counter, histogram};
use serde::Serialize;
use serde_json::{Value, json};
use tracing::Instrument as _;
use utoipa::ToSchema;

use super::error::{ApiError, FieldProblem, Missing};
use super::front;
use crate::access::RouteClass;
use crate::telemetry;
use crate::traces;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A success: `{"success":true,"message":…,"data":…}`.
#[derive(Serialize, ToSchema)]
pub struct Success<T> {
    #[serde(skip)]
    status: StatusCode,
    success: bool,
    /// What was done, for people.
    message: &'static str,
    data: T,
}

impl<T: Serialize> Success<T> {
    /// 200.
    pub fn ok(message: &'static str, data: T) -> Self {
        Self {
            status: StatusCode::OK,
            success: true,
            message,
            data,
        }
    }

    /// 201.
    pub fn created(message: &'static str, data: T) -> Self {
        Self {
            status: StatusCode::CREATED,
            success: true,
            message,
            data,
        }
    }

    /// 202.
    pub fn accepted(message: &'static str, data: T) -> Self {
        Self {
            status: StatusCode::ACCEPTED,
            success: true,
            message,
            data,
        }
    }
}

impl<T: Serialize> IntoResponse for Success<T> {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

/// Where a list stands in the whole.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(example = json!(
    { "page": 1, "limit": 20, "total": 1, "pages": 1 }
))]
pub struct Pagination {
    page: u32,
    limit: u32,
    total: u64,
    pages: u64,
}

impl Pagination {
    /// Of `total` things, this page with at most `limit` of them.
    pub fn new(page: u32, limit: u32, total: u64) -> Self {
        Self {
            page,
            limit,
            total,
            pages: total.div_ceil(u64::from(limit.max(1))),
        }
    }
}

/// Gives each request an id, writes the error envelope, and logs one line.
pub async fn answer_errors(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let request_id = accepted_request_id(&request).unwrap_or_else(fresh_request_id);
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "(none)".to_owned(), |path| path.as_str().to_owned());

    let span = traces::of_request(&request, &route, &request_id);
    let mut response = next.run(request).instrument(span.clone()).await;
    let failure = match response.extensions_mut().remove::<ApiError>() {
        Some(error) => Some(error),
        None => failure_of_the_framework(&response),
    };
    let taken = started.elapsed();
    let milliseconds = taken.as_secs_f64() * 1e3;
    match &failure {
        Some(ApiError::Internal(source)) => {
            tracing::error!(%request_id, %method, %route, status = 500, milliseconds, error = format!("{source:#}"), "request failed");
        }
        Some(error) => {
            let answer = error.answer();
            tracing::info!(%request_id, %method, %route, status = answer.status.as_u16(), milliseconds, code = answer.code, "request refused");
        }
        None => {
            tracing::info!(%request_id, %method, %route, status = response.status().as_u16(), milliseconds, "request");
        }
    }
    let answer = failure.as_ref().map(ApiError::answer);
    let status = answer
        .as_ref()
        .map_or(response.status(), |answer| answer.status);
    traces::note_answer(&span, status, answer.map(|answer| answer.code));
    count_request(&method, route, taken, &response, failure.as_ref());
    if let Some(error) = failure {
        // The body is another; what layers said about the request still holds.
        let mut kept = std::mem::take(response.headers_mut());
        kept.remove(CONTENT_TYPE);
        kept.remove(CONTENT_LENGTH);
        response = error_response(&error, &request_id);
        for (name, value) in response.headers() {
            kept.insert(name, value.clone());
        }
        *response.headers_mut() = kept;
    }
    if let Ok(value) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert(REQUEST_ID.clone(), value);
    }
    response
}

fn count_request(
    method: &Method,
    route: String,
    taken: Duration,
    response: &Response,
    failure: Option<&ApiError>,
) {
    let status = failure.map_or(response.status(), |error| error.answer().status);
    if let Some(error) = failure {
        count_failure(method, &route, error);
    }
    // Methods may be invented, and every label is kept.
    let method = match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    let status = status.as_str().to_owned();
    histogram!(telemetry::REQUEST_SECONDS, "method" => method, "route" => route, "status" => status)
        .record(taken);
}

fn count_failure(method: &Method, route: &str, error: &ApiError) {
    let kind = match front::class_of(method, route) {
        Some(RouteClass::Generate) => "single",
        Some(RouteClass::Batch) => "batch",
        Some(RouteClass::Download) => "print",
        Some(RouteClass::Validate | RouteClass::Read) | None => return,
    };
    let code = error.answer().code;
    counter!(telemetry::TICKET_ERRORS, "type" => kind, "error_code" => code).increment(1);
}

/// axum answers some failures by itself, as bare statuses; they get the envelope as well.
fn failure_of_the_framework(response: &Response) -> Option<ApiError> {
    match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => Some(ApiError::MethodNotAllowed),
        StatusCode::NOT_FOUND if response.headers().get("content-type").is_none() => {
            Some(ApiError::NotFound(Missing::Route))
        }
        _ => None,
    }
}

fn error_response(error: &ApiError, request_id: &str) -> Response {
    let answer = error.answer();
    let details: Vec<Value> = answer
        .details
        .iter()
        .map(|FieldProblem { field, message }| json!({ "field": field, "message": message }))
        .collect();
    let mut body = json!({
        "success": false,
        "error": {
            "code": answer.code,
            "message": answer.message,
            "details": details,
            "requestId": request_id,
        },
    });
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.extend(answer.further);
    }
    let mut response = (answer.status, Json(body)).into_response();
    if let Some(wait) = answer.retry_after {
        response
            .headers_mut()
            .insert(RETRY_AFTER, HeaderValue::from(whole_seconds(wait)));
    }
    response
}

/// Rounded up, and never "at once": whoever waits as long as this is not told to wait again.
fn whole_seconds(wait: Duration) -> u64 {
    let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    seconds.max(1)
}

/// A caller may bring its own id, if it is short and plain, so that two logs can be joined.
fn accepted_request_id(request: &Request) -> Option<String> {
    let given = request.headers().get(&REQUEST_ID)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&given.len()).then_some(())?;
    given.bytes().all(plain).then(|| given.to_owned())
}

fn fresh_request_id() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
