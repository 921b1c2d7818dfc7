//! Headers that tell browsers to be careful with every answer.

use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use super::Client;

/// Answers are data: a page made of one may load and run nothing, and stand in no other page.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";
/// A drawing opened by itself needs its own styles, pictures and fonts, and still runs nothing.
const DRAWING: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'; sandbox";
/// A year, as browsers' lists ask for. Other hosts of the domain are not spoken for.
const ONE_YEAR: &str = "max-age=31536000";

/// Adds what the handler did not say itself.
pub async fn add_security_headers(request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Client>().copied();
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let drawing = headers
        .get(CONTENT_TYPE)
        .is_some_and(|media_type| media_type.as_bytes().starts_with(b"image/svg"));
    let policy = if drawing { DRAWING } else { NOTHING };
    let mut add = |name: HeaderName, value: &'static str| {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    };
    add(CONTENT_SECURITY_POLICY, policy);
    add(X_CONTENT_TYPE_OPTIONS, "nosniff");
    add(X_FRAME_OPTIONS, "DENY");
    add(REFERRER_POLICY, "no-referrer");
    if client.is_some_and(|client| client.secure) {
        add(STRICT_TRANSPORT_SECURITY, ONE_YEAR);
    }
    // Answers hold names and tokens; only a handler that gives a tag has thought about caches.
    if !headers.contains_key(ETAG) {
        headers
            .entry(CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
    response
}
