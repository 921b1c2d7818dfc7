//! Whose bearer tokens are accepted: those signed with the host's own secret, and those of the signer
//! whose public keys the operator named.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::bearer::{BearerKey, Claims, TokenRefused};
use super::key_source::{ForeignKeys, Lookup};

/// Checks bearer tokens.
pub struct TokenCheck {
    own: BearerKey,
    foreign: Option<ForeignSigner>,
}

/// Somebody else who signs tokens.
pub struct ForeignSigner {
    /// Its keys.
    pub keys: ForeignKeys,
    /// What `iss` must be, if it is checked.
    pub issuer: Option<String>,
    /// What `aud` must name, if it is checked.
    pub audience: Option<String>,
}

/// What is asked of a token beside its claims.
#[derive(Deserialize)]
struct Presented {
    #[serde(flatten)]
    claims: Claims,
    nbf: Option<i64>,
    iss: Option<String>,
    aud: Option<Audience>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

/// Two clocks that disagree by this much still agree on when a token begins to hold.
const CLOCK_SKEW_S: i64 = 60;

impl TokenCheck {
    /// Accepts tokens of this secret, and of the other signer if there is one.
    pub fn new(own: BearerKey, foreign: Option<ForeignSigner>) -> Self {
        Self { own, foreign }
    }

    /// Checks a token's algorithm, signature, time, issuer and audience.
    ///
    /// The header only says where to look: HS256 is checked with the host's secret and nothing else,
    /// and of the other algorithms each key is good for the one that it is made for. So nobody gets a
    /// public key taken for a secret.
    ///
    /// # Errors
    /// [`TokenRefused`], which says no more than the caller may know.
    pub async fn check(&self, token: &str, now: Timestamp) -> Result<Claims, TokenRefused> {
        let header = decode_header(token).map_err(|_| TokenRefused::Invalid)?;
        // No extension is understood here (RFC 7515 section 4.1.11).
        if header.crit.is_some() {
            return Err(TokenRefused::Invalid);
        }
        match (header.alg, &self.foreign) {
            (Algorithm::HS256, _) => presented(token, self.own.checking(), Algorithm::HS256, now)
                .map(|presented| presented.claims),
            (Algorithm::EdDSA | Algorithm::ES256 | Algorithm::RS256, Some(signer)) => {
                signer
                    .check(token, header.alg, header.kid.as_deref(), now)
                    .await
            }
            _ => Err(TokenRefused::Invalid),
        }
    }
}

impl ForeignSigner {
    async fn check(
        &self,
        token: &str,
        algorithm: Algorithm,
        kid: Option<&str>,
        now: Timestamp,
    ) -> Result<Claims, TokenRefused> {
        let keys = match self.keys.find(kid, algorithm, now).await {
            Lookup::Found(keys) => keys,
            Lookup::Unknown => return Err(TokenRefused::Invalid),
            Lookup::Unavailable => return Err(TokenRefused::Undecided),
        };
        let known = keys.find(kid, algorithm).ok_or(TokenRefused::Invalid)?;
        let presented = presented(token, &known.key, known.algorithm, now)?;
        let issued_there = self
            .issuer
            .as_ref()
            .is_none_or(|issuer| presented.iss.as_ref() == Some(issuer));
        let meant_for_us = self.audience.as_ref().is_none_or(|audience| {
            let named = presented.aud.as_ref();
            named.is_some_and(|named| named.names(audience))
        });
        if issued_there && meant_for_us {
            Ok(presented.claims)
        } else {
            Err(TokenRefused::Invalid)
        }
    }
}

fn presented(
    token: &str,
    key: &DecodingKey,
    algorithm: Algorithm,
    now: Timestamp,
) -> Result<Presented, TokenRefused> {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims = ["exp", "sub"].map(str::to_owned).into();
    // The library would read the machine's clock; ours is an argument.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let presented = decode::<Presented>(token, key, &validation)
        .map_err(|_| TokenRefused::Invalid)?
        .claims;
    if presented.claims.exp <= now.as_second() {
        return Err(TokenRefused::Expired);
    }
    let begun = now.as_second().saturating_add(CLOCK_SKEW_S);
    match presented.nbf {
        Some(begins) if begins > begun => Err(TokenRefused::Invalid),
        _ => Ok(presented),
    }
}

#[cfg(test)]
mod tests;
