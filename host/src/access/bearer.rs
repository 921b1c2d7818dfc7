//! JSON Web Tokens signed with the host's own secret (HS256, RFC 7519).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode};
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
    /// It may be good; the keys of its signer could not be read yet.
    #[error("the bearer token cannot be checked now")]
    Undecided,
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

    /// What checks its tokens.
    pub(super) const fn checking(&self) -> &DecodingKey {
        &self.checking
    }
}

impl fmt::Debug for BearerKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BearerKey(hidden)")
    }
}
