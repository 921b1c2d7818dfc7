//! Rows of the record.

use super::{Place, row};
use crate::storage::{Act, AuditEntry, StorageError};

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
