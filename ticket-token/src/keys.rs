//! Keys, and the short names by which tokens refer to them.

use core::fmt;

use curve25519_dalek::{EdwardsPoint, Scalar};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256, Sha512};
use zeroize::Zeroizing;

use crate::cose::{MAC_BYTES, SIGNATURE_BYTES};

/// A key's short name in a token (COSE `kid`): the first 4 bytes of the SHA-256 of the public key.
/// A hint only: different keys may share it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub [u8; 4]);

impl KeyId {
    /// Reserved for specimens; no key may have it.
    pub const SPECIMEN: Self = Self([0; 4]);

    /// The name of a public key.
    #[must_use]
    pub fn of(key: &PublicKey) -> Self {
        key_id_of(key.as_bytes())
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// Why 32 bytes are not a key that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The bytes are not the canonical encoding of a curve point.
    #[error("the bytes are not an Ed25519 public key")]
    NotAPoint,
    /// The point has small order: signatures under it prove nothing.
    #[error("the public key has small order")]
    SmallOrder,
    /// The key's name would be that of specimens, which happens to one key in 2^32.
    #[error("the key's id is reserved for specimens; draw another key")]
    ReservedKeyId,
}

/// An Ed25519 public key (RFC 8032): canonical, not of small order, not named like specimens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Checks 32 bytes.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAPoint)?;
        // Decompression accepts a y coordinate above the field's prime; one key must have one
        // encoding, for its id is a hash of it.
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(KeyError::NotAPoint);
        }
        if key.is_weak() {
            return Err(KeyError::SmallOrder);
        }
        if key_id_of(bytes) == KeyId::SPECIMEN {
            return Err(KeyError::ReservedKeyId);
        }
        Ok(Self(key))
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The key's short name.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        KeyId::of(self)
    }
}

/// A public key made ready for verifying: make it once and keep it. What is precomputed is an
/// inner matter.
#[derive(Debug, Clone)]
pub struct VerifyingKey {
    key: PublicKey,
    negated_point: EdwardsPoint,
}

impl VerifyingKey {
    /// Prepares `key`.
    #[must_use]
    pub fn new(key: &PublicKey) -> Self {
        Self {
            key: *key,
            negated_point: -key.0.to_edwards(),
        }
    }

    /// The key that was prepared.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether `signature` is this key's over `message`, strictly: S below the group order, R
    /// canonical, neither R nor the key of small order, the equation without cofactor. So a
    /// signature cannot be turned into another one, and no two verifiers disagree.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        let [encoded_r, encoded_s] = signature.as_chunks::<32>().0 else {
            return false;
        };
        let Some(s) = Scalar::from_canonical_bytes(*encoded_s).into_option() else {
            return false;
        };
        let mut hash = Sha512::new();
        hash.update(encoded_r);
        hash.update(self.key.as_bytes());
        hash.update(message);
        let challenge = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        // Comparing encodings spares us decoding R: the point that we computed has one encoding, so
        // an R that equals it is canonical and decodes to this point.
        let r =
            EdwardsPoint::vartime_double_scalar_mul_basepoint(&challenge, &self.negated_point, &s);
        r.compress().as_bytes() == encoded_r && !r.is_small_order()
    }
}

/// An Ed25519 private key. It is wiped from memory when dropped, and has no `Debug` output.
#[cfg(feature = "sign")]
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    key_id: KeyId,
}

#[cfg(feature = "sign")]
impl SigningKey {
    /// The key of a 32-byte seed (RFC 8032 section 5.1.5), which must come from a strong random
    /// source. The caller wipes its own copy.
    ///
    /// # Errors
    /// [`KeyError::ReservedKeyId`] for one seed in 2^32: draw another.
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::SigningKey::from_bytes(seed);
        let public_key = PublicKey::from_bytes(key.verifying_key().as_bytes())?;
        Ok(Self {
            key,
            key_id: public_key.key_id(),
        })
    }

    /// The public half.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.key.verifying_key())
    }

    /// The key's short name.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Signs `message`. Deterministic: the same message has the same signature.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        use ed25519_dalek::Signer as _;
        self.key.sign(message).to_bytes()
    }
}

#[cfg(feature = "sign")]
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// The secret of an organizer's server tokens.
#[derive(Clone)]
pub struct MacKey {
    /// The keyed state, so that a tag costs no key set-up.
    state: Hmac<Sha256>,
    key_id: KeyId,
}

impl MacKey {
    /// Derives an organizer's key from the host's secret (`QR_SECRET_KEY`) by HKDF-SHA256 (RFC
    /// 5869) without salt: the key has the info `mac-key:` and the organizer's slug; the key id is
    /// the first 4 bytes of the SHA-256 of the 32 bytes that the info `mac-kid` gives.
    #[must_use]
    pub fn derive(secret: &[u8], organizer: &str) -> Self {
        let hkdf = hkdf::Hkdf::<Sha256>::new(None, secret);
        let expand = |info: &[&[u8]]| {
            let mut output = Zeroizing::new([0; 32]);
            // 32 bytes are one block of SHA-256; only more than 255 blocks are refused.
            let _ = hkdf.expand_multi_info(info, output.as_mut_slice());
            output
        };
        // HMAC pads a short key with zeros to its block; a whole block cannot be refused.
        let mut block = Zeroizing::new([0; 64]);
        let (key, _) = block.split_at_mut(32);
        key.copy_from_slice(expand(&[b"mac-key:", organizer.as_bytes()]).as_slice());
        Self {
            state: Hmac::<Sha256>::new((&*block).into()),
            key_id: key_id_of(&expand(&[b"mac-kid"])),
        }
    }

    /// The key's short name. It is the same for every organizer of one host.
    #[must_use]
    pub fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// The tag over `message`.
    #[cfg(feature = "sign")]
    pub(crate) fn seal(&self, message: &[u8]) -> [u8; MAC_BYTES] {
        let mut mac = self.state.clone();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }

    /// Whether `tag` is this key's over `message`, in constant time.
    pub(crate) fn verify(&self, message: &[u8], tag: &[u8; MAC_BYTES]) -> bool {
        let mut mac = self.state.clone();
        mac.update(message);
        mac.verify_slice(tag).is_ok()
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MacKey")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

fn key_id_of(bytes: &[u8; 32]) -> KeyId {
    let [a, b, c, d, ..] = <[u8; 32]>::from(Sha256::digest(bytes));
    KeyId([a, b, c, d])
}

#[cfg(all(test, feature = "sign"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The judgement of ed25519-dalek, which ours must equal.
    fn strictly(key: &PublicKey, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        key.0.verify_strict(message, &signature).is_ok()
    }

    proptest! {
        #[test]
        fn signatures_are_judged_as_by_ed25519_dalek(
            seed: [u8; 32],
            message in prop::collection::vec(any::<u8>(), 0..200),
            place in 0usize..SIGNATURE_BYTES,
            change: u8,
        ) {
            let key = SigningKey::from_seed(&seed).unwrap();
            let mut signature = key.sign(&message);
            signature[place] ^= change;
            let ready = VerifyingKey::new(&key.public_key());
            let verdict = ready.verify(&message, &signature);
            prop_assert_eq!(verdict, change == 0);
            prop_assert_eq!(verdict, strictly(&key.public_key(), &message, &signature));
        }
    }
}
