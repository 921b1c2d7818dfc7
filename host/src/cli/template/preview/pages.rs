//! What the browser asks for.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use super::session::{Asked, Session};
use crate::cli::answer::Refusal;
use crate::issue::Format;

const PAGE: &str = include_str!("page.html");
const SCRIPT: &str = include_str!("page.js");
const STYLE: &str = include_str!("page.css");
/// The page asks again then.
const LONGEST_WAIT: Duration = Duration::from_secs(25);
/// Pages that show a template's work must not be able to do anything else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
                      connect-src 'self'; frame-src 'self' blob:; object-src 'self' blob:";

pub(super) fn router(session: Arc<Session>) -> Router {
    Router::new()
        .route(
            "/",
            get(|| async { text("text/html; charset=utf-8", PAGE) }),
        )
        .route(
            "/page.js",
            get(|| async { text("text/javascript", SCRIPT) }),
        )
        .route("/page.css", get(|| async { text("text/css", STYLE) }))
        .route("/state", get(state))
        .route("/page", get(page))
        .layer(middleware::from_fn(only_from_here))
        .with_state(session)
}

/// A page of elsewhere whose name was pointed at this machine says that name.
async fn only_from_here(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let name = host.map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    match name {
        Some("127.0.0.1" | "localhost") => next.run(request).await,
        _ => StatusCode::FORBIDDEN.into_response(),
    }
}

fn text(media_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

#[derive(Deserialize)]
struct After {
    #[serde(default)]
    after: u64,
}

async fn state(State(session): State<Arc<Session>>, Query(query): Query<After>) -> Response {
    let state = session.state_after(query.after, LONGEST_WAIT).await;
    ([(CACHE_CONTROL, "no-store")], Json(state)).into_response()
}

#[derive(Deserialize)]
struct PageQuery {
    trial: usize,
    #[serde(default)]
    size: usize,
    format: String,
    page: Option<u32>,
    dpi: Option<u32>,
}

async fn page(State(session): State<Arc<Session>>, Query(query): Query<PageQuery>) -> Response {
    let format = match Format::parse(&query.format, query.page, query.dpi) {
        Ok(format) => format,
        Err(error) => return refused(&Refusal::new("FORMAT", error.to_string())),
    };
    let asked = Asked {
        trial: query.trial,
        size: query.size,
        format,
    };
    let made = tokio::task::spawn_blocking(move || session.page(&asked)).await;
    match made {
        Ok(Ok(artifact)) => {
            let headers = [
                (CONTENT_TYPE, format.media_type()),
                (CACHE_CONTROL, "no-store"),
            ];
            (headers, artifact.bytes).into_response()
        }
        Ok(Err(refusal)) => refused(&refusal),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let details: Vec<_> = refusal
        .details
        .iter()
        .map(|(field, message)| json!({ "field": field, "message": message }))
        .collect();
    let body = json!({ "code": refusal.code, "message": refusal.message, "details": details });
    (StatusCode::UNPROCESSABLE_ENTITY, Json(body)).into_response()
}
