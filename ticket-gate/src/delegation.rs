//! The root key's word that a bundle key may speak for the organizer.
//!
//! A scanner is paired with one thing: the organizer's root public key. The root key signs
//! delegations and nothing else, so it can stay off line; the delegated *bundle key* signs event
//! bundles and status lists, and the delegation travels inside them.
//!
//! ```cddl
//! delegation = #6.18([protected, {}, bstr .cbor content, signature])   ; signed by the root key
//! protected = bstr .cbor {1: -8, 4: kid, 16: "application/guichet-delegation+cbor"}
//! content = {
//!   1: tstr .size (1..64),  ; organizer
//!   2: bstr .size 32,       ; the bundle key, Ed25519
//!   3: uint .size 4,        ; not before, seconds since 1970
//!   4: uint .size 4,        ; not from then on
//!   5: uint,                ; sequence
//! }
//! ```

use alloc::borrow::ToOwned as _;
use alloc::string::String;
#[cfg(feature = "sign")]
use alloc::vec::Vec;

use ticket_token::cbor::Reader;
use ticket_token::cose::Sign1;
use ticket_token::{PublicKey, UnixTime, VerifyingKey};

use crate::error::{KnowledgeError, Refusal, check_size};
use crate::fields::Fields;

/// Header 16 of a delegation.
pub const DELEGATION_TYPE: &str = "application/guichet-delegation+cbor";
/// Longest delegation, in bytes. Ours have about 230.
pub const MAX_DELEGATION_BYTES: usize = 512;
/// Longest organizer name, in bytes.
pub const MAX_ORGANIZER_BYTES: usize = 64;

const WHAT: &str = "delegation";
const ORGANIZER: u64 = 1;
const BUNDLE_KEY: u64 = 2;
const NOT_BEFORE: u64 = 3;
const EXPIRES: u64 = 4;
const SEQUENCE: u64 = 5;

/// What a root key delegates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// The organizer's slug, 1 to 64 bytes.
    pub organizer: String,
    /// The key that may sign bundles and status lists.
    pub bundle_key: PublicKey,
    /// Objects issued before this are not covered.
    pub not_before: UnixTime,
    /// Objects issued from this second on are not covered; after it, covered ones count as expired.
    pub expires: UnixTime,
    /// Raised with every delegation. Once a scanner saw one, it takes no older one: that is how a
    /// stolen bundle key is put out of use.
    pub sequence: u64,
}

impl Delegation {
    /// Opens a delegation that `root` must have signed. No clock is asked.
    ///
    /// # Errors
    /// [`KnowledgeError::NotDelegated`] if `root` did not sign it, else whatever is wrong with it.
    pub fn open(bytes: &[u8], root: &VerifyingKey) -> Result<Self, KnowledgeError> {
        let object = parse(bytes)?;
        if !object.verify(root) {
            return Err(KnowledgeError::NotDelegated);
        }
        Ok(decode(object.payload)?)
    }

    /// Opens a delegation by whomever. Only for showing what an object of unknown origin says.
    ///
    /// # Errors
    /// Whatever is wrong with it.
    pub fn open_unverified(bytes: &[u8]) -> Result<Self, KnowledgeError> {
        Ok(decode(parse(bytes)?.payload)?)
    }

    /// Whether an object issued at `time` is covered.
    pub fn covers(&self, time: UnixTime) -> bool {
        self.not_before <= time && time < self.expires
    }

    fn check(&self) -> Result<(), Refusal> {
        if self.organizer.is_empty() || self.organizer.len() > MAX_ORGANIZER_BYTES {
            return Err(KnowledgeError::value("organizer", "1 to 64 bytes"));
        }
        if self.expires <= self.not_before {
            return Err(KnowledgeError::value(
                "delegation window",
                "must end after it begins",
            ));
        }
        Ok(())
    }
}

/// Signs a delegation with the root key.
///
/// # Errors
/// [`KnowledgeError::Value`] when `delegation` is out of bounds.
#[cfg(feature = "sign")]
pub fn sign_delegation(
    delegation: &Delegation,
    root: &ticket_token::SigningKey,
) -> Result<Vec<u8>, KnowledgeError> {
    delegation.check()?;
    let mut writer = ticket_token::cbor::Writer::new();
    writer.map(5);
    writer.unsigned(ORGANIZER).text(&delegation.organizer);
    writer
        .unsigned(BUNDLE_KEY)
        .bytes(delegation.bundle_key.as_bytes());
    writer
        .unsigned(NOT_BEFORE)
        .unsigned(delegation.not_before.0.into());
    writer
        .unsigned(EXPIRES)
        .unsigned(delegation.expires.0.into());
    writer.unsigned(SEQUENCE).unsigned(delegation.sequence);
    Ok(ticket_token::cose::sign1(
        Some(DELEGATION_TYPE),
        &writer.into_bytes(),
        root,
    ))
}

fn parse(bytes: &[u8]) -> Result<Sign1<'_>, Refusal> {
    check_size(WHAT, bytes, MAX_DELEGATION_BYTES)?;
    let object = Sign1::parse(bytes)?;
    if object.headers.typ != Some(DELEGATION_TYPE) {
        return Err(Refusal::new(KnowledgeError::Kind {
            expected: DELEGATION_TYPE,
        }));
    }
    Ok(object)
}

fn decode(payload: &[u8]) -> Result<Delegation, Refusal> {
    // The closed set: a restriction that is not understood must not be ignored.
    let fields = Fields::read(WHAT, &mut Reader::new(payload)?, SEQUENCE + 1, u64::MAX)?;
    let delegation = Delegation {
        organizer: fields.text(ORGANIZER, "organizer")?.to_owned(),
        bundle_key: read_key("bundle key", fields.required(BUNDLE_KEY, "bundle key")?)?,
        not_before: fields.time(NOT_BEFORE, "not before")?,
        expires: fields.time(EXPIRES, "expires")?,
        sequence: fields.unsigned(SEQUENCE, "sequence")?,
    };
    delegation.check()?;
    Ok(delegation)
}

/// Reads 32 bytes that must be a usable public key.
pub(crate) fn read_key(field: &'static str, mut reader: Reader<'_>) -> Result<PublicKey, Refusal> {
    PublicKey::from_bytes(&reader.byte_array()?)
        .map_err(|source| Refusal::new(KnowledgeError::Key { field, source }))
}
