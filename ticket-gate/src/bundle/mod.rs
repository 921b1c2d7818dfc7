//! What a scanner knows of one event: one signed object that it stores.
//!
//! ```cddl
//! bundle = #6.18([protected, {}, bstr .cbor content, signature])   ; signed by the bundle key
//! protected = bstr .cbor {1: -8, 4: kid, 16: "application/guichet-bundle+cbor"}
//! content = {
//!   1: 1,                        ; version of this format
//!   2: uint,                     ; sequence, raised with every change
//!   3: time, 4: time,            ; issued at, expires
//!   5: bstr .cbor delegation,
//!   6: event, 7: [* type], 8: [+ key], 9: status,
//!   10: bstr .size 16,           ; ticket number key
//!   11: {* verdict => advice}, 12: {* warning => advice},
//!   * extension
//! }
//! event = {1: uint .size 4, 2: names, 3: tstr, ? 4: [time, time], * extension}   ; number, names, zone, doors
//! type = {1: uint .size 2, 2: names, 3: [kind, n], 4: uint .size 2,
//!         ? 5: [+ [time, time]], ? 6: [+ tstr], 7: bool, * extension}
//!         ; number, names, entries (kind 0: n in all, 1: n per window), group, windows, gates, re-entry
//! key = {1: bstr .size 32, 2: state, 3: time, 4: time, * extension}   ; sign-until, verify-until
//! status = {1: tstr, 2: uint .size 4, * extension}                    ; address, entries
//! names = [+ (language: tstr, text: tstr)]   time = uint .size 4   advice = 0..2   state = 0..3
//! extension = (64..max => any)
//! ```
//!
//! Keys 0 to 63 must be understood; a key from 64 on is an addition that an older scanner may pass
//! over.

mod content;
mod decode;
#[cfg(feature = "sign")]
mod encode;

#[cfg(feature = "online")]
use alloc::string::String;
use alloc::vec::Vec;

use ticket_token::cose::Sign1;
use ticket_token::{EventNumber, KeyId, TicketType, UnixTime, VerifyingKey};

pub use self::content::{
    BundleContent, Entries, EventFacts, KeyState, ListedKey, MAX_ENTRIES, MAX_GATES, MAX_KEYS,
    MAX_TYPES, MAX_WINDOWS, StatusReference, TypeRule, Window,
};
#[cfg(feature = "sign")]
pub use self::encode::sign_bundle;
use crate::delegation::Delegation;
use crate::error::{KnowledgeError, Refusal, check_size};

/// Header 16 of a bundle.
pub const BUNDLE_TYPE: &str = "application/guichet-bundle+cbor";
/// Longest bundle, in bytes: an event with 4096 ticket types, each named in four languages, fits.
pub const MAX_BUNDLE_BYTES: usize = 1 << 20;

const VERSION: u64 = 1;
/// Fields from here on are additions that an older scanner may pass over.
const FIRST_EXTENSION: u64 = 64;

/// Keys of the content map.
mod fields {
    pub(super) const VERSION: u64 = 1;
    pub(super) const SEQUENCE: u64 = 2;
    pub(super) const ISSUED_AT: u64 = 3;
    pub(super) const EXPIRES: u64 = 4;
    pub(super) const DELEGATION: u64 = 5;
    pub(super) const EVENT: u64 = 6;
    pub(super) const TYPES: u64 = 7;
    pub(super) const KEYS: u64 = 8;
    pub(super) const STATUS: u64 = 9;
    pub(super) const NUMBER_KEY: u64 = 10;
    pub(super) const VERDICT_ADVICE: u64 = 11;
    pub(super) const WARNING_ADVICE: u64 = 12;
}

/// A bundle whose signature holds.
#[derive(Debug, Clone)]
pub struct Bundle {
    content: BundleContent,
    delegation: Delegation,
    /// Ready to verify with, in the order of `content.keys`.
    verifying_keys: Vec<VerifyingKey>,
}

impl Bundle {
    /// Opens a bundle that is signed by a key which `root` delegated. No clock is asked: an expired
    /// bundle opens, and judging with it warns.
    ///
    /// # Errors
    /// [`KnowledgeError::NotDelegated`] if `root` did not sign the delegation inside; any other
    /// [`KnowledgeError`] that is about a single object.
    pub fn open(bytes: &[u8], root: &VerifyingKey) -> Result<Self, KnowledgeError> {
        let object = parse(bytes)?;
        let (content, delegation) = decode::content(object.payload)?;
        let delegation = Delegation::open(delegation, root)?;
        Ok(Self::checked(&object, content, delegation)?)
    }

    /// Opens a bundle without knowing the root key: it holds together, but anyone may have made it.
    /// For tools that say so.
    ///
    /// # Errors
    /// As [`Bundle::open`], but never [`KnowledgeError::NotDelegated`].
    pub fn open_unpaired(bytes: &[u8]) -> Result<Self, KnowledgeError> {
        let object = parse(bytes)?;
        let (content, delegation) = decode::content(object.payload)?;
        let delegation = Delegation::open_unverified(delegation)?;
        Ok(Self::checked(&object, content, delegation)?)
    }

    /// What the host itself knows, without a signature, to judge online with: by the word of `root`,
    /// for ever.
    ///
    /// # Errors
    /// [`KnowledgeError::Value`], as for content to be signed.
    #[cfg(feature = "online")]
    pub fn of_host(
        content: BundleContent,
        organizer: String,
        root: ticket_token::PublicKey,
    ) -> Result<Self, KnowledgeError> {
        content.check()?;
        let delegation = Delegation {
            organizer,
            bundle_key: root,
            not_before: UnixTime(0),
            expires: UnixTime(u32::MAX),
            sequence: u64::MAX,
        };
        Ok(Self::of(content, delegation))
    }

    fn checked(
        object: &Sign1<'_>,
        content: BundleContent,
        delegation: Delegation,
    ) -> Result<Self, Refusal> {
        if !object.verify(&VerifyingKey::new(&delegation.bundle_key)) {
            return Err(Refusal::new(KnowledgeError::BadSignature));
        }
        content.check()?;
        if !delegation.covers(content.issued_at) {
            return Err(Refusal::new(KnowledgeError::OutsideDelegation));
        }
        Ok(Self::of(content, delegation))
    }

    fn of(content: BundleContent, delegation: Delegation) -> Self {
        let verifying_keys = content
            .keys
            .iter()
            .map(|listed| VerifyingKey::new(&listed.key))
            .collect();
        Self {
            content,
            delegation,
            verifying_keys,
        }
    }

    /// What the bundle says.
    pub fn content(&self) -> &BundleContent {
        &self.content
    }

    /// By whose word.
    pub fn delegation(&self) -> &Delegation {
        &self.delegation
    }

    /// The event's number.
    pub fn event(&self) -> EventNumber {
        self.content.event.number
    }

    /// From this second on, what the bundle says is out of date.
    pub fn expires(&self) -> UnixTime {
        self.content.expires.min(self.delegation.expires)
    }

    /// The rules of a ticket type, if the bundle knows it.
    pub fn ticket_type(&self, number: TicketType) -> Option<&TypeRule> {
        let types = &self.content.types;
        let index = types
            .binary_search_by_key(&number, |rule| rule.number)
            .ok()?;
        types.get(index)
    }

    /// The keys that share `key_id`, which is a hint and not a name.
    pub fn keys_named(&self, key_id: KeyId) -> impl Iterator<Item = (&ListedKey, &VerifyingKey)> {
        let keys = self.content.keys.iter().zip(&self.verifying_keys);
        keys.filter(move |(listed, _)| listed.key.key_id() == key_id)
    }

    /// Whether this may take the place of `held`: of the same event, and not older.
    ///
    /// A newer delegation outranks every bundle under an older one, whatever its sequence, so that
    /// the holder of a stolen bundle key cannot lock scanners by signing the highest number.
    ///
    /// # Errors
    /// [`KnowledgeError::WrongEvent`], [`KnowledgeError::Older`].
    pub fn check_replaces(&self, held: &Bundle) -> Result<(), KnowledgeError> {
        if self.event() != held.event() {
            return Err(KnowledgeError::WrongEvent {
                expected: held.event(),
                found: self.event(),
            });
        }
        let older = |held, offered| Err(KnowledgeError::Older { held, offered });
        let (new, old) = (&self.delegation, &held.delegation);
        if new.sequence != old.sequence {
            return if new.sequence < old.sequence {
                older(old.sequence, new.sequence)
            } else {
                Ok(())
            };
        }
        let (new, old) = (&self.content, &held.content);
        if (new.sequence, new.issued_at) < (old.sequence, old.issued_at) {
            return older(old.sequence, new.sequence);
        }
        Ok(())
    }
}

fn parse(bytes: &[u8]) -> Result<Sign1<'_>, Refusal> {
    check_size("bundle", bytes, MAX_BUNDLE_BYTES)?;
    let object = Sign1::parse(bytes)?;
    if object.headers.typ != Some(BUNDLE_TYPE) {
        return Err(Refusal::new(KnowledgeError::Kind {
            expected: BUNDLE_TYPE,
        }));
    }
    Ok(object)
}
