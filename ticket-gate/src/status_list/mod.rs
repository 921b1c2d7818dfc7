//! The event's list of revoked and suspended tickets: an IETF Token Status List
//! (draft-ietf-oauth-status-list-20) as a CWT, which foreign readers of that format can read.
//!
//! ```cddl
//! status-list = #6.18([protected, {}, bstr .cbor claims, signature])   ; signed by the bundle key
//! protected = bstr .cbor {1: -8, 4: kid, 16: "application/statuslist+cwt"}
//! claims = {
//!   2: tstr,              ; sub: its own address, as the bundle names it
//!   4: time, 6: time,     ; exp, iat
//!   65533: {"lst": bstr, "bits": 2, ? "aggregation_uri": tstr},
//!                         ; zlib of 2 bits a ticket, serial 0 in the lowest bits
//!   65534: uint .size 4,  ; ttl: seconds after iat when a newer one should be fetched
//!   -65537: uint .size 4, ; event number
//!   -65538: uint,         ; sequence, raised with every change
//!   -65539: uint .size 4, ; entries
//!   -65540: bstr .cbor delegation
//! }
//! ```
//!
//! The four private claims stand in the range that RFC 8392 leaves for private use. Other claims are
//! passed over, as the draft demands.

mod claims;
mod inflate;
mod statuses;

#[cfg(feature = "sign")]
use alloc::vec::Vec;

#[cfg(feature = "sign")]
use ticket_token::EventNumber;
use ticket_token::cose::Sign1;
use ticket_token::{UnixTime, VerifyingKey};

use self::claims::Claims;
pub use self::statuses::{MAX_LIST_ENTRIES, Status, Statuses};
use crate::bundle::Bundle;
use crate::delegation::Delegation;
use crate::error::{KnowledgeError, Refusal, check_size};
use crate::moment::Moment;

/// Header 16 of a status list.
pub const STATUS_LIST_TYPE: &str = "application/statuslist+cwt";
/// Longest status list, in bytes: what [`MAX_LIST_ENTRIES`] need when nothing can be compressed.
pub const MAX_STATUS_LIST_BYTES: usize = (MAX_LIST_ENTRIES as usize) / 4 + 65_536;

/// A status list whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusList {
    /// When it was made.
    pub issued_at: UnixTime,
    /// From this second on it should not be relied on.
    pub expires: UnixTime,
    /// Seconds after `issued_at` when a newer one should be fetched.
    pub ttl_seconds: u32,
    /// Raised with every change.
    pub sequence: u64,
    /// What it says.
    pub statuses: Statuses,
    delegation_sequence: u64,
}

impl StatusList {
    /// Opens the status list that belongs to `bundle`, signed by a key which `root` delegated. No
    /// clock is asked.
    ///
    /// # Errors
    /// [`KnowledgeError::WrongEvent`] or [`KnowledgeError::WrongStatusList`] if it is another's,
    /// [`KnowledgeError::Older`] if its delegation is older than the bundle's; any other
    /// [`KnowledgeError`] that is about a single object.
    pub fn open(
        bytes: &[u8],
        root: &VerifyingKey,
        bundle: &Bundle,
    ) -> Result<Self, KnowledgeError> {
        let open = |delegation: &[u8]| Delegation::open(delegation, root);
        Ok(Self::open_delegated(bytes, bundle, open)?)
    }

    /// Opens a status list without knowing the root key: it holds together, but anyone may have made
    /// it. For tools that say so.
    ///
    /// # Errors
    /// As [`StatusList::open`], but never [`KnowledgeError::NotDelegated`].
    pub fn open_unpaired(bytes: &[u8], bundle: &Bundle) -> Result<Self, KnowledgeError> {
        let open = Delegation::open_unverified;
        Ok(Self::open_delegated(bytes, bundle, open)?)
    }

    fn open_delegated(
        bytes: &[u8],
        bundle: &Bundle,
        open_delegation: impl FnOnce(&[u8]) -> Result<Delegation, KnowledgeError>,
    ) -> Result<Self, Refusal> {
        check_size("status list", bytes, MAX_STATUS_LIST_BYTES)?;
        let object = Sign1::parse(bytes)?;
        if object.headers.typ != Some(STATUS_LIST_TYPE) {
            return Err(Refusal::new(KnowledgeError::Kind {
                expected: STATUS_LIST_TYPE,
            }));
        }
        let claims = Claims::decode(object.payload)?;
        let delegation = open_delegation(claims.delegation)?;
        if !object.verify(&VerifyingKey::new(&delegation.bundle_key)) {
            return Err(Refusal::new(KnowledgeError::BadSignature));
        }
        if !delegation.covers(claims.issued_at) {
            return Err(Refusal::new(KnowledgeError::OutsideDelegation));
        }
        let held = bundle.delegation().sequence;
        if delegation.sequence < held {
            return Err(Refusal::new(KnowledgeError::Older {
                held,
                offered: delegation.sequence,
            }));
        }
        if claims.event != bundle.event() {
            return Err(Refusal::new(KnowledgeError::WrongEvent {
                expected: bundle.event(),
                found: claims.event,
            }));
        }
        if claims.subject != bundle.content().status.address {
            return Err(Refusal::new(KnowledgeError::WrongStatusList));
        }
        Ok(Self {
            issued_at: claims.issued_at,
            expires: claims.expires,
            ttl_seconds: claims.ttl_seconds,
            sequence: claims.sequence,
            statuses: Statuses::inflate(claims.compressed, claims.size)?,
            delegation_sequence: delegation.sequence,
        })
    }

    /// Whether this may take the place of `held`.
    ///
    /// # Errors
    /// [`KnowledgeError::Older`] for a rollback.
    pub fn check_replaces(&self, held: &StatusList) -> Result<(), KnowledgeError> {
        let (new, old) = (self.delegation_sequence, held.delegation_sequence);
        if new < old {
            return Err(KnowledgeError::Older {
                held: old,
                offered: new,
            });
        }
        if new == old && (self.sequence, self.issued_at) < (held.sequence, held.issued_at) {
            return Err(KnowledgeError::Older {
                held: held.sequence,
                offered: self.sequence,
            });
        }
        Ok(())
    }

    /// From this moment on, a newer list should have been fetched.
    pub fn stale_from(&self) -> Moment {
        let ttl_ms = u64::from(self.ttl_seconds) * 1000;
        Moment::from_unix(self.issued_at)
            .plus(ttl_ms)
            .min(self.expires.into())
    }
}

/// What a new status list says.
#[cfg(feature = "sign")]
#[derive(Debug, Clone)]
pub struct StatusListContent<'a> {
    /// The address where it is found, as in the bundle.
    pub address: &'a str,
    /// Where the organizer's lists are listed, if they are. For foreign readers: our own pass it over,
    /// but `@owf/token-status-list` refuses lists without it.
    pub aggregation_address: Option<&'a str>,
    /// The event.
    pub event: EventNumber,
    /// Raised with every change.
    pub sequence: u64,
    /// When it is made.
    pub issued_at: UnixTime,
    /// From when on it should not be relied on.
    pub expires: UnixTime,
    /// Seconds after which a newer one should be fetched; at least 1.
    pub ttl_seconds: u32,
    /// The tickets.
    pub statuses: &'a Statuses,
}

/// Signs a status list with the bundle key that the encoded `delegation` names. Takes about 40 ms for
/// a million tickets, nearly all of it compression.
///
/// # Errors
/// As [`crate::sign_bundle`].
#[cfg(feature = "sign")]
pub fn sign_status_list(
    content: &StatusListContent<'_>,
    delegation: &[u8],
    bundle_key: &ticket_token::SigningKey,
) -> Result<Vec<u8>, KnowledgeError> {
    // One above zlib's highest level, a setting of this compressor; the format is the same.
    const COMPRESSION_LEVEL: u8 = 10;
    let delegated = Delegation::open_unverified(delegation)?;
    if delegated.bundle_key != bundle_key.public_key() {
        return Err(KnowledgeError::BadSignature);
    }
    if !delegated.covers(content.issued_at) {
        return Err(KnowledgeError::OutsideDelegation);
    }
    if content.expires <= content.issued_at {
        return Err(KnowledgeError::value("expires", "must be after issued at").into());
    }
    if content.ttl_seconds == 0 {
        return Err(KnowledgeError::value("ttl", "at least 1 second").into());
    }
    let compressed =
        miniz_oxide::deflate::compress_to_vec_zlib(content.statuses.packed(), COMPRESSION_LEVEL);
    let claims = Claims {
        subject: content.address,
        expires: content.expires,
        issued_at: content.issued_at,
        ttl_seconds: content.ttl_seconds,
        compressed: &compressed,
        event: content.event,
        sequence: content.sequence,
        size: content.statuses.size(),
        delegation,
    };
    let payload = claims.encode(content.aggregation_address);
    Ok(ticket_token::cose::sign1(
        Some(STATUS_LIST_TYPE),
        &payload,
        bundle_key,
    ))
}
