//! Records on their way between a scanner and the host.
//!
//! ```cddl
//! page = [* record]         ; ascending, none twice: one set has one encoding
//! record = [event: uint .size 4, serial: uint .size 4, at: uint, device: tstr, nonce: bstr .size 8,
//!           action, gate: tstr / null]
//! action = [0, count: 1..65535] / [1, count: 1..65535] / [2, device: tstr, nonce: bstr .size 8]
//!                           ; entry, exit, undo
//! ```
//!
//! Pages are not signed: a scanner sends them over its authenticated connection. A false record can
//! use up a ticket, never make one good.

use alloc::vec::Vec;
use core::num::NonZeroU16;

use ticket_token::cbor::{Kind, Reader, Writer};
use ticket_token::{EventNumber, Serial};

use super::record::{Action, Nonce, Record, RecordId};
use crate::error::{KnowledgeError, Refusal, check_size};
use crate::label::{DeviceName, GateName, LabelError};
use crate::moment::Moment;

/// Longest page, in bytes: about 100,000 records.
pub const MAX_PAGE_BYTES: usize = 8 << 20;

const ENTRY: u64 = 0;
const EXIT: u64 = 1;
const UNDO: u64 = 2;

/// A set of records on its way: ascending, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecordPage {
    /// Ascending, each once.
    records: Vec<Record>,
}

impl RecordPage {
    /// The set of these records, in whatever order they come.
    pub fn new(mut records: Vec<Record>) -> Self {
        records.sort_unstable();
        records.dedup();
        Self { records }
    }

    /// Trusts that `records` ascend.
    pub(super) fn from_ascending(records: impl Iterator<Item = Record>) -> Self {
        Self {
            records: records.collect(),
        }
    }

    /// Decodes a page. One set has one encoding, so what does not ascend is refused.
    ///
    /// # Errors
    /// [`KnowledgeError`]: too large, not deterministic CBOR, or a value out of bounds.
    pub fn decode(bytes: &[u8]) -> Result<Self, KnowledgeError> {
        Ok(read_page(bytes)?)
    }

    /// The one encoding of this set.
    pub fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(16 + 64 * self.records.len());
        writer.array(self.records.len());
        for record in &self.records {
            write_record(&mut writer, record);
        }
        writer.into_bytes()
    }

    /// The records, ascending.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// The records, ascending.
    pub fn into_records(self) -> Vec<Record> {
        self.records
    }
}

pub(crate) fn write_record(writer: &mut Writer, record: &Record) {
    writer.array(7);
    writer
        .unsigned(record.event.0.into())
        .unsigned(record.serial.0.into())
        .unsigned(record.at.0);
    write_id(writer, &record.id);
    match &record.action {
        Action::Entry { count } => writer.array(2).unsigned(ENTRY).unsigned(count.get().into()),
        Action::Exit { count } => writer.array(2).unsigned(EXIT).unsigned(count.get().into()),
        Action::Undo { undoes } => {
            writer.array(3).unsigned(UNDO);
            write_id(writer, undoes)
        }
    };
    match &record.gate {
        Some(gate) => writer.text(gate.as_str()),
        None => writer.null(),
    };
}

fn write_id<'w>(writer: &'w mut Writer, id: &RecordId) -> &'w mut Writer {
    writer.text(id.device.as_str()).bytes(&id.nonce.0)
}

fn read_page(bytes: &[u8]) -> Result<RecordPage, Refusal> {
    check_size("record page", bytes, MAX_PAGE_BYTES)?;
    let mut reader = Reader::new(bytes)?;
    let mut records: Vec<Record> = Vec::new();
    for _ in 0..reader.array()? {
        let record = read_record(&mut reader)?;
        if records
            .last()
            .is_some_and(|previous| previous.cmp(&record).is_ge())
        {
            return Err(KnowledgeError::value("records", "must ascend"));
        }
        records.push(record);
    }
    Ok(RecordPage { records })
}

pub(crate) fn read_record(reader: &mut Reader<'_>) -> Result<Record, Refusal> {
    if reader.array()? != 7 {
        return Err(KnowledgeError::value("record", "seven values"));
    }
    Ok(Record {
        event: EventNumber(reader.unsigned_u32()?),
        serial: Serial(reader.unsigned_u32()?),
        at: Moment(reader.unsigned()?),
        id: read_id(reader)?,
        action: read_action(reader)?,
        gate: read_gate(reader)?,
    })
}

fn read_id(reader: &mut Reader<'_>) -> Result<RecordId, Refusal> {
    let device =
        DeviceName::new(reader.text()?).map_err(|source| label_refusal("device", source))?;
    Ok(RecordId {
        device,
        nonce: Nonce(reader.byte_array()?),
    })
}

fn read_action(reader: &mut Reader<'_>) -> Result<Action, Refusal> {
    let values = reader.array()?;
    match (values, reader.unsigned()?) {
        (2, ENTRY) => Ok(Action::Entry {
            count: read_count(reader)?,
        }),
        (2, EXIT) => Ok(Action::Exit {
            count: read_count(reader)?,
        }),
        (3, UNDO) => Ok(Action::Undo {
            undoes: read_id(reader)?,
        }),
        _ => Err(KnowledgeError::value("action", "entry, exit or undo")),
    }
}

fn read_count(reader: &mut Reader<'_>) -> Result<NonZeroU16, Refusal> {
    let count = u16::try_from(reader.unsigned()?)
        .ok()
        .and_then(NonZeroU16::new);
    count.ok_or_else(|| KnowledgeError::value("count", "1 to 65535"))
}

fn read_gate(reader: &mut Reader<'_>) -> Result<Option<GateName>, Refusal> {
    if reader.kind() == Kind::Null {
        reader.null()?;
        return Ok(None);
    }
    GateName::new(reader.text()?)
        .map(Some)
        .map_err(|source| label_refusal("gate", source))
}

fn label_refusal(field: &'static str, source: LabelError) -> Refusal {
    Refusal::new(KnowledgeError::Label { field, source })
}
