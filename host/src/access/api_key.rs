//! API keys: `gk_` and 32 bytes in base64url. Only their SHA-256 is kept.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::storage::Digest;

/// How every key begins, so that one in a log or repository is recognised.
const PREFIX: &str = "gk_";
/// How much of a key people see, to tell one from another.
const HINT_CHARS: usize = 9;

/// A key in clear, as its holder has it.
pub struct ApiKeySecret(String);

impl ApiKeySecret {
    /// The key of these bytes.
    pub fn of(bytes: &[u8; 32]) -> Self {
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// A bearer token that claims to be a key; not proven.
    pub fn parse(token: &str) -> Option<Self> {
        token.starts_with(PREFIX).then(|| Self(token.to_owned()))
    }

    /// Under what it is kept. It has 256 random bits, so a plain digest cannot be searched.
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }

    /// Its beginning.
    pub fn hint(&self) -> String {
        self.0.chars().take(HINT_CHARS).collect()
    }

    /// The whole, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKeySecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKeySecret(hidden)")
    }
}
