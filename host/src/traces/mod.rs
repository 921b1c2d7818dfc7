//! Where the time of requests and jobs goes: spans for a collector of traces.
//!
//! Rooms open spans where work is done, through `traced!`; unless a collector is configured, these do nothing. A
//! span names routes, templates and jobs, and never says what is in a ticket or who asked.

mod export;

use axum::extract::Request;
use axum::http::StatusCode;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

pub use export::{Exporter, StartError};

/// What marks spans of ours: they are for the collector, not for the log.
pub const TARGET: &str = "guichet::traces";

/// Opens a span: a name, and fields with what it was done to.
macro_rules! traced {
    ($name:literal $(, $($field:tt)*)?) => {
        tracing::info_span!(target: $crate::traces::TARGET, $name $(, $($field)*)?)
    };
}
pub(crate) use traced;

/// The span of a request, below that of the caller if a `traceparent` names one (W3C Trace Context).
pub fn of_request(request: &Request, route: &str, request_id: &str) -> Span {
    // Who looks whether the host lives looks every few seconds.
    if route.starts_with("/health") {
        return Span::none();
    }
    let method = request.method().as_str();
    let span = traced!(
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
        error.type = Empty,
        request_id,
    );
    if !span.is_disabled() {
        let caller = TraceContextPropagator::new().extract(&HeaderExtractor(request.headers()));
        // Fails where the span is not for the collector.
        let _ = span.set_parent(caller);
    }
    span
}

/// Notes what a request came to; `code` is that of an error.
pub fn note_answer(span: &Span, status: StatusCode, code: Option<&str>) {
    span.record("http.response.status_code", status.as_u16());
    if let Some(code) = code {
        span.record("error.type", code);
    }
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}
