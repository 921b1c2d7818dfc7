//! The claims of a status list, read and written.

use ticket_token::cbor::Reader;
use ticket_token::{EventNumber, UnixTime};

use crate::error::KnowledgeError;

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
/// The claims as they are read, before anything is trusted.
pub(super) struct Claims<'a> {
    pub(super) subject: &'a str,
    pub(super) expires: UnixTime,
    pub(super) issued_at: UnixTime,
    pub(super) ttl_seconds: u32,
    pub(super) compressed: &'a [u8],
    pub(super) event: EventNumber,
    pub(super) sequence: u64,
    pub(super) size: u32,
    pub(super) delegation: &'a [u8],
}

impl<'a> Claims<'a> {
    /// Encodes the claims, with the address of a list of lists if there is one.
    #[cfg(feature = "sign")]
    pub(super) fn encode(&self, aggregation_address: Option<&str>) -> Vec<u8> {
        let mut writer = ticket_token::cbor::Writer::with_capacity(self.compressed.len() + 1024);
        writer.map(9);
        writer.integer(SUBJECT).text(self.subject);
        writer.integer(EXPIRES).unsigned(self.expires.0.into());
        writer.integer(ISSUED_AT).unsigned(self.issued_at.0.into());
        writer
            .integer(LIST)
            .map(2 + usize::from(aggregation_address.is_some()));
        writer.text("lst").bytes(self.compressed);
        writer.text("bits").unsigned(BITS);
        if let Some(address) = aggregation_address {
            writer.text("aggregation_uri").text(address);
        }
        writer.integer(TTL).unsigned(self.ttl_seconds.into());
        writer.integer(EVENT).unsigned(self.event.0.into());
        writer.integer(SEQUENCE).unsigned(self.sequence);
        writer.integer(SIZE).unsigned(self.size.into());
        writer.integer(DELEGATION).bytes(self.delegation);
        writer.into_bytes()
    }

    pub(super) fn decode(payload: &'a [u8]) -> Result<Self, KnowledgeError> {
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
