//! Rows of ticket types, and how many tickets there are of each.

use super::{Place, row};
use crate::storage::{NumberedType, StorageError, TypeStats};

/// A token has two bytes for the number; 0 stands for no type.
pub(in crate::storage) const MAX_TYPES: u32 = 65_535;

row! {
    struct TypeRow {
        number: i64,
        name: String,
    }
}

impl TryFrom<TypeRow> for NumberedType {
    type Error = StorageError;

    fn try_from(row: TypeRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "ticket_types",
            id: row.number,
        };
        Ok(Self {
            number: place.ticket_type("number", row.number)?,
            name: row.name,
        })
    }
}

row! {
    struct StatsRow {
        number: i64,
        name: String,
        generated: i64,
        revoked: i64,
        suspended: i64,
    }
}

impl TryFrom<StatsRow> for TypeStats {
    type Error = StorageError;

    fn try_from(row: StatsRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "ticket_types",
            id: row.number,
        };
        Ok(Self {
            ticket_type: NumberedType {
                number: place.ticket_type("number", row.number)?,
                name: row.name,
            },
            generated: row.generated.unsigned_abs(),
            revoked: row.revoked.unsigned_abs(),
            suspended: row.suspended.unsigned_abs(),
        })
    }
}
