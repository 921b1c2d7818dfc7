//! The description of this API, made from the code: `GET /openapi.json`, and `GET /docs` for people.
//!
//! Each handler says what it is, takes and answers (`#[utoipa::path]`), each JSON type its members.
//! What holds for many routes, such as errors, headers and the parts of paths, is added here.

mod complete;
mod errors;
mod examples;
mod page;
mod parts;
mod postman;
mod simplify;
mod story;
mod words;

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::error::ApiError;
use super::router;
use super::services::Shared;
use super::tickets::{is_known, not_modified};

pub use postman::collection;
pub use words::*;

/// The description, as it is served.
pub struct Document {
    /// OpenAPI 3.1.
    pub json: Value,
    /// Method and path of each route, such as `GET /health`.
    pub routes: Vec<String>,
    text: Bytes,
    etag: String,
}

/// The description of this version of the program.
pub fn document() -> &'static Document {
    // It depends on nothing but the code.
    static DOCUMENT: LazyLock<Document> = LazyLock::new(Document::of_the_code);
    &DOCUMENT
}

/// Whether there is a route of this path that takes this method.
pub fn takes(method: &Method, path: &str) -> bool {
    let routes = document().routes.iter();
    routes
        .filter_map(|route| route.split_once(' '))
        .any(|(own, of)| own == method.as_str() && of == path)
}

impl Document {
    fn of_the_code() -> Self {
        // The bound of an upload is the operator's, and not described.
        let described = router::routes(0).into_openapi();
        let json = complete::completed(&described);
        let text = json.to_string();
        Self {
            routes: complete::routes(&json),
            etag: etag_of(text.as_bytes()),
            text: Bytes::from(text),
            json,
        }
    }
}

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(read_openapi))
        .routes(routes!(page::read_docs))
}

/// This description, as OpenAPI 3.1.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "Service",
    security(()),
    responses((
        status = 200,
        description = "the description",
        body = inline(OpenApiWord),
        headers(("ETag" = String)),
    )),
)]
pub async fn read_openapi(headers: HeaderMap) -> Result<Response, ApiError> {
    let Document { text, etag, .. } = document();
    cacheable(text.clone(), "application/json", etag, &headers)
}

/// Something that depends on the version of the program alone.
fn cacheable(
    body: Bytes,
    media_type: &'static str,
    etag: &str,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    if is_known(headers, etag) {
        return not_modified(etag);
    }
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CACHE_CONTROL, HeaderValue::from_static("public, no-cache")),
        (
            ETAG,
            HeaderValue::from_str(etag).map_err(anyhow::Error::from)?,
        ),
    ];
    Ok((headers, body).into_response())
}

fn etag_of(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hex: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{hex}\"")
}
