//! What an archive is: an embedded database in one file, with a note of what is in it.
//!
//! One format for both engines, and readable by any program that reads SQLite. All that is personal or
//! secret in it is encrypted as it is in the database; the keys to that are not in it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{AssertSqlSafe, ConnectOptions as _, SqliteConnection};

use super::line::Line;
use super::tables::{self, Table};
use super::{Content, TransferError, cells};
use crate::storage::{StorageError, sqlite};

/// The format that this program writes and reads.
const FORMAT: i64 = 1;

/// What an archive says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contents {
    /// When it was made.
    pub made_at: Timestamp,
    /// The name of each table, and how many rows it has.
    pub tables: Vec<(String, u64)>,
}

/// Why there is no archive, or nothing was restored.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// Something has this name.
    #[error("{} is there already; nothing was written over it", path.display())]
    Exists {
        /// The name.
        path: PathBuf,
    },
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is no archive, or not a whole one.
    #[error("the archive cannot be used: {0}")]
    Damaged(String),
    /// A later version made it.
    #[error(
        "the archive has tables of version {archive}, and this program knows those up to {here}; use \
         the version of Guichet that made it, or a later one"
    )]
    Newer {
        /// Its version.
        archive: i64,
        /// Ours.
        here: i64,
    },
    /// Rows could not be moved.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// A database could not be used.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for ArchiveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// Says which file is at fault.
pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> ArchiveError {
    move |source| ArchiveError::File {
        path: path.to_owned(),
        source,
    }
}

/// A folder for a database that is being made, removed at the end. Nobody else can look into it.
#[derive(Debug)]
pub(super) struct Workspace(PathBuf);

impl Workspace {
    /// Makes one beside what is to come of it, so that it can be renamed into its place.
    pub(super) fn make(beside: &Path, name: &str) -> Result<Self, ArchiveError> {
        let path = beside.join(format!(".guichet-{name}-{}", uuid::Uuid::new_v4().simple()));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(at(&path))?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn database(&self) -> PathBuf {
        self.0.join(sqlite::FILE_NAME)
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "a folder was not removed");
        }
    }
}

/// A connection to a database file by itself, without a journal beside it.
pub(super) async fn open_file(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Delete)
        // A file from elsewhere shall not bring code along.
        .pragma("trusted_schema", "OFF")
        .disable_statement_logging()
        .connect()
        .await
}

/// Writes down what is in the database.
pub(super) async fn note_contents(
    connection: &mut SqliteConnection,
    made_at: Timestamp,
) -> Result<Contents, ArchiveError> {
    sqlx::raw_sql(
        "CREATE TABLE _backup (format INTEGER NOT NULL, made_at_us INTEGER NOT NULL) STRICT;
         CREATE TABLE _backup_tables (
             name     TEXT    NOT NULL PRIMARY KEY,
             row_count INTEGER NOT NULL,
             content  BLOB    NOT NULL
         ) STRICT",
    )
    .execute(&mut *connection)
    .await?;
    let mut contents = Contents {
        made_at,
        tables: Vec::new(),
    };
    for table in tables::embedded(connection).await? {
        let content = content_of(&table, connection).await?;
        sqlx::query("INSERT INTO _backup_tables (name, row_count, content) VALUES ($1, $2, $3)")
            .bind(&table.name)
            .bind(i64::try_from(content.rows).unwrap_or(i64::MAX))
            .bind(content.sum.to_be_bytes().to_vec())
            .execute(&mut *connection)
            .await?;
        contents.tables.push((table.name, content.rows));
    }
    // Last: what has this line is whole.
    sqlx::query("INSERT INTO _backup (format, made_at_us) VALUES ($1, $2)")
        .bind(FORMAT)
        .bind(made_at.as_microsecond())
        .execute(connection)
        .await?;
    Ok(contents)
}

/// Finds an archive as it was when it was made: no byte of it differs, and its tables are ours.
pub(super) async fn check_contents(
    connection: &mut SqliteConnection,
) -> Result<Contents, ArchiveError> {
    let damaged = |error: sqlx::Error| ArchiveError::Damaged(error.to_string());
    let found: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut *connection)
        .await
        .map_err(damaged)?;
    if found != "ok" {
        return Err(ArchiveError::Damaged(found));
    }
    let noted: Option<(i64, i64)> = sqlx::query_as("SELECT format, made_at_us FROM _backup")
        .fetch_optional(&mut *connection)
        .await
        .map_err(|_| ArchiveError::Damaged("`guichet backup` did not make it".to_owned()))?;
    let (format, made_at_us) =
        noted.ok_or_else(|| ArchiveError::Damaged("it was not finished".to_owned()))?;
    if format != FORMAT {
        return Err(ArchiveError::Newer {
            archive: format,
            here: FORMAT,
        });
    }
    let made_at = Timestamp::from_microsecond(made_at_us)
        .map_err(|error| ArchiveError::Damaged(error.to_string()))?;
    let noted: Vec<(String, i64, Vec<u8>)> =
        sqlx::query_as("SELECT name, row_count, content FROM _backup_tables ORDER BY name")
            .fetch_all(&mut *connection)
            .await
            .map_err(damaged)?;
    let tables = tables::embedded(connection).await.map_err(damaged)?;
    if !tables
        .iter()
        .map(|table| &table.name)
        .eq(noted.iter().map(|(name, _, _)| name))
    {
        return Err(ArchiveError::Damaged(
            "it does not have the tables that it says".to_owned(),
        ));
    }
    let mut contents = Contents {
        made_at,
        tables: Vec::new(),
    };
    for (table, (name, rows, sum)) in tables.iter().zip(noted) {
        let content = content_of(table, connection).await?;
        if i64::try_from(content.rows) != Ok(rows) || content.sum.to_be_bytes()[..] != sum[..] {
            return Err(ArchiveError::Damaged(format!(
                "the rows of {name} are not those that it says"
            )));
        }
        contents.tables.push((name, content.rows));
    }
    Ok(contents)
}

/// What stands for the rows of a table.
pub(super) async fn content_of(
    table: &Table,
    connection: &mut SqliteConnection,
) -> Result<Content, TransferError> {
    let failed = |source| TransferError::Read {
        table: table.name.clone(),
        source,
    };
    let query = format!("SELECT {} FROM {}", table.columns(), table.quoted());
    let mut rows = sqlx::query(AssertSqlSafe(query)).fetch(connection);
    let mut content = Content::default();
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        let cells = cells::of_sqlite(table, &row).map_err(failed)?;
        content.add(Line::of_cells(&cells).bytes());
    }
    Ok(content)
}

/// Puts a whole file into its place: it is there after a power cut, or nothing is.
pub(super) fn put_in_place(from: &Path, to: &Path) -> Result<(), ArchiveError> {
    File::open(from)
        .and_then(|file| file.sync_all())
        .map_err(at(from))?;
    // A link, unlike a renaming, never takes another file's place.
    match fs::hard_link(from, to) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(ArchiveError::Exists {
                path: to.to_owned(),
            });
        }
        // Not every file system has links.
        Err(_) if !to.exists() => fs::rename(from, to).map_err(at(to))?,
        Err(error) => return Err(at(to)(error)),
    }
    let folder = parent(to);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(at(folder))
}

/// The folder that a file is in.
pub(super) fn parent(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder,
        Some(_) | None => Path::new("."),
    }
}
