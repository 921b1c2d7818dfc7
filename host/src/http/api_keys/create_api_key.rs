//! `POST /api/api-keys`.

use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::api_key_json::ApiKeyJson;
use crate::access::permission::PermissionSet;
use crate::access::{ApiKeySecret, Permission, Principal, Role};
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::idempotency::{CallersKey, OptionalKey, Recalled, no_sense};
use crate::http::openapi::{KeyNameWord, PermissionWord, RoleWord};
use crate::http::services::{Services, Shared};
use crate::issue::{Lines, printable};
use crate::keys::system_randomness;
use crate::storage::{ApiKey, Done, NewApiKey};
use rand_core::Rng as _;

/// A new key.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    { "name": "box office", "permissions": ["tickets.create", "tickets.read"], "expiresAt": "2099-01-01T00:00:00Z" }
))]
pub struct NewApiKeyBody {
    /// What it is for, 1 to 100 characters.
    #[schema(value_type = KeyNameWord, inline, required)]
    pub name: Option<String>,
    /// Names of what it may do; at most what its maker may.
    #[serde(default)]
    #[schema(value_type = Vec<PermissionWord>, inline)]
    pub permissions: Vec<String>,
    /// A role whose permissions it has, too.
    #[schema(value_type = Option<RoleWord>, inline)]
    pub role: Option<String>,
    /// It is not accepted from this time on; RFC 3339.
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
}

/// A key with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreatedApiKey {
    #[schema(example = "gk_Xk3vN0c4q3o6s7k1b2a3cQm8Nc2UyFXcd4kOmOsBIoY")]
    api_key: String,
    #[serde(flatten)]
    stored: ApiKeyJson,
}

/// Makes an API key, to be sent as a bearer token.
#[utoipa::path(
    post,
    path = "/api/api-keys",
    tag = "API keys",
    security(("bearer" = ["keys.write"])),
    request_body = NewApiKeyBody,
    responses((status = 201, description = "the API key was made; it is not shown again", body = Success<CreatedApiKey>)),
)]
pub async fn create_api_key(
    State(services): State<Shared>,
    caller: Caller,
    OptionalKey(callers_key): OptionalKey,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<NewApiKeyBody>,
) -> Result<Success<CreatedApiKey>, ApiError> {
    let principal = caller.may(Permission::KeysWrite)?;
    let (stored, secret) = match done {
        Some(done) => recalled(&services, &principal, callers_key.as_ref(), &done).await?,
        None => made(&services, &principal, callers_key.as_ref(), body).await?,
    };
    Ok(Success::created(
        "the API key was made; it is not shown again",
        CreatedApiKey {
            api_key: secret.reveal().to_owned(),
            stored: stored.into(),
        },
    ))
}

async fn made(
    services: &Services,
    principal: &Principal,
    callers_key: Option<&CallersKey>,
    body: NewApiKeyBody,
) -> Result<(ApiKey, ApiKeySecret), ApiError> {
    let now = services.clock.now();
    let name = printable(body.name.as_deref().unwrap_or_default(), 100, Lines::One)
        .map_err(|error| ApiError::field("name", error.to_string()))?;
    let permissions = allowed(principal, &body)?;
    let expires_at = body
        .expires_at
        .map(|text| text.parse::<Timestamp>())
        .transpose()
        .map_err(|_| {
            ApiError::field(
                "expiresAt",
                "must be RFC 3339, such as 2027-01-31T00:00:00Z",
            )
        })?;
    if expires_at.is_some_and(|end| end <= now) {
        return Err(ApiError::field("expiresAt", "must lie in the future"));
    }
    let mut nonce = [0; 16];
    system_randomness().fill_bytes(&mut nonce);
    let secret = match callers_key {
        Some(key) => derived(services, principal, key, &nonce).await?,
        None => {
            let mut bytes = [0; 32];
            system_randomness().fill_bytes(&mut bytes);
            ApiKeySecret::of(&bytes)
        }
    };
    let new = NewApiKey {
        name,
        hint: secret.hint(),
        secret: secret.digest(),
        nonce,
        permissions: permissions
            .iter()
            .map(|held| held.name().to_owned())
            .collect(),
        expires_at,
    };
    let by = principal.by(now);
    let stored = services
        .storage
        .create_api_key(principal.organizer, new, by)
        .await?;
    Ok((stored, secret))
}

/// What the key may do: no more than its maker.
fn allowed(principal: &Principal, body: &NewApiKeyBody) -> Result<PermissionSet, ApiError> {
    let mut asked = PermissionSet::default();
    for (index, name) in body.permissions.iter().enumerate() {
        let permission: Permission = name.parse().map_err(|()| {
            let field = format!("permissions[{index}]");
            ApiError::field(field, format!("there is no permission \"{name}\""))
        })?;
        asked = asked.union(PermissionSet::of(&[permission]));
    }
    if let Some(role) = &body.role {
        let role: Role = role
            .parse()
            .map_err(|error| ApiError::field("role", error))?;
        asked = asked.union(role.permissions());
    }
    if asked.iter().next().is_none() {
        return Err(ApiError::field(
            "permissions",
            "is empty: name what the key may do, or a role",
        ));
    }
    match asked.iter().find(|permission| !principal.may(*permission)) {
        Some(beyond) => Err(ApiError::Forbidden {
            permission: beyond.name(),
        }),
        None => Ok(asked),
    }
}

/// The key of a request that may be repeated. Who sends the same Idempotency-Key again is told it
/// again; without that key, which is kept nowhere, it cannot be derived.
async fn derived(
    services: &Services,
    principal: &Principal,
    callers_key: &CallersKey,
    nonce: &[u8; 16],
) -> Result<ApiKeySecret, ApiError> {
    let ring = services
        .keys
        .ring(principal.organizer, services.clock.now())
        .await?;
    // The nonce has a fixed length, so the parts cannot be taken for others.
    let bytes = ring.api_key_hash().tag(&[nonce, callers_key.0.as_bytes()]);
    Ok(ApiKeySecret::of(&bytes))
}

async fn recalled(
    services: &Services,
    principal: &Principal,
    callers_key: Option<&CallersKey>,
    done: &Done,
) -> Result<(ApiKey, ApiKeySecret), ApiError> {
    let number = done.subject.strip_prefix("api key ");
    let keys = services.storage.api_keys(principal.organizer).await?;
    let stored = keys
        .into_iter()
        .find(|key| Some(key.id.to_string().as_str()) == number)
        .ok_or_else(|| no_sense(done))?;
    let callers_key = callers_key.ok_or_else(|| no_sense(done))?;
    let secret = derived(services, principal, callers_key, &stored.nonce).await?;
    // As it was when it was made.
    let stored = ApiKey {
        last_used: None,
        revoked_at: None,
        ..stored
    };
    Ok((stored, secret))
}
