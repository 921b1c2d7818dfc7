//! `GET /api/verifier/events/{eventId}/bundle` and `…/status`.

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::access::Permission;
use crate::events::{BundleParts, Voucher, details_of, make_bundle, make_status_list};
use crate::http::authorize::Caller;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::PathOf;
use crate::http::services::{Services, Shared};
use crate::issue::EventReference;
use crate::storage::{Event, OrganizerId};

/// The bundle of an event, signed now.
pub async fn read_bundle(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let principal = caller.may(Permission::VerifierRead)?;
    let event = found_event(&services, principal.organizer, &id).await?;
    let bytes = bundle_bytes(&services, &event, services.clock.now()).await?;
    answer(bytes, "application/cose", &headers)
}

/// The status list of an event, signed now.
pub async fn read_status_list(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let principal = caller.may(Permission::VerifierRead)?;
    let event = found_event(&services, principal.organizer, &id).await?;
    let bytes = status_bytes(&services, &event, services.clock.now()).await?;
    answer(bytes, "application/statuslist+cwt", &headers)
}

/// The event that a path or body names.
///
/// # Errors
/// [`ApiError::NotFound`], also for another organizer's.
pub async fn found_event(
    services: &Services,
    organizer: OrganizerId,
    id: &str,
) -> Result<Event, ApiError> {
    let missing = ApiError::NotFound(Missing::Event);
    let Ok(reference) = EventReference::parse(id) else {
        return Err(missing);
    };
    services
        .issuer
        .find_event(organizer, Some(&reference))
        .await?
        .ok_or(missing)
}

/// Where an event's status list is found.
pub fn status_list_address(services: &Services, event: &Event) -> String {
    format!(
        "{}/api/verifier/events/{}/status",
        services.public_url,
        event.id.as_str()
    )
}

/// A bundle of what is known now.
///
/// Its sequence grows with the time of making, so that any later bundle replaces it, on every
/// replica, without a row of its own. Making is granular to the minute: within one, the bytes are
/// the same and a scanner's conditional request is answered without a body.
///
/// # Errors
/// When storage or keys fail.
pub async fn bundle_bytes(
    services: &Services,
    event: &Event,
    now: Timestamp,
) -> Result<Vec<u8>, ApiError> {
    let keys = services.keys.of(event.organizer, now).await?;
    let details = details_of(&event.current.data, &event.number.0.to_string())?;
    let types = services
        .storage
        .ticket_types(event.organizer, event.number)
        .await?;
    let made_at = whole_minute(now);
    let parts = BundleParts {
        event,
        details: &details,
        types: &types,
        keys: keys.listed.clone(),
        status_address: status_list_address(services, event),
        number_key: keys.data_key.ticket_number_key(event.number),
        sequence: sequence_at(now, u64::from(event.current.revision)),
        now: made_at,
    };
    let voucher = Voucher {
        delegation: &keys.delegation.bytes,
        bundle_key: &keys.bundle,
    };
    Ok(make_bundle(parts, &voucher).map_err(anyhow::Error::from)?)
}

/// A status list of what is known now.
///
/// # Errors
/// When storage or keys fail.
pub async fn status_bytes(
    services: &Services,
    event: &Event,
    now: Timestamp,
) -> Result<Vec<u8>, ApiError> {
    let keys = services.keys.of(event.organizer, now).await?;
    let list = services
        .storage
        .status_list(event.organizer, event.number)
        .await?
        .ok_or(ApiError::NotFound(Missing::Event))?;
    let address = status_list_address(services, event);
    // Foreign readers insist on such an address; each event of ours has its own list there.
    let lists = format!("{}/api/events", services.public_url);
    let voucher = Voucher {
        delegation: &keys.delegation.bytes,
        bundle_key: &keys.bundle,
    };
    Ok(make_status_list(
        event,
        &list,
        (&address, &lists),
        whole_minute(now),
        &voucher,
    )
    .map_err(anyhow::Error::from)?)
}

fn whole_minute(now: Timestamp) -> Timestamp {
    let second = now.as_second();
    Timestamp::from_second(second - second.rem_euclid(60)).unwrap_or(now)
}

/// Larger for anything made later, or of a later revision in the same second.
fn sequence_at(now: Timestamp, revision: u64) -> u64 {
    (u64::try_from(now.as_second()).unwrap_or(0) / 60) << 24 | revision.min(0xFF_FFFF)
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
