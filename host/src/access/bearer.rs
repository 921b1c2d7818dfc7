//! JSON Web Tokens signed with the host's own secret (HS256, RFC 7519).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::permission::{PermissionSet, Role};

/// The claims of a bearer token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Name of the caller.
    pub sub: String,
    /// Slug of the organizer.
    pub org: String,
    /// Roles; unknown ones give nothing.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Further permissions by name; unknown ones give nothing.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// End of validity, in seconds since 1970.
    pub exp: i64,
}

impl Claims {
    /// What these claims allow.
    pub fn allowed(&self) -> PermissionSet {
        let by_role = self
            .roles
            .iter()
            .filter_map(|name| name.parse::<Role>().ok())
            .fold(PermissionSet::default(), |set, role| {
                set.union(role.permissions())
            });
        let named: Vec<_> = self
            .permissions
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect();
        by_role.union(PermissionSet::of(&named))
    }
}

/// Why a token is not accepted; short, since it goes to the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// Its time is over.
    #[error("the bearer token has expired")]
    Expired,
    /// Anything else: form, algorithm, signature, missing claims.
    #[error("the bearer token is not valid")]
    Invalid,
}

/// The secret that signs and checks bearer tokens.
pub struct BearerKey {
    signing: EncodingKey,
    checking: DecodingKey,
}

impl BearerKey {
    /// A key from a secret of any length; `config` insists on 32 bytes.
    pub fn new(secret: &[u8]) -> Self {
        Self {
            signing: EncodingKey::from_secret(secret),
            checking: DecodingKey::from_secret(secret),
        }
    }

    /// A token for one role, valid from `now` for `ttl`.
    pub fn issue(
        &self,
        organizer_slug: &str,
        role: Role,
        now: Timestamp,
        ttl: SignedDuration,
    ) -> anyhow::Result<String> {
        let claims = Claims {
            sub: format!("cli:{}", role.name()),
            org: organizer_slug.to_owned(),
            roles: vec![role.name().to_owned()],
            permissions: Vec::new(),
            exp: now.as_second().saturating_add(ttl.as_secs()),
        };
        Ok(encode(
            &Header::new(Algorithm::HS256),
            &claims,
            &self.signing,
        )?)
    }

    /// Checks a token's algorithm, signature and time.
    ///
    /// # Errors
    /// [`TokenRefused`], which says no more than the caller may know.
    pub fn check(&self, token: &str, now: Timestamp) -> Result<Claims, TokenRefused> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims = ["exp", "sub"].map(str::to_owned).into();
        // The library would read the machine's clock; ours is an argument.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let claims = decode::<Claims>(token, &self.checking, &validation)
            .map_err(|_| TokenRefused::Invalid)?
            .claims;
        if claims.exp <= now.as_second() {
            return Err(TokenRefused::Expired);
        }
        Ok(claims)
    }
}

impl fmt::Debug for BearerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BearerKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Permission;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn key() -> BearerKey {
        BearerKey::new(b"0123456789abcdef0123456789abcdef")
    }

    #[test]
    fn a_token_carries_its_organizer_and_role_until_it_expires() {
        let token = key()
            .issue("acme", Role::Service, NOW, SignedDuration::from_hours(1))
            .unwrap();
        let claims = key().check(&token, NOW).unwrap();
        assert_eq!(claims.org, "acme");
        assert!(claims.allowed().contains(Permission::TicketsCreate));
        assert!(!claims.allowed().contains(Permission::KeysWrite));
        let later = NOW + SignedDuration::from_hours(1);
        assert_eq!(key().check(&token, later), Err(TokenRefused::Expired));
    }

    #[test]
    fn foreign_secrets_and_unsigned_tokens_are_refused() {
        let foreign = BearerKey::new(b"another secret of thirty-two byt");
        let token = foreign
            .issue("acme", Role::Admin, NOW, SignedDuration::from_hours(1))
            .unwrap();
        assert_eq!(key().check(&token, NOW), Err(TokenRefused::Invalid));
        let unsigned =
            "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4Iiwib3JnIjoiYWNtZSIsImV4cCI6OTk5OTk5OTk5OX0.";
        assert_eq!(key().check(unsigned, NOW), Err(TokenRefused::Invalid));
        assert_eq!(key().check("", NOW), Err(TokenRefused::Invalid));
    }
}
