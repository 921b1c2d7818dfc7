//! `GET /metrics`, on a port of its own: whoever may read it sees all organizers' figures.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

use crate::telemetry::Telemetry;

/// The routes of that port.
pub fn metrics_router(telemetry: Telemetry) -> Router {
    Router::new().route(
        "/metrics",
        get(async move || {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            ([(CONTENT_TYPE, kind)], telemetry.text())
        }),
    )
}
