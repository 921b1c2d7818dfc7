//! `GET /api/verifier/events/{eventId}/bundle` and `…/status`.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest as _, Sha256};

use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::error::ApiError;
use crate::http::events::known_event;
use crate::http::extract::PathOf;
use crate::http::openapi::Binary;
use crate::http::services::Shared;

/// The bundle of an event, signed now.
#[utoipa::path(
    get,
    path = "/api/verifier/events/{eventId}/bundle",
    tag = "Verifier",
    security(("bearer" = ["verifier.read"])),
    responses((
        status = 200,
        description = "the bundle, a COSE_Sign1",
        content((inline(Binary) = "application/cose")),
        headers(("ETag" = String)),
    )),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND", "NO_DELEGATION", "ROOT_KEY_ELSEWHERE", "BAD_DELEGATION"]))),
)]
pub async fn read_bundle(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let principal = caller.may(Permission::VerifierRead)?;
    let event = known_event(&services, principal.organizer, &id).await?;
    let bytes = services.gates.bundle(&event, services.clock.now()).await?;
    answer(bytes, "application/cose", &headers)
}

/// The status list of an event, signed now.
#[utoipa::path(
    get,
    path = "/api/verifier/events/{eventId}/status",
    tag = "Verifier",
    security(("bearer" = ["verifier.read"])),
    responses((
        status = 200,
        description = "the status list, a CWT",
        content((inline(Binary) = "application/statuslist+cwt")),
        headers(("ETag" = String)),
    )),
    extensions(("x-errors" = json!(["EVENT_NOT_FOUND", "NO_DELEGATION", "ROOT_KEY_ELSEWHERE", "BAD_DELEGATION"]))),
)]
pub async fn read_status_list(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let principal = caller.may(Permission::VerifierRead)?;
    let event = known_event(&services, principal.organizer, &id).await?;
    let bytes = services
        .gates
        .status_list(&event, services.clock.now())
        .await?;
    answer(bytes, "application/statuslist+cwt", &headers)
}

fn answer(
    bytes: Vec<u8>,
    media_type: &'static str,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let digest = Sha256::digest(&bytes);
    let hex: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = HeaderValue::from_str(&format!("\"{hex}\"")).map_err(anyhow::Error::from)?;
    if headers.get(IF_NONE_MATCH) == Some(&tag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response());
    }
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-cache")),
        (ETAG, tag),
    ];
    Ok((headers, bytes).into_response())
}
