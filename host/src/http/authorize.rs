//! Who is asking: the bearer token, read and checked before a handler runs.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use jiff::SignedDuration;

use super::error::ApiError;
use super::front::Meter;
use super::services::Shared;
use crate::access::permission::PermissionSet;
use crate::access::{ApiKeySecret, Permission, Principal, TokenRefused};
use crate::organizers::OrganizerError;

/// When a token may be sent again whose signer's keys could not be read.
const SOON: Duration = Duration::from_secs(5);

/// A caller with a good token.
pub struct Caller(pub Principal);

/// A caller whom an outer layer has let in already.
#[derive(Clone)]
pub struct Authenticated(pub Principal);

impl Caller {
    /// The principal, if it may do this.
    ///
    /// # Errors
    /// [`ApiError::Forbidden`].
    pub fn may(self, permission: Permission) -> Result<Principal, ApiError> {
        if self.0.may(permission) {
            Ok(self.0)
        } else {
            Err(ApiError::Forbidden {
                permission: permission.name(),
            })
        }
    }
}

impl FromRequestParts<Shared> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, services: &Shared) -> Result<Self, ApiError> {
        if let Some(Authenticated(principal)) = parts.extensions.get() {
            return Ok(Self(principal.clone()));
        }
        let header = parts
            .headers
            .get(AUTHORIZATION)
            .ok_or(ApiError::Unauthorized(
                "send a bearer token in the Authorization header",
            ))?;
        let token = header
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(ApiError::Unauthorized(
                "the Authorization header must be: Bearer <token>",
            ))?;
        let principal = match ApiKeySecret::parse(token) {
            Some(secret) => of_api_key(services, &secret).await?,
            None => of_token(services, token).await?,
        };
        if let Some(meter) = parts.extensions.get::<Meter>() {
            meter.count(services, &principal).await?;
        }
        Ok(Self(principal))
    }
}

/// The principal of a token.
async fn of_token(services: &Shared, token: &str) -> Result<Principal, ApiError> {
    let checked = services.tokens.check(token, services.clock.now()).await;
    let claims = checked.map_err(|refused| match refused {
        TokenRefused::Expired => ApiError::Unauthorized("the bearer token has expired"),
        TokenRefused::Invalid => ApiError::Unauthorized("the bearer token is not valid"),
        TokenRefused::Undecided => ApiError::Overloaded { retry_after: SOON },
    })?;
    let organizer =
        services
            .organizers
            .of_token(&claims.org)
            .await
            .map_err(|error| match error {
                OrganizerError::Unknown => ApiError::UnknownOrganizer,
                OrganizerError::Failed(error) => ApiError::from(error),
            })?;
    Ok(Principal {
        organizer,
        organizer_slug: claims.org.clone(),
        subject: claims.sub.clone(),
        permissions: claims.allowed(),
        claim: None,
    })
}

/// How long ago a key may have been used without a note of it: not each request shall write.
const USE_NOTED_EACH: SignedDuration = SignedDuration::from_secs(60);

/// The principal that an API key stands for.
async fn of_api_key(services: &Shared, secret: &ApiKeySecret) -> Result<Principal, ApiError> {
    let now = services.clock.now();
    let key = services
        .storage
        .api_key_by_secret(secret.digest())
        .await?
        .filter(|key| key.revoked_at.is_none())
        .ok_or(ApiError::Unauthorized("the API key is not valid"))?;
    if key.expires_at.is_some_and(|end| end <= now) {
        return Err(ApiError::Unauthorized("the API key has expired"));
    }
    let is_noted = key
        .last_used
        .is_some_and(|last| now.duration_since(last) < USE_NOTED_EACH);
    if !is_noted && let Err(error) = services.storage.note_api_key_use(key.id, now).await {
        tracing::warn!(%error, "the use of an API key was not noted");
    }
    let ring = services.keys.ring(key.organizer, now).await?;
    // A permission that this version does not know gives nothing.
    let permissions: Vec<Permission> = key
        .permissions
        .iter()
        .filter_map(|name| name.parse().ok())
        .collect();
    Ok(Principal {
        organizer: key.organizer,
        organizer_slug: ring.slug().to_string(),
        subject: format!("api-key:{}", key.id),
        permissions: PermissionSet::of(&permissions),
        claim: None,
    })
}
