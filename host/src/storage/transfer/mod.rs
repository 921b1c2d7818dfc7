//! From one database to another: every row of every table as it is. [`to_postgres`] moves an embedded
//! database to a server, [`backup`] makes an archive of either, [`restore`] unpacks one.
//!
//! The tables are those that both engines have, found out and not listed, so that one that a later
//! migration adds is not forgotten. Everything happens in one transaction of the receiving database,
//! which is locked for everybody else meanwhile: it receives all or nothing.

pub mod archive;
mod backup;
mod cells;
mod line;
mod restore;
mod tables;

pub use backup::{of_postgres, of_sqlite};
pub use restore::{Unpacked, unpack};

use std::path::Path;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};

use super::postgres::{self, OpenError};
use super::{StorageError, sqlite};
use line::{END_OF_LINE, Line};
use tables::Table;

/// Rows travel in pieces of about so many bytes.
const PIECE_BYTES: usize = 1 << 20;

/// A table that was moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its name.
    pub table: String,
    /// How many rows it has, on both sides.
    pub rows: u64,
}

/// Why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// The embedded database cannot be opened.
    #[error("the embedded database cannot be opened")]
    Source(#[source] StorageError),
    /// The receiving database cannot be opened.
    #[error(transparent)]
    Target(#[from] OpenError),
    /// The receiving database is in use.
    #[error("the database holds rows in the table {table} already; give an empty one")]
    NotEmpty {
        /// The first table that has rows.
        table: String,
    },
    /// The two engines do not have the same tables: a fault of this program.
    #[error("the table {table} is not the same in both databases: {difference}")]
    Tables {
        /// The table.
        table: String,
        /// What differs.
        difference: String,
    },
    /// Rows could not be read from the embedded database.
    #[error("the table {table} cannot be read")]
    Read {
        /// The table.
        table: String,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// Rows could not be written to the receiving database.
    #[error("the table {table} cannot be written")]
    Write {
        /// The table.
        table: String,
        /// What the driver says.
        source: sqlx::Error,
    },
    /// The receiving database failed between tables.
    #[error("the database refused a statement")]
    Database(#[from] sqlx::Error),
    /// What the receiving database gives back is not what it was given.
    #[error("the table {table} did not arrive as it was sent")]
    Differs {
        /// The table.
        table: String,
    },
}

/// Moves what the embedded database in `folder` holds into the empty PostgreSQL database that `url`
/// names, waiting up to `patience` for one that does not answer yet. Both are brought up to date
/// first. The folder keeps what it has; no host may run on it meanwhile.
///
/// # Errors
/// [`TransferError`]; the receiving database then has its tables, and no rows.
pub async fn to_postgres(
    folder: &Path,
    url: &str,
    patience: Duration,
) -> Result<Vec<Moved>, TransferError> {
    let mut source = sqlite::connect(folder)
        .await
        .map_err(TransferError::Source)?;
    let mut target = postgres::connect_up_to_date(url, patience).await?;
    let moved = move_all(&mut source, &mut target).await?;
    // It is all on the disk of the server; whether the farewells are heard does not matter.
    let _ = source.close().await;
    let _ = target.close().await;
    Ok(moved)
}

async fn move_all(
    source: &mut SqliteConnection,
    target: &mut PgConnection,
) -> Result<Vec<Moved>, TransferError> {
    let mut target = target.begin().await?;
    // One state of the embedded database for all tables: a command may write to it beside us.
    let mut source = source
        .begin()
        .await
        .map_err(|error| TransferError::Source(error.into()))?;
    sqlx::raw_sql("SET LOCAL bytea_output = 'hex'")
        .execute(&mut *target)
        .await?;
    let tables = tables::common(&mut source, &mut target).await?;
    tables::lock_empty(&mut target).await?;
    // Tables refer to each other in circles, so no order of them would please the foreign keys. Made
    // again at the end, they check every row.
    let foreign_keys = tables::drop_foreign_keys(&mut target).await?;
    let mut moved = Vec::with_capacity(tables.len());
    for table in tables {
        let sent = send(&table, &mut source, &mut target).await?;
        if sent != arrived(&table, &mut target).await? {
            return Err(TransferError::Differs { table: table.name });
        }
        moved.push(Moved {
            rows: sent.rows,
            table: table.name,
        });
    }
    tables::restore_foreign_keys(&mut target, &foreign_keys).await?;
    tables::continue_numbering(&mut source, &mut target).await?;
    postgres::open_claims_of_all(&mut target).await?;
    source
        .rollback()
        .await
        .map_err(|error| TransferError::Source(error.into()))?;
    target.commit().await?;
    Ok(moved)
}

/// What stands for the rows of a table, in whatever order they come.
#[derive(Debug, Default, PartialEq, Eq)]
struct Content {
    rows: u64,
    sum: u128,
}

impl Content {
    fn add(&mut self, line: &[u8]) {
        let digest = Sha256::digest(line);
        let (half, _) = digest.split_at(16);
        let half = half.try_into().map_or(0, u128::from_be_bytes);
        self.rows += 1;
        self.sum = self.sum.wrapping_add(half);
    }
}

async fn send(
    table: &Table,
    source: &mut SqliteConnection,
    target: &mut PgConnection,
) -> Result<Content, TransferError> {
    let read = |source| TransferError::Read {
        table: table.name.clone(),
        source,
    };
    let write = |source| TransferError::Write {
        table: table.name.clone(),
        source,
    };
    let query = format!("SELECT {} FROM {}", table.columns(), table.quoted());
    let receive = format!("COPY {} ({}) FROM STDIN", table.quoted(), table.columns());
    let mut content = Content::default();
    let mut copy = target.copy_in_raw(&receive).await.map_err(write)?;
    let mut rows = sqlx::query(AssertSqlSafe(query)).fetch(source);
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    loop {
        let line = match rows.try_next().await {
            Ok(Some(row)) => cells::of_sqlite(table, &row).map(|cells| Line::of_cells(&cells)),
            Ok(None) => break,
            Err(error) => Err(error),
        };
        let line = match line {
            Ok(line) => line,
            Err(error) => {
                // The connection is not usable before the copy is given up. That is an error as well,
                // and the transaction is lost in any case.
                let _ = copy.abort("the rows cannot be read").await;
                return Err(read(error));
            }
        };
        content.add(line.bytes());
        piece.extend_from_slice(line.bytes());
        piece.push(END_OF_LINE);
        if piece.len() >= PIECE_BYTES {
            copy.send(&*piece).await.map_err(write)?;
            piece.clear();
        }
    }
    copy.send(&*piece).await.map_err(write)?;
    copy.finish().await.map_err(write)?;
    Ok(content)
}

/// What the receiving database gives back, in the form in which it was sent.
async fn arrived(table: &Table, target: &mut PgConnection) -> Result<Content, TransferError> {
    // A partitioned table can only be copied by way of a query.
    let give = format!(
        "COPY (SELECT {} FROM {}) TO STDOUT",
        table.columns(),
        table.quoted()
    );
    let failed = |source| TransferError::Write {
        table: table.name.clone(),
        source,
    };
    let mut content = Content::default();
    let mut rest = Vec::new();
    let mut pieces = target.copy_out_raw(&give).await.map_err(failed)?;
    while let Some(piece) = pieces.try_next().await.map_err(failed)? {
        rest.extend_from_slice(&piece);
        let mut lines = rest.split(|&byte| byte == END_OF_LINE).peekable();
        let mut unfinished = Vec::new();
        while let Some(line) = lines.next() {
            match lines.peek() {
                Some(_) => content.add(line),
                None => unfinished = line.to_vec(),
            }
        }
        rest = unfinished;
    }
    Ok(content)
}

#[cfg(test)]
mod archive_tests;
#[cfg(test)]
mod tests;
