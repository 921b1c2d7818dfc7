//! `POST /api/keys`, `/api/keys/rotate` and `/api/keys/{key}/revoke`.

use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::key_json::KeyJson;
use crate::access::{Permission, Principal};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::{JsonBody, PathOf};
use crate::http::idempotency::Recalled;
use crate::http::openapi::PurposeWord;
use crate::http::services::{Services, Shared};
use crate::keys::system_randomness;
use crate::storage::{Done, KeyPurpose, KeyState, SigningKeyRow};

/// Which key.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!(
    { "purpose": "ticket" }
))]
pub struct PurposeBody {
    /// `ticket` (if not given) or `bundle`.
    #[schema(value_type = Option<PurposeWord>, inline)]
    pub purpose: Option<String>,
}

impl PurposeBody {
    fn checked(&self) -> Result<KeyPurpose, ApiError> {
        match self.purpose.as_deref() {
            None | Some("ticket") => Ok(KeyPurpose::Ticket),
            Some("bundle") => Ok(KeyPurpose::Bundle),
            Some(_) => Err(ApiError::field("purpose", "must be ticket or bundle")),
        }
    }
}

/// Makes the key that shall be next, so that scanners learn it from bundles ahead of its use.
#[utoipa::path(
    post,
    path = "/api/keys",
    tag = "Keys",
    security(("bearer" = ["keys.write"])),
    request_body = PurposeBody,
    responses((status = 201, description = "the key was made", body = Success<KeyJson>)),
    extensions(("x-errors" = json!(["KEY_EXISTS", "key change"]))),
)]
pub async fn create_key(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<PurposeBody>,
) -> Result<Success<KeyJson>, ApiError> {
    let principal = caller.may(Permission::KeysWrite)?;
    let purpose = body.checked()?;
    let message = "the key was made";
    if let Some(done) = done {
        let key = recalled(&services, &principal, &done).await?;
        return Ok(Success::created(message, key));
    }
    let by = principal.by(services.clock.now());
    let made = services
        .keys
        .create_next(principal.organizer, purpose, &mut system_randomness(), by)
        .await?;
    Ok(Success::created(message, KeyJson::of(&made)))
}

/// Puts the next key in use, making it first if there is none. Tickets already sold stay valid.
#[utoipa::path(
    post,
    path = "/api/keys/rotate",
    tag = "Keys",
    security(("bearer" = ["keys.write"])),
    request_body = PurposeBody,
    responses((status = 200, description = "the next key is in use", body = Success<KeyJson>)),
    extensions(("x-errors" = json!(["key change"]))),
)]
pub async fn rotate_key(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<PurposeBody>,
) -> Result<Success<KeyJson>, ApiError> {
    let principal = caller.may(Permission::KeysWrite)?;
    let purpose = body.checked()?;
    let message = "the next key is in use";
    if let Some(done) = done {
        let key = recalled(&services, &principal, &done).await?;
        return Ok(Success::ok(message, key));
    }
    let by = principal.by(services.clock.now());
    let active = services
        .keys
        .put_next_in_use(principal.organizer, purpose, &mut system_randomness(), by)
        .await?;
    Ok(Success::ok(message, KeyJson::of(&active)))
}

/// Revokes a key for good: nothing that it signed holds any longer. If it is the active one, a
/// successor is put in use first, so that selling goes on.
#[utoipa::path(
    post,
    path = "/api/keys/{key}/revoke",
    tag = "Keys",
    security(("bearer" = ["keys.write"])),
    responses((status = 200, description = "the key is revoked; what it signed does not hold any longer", body = Success<KeyJson>)),
    extensions(("x-errors" = json!(["KEY_NOT_FOUND", "ROOT_KEY", "AMBIGUOUS_KEY", "STATE_CONFLICT", "key change"]))),
)]
pub async fn revoke_key(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(name): PathOf<String>,
    Recalled(done): Recalled,
) -> Result<Success<KeyJson>, ApiError> {
    let principal = caller.may(Permission::KeysWrite)?;
    let message = "the key is revoked; what it signed does not hold any longer";
    if let Some(done) = done {
        let key = recalled(&services, &principal, &done).await?;
        return Ok(Success::ok(message, key));
    }
    let rows = services.storage.signing_keys(principal.organizer).await?;
    let found = named(&rows, &name)?;
    if found.purpose == KeyPurpose::Root {
        return Err(ApiError::Conflict {
            code: "ROOT_KEY",
            message: "a root key is not revoked here: every scanner is paired with it".to_owned(),
        });
    }
    let by = principal.by(services.clock.now());
    if found.state == KeyState::Active {
        services
            .keys
            .put_next_in_use(
                principal.organizer,
                found.purpose,
                &mut system_randomness(),
                by.aside(),
            )
            .await?;
    }
    let revoked = services
        .keys
        .revoke(principal.organizer, found.id, by)
        .await?
        .ok_or(ApiError::NotFound(Missing::Key))?;
    Ok(Success::ok(message, KeyJson::of(&revoked)))
}

/// As POST `…/revoke`.
#[utoipa::path(
    delete,
    path = "/api/keys/{key}",
    tag = "Keys",
    security(("bearer" = ["keys.write"])),
    responses((status = 200, description = "the key is revoked; what it signed does not hold any longer", body = Success<KeyJson>)),
    extensions(("x-errors" = json!(["KEY_NOT_FOUND", "ROOT_KEY", "AMBIGUOUS_KEY", "STATE_CONFLICT", "key change"]))),
)]
pub async fn delete_key(
    services: State<Shared>,
    caller: Caller,
    name: PathOf<String>,
    recalled: Recalled,
) -> Result<Success<KeyJson>, ApiError> {
    revoke_key(services, caller, name, recalled).await
}

async fn recalled(
    services: &Services,
    principal: &Principal,
    done: &Done,
) -> Result<KeyJson, ApiError> {
    let rows = services.storage.signing_keys(principal.organizer).await?;
    KeyJson::recalled(&rows, done)
}

/// A kid is a hint that two keys may share, a number is not.
fn named<'a>(rows: &'a [SigningKeyRow], name: &str) -> Result<&'a SigningKeyRow, ApiError> {
    let mut matching = rows.iter().filter(|row| {
        row.key_id.to_string().eq_ignore_ascii_case(name) || row.id.0.to_string() == name
    });
    match (matching.next(), matching.next()) {
        (None, _) => Err(ApiError::NotFound(Missing::Key)),
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(ApiError::Conflict {
            code: "AMBIGUOUS_KEY",
            message: format!("several keys are called {name}; use the number of one"),
        }),
    }
}
