//! Who is asking: the bearer token, read and checked before a handler runs.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::error::ApiError;
use super::front::Meter;
use super::services::Shared;
use crate::access::{Permission, Principal, TokenRefused};
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
        let principal = Principal {
            organizer,
            organizer_slug: claims.org.clone(),
            subject: claims.sub.clone(),
            permissions: claims.allowed(),
            claim: None,
        };
        if let Some(meter) = parts.extensions.get::<Meter>() {
            meter.count(services, &principal)?;
        }
        Ok(Self(principal))
    }
}
