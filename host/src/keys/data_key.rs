//! An organizer's data key, and all that is derived from it.

use std::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use ticket_gate::TicketNumberKey;
use ticket_token::EventNumber;
use zeroize::Zeroizing;

use super::Randomness;
use super::files::FileKeys;
use super::seal::{SealingKey, expand};
use crate::storage::BlindIndex;

/// 32 random bytes that are never replaced: what is derived from them is printed on tickets.
pub(super) struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    pub(super) fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(super) fn draw(randomness: Randomness<'_>) -> Self {
        let mut key = Self::new([0; 32]);
        randomness.fill_bytes(&mut *key.0);
        key
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    pub(super) fn derive(&self) -> DerivedKeys {
        let hkdf = Hkdf::<Sha256>::new(None, self.bytes());
        DerivedKeys {
            sealing: SealingKey::derive(&hkdf, b"data"),
            files: FileKeys::derive(&hkdf),
            blind_index: KeyedHash::derive(&hkdf, b"blind-index"),
            capability: KeyedHash::derive(&hkdf, b"capability"),
            ticket_id: KeyedHash::derive(&hkdf, b"ticket-id"),
            ticket_number: KeyedHash::derive(&hkdf, b"ticket-number"),
            api_key: KeyedHash::derive(&hkdf, b"api-key"),
            webhook: KeyedHash::derive(&hkdf, b"webhook"),
        }
    }
}

/// One key for each use.
pub(super) struct DerivedKeys {
    pub(super) sealing: SealingKey,
    pub(super) files: FileKeys,
    pub(super) blind_index: KeyedHash,
    pub(super) capability: KeyedHash,
    pub(super) ticket_id: KeyedHash,
    pub(super) ticket_number: KeyedHash,
    pub(super) api_key: KeyedHash,
    pub(super) webhook: KeyedHash,
}

/// What is searched for under a blind index. Equal texts of two kinds have unequal indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IndexKind {
    /// An order's id.
    Order,
    /// An e-mail address; letter case and white space around it do not matter.
    Email,
}

impl DerivedKeys {
    pub(super) fn blind_index(&self, kind: IndexKind, text: &str) -> BlindIndex {
        let tag = match kind {
            IndexKind::Order => self.blind_index.tag(&[b"order:", text.as_bytes()]),
            IndexKind::Email => {
                let text = Zeroizing::new(text.trim().to_lowercase());
                self.blind_index.tag(&[b"email:", text.as_bytes()])
            }
        };
        BlindIndex(beginning(&tag))
    }

    pub(super) fn ticket_number_key(&self, event: EventNumber) -> TicketNumberKey {
        TicketNumberKey(beginning(
            &self.ticket_number.tag(&[&event.0.to_be_bytes()]),
        ))
    }
}

fn beginning(tag: &[u8; 32]) -> [u8; 16] {
    let mut beginning = [0; 16];
    beginning.copy_from_slice(tag.split_at(16).0);
    beginning
}

/// HMAC-SHA256 (RFC 2104) under a key of one use.
#[derive(Clone)]
pub struct KeyedHash {
    /// The keyed state, so that a hash costs no key set-up.
    state: Hmac<Sha256>,
}

impl KeyedHash {
    fn derive(hkdf: &Hkdf<Sha256>, use_: &[u8]) -> Self {
        // HMAC pads a short key with zeros to its block; a whole block cannot be refused.
        let mut block = Zeroizing::new([0; 64]);
        let (key, _) = block.split_at_mut(32);
        key.copy_from_slice(&*expand::<32>(hkdf, &[b"hash:", use_]));
        Self {
            state: Hmac::<Sha256>::new((&*block).into()),
        }
    }

    /// The hash of a test, told apart by its seed.
    #[cfg(test)]
    pub(crate) fn of_test(seed: u8) -> Self {
        Self::derive(&Hkdf::<Sha256>::new(None, &[seed]), b"test")
    }

    /// The hash over the parts, one after the other. Where their lengths are not fixed, the caller
    /// keeps them apart.
    #[must_use]
    pub fn tag(&self, parts: &[&[u8]]) -> [u8; 32] {
        self.over(parts).finalize().into_bytes().into()
    }

    /// Whether `tag` is the hash over the parts, or a beginning of it of at least 16 bytes; in
    /// constant time.
    #[must_use]
    pub fn verify(&self, parts: &[&[u8]], tag: &[u8]) -> bool {
        const SHORTEST_TAG: usize = 16;
        tag.len() >= SHORTEST_TAG && self.over(parts).verify_truncated_left(tag).is_ok()
    }

    fn over(&self, parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut hash = self.state.clone();
        for part in parts {
            hash.update(part);
        }
        hash
    }
}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedHash(..)")
    }
}
