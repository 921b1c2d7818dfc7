//! `Idempotency-Key`: a request that is sent twice acts once and is answered alike.
//!
//! The layer [`act_once`] claims the key before the handler runs. The handler acts under the claim
//! (see [`crate::storage::Claim`]); where the key was used for the same request before, it gets what
//! was done ([`Recalled`]) in the place of acting, and renders the answer again: none is stored.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use ticket_token::{EventNumber, Serial};
use uuid::Uuid;

use super::authorize::{Authenticated, Caller};
use super::error::ApiError;
use super::extract::MAX_JSON_BYTES;
use super::jobs;
use super::openapi::takes;
use super::services::{Services, Shared};
use super::templates::max_upload_bytes;
use crate::access::Principal;
use crate::storage::{Claim, ClaimRequest, Claimed, Digest, Done, TicketKey};

static KEY: HeaderName = HeaderName::from_static("idempotency-key");
static REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// Longest key in bytes.
const MAX_KEY_BYTES: usize = 255;
/// How long a key is remembered.
const KEPT: SignedDuration = SignedDuration::from_hours(24);
/// After a host was killed, its keys wait for so long. A request may well take longer: if another
/// took its key over meanwhile, it commits nothing.
const LEASE: SignedDuration = SignedDuration::from_secs(30);

/// The caller's own key, for what has to be the same each time and is kept nowhere.
#[derive(Clone)]
pub struct CallersKey(pub Arc<str>);

/// What the request did when it came first; none if it is to act now.
pub struct Recalled(pub Option<Done>);

impl<S: Send + Sync> FromRequestParts<S> for Recalled {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<Done>().cloned()))
    }
}

/// The caller's key, if it sent one.
pub struct OptionalKey(pub Option<CallersKey>);

impl<S: Send + Sync> FromRequestParts<S> for OptionalKey {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<CallersKey>().cloned()))
    }
}

/// The layer around all routes.
pub async fn act_once(State(services): State<Shared>, request: Request, next: Next) -> Response {
    let mutates = matches!(
        *request.method(),
        Method::POST | Method::PUT | Method::PATCH | Method::DELETE
    );
    let has_key = request.headers().contains_key(&KEY);
    if !mutates || !has_key || !is_taken(&request) {
        return next.run(request).await;
    }
    if jobs::is_streamed_batch(request.headers(), request.uri()) {
        return match with_key(request) {
            Ok(request) => next.run(request).await,
            Err(error) => error.into_response(),
        };
    }
    match claimed(&services, request).await {
        Ok(Turn::Act(request, guard)) => {
            let response = next.run(*request).await;
            guard.release().await;
            response
        }
        Ok(Turn::Recall(request)) => {
            let mut response = next.run(*request).await;
            let replayed = HeaderValue::from_static("true");
            response.headers_mut().insert(REPLAYED.clone(), replayed);
            response
        }
        Err(error) => error.into_response(),
    }
}

/// Whether the route takes the method: a key is not used up, or missed, by what is no request of ours.
fn is_taken(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>();
    path.is_some_and(|path| takes(request.method(), path.as_str()))
}

/// A stream is hashed as it is read: its handler claims the key when it has come to its end.
fn with_key(request: Request) -> Result<Request, ApiError> {
    let (mut parts, body) = request.into_parts();
    let key = callers_key(&parts)?;
    parts.extensions.insert(CallersKey(key));
    Ok(Request::from_parts(parts, body))
}

/// The digest of a request whose body comes as a stream.
pub struct StreamDigest {
    key: CallersKey,
    hash: Sha256,
}

/// What the claim of a streamed request came to.
pub enum StreamClaim {
    /// Act under this claim.
    Act(Claim),
    /// It was done already.
    Done(Done),
}

impl StreamDigest {
    /// Of a request whose body comes next.
    pub fn begin(key: CallersKey, parts: &Parts) -> Self {
        let mut hash = Sha256::new();
        let target = parts.uri.path_and_query();
        for field in [
            key.0.as_bytes(),
            b"streamed",
            parts.method.as_str().as_bytes(),
            target.map_or("", |target| target.as_str()).as_bytes(),
        ] {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        Self { key, hash }
    }

    /// Takes the next bytes of the body.
    pub fn see(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    /// Claims the key, when all of the body was seen.
    ///
    /// # Errors
    /// The key belongs to another request, or one is under way; or when storage fails.
    pub async fn claim(
        self,
        services: &Services,
        principal: &Principal,
    ) -> Result<StreamClaim, ApiError> {
        let now = services.clock.now();
        let wanted = claim_request(&self.key.0, Digest(self.hash.finalize().into()), now);
        match services
            .storage
            .claim_request(principal.organizer, wanted)
            .await?
        {
            Claimed::Begun(claim) => Ok(StreamClaim::Act(claim)),
            Claimed::Done(acts) => first_of(acts).map(StreamClaim::Done),
            Claimed::Running { until } => Err(still_running(until, now)),
            Claimed::OtherRequest => Err(ApiError::KeyOfOtherRequest),
        }
    }
}

fn claim_request(key: &str, request: Digest, now: Timestamp) -> ClaimRequest {
    ClaimRequest {
        key: Digest::of(key.as_bytes()),
        request,
        at: now,
        leased_until: now.saturating_add(LEASE).unwrap_or(now),
        kept_until: now.saturating_add(KEPT).unwrap_or(now),
    }
}

fn first_of(acts: Vec<Done>) -> Result<Done, ApiError> {
    acts.into_iter().next().ok_or_else(|| {
        anyhow::anyhow!("an idempotency key is done, and nothing was done under it").into()
    })
}

fn still_running(until: Timestamp, now: Timestamp) -> ApiError {
    let left = until.duration_since(now).as_secs().max(1).unsigned_abs();
    ApiError::StillRunning {
        retry_after: Duration::from_secs(left),
    }
}

enum Turn {
    Act(Box<Request>, Guard),
    Recall(Box<Request>),
}

async fn claimed(services: &Shared, request: Request) -> Result<Turn, ApiError> {
    let (mut parts, body) = request.into_parts();
    let key = callers_key(&parts)?;
    let Caller(mut principal) = Caller::from_request_parts(&mut parts, services).await?;
    let max_bytes = match parts.uri.path() {
        "/api/templates" => max_upload_bytes(&services.library),
        path if jobs::ROUTES_OF_BATCHES.contains(&path) => jobs::MAX_BATCH_BYTES,
        _ => MAX_JSON_BYTES,
    };
    let bytes = to_bytes(body, max_bytes)
        .await
        .map_err(|_| ApiError::TooLarge { max_bytes })?;
    let now = services.clock.now();
    let wanted = claim_request(&key, request_digest(&key, &parts, &bytes), now);
    let claimed = services
        .storage
        .claim_request(principal.organizer, wanted)
        .await?;
    parts.extensions.insert(CallersKey(key));
    let again = |mut parts: Parts, principal| {
        parts.extensions.insert(Authenticated(principal));
        Box::new(Request::from_parts(parts, Body::from(bytes)))
    };
    match claimed {
        Claimed::Begun(claim) => {
            principal.claim = Some(claim);
            let guard = Guard {
                services: Arc::clone(services),
                claim: Some(claim),
            };
            Ok(Turn::Act(again(parts, principal), guard))
        }
        Claimed::Done(acts) => {
            parts.extensions.insert(first_of(acts)?);
            Ok(Turn::Recall(again(parts, principal)))
        }
        Claimed::Running { until } => Err(still_running(until, now)),
        Claimed::OtherRequest => Err(ApiError::KeyOfOtherRequest),
    }
}

fn callers_key(parts: &Parts) -> Result<Arc<str>, ApiError> {
    let mut values = parts.headers.get_all(&KEY).iter();
    let text = values.next().and_then(|value| value.to_str().ok());
    match (text.map(str::trim), values.next()) {
        (Some(text), None)
            if (1..=MAX_KEY_BYTES).contains(&text.len())
                && text.bytes().all(|byte| (0x20..=0x7E).contains(&byte)) =>
        {
            Ok(Arc::from(text))
        }
        _ => Err(ApiError::field(
            "Idempotency-Key",
            format!("must be 1 to {MAX_KEY_BYTES} printable ASCII characters, given once"),
        )),
    }
}

/// Method, path, query and body, and before them the key, which is kept nowhere: a body may say who somebody
/// is, and who finds the digest shall not be able to try names. Each part has its length before it, so that none can pass for
/// another. Clients draw a new boundary for the same parts of a form each time, so it is left out.
fn request_digest(key: &str, parts: &Parts, body: &[u8]) -> Digest {
    let mut hash = Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    field(key.as_bytes());
    field(parts.method.as_str().as_bytes());
    let target = parts.uri.path_and_query();
    field(target.map_or("", |target| target.as_str()).as_bytes());
    let content_type = parts.headers.get(CONTENT_TYPE);
    let content_type = content_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let (media_type, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    field(media_type.trim().as_bytes());
    let boundary = parameters
        .split_once("boundary=")
        .map(|(_, boundary)| boundary.trim_matches('"').as_bytes())
        .filter(|boundary| !boundary.is_empty());
    match boundary {
        Some(boundary) => {
            let mut rest = body;
            while let Some(at) = rest
                .windows(boundary.len())
                .position(|window| window == boundary)
            {
                let (before, behind) = rest.split_at(at);
                field(before);
                rest = behind.split_at(boundary.len()).1;
            }
            field(rest);
        }
        None => field(body),
    }
    Digest(hash.finalize().into())
}

/// Gives the claim back when the request is over, also when its client went away in between. If the
/// act is still on its way to the database, it finds the claim gone and is not done.
struct Guard {
    services: Arc<Services>,
    claim: Option<Claim>,
}

impl Guard {
    async fn release(mut self) {
        if let Some(claim) = self.claim.take() {
            release(&self.services, claim).await;
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Some(claim) = self.claim.take() {
            let services = Arc::clone(&self.services);
            tokio::spawn(async move { release(&services, claim).await });
        }
    }
}

/// What was done under the claim stays.
async fn release(services: &Services, claim: Claim) {
    if let Err(error) = services.storage.release_request(claim).await {
        tracing::warn!(%error, "an idempotency key was not given back; its lease will end");
    }
}

/// The number behind a figure of an act.
///
/// # Errors
/// When the row makes no sense.
pub fn figure(done: &Done, name: &str) -> Result<u32, ApiError> {
    let number = done.details.get(name).and_then(serde_json::Value::as_u64);
    number
        .and_then(|number| u32::try_from(number).ok())
        .ok_or_else(|| no_sense(done))
}

/// The ticket of an act, `ticket 7/12`.
///
/// # Errors
/// When the row makes no sense.
pub fn ticket_of(done: &Done) -> Result<TicketKey, ApiError> {
    let key = || {
        let (event, serial) = done.subject.strip_prefix("ticket ")?.split_once('/')?;
        Some(TicketKey {
            event: EventNumber(event.parse().ok()?),
            serial: Serial(serial.parse().ok()?),
        })
    };
    key().ok_or_else(|| no_sense(done))
}

/// The job of an act, `job 6f1c2b1e-…`.
///
/// # Errors
/// When the row makes no sense.
pub fn job_of(done: &Done) -> Result<Uuid, ApiError> {
    let uuid = done.subject.strip_prefix("job ");
    uuid.and_then(|uuid| Uuid::try_parse(uuid).ok())
        .ok_or_else(|| no_sense(done))
}

/// The event of an act, `event 7`.
///
/// # Errors
/// When the row makes no sense.
pub fn event_of(done: &Done) -> Result<EventNumber, ApiError> {
    let number = done.subject.strip_prefix("event ");
    number
        .and_then(|number| number.parse().ok())
        .map(EventNumber)
        .ok_or_else(|| no_sense(done))
}

/// The tickets that were issued.
///
/// # Errors
/// When the row makes no sense.
pub fn tickets_of(done: &Done) -> Result<Vec<TicketKey>, ApiError> {
    let places: Option<Vec<(u32, u32)>> = done
        .details
        .get("tickets")
        .and_then(|places| serde_json::from_value(places.clone()).ok());
    let key = |(event, serial)| TicketKey {
        event: EventNumber(event),
        serial: Serial(serial),
    };
    places
        .map(|places| places.into_iter().map(key).collect())
        .ok_or_else(|| no_sense(done))
}

/// The row of a key names what this route never does.
pub fn no_sense(done: &Done) -> ApiError {
    anyhow::anyhow!(
        "an idempotency key was used for {} of {}, which makes no sense here",
        done.act.code(),
        done.subject
    )
    .into()
}
