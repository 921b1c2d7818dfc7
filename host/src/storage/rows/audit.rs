//! Rows of the record.

use super::{Place, row};
use crate::storage::{
    Act, AuditEntry, AuditSeal, ChainLink, ChainedEntry, RecordedEntry, SigningKeyId, StorageError,
};

/// What an entry says beyond who and when.
pub(in crate::storage) struct Note {
    pub(in crate::storage) act: Act,
    pub(in crate::storage) subject: String,
    pub(in crate::storage) details: serde_json::Value,
}

row! {
    struct AuditRow {
        id: i64,
        at_us: i64,
        actor: String,
        act: String,
        subject: String,
        details: String,
    }
}

impl TryFrom<AuditRow> for AuditEntry {
    type Error = StorageError;

    fn try_from(row: AuditRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "audit",
            id: row.id,
        };
        Ok(Self {
            id: row.id,
            at: place.time("at_us", row.at_us)?,
            actor: row.actor,
            act: place.name("act", &row.act, Act::from_code)?,
            subject: row.subject,
            details: place.json("details", &row.details)?,
        })
    }
}

row! {
    struct RecordedRow {
        id: i64,
        at_us: i64,
        actor: String,
        act: String,
        subject: String,
        details: String,
        seal_number: Option<i64>,
    }
}

impl TryFrom<RecordedRow> for RecordedEntry {
    type Error = StorageError;

    fn try_from(row: RecordedRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "audit",
            id: row.id,
        };
        let seal = row.seal_number;
        let seal = seal.map(|number| place.convert("seal_number", number));
        Ok(Self {
            seal: seal.transpose()?,
            entry: AuditRow {
                id: row.id,
                at_us: row.at_us,
                actor: row.actor,
                act: row.act,
                subject: row.subject,
                details: row.details,
            }
            .try_into()?,
        })
    }
}

row! {
    struct ChainedRow {
        id: i64,
        at_us: i64,
        actor: String,
        act: String,
        subject: String,
        details: String,
        seal_number: Option<i64>,
        position: Option<i64>,
    }
}

impl TryFrom<ChainedRow> for ChainedEntry {
    type Error = StorageError;

    fn try_from(row: ChainedRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "audit",
            id: row.id,
        };
        let link = match (row.seal_number, row.position) {
            (Some(seal), Some(position)) => Some(ChainLink {
                seal: place.convert("seal_number", seal)?,
                position: place.convert("seal_number", position)?,
            }),
            _ => None,
        };
        Ok(Self {
            link,
            entry: AuditRow {
                id: row.id,
                at_us: row.at_us,
                actor: row.actor,
                act: row.act,
                subject: row.subject,
                details: row.details,
            }
            .try_into()?,
        })
    }
}

row! {
    struct SealRow {
        number: i64,
        entries: i64,
        hash: Vec<u8>,
        signing_key_id: i64,
        signed: Vec<u8>,
        sealed_at_us: i64,
    }
}

impl TryFrom<SealRow> for AuditSeal {
    type Error = StorageError;

    fn try_from(row: SealRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "audit_seals",
            id: row.number,
        };
        Ok(Self {
            number: place.convert("number", row.number)?,
            entries: place.convert("entries", row.entries)?,
            hash: place.bytes("hash", &row.hash)?,
            key: place
                .convert("signing_key_id", row.signing_key_id)
                .map(SigningKeyId)?,
            signed: row.signed,
            sealed_at: place.time("sealed_at_us", row.sealed_at_us)?,
        })
    }
}

/// Counts as the column keeps them: an `i64` that no count of rows reaches.
pub(in crate::storage) fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
