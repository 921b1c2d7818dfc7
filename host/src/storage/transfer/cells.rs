//! The values of a row, of either engine.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

use super::tables::{Kind, Table};

/// One value.
pub(super) enum Cell<'r> {
    Null,
    Integer(i64),
    Boolean(bool),
    Text(&'r str),
    Bytes(&'r [u8]),
}

/// Declares how a driver's row is read; its columns are those of the table, in their order.
macro_rules! cells_of {
    ($name:ident, $row:ty) => {
        /// # Errors
        /// When a value is not of its column's kind.
        pub(super) fn $name<'r>(
            table: &Table,
            row: &'r $row,
        ) -> Result<Vec<Cell<'r>>, sqlx::Error> {
            let cell = |(index, kind)| {
                Ok(match kind {
                    Kind::Integer => row
                        .try_get::<Option<i64>, _>(index)?
                        .map_or(Cell::Null, Cell::Integer),
                    Kind::Boolean => row
                        .try_get::<Option<bool>, _>(index)?
                        .map_or(Cell::Null, Cell::Boolean),
                    Kind::Text => row
                        .try_get::<Option<&str>, _>(index)?
                        .map_or(Cell::Null, Cell::Text),
                    Kind::Bytes => row
                        .try_get::<Option<&[u8]>, _>(index)?
                        .map_or(Cell::Null, Cell::Bytes),
                })
            };
            let columns = table.columns.iter().map(|column| column.kind);
            columns.enumerate().map(cell).collect()
        }
    };
}

cells_of!(of_sqlite, SqliteRow);
cells_of!(of_postgres, PgRow);
