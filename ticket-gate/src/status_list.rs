//! The event's list of revoked and suspended tickets: an IETF Token Status List
//! (draft-ietf-oauth-status-list-20) as a CWT, which foreign readers of that format can read.
//!
//! ```cddl
//! status-list = #6.18([protected, {}, bstr .cbor claims, signature])   ; signed by the bundle key
//! protected = bstr .cbor {1: -8, 4: kid, 16: "application/statuslist+cwt"}
//! claims = {
//!   2: tstr,              ; sub: its own address, as the bundle names it
//!   4: time, 6: time,     ; exp, iat
//!   65533: {"lst": bstr, "bits": 2},     ; zlib of 2 bits a ticket, serial 0 in the lowest bits
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

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use ticket_token::cbor::Reader;
use ticket_token::cose::Sign1;
use ticket_token::{EventNumber, Serial, UnixTime, VerifyingKey};

use crate::bundle::Bundle;
use crate::delegation::Delegation;
use crate::error::{KnowledgeError, check_size};
use crate::moment::Moment;

/// Header 16 of a status list.
pub const STATUS_LIST_TYPE: &str = "application/statuslist+cwt";
/// Most tickets of a list: 2^24, which are 4 MiB of memory in a scanner.
pub const MAX_LIST_ENTRIES: u32 = 1 << 24;
/// Longest status list, in bytes: what [`MAX_LIST_ENTRIES`] need when nothing can be compressed.
pub const MAX_STATUS_LIST_BYTES: usize = (MAX_LIST_ENTRIES as usize) / 4 + 65_536;

const ENTRIES_PER_BYTE: u32 = 4;
const BITS: u64 = 2;

const SUBJECT: i64 = 2;
const EXPIRES: i64 = 4;
const ISSUED_AT: i64 = 6;
const LIST: i64 = 65_533;
const TTL: i64 = 65_534;
const EVENT: i64 = -65_537;
const SEQUENCE: i64 = -65_538;
const SIZE: i64 = -65_539;
const DELEGATION: i64 = -65_540;

/// A ticket's status. The numbers are those of the draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Nothing is known against it.
    Valid = 0,
    /// Withdrawn for good; the draft says *invalid*.
    Revoked = 1,
    /// Withdrawn for now.
    Suspended = 2,
}

/// Two bits for each ticket, by serial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses {
    /// `size` rounded up to whole bytes; the bits past `size` are zero.
    packed: Vec<u8>,
    size: u32,
}

impl Statuses {
    /// `size` tickets, all valid.
    ///
    /// # Errors
    /// [`KnowledgeError::Value`] beyond [`MAX_LIST_ENTRIES`].
    pub fn all_valid(size: u32) -> Result<Self, KnowledgeError> {
        if size > MAX_LIST_ENTRIES {
            return Err(KnowledgeError::value(
                "status list size",
                "at most 16777216 entries",
            ));
        }
        Ok(Self {
            packed: vec![0; size.div_ceil(ENTRIES_PER_BYTE) as usize],
            size,
        })
    }

    /// How many tickets there are.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// The status of a ticket; `None` beyond the list.
    pub fn get(&self, serial: Serial) -> Option<Status> {
        if serial.0 >= self.size {
            return None;
        }
        let byte = self.packed.get((serial.0 / ENTRIES_PER_BYTE) as usize)?;
        Some(match byte >> shift_of(serial) & 3 {
            0 => Status::Valid,
            2 => Status::Suspended,
            // 3 is left to applications by the draft and is none of ours: no reason to admit.
            _ => Status::Revoked,
        })
    }

    /// Sets the status of a ticket. Answers whether the list reaches that far.
    #[must_use]
    pub fn set(&mut self, serial: Serial, status: Status) -> bool {
        let byte = self.packed.get_mut((serial.0 / ENTRIES_PER_BYTE) as usize);
        match byte {
            Some(byte) if serial.0 < self.size => {
                *byte = *byte & !(3 << shift_of(serial)) | (status as u8) << shift_of(serial);
                true
            }
            _ => false,
        }
    }

    /// Inflates exactly the bytes that `size` entries take: a small input cannot take much memory.
    fn inflate(compressed: &[u8], size: u32) -> Result<Self, KnowledgeError> {
        let mut statuses = Self::all_valid(size)?;
        let flags = TINFL_FLAG_PARSE_ZLIB_HEADER | TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
        let mut inflater = Box::<DecompressorOxide>::default();
        let (status, consumed, written) =
            decompress(&mut inflater, compressed, &mut statuses.packed, 0, flags);
        let is_whole = status == TINFLStatus::Done
            && consumed == compressed.len()
            && written == statuses.packed.len();
        if !is_whole || !statuses.has_zero_tail() {
            return Err(KnowledgeError::Inflate);
        }
        Ok(statuses)
    }

    fn has_zero_tail(&self) -> bool {
        let used = self.size % ENTRIES_PER_BYTE;
        used == 0
            || self
                .packed
                .last()
                .is_none_or(|last| last >> (2 * used) == 0)
    }
}

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
        Self::open_delegated(bytes, bundle, |delegation| {
            Delegation::open(delegation, root)
        })
    }

    /// Opens a status list without knowing the root key: it holds together, but anyone may have made
    /// it. For tools that say so.
    ///
    /// # Errors
    /// As [`StatusList::open`], but never [`KnowledgeError::NotDelegated`].
    pub fn open_unpaired(bytes: &[u8], bundle: &Bundle) -> Result<Self, KnowledgeError> {
        Self::open_delegated(bytes, bundle, Delegation::open_unverified)
    }

    fn open_delegated(
        bytes: &[u8],
        bundle: &Bundle,
        open_delegation: impl FnOnce(&[u8]) -> Result<Delegation, KnowledgeError>,
    ) -> Result<Self, KnowledgeError> {
        check_size("status list", bytes, MAX_STATUS_LIST_BYTES)?;
        let object = Sign1::parse(bytes)?;
        if object.headers.typ != Some(STATUS_LIST_TYPE) {
            return Err(KnowledgeError::Kind {
                expected: STATUS_LIST_TYPE,
            });
        }
        let claims = Claims::decode(object.payload)?;
        let delegation = open_delegation(claims.delegation)?;
        if !object.verify(&VerifyingKey::new(&delegation.bundle_key)) {
            return Err(KnowledgeError::BadSignature);
        }
        if !delegation.covers(claims.issued_at) {
            return Err(KnowledgeError::OutsideDelegation);
        }
        let held = bundle.delegation().sequence;
        if delegation.sequence < held {
            return Err(KnowledgeError::Older {
                held,
                offered: delegation.sequence,
            });
        }
        if claims.event != bundle.event() {
            return Err(KnowledgeError::WrongEvent {
                expected: bundle.event(),
                found: claims.event,
            });
        }
        if claims.subject != bundle.content().status.address {
            return Err(KnowledgeError::WrongStatusList);
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
        return Err(KnowledgeError::value("expires", "must be after issued at"));
    }
    if content.ttl_seconds == 0 {
        return Err(KnowledgeError::value("ttl", "at least 1 second"));
    }
    let packed = &content.statuses.packed;
    let compressed = miniz_oxide::deflate::compress_to_vec_zlib(packed, COMPRESSION_LEVEL);
    let mut writer = ticket_token::cbor::Writer::with_capacity(compressed.len() + 1024);
    writer.map(9);
    writer.integer(SUBJECT).text(content.address);
    writer.integer(EXPIRES).unsigned(content.expires.0.into());
    writer
        .integer(ISSUED_AT)
        .unsigned(content.issued_at.0.into());
    writer
        .integer(LIST)
        .map(2)
        .text("lst")
        .bytes(&compressed)
        .text("bits")
        .unsigned(BITS);
    writer.integer(TTL).unsigned(content.ttl_seconds.into());
    writer.integer(EVENT).unsigned(content.event.0.into());
    writer.integer(SEQUENCE).unsigned(content.sequence);
    writer.integer(SIZE).unsigned(content.statuses.size.into());
    writer.integer(DELEGATION).bytes(delegation);
    Ok(ticket_token::cose::sign1(
        Some(STATUS_LIST_TYPE),
        &writer.into_bytes(),
        bundle_key,
    ))
}

/// The claims as they are read, before anything is trusted.
struct Claims<'a> {
    subject: &'a str,
    expires: UnixTime,
    issued_at: UnixTime,
    ttl_seconds: u32,
    compressed: &'a [u8],
    event: EventNumber,
    sequence: u64,
    size: u32,
    delegation: &'a [u8],
}

impl<'a> Claims<'a> {
    fn decode(payload: &'a [u8]) -> Result<Self, KnowledgeError> {
        let mut reader = Reader::new(payload)?;
        let (mut subject, mut expires, mut issued_at) = (None, None, None);
        let (mut ttl_seconds, mut compressed, mut event) = (None, None, None);
        let (mut sequence, mut size, mut delegation) = (None, None, None);
        for _ in 0..reader.map()? {
            // Foreign keys may be texts.
            let label = reader.clone().integer().ok();
            reader.skip()?;
            match label {
                Some(SUBJECT) => subject = Some(reader.text()?),
                Some(EXPIRES) => expires = Some(UnixTime(reader.unsigned_u32()?)),
                Some(ISSUED_AT) => issued_at = Some(UnixTime(reader.unsigned_u32()?)),
                Some(LIST) => compressed = Some(read_list(&mut reader)?),
                Some(TTL) => ttl_seconds = Some(reader.unsigned_u32()?),
                Some(EVENT) => event = Some(EventNumber(reader.unsigned_u32()?)),
                Some(SEQUENCE) => sequence = Some(reader.unsigned()?),
                Some(SIZE) => size = Some(reader.unsigned_u32()?),
                Some(DELEGATION) => delegation = Some(reader.bytes()?),
                _ => {
                    reader.skip()?;
                }
            }
        }
        let missing = |field| KnowledgeError::Missing {
            what: "status list",
            field,
        };
        Ok(Self {
            subject: subject.ok_or(missing("sub"))?,
            expires: expires.ok_or(missing("exp"))?,
            issued_at: issued_at.ok_or(missing("iat"))?,
            ttl_seconds: ttl_seconds.ok_or(missing("ttl"))?,
            compressed: compressed.ok_or(missing("status_list"))?,
            event: event.ok_or(missing("event number"))?,
            sequence: sequence.ok_or(missing("sequence"))?,
            size: size.ok_or(missing("size"))?,
            delegation: delegation.ok_or(missing("delegation"))?,
        })
    }
}

fn read_list<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], KnowledgeError> {
    let (mut compressed, mut bits) = (None, None);
    for _ in 0..reader.map()? {
        match reader.text()? {
            "lst" => compressed = Some(reader.bytes()?),
            "bits" => bits = Some(reader.unsigned()?),
            _ => {
                reader.skip()?;
            }
        }
    }
    if bits != Some(BITS) {
        return Err(KnowledgeError::value("bits", "2 for each ticket"));
    }
    compressed.ok_or(KnowledgeError::Missing {
        what: "status list",
        field: "lst",
    })
}

fn shift_of(serial: Serial) -> u32 {
    2 * (serial.0 % ENTRIES_PER_BYTE)
}
