//! Encryption at rest: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), whose nonces are long enough
//! to be drawn at random for every row there will ever be.
//!
//! A sealed value is `1 ‖ key name (4) ‖ nonce (24) ‖ ciphertext ‖ tag (16)`: 45 bytes more than what
//! it holds. The key's name is the beginning of a hash of the key; it tells "another key" from
//! "altered", and proves nothing.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{OpenError, Randomness};
use crate::storage::{Sealed, Slug};

const FORMAT: u8 = 1;
const NAME_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;
const HEAD_BYTES: usize = 1 + NAME_BYTES + NONCE_BYTES;

/// Where a sealed value stands. It is authenticated with the value.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The organizer.
    pub organizer: &'a Slug,
    /// The row's key, in an encoding without ambiguity.
    pub row: &'a [u8],
}

impl Place<'_> {
    fn associated_data(&self) -> Vec<u8> {
        // None of the first three holds a zero byte; the row is the rest.
        let head = [self.table, self.column, self.organizer.as_str()];
        let mut data = Vec::with_capacity(96);
        for part in head {
            data.extend_from_slice(part.as_bytes());
            data.push(0);
        }
        data.extend_from_slice(self.row);
        data
    }
}

/// Whether bytes are a sealed value and not an object of COSE, which never begins so.
pub(super) fn is_sealed(bytes: &[u8]) -> bool {
    bytes.first() == Some(&FORMAT)
}

/// A key that seals.
pub struct SealingKey {
    cipher: XChaCha20Poly1305,
    name: [u8; NAME_BYTES],
}

impl SealingKey {
    /// The sealing key that is derived from a secret for one `use_`.
    pub(super) fn derive(secret: &Hkdf<Sha256>, use_: &[u8]) -> Self {
        let key = expand::<32>(secret, &[b"seal:", use_]);
        Self {
            cipher: XChaCha20Poly1305::new((&*key).into()),
            name: *expand::<NAME_BYTES>(secret, &[b"seal-name:", use_]),
        }
    }

    /// Seals a value for its place.
    pub fn seal(&self, place: Place<'_>, value: &[u8], randomness: Randomness<'_>) -> Sealed {
        let mut nonce = [0; NONCE_BYTES];
        randomness.fill_bytes(&mut nonce);
        let payload = Payload {
            msg: value,
            aad: &place.associated_data(),
        };
        // The cipher refuses only what is longer than 256 GiB.
        let ciphertext = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .unwrap_or_default();
        let mut sealed = Vec::with_capacity(HEAD_BYTES + ciphertext.len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&self.name);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&ciphertext);
        Sealed(sealed)
    }

    /// Opens a value in its place.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, place: Place<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let Some((&FORMAT, rest)) = sealed.0.split_first() else {
            return Err(OpenError::Format);
        };
        let (name, rest) = rest.split_first_chunk().ok_or(OpenError::Format)?;
        let (nonce, msg) = rest.split_first_chunk().ok_or(OpenError::Format)?;
        if *name != self.name {
            return Err(OpenError::OtherKey);
        }
        let payload = Payload {
            msg,
            aad: &place.associated_data(),
        };
        self.cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| OpenError::Altered)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(..)")
    }
}

/// Bytes derived by HKDF-SHA256 (RFC 5869) under the name `info`.
pub(super) fn expand<const N: usize>(hkdf: &Hkdf<Sha256>, info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 32, "one block, which cannot be refused") };
    let mut output = Zeroizing::new([0; N]);
    let _ = hkdf.expand_multi_info(info, &mut *output);
    output
}
