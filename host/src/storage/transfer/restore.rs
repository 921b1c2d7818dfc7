//! Unpacking an archive, and making sure that what was handed out since is not handed out again.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use super::archive::{
    ArchiveError, Contents, Workspace, at, check_contents, open_file, put_in_place,
};
use super::{Moved, to_postgres};
use crate::storage::rows::ALL_SERIALS;
use crate::storage::{Act, sqlite};

/// Event numbers that the lost host may have given out since.
const EVENT_GAP: i64 = 1_000;
/// Status lists that it may have numbered, for each event. Gates take no older ones. (Bundles are numbered by
/// the time.)
const SEQUENCE_GAP: i64 = 1_000_000;

/// A checked archive, as a database in a folder of its own that is brought up to date.
#[derive(Debug)]
pub struct Unpacked {
    workspace: Workspace,
    /// What the archive says of itself.
    pub contents: Contents,
}

/// Unpacks an archive into a folder within `beside`, and leaves `serial_gap` serials of each event to what
/// may have been issued after it was made.
///
/// # Errors
/// [`ArchiveError`]; nothing is left then.
pub async fn unpack(
    archive: &Path,
    beside: &Path,
    serial_gap: u32,
    now: Timestamp,
) -> Result<Unpacked, ArchiveError> {
    let workspace = Workspace::make(beside, "restore")?;
    copy(archive, &workspace.database())?;
    let damaged = |error: sqlx::Error| ArchiveError::Damaged(error.to_string());
    let mut file = open_file(&workspace.database()).await.map_err(damaged)?;
    let contents = check_contents(&mut file).await?;
    refuse_newer(&mut file).await?;
    sqlx::raw_sql("DROP TABLE _backup; DROP TABLE _backup_tables")
        .execute(&mut file)
        .await?;
    file.close().await?;

    let mut database = sqlite::connect(workspace.path()).await?;
    refuse_other_tables(&mut database, beside).await?;
    let mut whole = database.begin().await?;
    leave_gaps(&mut whole, serial_gap, now).await?;
    record(&mut whole, contents.made_at, serial_gap, now).await?;
    whole.commit().await?;
    close(database).await?;
    Ok(Unpacked {
        workspace,
        contents,
    })
}

impl Unpacked {
    /// The folder that the database is in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.workspace.path()
    }

    /// Makes it the embedded database of a data folder that has none.
    ///
    /// # Errors
    /// [`ArchiveError::Exists`], and when files cannot be written.
    pub async fn into_folder(self, data: &Path) -> Result<(), ArchiveError> {
        // Whoever looked at it may have left a journal.
        close(sqlite::connect(self.workspace.path()).await?).await?;
        put_in_place(&self.workspace.database(), &data.join(sqlite::FILE_NAME))
    }

    /// Moves it into an empty PostgreSQL database, all or nothing.
    ///
    /// # Errors
    /// As for [`to_postgres`].
    pub async fn into_postgres(
        self,
        url: &str,
        patience: Duration,
    ) -> Result<Vec<Moved>, ArchiveError> {
        Ok(to_postgres(self.workspace.path(), url, patience).await?)
    }
}

fn copy(archive: &Path, to: &Path) -> Result<(), ArchiveError> {
    let from = File::open(archive).map_err(at(archive))?;
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)
        .map_err(at(to))?;
    let mut head = Vec::new();
    (&from)
        .take(HEAD_BYTES)
        .read_to_end(&mut head)
        .map_err(at(archive))?;
    file.write_all(&head).map_err(at(to))?;
    let rest = io::copy(&mut &from, &mut file).map_err(at(archive))?;
    match said_bytes(&head) {
        None => Err(ArchiveError::Damaged("it is no SQLite database".to_owned())),
        Some(said) if said != HEAD_BYTES + rest => {
            Err(ArchiveError::Damaged("it was cut off".to_owned()))
        }
        Some(_) => Ok(()),
    }
}

/// The beginning of a database file, which says how long it is ("Database File Format", 1.3).
const HEAD_BYTES: u64 = 100;

fn said_bytes(head: &[u8]) -> Option<u64> {
    let rest = head.strip_prefix(b"SQLite format 3\0")?;
    let page_bytes = u16::from_be_bytes(rest.first_chunk::<2>().copied()?);
    let pages = u32::from_be_bytes(rest.get(12..)?.first_chunk::<4>().copied()?);
    // The largest size does not fit, and is written as 1.
    let page_bytes = match page_bytes {
        1 => 65_536,
        page_bytes => u64::from(page_bytes),
    };
    Some(page_bytes * u64::from(pages))
}

/// Moves the journal into the file.
async fn close(mut database: SqliteConnection) -> Result<(), ArchiveError> {
    sqlx::query("PRAGMA journal_mode = DELETE")
        .execute(&mut database)
        .await?;
    Ok(database.close().await?)
}

async fn refuse_newer(file: &mut SqliteConnection) -> Result<(), ArchiveError> {
    let archive: Option<i64> = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
        .fetch_one(file)
        .await
        .map_err(|error| ArchiveError::Damaged(error.to_string()))?;
    let archive = archive.unwrap_or_default();
    let here = sqlite::newest_migration();
    if archive > here {
        return Err(ArchiveError::Newer { archive, here });
    }
    Ok(())
}

/// A file from elsewhere could bring triggers and views that would act later.
async fn refuse_other_tables(
    database: &mut SqliteConnection,
    beside: &Path,
) -> Result<(), ArchiveError> {
    const SCHEMA: &str = "SELECT type, name, coalesce(sql, '') FROM sqlite_schema
                          WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name";
    let found: Vec<(String, String, String)> =
        sqlx::query_as(SCHEMA).fetch_all(&mut *database).await?;
    let fresh = Workspace::make(beside, "empty")?;
    let mut ours = sqlite::connect(fresh.path()).await?;
    let expected: Vec<(String, String, String)> =
        sqlx::query_as(SCHEMA).fetch_all(&mut ours).await?;
    ours.close().await?;
    if found != expected {
        let other = found.iter().find(|found| !expected.contains(found));
        let name = other.map_or("a table", |(_, name, _)| name);
        return Err(ArchiveError::Damaged(format!(
            "{name} is not as this program makes it"
        )));
    }
    Ok(())
}

async fn leave_gaps(
    database: &mut SqliteConnection,
    serial_gap: u32,
    now: Timestamp,
) -> Result<(), ArchiveError> {
    let all = i64::try_from(ALL_SERIALS).unwrap_or(i64::MAX);
    sqlx::query(
        "INSERT INTO serial_blocks (event_number, first_serial, serials, holder, reserved_at_us)
         SELECT number, next_serial, min($1, $2 - next_serial), 'restore', $3 FROM events
         WHERE next_serial < $2 AND $1 > 0;

         UPDATE events
         SET next_serial = min(next_serial + $1, $2), bundle_sequence = bundle_sequence + $4,
             status_sequence = status_sequence + $4",
    )
    .bind(i64::from(serial_gap))
    .bind(all)
    .bind(now.as_microsecond())
    .bind(SEQUENCE_GAP)
    .execute(&mut *database)
    .await?;
    let given: Option<i64> = sqlx::query_scalar(
        "SELECT max(seq) FROM (SELECT seq FROM sqlite_sequence WHERE name = 'events'
                               UNION ALL SELECT max(number) FROM events)",
    )
    .fetch_one(&mut *database)
    .await?;
    super::tables::set_numbering(database, "events", given.unwrap_or_default() + EVENT_GAP).await?;
    Ok(())
}

/// The record of each organizer says what was done.
async fn record(
    database: &mut SqliteConnection,
    made_at: Timestamp,
    serial_gap: u32,
    now: Timestamp,
) -> Result<(), ArchiveError> {
    sqlx::query(
        "INSERT INTO audit (organizer_id, at_us, actor, act, subject, details)
         SELECT id, $1, 'cli', $2, 'database', $3 FROM organizers ORDER BY id",
    )
    .bind(now.as_microsecond())
    .bind(Act::DataRestored.code())
    .bind(json!({ "backupOf": made_at.to_string(), "serialGap": serial_gap }).to_string())
    .execute(database)
    .await?;
    Ok(())
}
