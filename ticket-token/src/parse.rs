//! From bytes to a token that can be judged.

use alloc::vec::Vec;

use crate::claims::{Claims, Profile};
pub use crate::cose::Algorithm;
use crate::cose::{
    Envelope, Headers, MAC_BYTES, SIGNATURE_BYTES, TAG_MAC0, TAG_SIGN1, to_be_signed,
};
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
    let signed = Headers::decode(envelope.protected)
        .and_then(|headers| Ok((headers, read_seal(&envelope, headers.algorithm)?)));
    let content = match envelope.content {
        Some(content) => Claims::decode(content),
        None => Err(Unsupported::DetachedPayload.into()),
    };
    let payload = envelope.payload().map_err(DecodeError::from);
    let ((headers, seal), (content, payload)) = both(signed, both(content, payload))?;
    if headers.typ.is_some() {
        return Err(Unsupported::Header.into());
    }
    if headers.algorithm == Algorithm::HmacSha256 && content.claims.profile() != Profile::Standard {
        return Err(Unsupported::ClaimCombination.into());
    }
    Ok(ParsedToken {
        key_id: headers.key_id,
        algorithm: headers.algorithm,
        claims: content.claims,
        proof_required: content.proof_required,
        seal,
        to_be_signed: to_be_signed(envelope.tag, envelope.protected, payload),
    })
}

fn read_seal(envelope: &Envelope<'_>, algorithm: Algorithm) -> Result<Seal, DecodeError> {
    match (envelope.tag, algorithm) {
        (TAG_SIGN1, Algorithm::EdDsa) => Ok(Seal::Signature(*envelope.signature()?)),
        (TAG_MAC0, Algorithm::HmacSha256) => Ok(Seal::Mac(*envelope.mac()?)),
        _ => Err(Unsupported::Algorithm.into()),
    }
}

/// Both values, or the graver of two errors, so that all parts are read before one is judged.
fn both<A, B>(
    first: Result<A, DecodeError>,
    second: Result<B, DecodeError>,
) -> Result<(A, B), DecodeError> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(error), Ok(_)) | (Ok(_), Err(error)) => Err(error),
        (Err(first), Err(second)) => Err(if second.gravity() > first.gravity() {
            second
        } else {
            first
        }),
    }
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
