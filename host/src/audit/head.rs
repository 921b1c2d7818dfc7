//! What the sealer signs: how far the chain has come.

use ticket_token::cbor::Writer;
use ticket_token::cose::{Sign1, sign1};
use ticket_token::{SigningKey, UnixTime, VerifyingKey};

use super::chain::ChainHash;

/// Content type of a signed head (RFC 9596 `typ`).
const TYPE: &str = "guichet-audit-head+cbor";
/// Map keys of the payload.
const ORGANIZER: u64 = 1;
const NUMBER: u64 = 2;
const ENTRIES: u64 = 3;
const HASH: u64 = 4;
const SEALED_AT: u64 = 5;

/// The end of an organizer's chain at one time.
///
/// ```cddl
/// head = { 1: tstr,    ; organizer's slug
///          2: uint,    ; number of the seal, from 1
///          3: uint,    ; entries in the chain
///          4: bstr .size 32,
///          5: uint }   ; sealed at, seconds since 1970
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Slug of the organizer.
    pub organizer: String,
    /// Number of the seal; the first is 1, none is left out.
    pub number: u64,
    /// Entries of the whole chain.
    pub entries: u64,
    /// Hash of the whole chain.
    pub hash: ChainHash,
    /// When it was sealed.
    pub sealed_at: UnixTime,
}

impl Head {
    /// As COSE_Sign1.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> Vec<u8> {
        sign1(Some(TYPE), &self.payload(), key)
    }

    /// Whether `signed` says exactly this, by `key`.
    #[must_use]
    pub fn is_signed(&self, signed: &[u8], key: &VerifyingKey) -> bool {
        Sign1::parse(signed).is_ok_and(|object| {
            object.headers.typ == Some(TYPE)
                && object.payload == self.payload()
                && object.verify(key)
        })
    }

    fn payload(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.map(5);
        writer.unsigned(ORGANIZER).text(&self.organizer);
        writer.unsigned(NUMBER).unsigned(self.number);
        writer.unsigned(ENTRIES).unsigned(self.entries);
        writer.unsigned(HASH).bytes(&self.hash.0);
        writer.unsigned(SEALED_AT).unsigned(self.sealed_at.0.into());
        writer.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_signed_as_it_is_and_no_otherwise() {
        let head = Head {
            organizer: "acme".to_owned(),
            number: 3,
            entries: 40,
            hash: ChainHash::beginning(),
            sealed_at: UnixTime(1_800_000_000),
        };
        let key = SigningKey::from_seed(&[7; 32]).unwrap();
        let public = VerifyingKey::new(&key.public_key());
        let signed = head.sign(&key);
        assert!(head.is_signed(&signed, &public));
        let other = SigningKey::from_seed(&[8; 32]).unwrap();
        assert!(!head.is_signed(&signed, &VerifyingKey::new(&other.public_key())));
        let check = |change: fn(&mut Head)| {
            let mut changed = head.clone();
            change(&mut changed);
            assert!(!changed.is_signed(&signed, &public), "{changed:?}");
        };
        check(|head| head.organizer.push('e'));
        check(|head| head.number += 1);
        check(|head| head.entries -= 1);
        check(|head| head.hash.0[0] ^= 1);
        check(|head| head.sealed_at.0 += 1);
        assert!(!head.is_signed(b"", &public));
    }
}
