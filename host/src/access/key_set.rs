//! Public keys of whoever else signs bearer tokens: a JSON Web Key Set (RFC 7517).

use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::Value;

/// Checked keys. Each is good for one algorithm, which the key decides and no token does.
pub struct KeySet(Vec<PublicKey>);

/// One key.
pub struct PublicKey {
    kid: Option<String>,
    /// The only algorithm for which it is used.
    pub algorithm: Algorithm,
    /// The key itself.
    pub key: DecodingKey,
}

/// Why a key set is not usable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not JSON with `keys`.
    #[error("is no JSON Web Key Set: an object with a list named keys")]
    Form,
    /// Nothing in it can check a token.
    #[error(
        "holds no key that this host can use: Ed25519, EC P-256, or RSA of at least 2048 bits, for signatures"
    )]
    NoKey,
    /// More than an honest set holds.
    #[error("holds more than {max} keys")]
    TooMany {
        /// The bound.
        max: usize,
    },
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    /// Most keys in a set.
    const MAX_KEYS: usize = 100;
    /// Shortest RSA modulus: 2048 bits (RFC 7518 section 3.3).
    const MIN_MODULUS_BYTES: usize = 256;

    /// Reads a set. A key that is for something else, or of a kind that is not known here, is left
    /// out, as section 5 of the RFC asks.
    ///
    /// # Errors
    /// [`KeySetError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, KeySetError> {
        let document: Document = serde_json::from_slice(bytes).map_err(|_| KeySetError::Form)?;
        if document.keys.len() > Self::MAX_KEYS {
            return Err(KeySetError::TooMany {
                max: Self::MAX_KEYS,
            });
        }
        let keys: Vec<_> = document.keys.into_iter().filter_map(usable).collect();
        if keys.is_empty() {
            return Err(KeySetError::NoKey);
        }
        Ok(Self(keys))
    }

    /// The key of this name for this algorithm. A token that names none may be meant for the only
    /// one of its kind.
    pub fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&PublicKey> {
        let mut fitting = self.0.iter().filter(|key| {
            let named = kid.is_none() || key.kid.as_deref() == kid;
            key.algorithm == algorithm && named
        });
        let found = fitting.next()?;
        (kid.is_some() || fitting.next().is_none()).then_some(found)
    }
}

fn usable(value: Value) -> Option<PublicKey> {
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    let signs = match &jwk.common.public_key_use {
        None | Some(PublicKeyUse::Signature) => true,
        Some(_) => false,
    };
    let verifies = jwk
        .common
        .key_operations
        .as_ref()
        .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    let (algorithm, name) = match &jwk.algorithm {
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            (Algorithm::EdDSA, KeyAlgorithm::EdDSA)
        }
        AlgorithmParameters::EllipticCurve(point) if point.curve == EllipticCurve::P256 => {
            (Algorithm::ES256, KeyAlgorithm::ES256)
        }
        AlgorithmParameters::RSA(numbers) if is_long(&numbers.n) => {
            (Algorithm::RS256, KeyAlgorithm::RS256)
        }
        // A shared secret in a public set would let everybody who reads it sign (oct).
        _ => return None,
    };
    let named = jwk.common.key_algorithm.is_none_or(|given| given == name);
    if !(signs && verifies && named) {
        return None;
    }
    let key = DecodingKey::from_jwk(&jwk).ok()?;
    Some(PublicKey {
        kid: jwk.common.key_id,
        algorithm,
        key,
    })
}

/// Whether a base64url number has at least so many bytes: four characters carry three.
fn is_long(modulus: &str) -> bool {
    modulus.trim_start_matches('A').len() * 3 / 4 >= KeySet::MIN_MODULUS_BYTES
}
