//! The engine for any number of hosts: a PostgreSQL database, version 15 or later.
//!
//! Every verb is one statement or one transaction. The isolation is READ COMMITTED: what a verb reads
//! in order to decide, it either locks or puts into the condition of its write. Tickets are written
//! by one statement each, which is one round trip and commits by itself.

mod api_keys;
mod audit;
mod chunks;
mod connect;
mod erasure;
mod error;
mod event_counters;
mod events;
mod idempotency;
mod jobs;
mod migrations;
mod organizers;
mod rate_buckets;
mod replica;
mod signing_keys;
mod template_reads;
mod template_writes;
mod templates;
mod ticket_copy;
mod ticket_replacement;
mod ticket_revocation;
mod ticket_types;
mod ticket_writes;
mod tickets;
mod webhook_deliveries;
mod webhooks;

pub use connect::{OpenError, PoolLimits};
pub(super) use error::{conflict, is_passing};
pub use rate_buckets::{Draught, Level, RateBuckets};
pub(super) use signing_keys::open_claims_of_all;

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use metrics::{gauge, histogram};
use sqlx::pool::PoolConnection;
use sqlx::{Connection as _, PgConnection, PgPool, PgTransaction, Postgres};

use super::{Claim, Storage, StorageError};
use crate::telemetry;
use replica::Replica;

/// A PostgreSQL database.
#[derive(Debug)]
pub struct PostgresStorage {
    pool: PgPool,
    replica: Option<Replica>,
}

impl PostgresStorage {
    /// Connects to the database that `url` names, waiting up to `patience` for one that does not
    /// answer yet, and brings its tables up to date. Hosts that start at once take turns.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub async fn open(
        url: &str,
        limits: PoolLimits,
        patience: Duration,
    ) -> Result<Self, OpenError> {
        let connection = connect_up_to_date(url, patience).await?;
        // Whether the farewell is heard does not matter: the tables are there.
        let _ = connection.close().await;
        Ok(Self {
            pool: connect::pool(connect::options(url)?, limits, connect::ACQUIRE_TIMEOUT),
            replica: None,
        })
    }

    /// The same, with lists and counts read from the replica at `url`. It may lag; what it does not have,
    /// and everything while it is away, is read from the first server.
    ///
    /// # Errors
    /// [`OpenError::Address`].
    pub fn with_replica(self, url: &str, limits: PoolLimits) -> Result<Self, OpenError> {
        Ok(Self {
            replica: Some(Replica::new(url, limits)?),
            ..self
        })
    }

    /// Reads what may be a little late.
    async fn read_late<T, R, F>(&self, read: R) -> Result<Option<T>, StorageError>
    where
        R: Fn(PgPool) -> F + Send + Sync,
        F: Future<Output = Result<Option<T>, StorageError>> + Send,
        T: Send,
    {
        if let Some(replica) = &self.replica
            && let Some(found) = replica.ask(&read).await
        {
            return Ok(Some(found));
        }
        read(self.pool.clone()).await
    }

    /// Runs a verb in a transaction. If the caller goes away meanwhile, the verb is taken back.
    async fn write<T, F>(&self, verb: F) -> Result<T, StorageError>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> Running<'c, T> + Send,
        T: Send,
    {
        let begun = Instant::now();
        let mut connection = self.acquire().await?;
        let mut transaction = connection.begin().await?;
        let answer = verb(&mut transaction).await?;
        let committing = Instant::now();
        transaction.commit().await?;
        histogram!(telemetry::COMMIT_SECONDS).record(committing.elapsed());
        histogram!(telemetry::WRITE_SECONDS, "kind" => "transaction").record(begun.elapsed());
        Ok(answer)
    }

    async fn acquire(&self) -> Result<PoolConnection<Postgres>, StorageError> {
        let begun = Instant::now();
        let connection = self.pool.acquire().await?;
        histogram!(telemetry::ACQUIRE_SECONDS).record(begun.elapsed());
        Ok(connection)
    }

    /// Runs a verb of one statement, which commits by itself; under a claim, whose note has to commit
    /// with it, in a transaction.
    async fn write_alone<T, F>(&self, claim: Option<Claim>, verb: F) -> Result<T, StorageError>
    where
        F: for<'c> FnOnce(&'c mut PgConnection) -> Running<'c, T> + Send,
        T: Send,
    {
        match claim {
            Some(_) => self.write(verb).await,
            None => {
                let begun = Instant::now();
                let answer = verb(&mut *self.acquire().await?).await?;
                histogram!(telemetry::WRITE_SECONDS, "kind" => "statement").record(begun.elapsed());
                Ok(answer)
            }
        }
    }
}

/// Begins a transaction whose reads all see one state of the database.
async fn snapshot(pool: &PgPool) -> Result<PgTransaction<'static>, StorageError> {
    Ok(pool
        .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        .await?)
}

/// A connection to a database whose tables are up to date, without the limits of those that serve
/// requests.
pub(super) async fn connect_up_to_date(
    url: &str,
    patience: Duration,
) -> Result<PgConnection, OpenError> {
    let mut connection = connect::connect(&connect::options(url)?, patience).await?;
    migrations::run(&mut connection).await?;
    Ok(connection)
}

/// What a verb does, as it runs in its transaction.
type Running<'c, T> = Pin<Box<dyn Future<Output = Result<T, StorageError>> + Send + 'c>>;

/// Whether the database can hold the text at all: it has no U+0000.
fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

#[async_trait]
impl Storage for PostgresStorage {
    async fn check_health(&self) -> Result<(), StorageError> {
        // A row that no organizer has, taken back at once: the journal and the disk are exercised, the
        // data are not. Sent as one text, which is one transaction.
        sqlx::raw_sql(
            "INSERT INTO blobs (digest, data, created_at_us)
             VALUES (decode(repeat('00', 32), 'hex'), '', 0) ON CONFLICT DO NOTHING;
             DELETE FROM blobs WHERE digest = decode(repeat('00', 32), 'hex')",
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn measure(&self) {
        let open = self.pool.size();
        let idle = u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX);
        gauge!(telemetry::CONNECTIONS, "state" => "idle").set(f64::from(idle));
        gauge!(telemetry::CONNECTIONS, "state" => "used").set(f64::from(open.saturating_sub(idle)));
    }

    async fn close(&self) {
        self.pool.close().await;
        if let Some(replica) = &self.replica {
            replica.close().await;
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
