//! Connecting: patience at the start, and what every connection is told.

use std::time::{Duration, Instant};

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};

use super::error::is_passing;

/// Statements that a connection keeps prepared: more than there are in this room.
const STATEMENT_CACHE: usize = 200;
/// A request that found no free connection for so long is told to come back later.
pub(super) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that lay idle for longer is asked whether it still lives before it is used; after a
/// restart of the database only what was in use in this moment fails.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);
/// Between two attempts at the start; each waits twice as long as the one before, within these.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What every connection is told before its first use.
///
/// No statement of ours runs for 30 seconds, and no lock is held for 5, unless something is wrong. A
/// process that is stopped in the middle of a transaction loses it before those who wait for its locks
/// give up. Plans compiled to machine code pay for queries much larger than ours. The isolation is the
/// one that this room counts on, whatever the database's default; and what is acknowledged is on the
/// disk, though a stricter setting than `on` stays.
const SESSION: &str = "
    SET statement_timeout = '30s';
    SET lock_timeout = '5s';
    SET idle_in_transaction_session_timeout = '4s';
    SET jit = off;
    SET default_transaction_isolation = 'read committed';
    SELECT set_config('synchronous_commit', 'on', false)
    WHERE current_setting('synchronous_commit') = 'off'";

/// How many connections one host holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Kept open when nothing is to do.
    pub min: u32,
    /// At most, 1 or more. All hosts together must stay below the server's `max_connections`.
    pub max: u32,
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address makes no sense.
    #[error("the address of the database cannot be used")]
    Address(#[source] sqlx::Error),
    /// The server answered, and waiting would not help.
    #[error("{place} refused the connection; check user, password, database name and sslmode")]
    Refused {
        /// Host, port and name of the database.
        place: String,
        /// What it said.
        source: sqlx::Error,
    },
    /// The server did not answer, or was not ready.
    #[error("{place} was not ready within {} s; is it running, and is the address right?", waited.as_secs())]
    NotReady {
        /// Host, port and name of the database.
        place: String,
        /// How long it was waited for.
        waited: Duration,
        /// What happened last.
        source: sqlx::Error,
    },
    /// The tables cannot be brought up to date, or are those of a later version.
    #[error("the tables cannot be brought up to date")]
    Tables(#[source] MigrateError),
}

/// The options that `url` stands for.
pub(super) fn options(url: &str) -> Result<PgConnectOptions, OpenError> {
    let options: PgConnectOptions = url.parse().map_err(OpenError::Address)?;
    let options = match options.get_application_name() {
        Some(_) => options,
        None => options.application_name("guichet"),
    };
    Ok(options
        .statement_cache_capacity(STATEMENT_CACHE)
        .disable_statement_logging())
}

/// One connection, without the limits of [`SESSION`]: for what may take long, such as migrations.
pub(super) async fn connect(
    options: &PgConnectOptions,
    patience: Duration,
) -> Result<PgConnection, OpenError> {
    let begun = Instant::now();
    let mut pause = SHORTEST_PAUSE;
    loop {
        let source = match options.connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        let place = place(options);
        if !may_pass(&source) {
            return Err(OpenError::Refused { place, source });
        }
        let waited = begun.elapsed();
        if waited + pause > patience {
            return Err(OpenError::NotReady {
                place,
                waited,
                source,
            });
        }
        tracing::warn!(
            database = place,
            error = %source,
            waited_s = waited.as_secs(),
            "the database is not ready, trying again in {pause:?}"
        );
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Host, port and name, for messages.
fn place(options: &PgConnectOptions) -> String {
    let host = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => options.get_host().to_owned(),
    };
    let database = options.get_database().unwrap_or(options.get_username());
    format!("{host}:{}/{database}", options.get_port())
}

/// Whether a server that could not be reached may be reached later. A wrong password is taken at its
/// word at the start, while a running host hopes that it will be put right.
fn may_pass(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        sqlx::Error::Database(refusal) => refusal
            .try_downcast_ref::<PgDatabaseError>()
            .is_some_and(|refusal| is_passing(refusal) && !refusal.code().starts_with("28")),
        _ => false,
    }
}

/// Connections for the verbs, opened as they are needed.
pub(super) fn pool(
    options: PgConnectOptions,
    limits: PoolLimits,
    acquire_timeout: Duration,
) -> PgPool {
    PgPoolOptions::new()
        .min_connections(limits.min.min(limits.max))
        .max_connections(limits.max.max(1))
        .acquire_timeout(acquire_timeout)
        .test_before_acquire(false)
        .before_acquire(|connection, known| {
            Box::pin(async move {
                if known.idle_for > TRUSTED_IDLE {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .after_connect(|connection, _| {
            Box::pin(async move {
                sqlx::raw_sql(SESSION).execute(connection).await?;
                Ok(())
            })
        })
        .connect_lazy_with(options)
}
