//! Authenticated encryption at rest, and the keys derived from an organizer's data key.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use ticket_gate::TicketNumberKey;
use ticket_token::EventNumber;
use zeroize::Zeroizing;

use super::entropy::{Entropy, NoEntropy};
use crate::storage::{BlindIndex, Sealed};

/// First byte of everything sealed; another way of sealing would get another.
const VERSION: u8 = 1;
const NONCE_BYTES: usize = 24;

/// Why something cannot be sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No nonce could be drawn.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// Another key, another place, or changed bytes.
    #[error("the sealed bytes do not open with this key in this place")]
    DoesNotOpen,
}

/// The key to everything of one organizer.
#[derive(Clone)]
pub struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    /// A new one.
    ///
    /// # Errors
    /// [`NoEntropy`].
    pub fn draw(entropy: &Entropy) -> Result<Self, NoEntropy> {
        entropy.draw().map(Self)
    }

    pub(super) fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    pub(super) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals bytes for one place, such as `ticket 7/12`; they open nowhere else, so that rows
    /// cannot be exchanged.
    ///
    /// # Errors
    /// [`SealError::NoEntropy`].
    pub fn seal(&self, place: &str, plain: &[u8], entropy: &Entropy) -> Result<Sealed, SealError> {
        seal_with(&self.derive(b"seal"), place, plain, entropy)
    }

    /// Opens bytes that were sealed for this place.
    ///
    /// # Errors
    /// [`SealError::DoesNotOpen`].
    pub fn open(&self, place: &str, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
        open_with(&self.derive(b"seal"), place, sealed)
    }

    /// What a value is searched by. `column` keeps equal values of two columns apart.
    pub fn blind_index(&self, column: &str, value: &str) -> BlindIndex {
        let key = self.derive(b"blind index");
        let mut mac = keyed(&key);
        mac.update(column.as_bytes());
        mac.update(&[0]);
        mac.update(value.as_bytes());
        let mut index = [0; 16];
        index.copy_from_slice(mac.finalize().into_bytes().split_at(16).0);
        BlindIndex(index)
    }

    /// The secret that permutes one event's ticket numbers.
    pub fn ticket_number_key(&self, event: EventNumber) -> TicketNumberKey {
        let mut purpose = b"ticket numbers".to_vec();
        purpose.extend(event.0.to_be_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(self.derive(&purpose).split_at(16).0);
        TicketNumberKey(key)
    }

    /// A key for one purpose (HKDF-SHA256, RFC 5869, with the purpose as info).
    pub fn derive(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        derive(self.0.as_slice(), purpose)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DataKey(hidden)")
    }
}

#[expect(
    clippy::expect_used,
    reason = "32 bytes are far below HKDF's bound of 8,160"
)]
pub(super) fn derive(secret: &[u8], purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(b"guichet"), secret)
        .expand(purpose, key.as_mut_slice())
        .expect("a short output");
    key
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    Hmac::<Sha256>::new_from_slice(key).expect("a key of any length")
}

pub(super) fn seal_with(
    key: &[u8; 32],
    place: &str,
    plain: &[u8],
    entropy: &Entropy,
) -> Result<Sealed, SealError> {
    let nonce = entropy.draw::<NONCE_BYTES>()?;
    let payload = Payload {
        msg: plain,
        aad: place.as_bytes(),
    };
    // Fails only for messages of many gigabytes.
    let sealed = XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(*nonce), payload)
        .map_err(|_| SealError::DoesNotOpen)?;
    let mut bytes = Vec::with_capacity(1 + NONCE_BYTES + sealed.len());
    bytes.push(VERSION);
    bytes.extend(nonce.iter());
    bytes.extend(sealed);
    Ok(Sealed(bytes))
}

pub(super) fn open_with(
    key: &[u8; 32],
    place: &str,
    sealed: &Sealed,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let rest = sealed
        .0
        .strip_prefix(&[VERSION])
        .ok_or(SealError::DoesNotOpen)?;
    let (nonce, ciphertext) = rest
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(SealError::DoesNotOpen)?;
    let payload = Payload {
        msg: ciphertext,
        aad: place.as_bytes(),
    };
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| SealError::DoesNotOpen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_bytes_open_only_in_their_place_with_their_key() {
        let entropy = Entropy::system();
        let key = DataKey::draw(&entropy).unwrap();
        let sealed = key.seal("ticket 1/2", b"Zoe", &entropy).unwrap();
        assert_eq!(key.open("ticket 1/2", &sealed).unwrap().as_slice(), b"Zoe");
        assert_eq!(key.open("ticket 1/3", &sealed), Err(SealError::DoesNotOpen));
        let other = DataKey::draw(&entropy).unwrap();
        assert_eq!(
            other.open("ticket 1/2", &sealed),
            Err(SealError::DoesNotOpen)
        );
        for at in 0..sealed.0.len() {
            let mut changed = sealed.clone();
            changed.0[at] ^= 1;
            assert!(key.open("ticket 1/2", &changed).is_err(), "byte {at}");
        }
        assert!(key.open("ticket 1/2", &Sealed(Vec::new())).is_err());
        assert!(!sealed.0.windows(3).any(|bytes| bytes == b"Zoe"));
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_event() {
        let key = DataKey::draw(&Entropy::system()).unwrap();
        assert_ne!(key.derive(b"a"), key.derive(b"b"));
        assert_ne!(
            key.ticket_number_key(EventNumber(1)),
            key.ticket_number_key(EventNumber(2))
        );
        assert_eq!(key.blind_index("order", "x"), key.blind_index("order", "x"));
        assert_ne!(key.blind_index("order", "x"), key.blind_index("email", "x"));
    }
}
