//! From claims to a token.

use alloc::string::String;
use alloc::vec::Vec;

use sha2::{Digest as _, Sha256};

use crate::claims::{Claims, Extra};
use crate::cose::{
    Algorithm, Headers, MAC_BYTES, SIGNATURE_BYTES, TAG_MAC0, TAG_SIGN1, assemble, sign1,
    to_be_signed,
};
use crate::keys::{KeyId, MacKey, SigningKey};
use crate::text::encode_qr_text;

/// A finished token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedToken {
    cose: Vec<u8>,
    signature_bytes: usize,
}

/// A server token has the claims of a standard token, nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a server token carries neither a holder nor a start time; use Extra::None")]
pub struct ServerClaimsError;

/// Signs claims with an organizer's ticket key. Deterministic.
#[must_use]
pub fn sign(claims: &Claims, key: &SigningKey) -> SignedToken {
    SignedToken {
        cose: sign1(None, &claims.encode(), key),
        signature_bytes: SIGNATURE_BYTES,
    }
}

/// Makes a server token, which only the host can check.
///
/// # Errors
/// [`ServerClaimsError`] if `claims` have an extra.
pub fn seal_mac(claims: &Claims, key: &MacKey) -> Result<SignedToken, ServerClaimsError> {
    if claims.extra != Extra::None {
        return Err(ServerClaimsError);
    }
    let protected = Headers {
        algorithm: Algorithm::HmacSha256,
        key_id: key.key_id(),
        typ: None,
    }
    .encode();
    let payload = claims.encode();
    let tag = key.seal(&to_be_signed(TAG_MAC0, &protected, &payload));
    Ok(SignedToken {
        cose: assemble(TAG_MAC0, &protected, &payload, &tag),
        signature_bytes: MAC_BYTES,
    })
}

/// Makes a specimen: as large as a signed token with these claims, for previews, but with the
/// reserved key id and a signature of zeros, so that no key ever verifies it.
#[must_use]
pub fn specimen(claims: &Claims) -> SignedToken {
    let protected = Headers {
        algorithm: Algorithm::EdDsa,
        key_id: KeyId::SPECIMEN,
        typ: None,
    }
    .encode();
    SignedToken {
        cose: assemble(
            TAG_SIGN1,
            &protected,
            &claims.encode(),
            &[0; SIGNATURE_BYTES],
        ),
        signature_bytes: SIGNATURE_BYTES,
    }
}

impl SignedToken {
    /// The encoded COSE object.
    #[must_use]
    pub fn cose(&self) -> &[u8] {
        &self.cose
    }

    /// The text for the QR code.
    #[must_use]
    pub fn qr_text(&self) -> String {
        encode_qr_text(&self.cose)
    }

    /// The signature's 64 bytes, or the tag's 32.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        // The signature is the last part of the object.
        let start = self.cose.len() - self.signature_bytes;
        self.cose.get(start..).unwrap_or_default()
    }

    /// The SHA-256 of the QR text.
    #[must_use]
    pub fn checksum(&self) -> [u8; 32] {
        Sha256::digest(self.qr_text()).into()
    }
}
