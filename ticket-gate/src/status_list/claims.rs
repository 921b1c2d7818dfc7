//! The claims of a status list, read and written.

#[cfg(feature = "sign")]
use alloc::vec::Vec;

use ticket_token::cbor::Reader;
use ticket_token::{EventNumber, UnixTime};

use crate::error::{KnowledgeError, Refusal};
use crate::fields::Fields;

const WHAT: &str = "status list";
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

    pub(super) fn decode(payload: &'a [u8]) -> Result<Self, Refusal> {
        const LABELS: [i64; 9] = [
            SUBJECT, EXPIRES, ISSUED_AT, TTL, LIST, EVENT, SEQUENCE, SIZE, DELEGATION,
        ];
        let mut reader = Reader::new(payload)?;
        let fields = Fields::read_labelled(WHAT, &mut reader, &LABELS)?;
        Ok(Self {
            subject: fields.text(0, "sub")?,
            expires: fields.time(1, "exp")?,
            issued_at: fields.time(2, "iat")?,
            ttl_seconds: fields.unsigned_u32(3, "ttl")?,
            compressed: read_list(fields.required(4, "status_list")?)?,
            event: EventNumber(fields.unsigned_u32(5, "event number")?),
            sequence: fields.unsigned(6, "sequence")?,
            size: fields.unsigned_u32(7, "size")?,
            delegation: fields.bytes(8, "delegation")?,
        })
    }
}

fn read_list(mut reader: Reader<'_>) -> Result<&[u8], Refusal> {
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
    compressed.ok_or_else(|| {
        Refusal::new(KnowledgeError::Missing {
            what: WHAT,
            field: "lst",
        })
    })
}
