//! The embedded engine: one SQLite file in the data folder.
//!
//! Many readers, one writer. The writer commits the verbs that wait for it as one group
//! ([`writer`]), so that the price of a durable commit is shared among concurrent callers.
//!
//! Placeholders are `$1`: the driver numbers them over a whole text of several statements, which
//! saves a round trip to the connection's thread for each statement, and the other engine reads them
//! too. (`?1` would not do: the driver miscounts where a statement does not use all of them.)

mod api_keys;
mod audit;
mod chunks;
mod erasure;
mod error;
mod event_counters;
mod events;
mod idempotency;
mod jobs;
mod migrations;
mod organizers;
mod signing_keys;
mod template_reads;
mod template_writes;
mod templates;
mod ticket_bulk;
mod ticket_replacement;
mod ticket_revocation;
mod ticket_types;
mod ticket_writes;
mod tickets;
mod webhook_deliveries;
mod webhooks;
mod writer;

pub(super) use error::{conflict, is_passing};
pub(super) use migrations::newest_migration;

use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use metrics::gauge;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions as _, SqliteConnection};

use super::{Storage, StorageError};
use crate::telemetry;
use writer::Writer;

/// The name of the database file in the data folder.
pub const FILE_NAME: &str = "guichet.db";

/// A file that is locked while the database is opened.
const LOCK_NAME: &str = "guichet.db-opening";

/// Another process (a command beside the server) may hold the write lock for a moment.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Kibibytes, by the sign. Large enough that the inner pages of the tables stay in it.
const CACHE_SIZE: &str = "-8000";
/// Pages in the journal before they are moved to the file, 4 MB. Everybody waits meanwhile; and as new
/// tickets lie one after the other in all tables and indexes, a page is seldom written again later.
const CHECKPOINT_PAGES: &str = "1000";
/// Statements that a connection keeps prepared: more than there are in this room.
const STATEMENT_CACHE: usize = 200;

/// A SQLite database.
#[derive(Debug)]
pub struct SqliteStorage {
    readers: SqlitePool,
    writer: Writer,
}

impl SqliteStorage {
    /// Opens the database in `folder`, makes it if there is none (mode 0600, the folder 0700), and
    /// brings its tables up to date.
    ///
    /// # Errors
    /// [`StorageError::Unavailable`]: the file cannot be opened or made;
    /// [`StorageError::Database`]: its tables are not those of this version.
    pub async fn open(folder: &Path, readers: u32) -> Result<Self, StorageError> {
        let options = options(folder);
        let connection = connect_with(folder, &options).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(readers.max(1))
            .test_before_acquire(false)
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self {
            readers,
            writer: Writer::start(connection),
        })
    }
}

/// One connection to the database in `folder`, which is made if need be and brought up to date.
///
/// # Errors
/// As for [`SqliteStorage::open`].
pub(super) async fn connect(folder: &Path) -> Result<SqliteConnection, StorageError> {
    connect_with(folder, &options(folder)).await
}

fn options(folder: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(folder.join(FILE_NAME))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", CACHE_SIZE)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        // What is erased is overwritten, and does not lie about in pages that are free.
        .pragma("secure_delete", "ON")
        .statement_cache_capacity(STATEMENT_CACHE)
        .disable_statement_logging()
}

async fn connect_with(
    folder: &Path,
    options: &SqliteConnectOptions,
) -> Result<SqliteConnection, StorageError> {
    make_private(folder, &folder.join(FILE_NAME))
        .map_err(|error| StorageError::Unavailable(error.into()))?;
    let opening = lock_opening(folder.join(LOCK_NAME)).await?;
    let mut connection = options.connect().await?;
    migrations::run(&mut connection).await?;
    drop(opening);
    Ok(connection)
}

/// The file is made before SQLite opens it, so that at no moment others may read it. SQLite gives
/// the files beside it (`-wal`, `-shm`) the same mode. A file that is there stays closed here: closing it
/// would drop the locks that other connections of this process hold on it (POSIX locks are so).
fn make_private(folder: &Path, file: &Path) -> std::io::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let made = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file);
    match made {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Waits until no other process opens the database. The step into WAL mode needs this: two that take it
/// at once are told "database is locked", and SQLite lets neither wait.
async fn lock_opening(file: PathBuf) -> Result<std::fs::File, StorageError> {
    tokio::task::spawn_blocking(move || {
        let file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(file)?;
        file.lock()?;
        Ok(file)
    })
    .await
    .map_err(std::io::Error::from)
    .and_then(|locked| locked)
    .map_err(|error| StorageError::Unavailable(error.into()))
}

#[async_trait]
impl Storage for SqliteStorage {
    async fn check_health(&self) -> Result<(), StorageError> {
        self.writer
            .write(|connection| {
                Box::pin(async move {
                    // A row that no organizer has, taken back at once: the lock, the journal and the
                    // disk are exercised, the data are not.
                    sqlx::query(
                        "INSERT INTO blobs (digest, data, created_at_us)
                         VALUES (zeroblob(32), zeroblob(0), 0) ON CONFLICT DO NOTHING;
                         DELETE FROM blobs WHERE digest = zeroblob(32)",
                    )
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await?;
        let _: i64 = sqlx::query_scalar("SELECT count(*) FROM events WHERE number = 0")
            .fetch_one(&self.readers)
            .await?;
        Ok(())
    }

    async fn measure(&self) {
        let open = self.readers.size();
        let idle = u32::try_from(self.readers.num_idle()).unwrap_or(u32::MAX);
        gauge!(telemetry::CONNECTIONS, "state" => "idle").set(f64::from(idle));
        gauge!(telemetry::CONNECTIONS, "state" => "used").set(f64::from(open.saturating_sub(idle)));
        let queued = u32::try_from(self.writer.queued().await).unwrap_or(u32::MAX);
        gauge!(telemetry::QUEUED).set(f64::from(queued));
    }

    async fn close(&self) {
        self.writer.close().await;
        self.readers.close().await;
    }
}

#[cfg(test)]
mod tests;
