//! From bytes to a token that can be judged.

use crate::claims::{Claims, Profile};
pub use crate::cose::Algorithm;
use crate::cose::{Envelope, Headers, MAC_BYTES, SIGNATURE_BYTES, TAG_SIGN1, to_be_signed};
use crate::error::{DecodeError, Unsupported};
use crate::keys::{KeyId, MacKey, VerifyingKey};

/// A token that is sound. That says nothing about who made it: anyone can write these bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedToken {
    /// Which key is said to have signed it: a hint, several keys may share it.
    pub key_id: KeyId,
    /// How it is signed.
    pub algorithm: Algorithm,
    /// What it says.
    pub claims: Claims,
    /// Whether it carries a `cnf` claim (RFC 8747): whoever shows it must prove possession of a
    /// key. Without that proof it must never be accepted, even when the signature holds.
    pub proof_required: bool,
    seal: Seal,
    /// The exact bytes under the signature.
    to_be_signed: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Seal {
    Signature([u8; SIGNATURE_BYTES]),
    Mac([u8; MAC_BYTES]),
}

/// Reads the encoded COSE object of a token. Never panics, whatever the bytes.
///
/// # Errors
/// [`DecodeError::Malformed`] for anything but deterministic CBOR of the right shape;
/// [`DecodeError::Unsupported`] for sound bytes with a tag, algorithm, header or claim outside the
/// closed sets.
pub fn parse(cose: &[u8]) -> Result<ParsedToken, DecodeError> {
    let envelope = Envelope::parse(cose)?;
    let (seal, expected_algorithm) = if envelope.tag == TAG_SIGN1 {
        (Seal::Signature(*envelope.signature()?), Algorithm::EdDsa)
    } else {
        (Seal::Mac(*envelope.mac()?), Algorithm::HmacSha256)
    };
    // Both parts are read before either is judged: damage in one outweighs novelty in the other.
    let headers = Headers::decode(envelope.protected);
    let payload = Claims::decode(envelope.payload);
    let (headers, payload) = match (headers, payload) {
        (Ok(headers), Ok(payload)) => (headers, payload),
        (Err(malformed @ DecodeError::Malformed(_)), _)
        | (_, Err(malformed @ DecodeError::Malformed(_))) => return Err(malformed),
        (Err(unsupported), _) | (_, Err(unsupported)) => return Err(unsupported),
    };
    if headers.algorithm != expected_algorithm {
        return Err(Unsupported::Algorithm.into());
    }
    if headers.typ.is_some() {
        return Err(Unsupported::Header.into());
    }
    if headers.algorithm == Algorithm::HmacSha256 && payload.claims.profile() != Profile::Standard {
        return Err(Unsupported::ClaimCombination.into());
    }
    Ok(ParsedToken {
        key_id: headers.key_id,
        algorithm: headers.algorithm,
        claims: payload.claims,
        proof_required: payload.proof_required,
        seal,
        to_be_signed: to_be_signed(envelope.tag, envelope.protected, envelope.payload),
    })
}

impl ParsedToken {
    /// The profile that its algorithm and claims make.
    #[must_use]
    pub fn profile(&self) -> Profile {
        match self.algorithm {
            Algorithm::EdDsa => self.claims.profile(),
            Algorithm::HmacSha256 => Profile::Server,
        }
    }

    /// Whether it is a specimen: the reserved key id, which no key has.
    #[must_use]
    pub fn is_specimen(&self) -> bool {
        self.key_id == KeyId::SPECIMEN
    }

    /// Whether `key` signed it, by the strict rules of [`VerifyingKey::verify`]. Always `false`
    /// for a server token and for a specimen. Time, revocation and a demanded proof are not
    /// looked at.
    #[must_use]
    pub fn verify(&self, key: &VerifyingKey) -> bool {
        match &self.seal {
            Seal::Signature(signature) => {
                !self.is_specimen() && key.verify(&self.to_be_signed, signature)
            }
            Seal::Mac(_) => false,
        }
    }

    /// Whether a server token was made with `key`, compared in constant time. Always `false` for a
    /// signed token.
    #[must_use]
    pub fn verify_mac(&self, key: &MacKey) -> bool {
        match &self.seal {
            Seal::Mac(tag) => !self.is_specimen() && key.verify(&self.to_be_signed, tag),
            Seal::Signature(_) => false,
        }
    }

    /// The 64 bytes of the signature, or the 32 of a server token's tag.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        match &self.seal {
            Seal::Signature(signature) => signature,
            Seal::Mac(tag) => tag,
        }
    }
}
