//! `GET /docs`: the description for people. One page without anything from elsewhere, so it works
//! where the host is not on the internet, and a strict Content-Security-Policy holds.

use std::sync::LazyLock;

use axum::body::Bytes;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::{cacheable, etag_of};
use crate::http::error::ApiError;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
const PAGE: &str = include_str!("page.html");

struct Page {
    text: Bytes,
    etag: String,
    policy: String,
}

/// The page, which reads `/openapi.json` and can try requests with a token that is pasted into it.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "Service",
    security(()),
    responses((
        status = 200,
        description = "the page",
        body = String,
        content_type = "text/html",
        headers(("ETag" = String)),
    )),
)]
pub async fn read_docs(headers: HeaderMap) -> Result<Response, ApiError> {
    static PAGE: LazyLock<Page> = LazyLock::new(Page::of_the_code);
    let Page { text, etag, policy } = &*PAGE;
    let mut answer = cacheable(text.clone(), "text/html; charset=utf-8", etag, &headers)?;
    let policy = HeaderValue::from_str(policy).map_err(anyhow::Error::from)?;
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}

impl Page {
    fn of_the_code() -> Self {
        let text = PAGE.replace("{style}", STYLE).replace("{script}", SCRIPT);
        let source = |code: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(code)));
        // Just this style and this script, requests to this host, and pictures among its answers.
        let policy = format!(
            "default-src 'none'; style-src {}; script-src {}; connect-src 'self'; img-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            source(STYLE),
            source(SCRIPT),
        );
        Self {
            etag: etag_of(text.as_bytes()),
            text: Bytes::from(text),
            policy,
        }
    }
}
