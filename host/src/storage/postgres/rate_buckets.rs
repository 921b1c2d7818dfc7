//! How often callers asked lately, where hosts agree on it.
//!
//! Not a part of [`Storage`](crate::storage::Storage): nothing here has to be kept, and whoever asks would
//! rather do without an answer than wait for it. So it has connections of its own, which issuing
//! tickets cannot use up.

use jiff::Timestamp;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;

use super::connect::{self, OpenError};
use crate::storage::StorageError;

/// One statement each, by the primary key: a few connections do thousands a second.
const CONNECTIONS: u32 = 4;

/// Who waits longer decides alone; see the caller.
const SESSION: &str = "
    SET statement_timeout = '500ms';
    SET lock_timeout = '250ms';
    SET synchronous_commit = off;
    SET jit = off;
    SET default_transaction_isolation = 'read committed'";

/// The arithmetic is that of `access::RateLimits`; `$2` is now, `$3` the time of one request, `$4` that of
/// a whole bucket. A clock that is ahead cannot lock anybody out for longer than a bucket takes.
const TAKE: &str = "
    WITH taken AS (
        INSERT INTO rate_buckets AS known (bucket, full_at_ns) VALUES ($1, $2 + $3)
        ON CONFLICT (bucket) DO UPDATE
        SET full_at_ns = least(greatest(known.full_at_ns, $2), $2 + $4) + $3
        WHERE least(greatest(known.full_at_ns, $2), $2 + $4) + $3 <= $2 + $4
        RETURNING full_at_ns)
    SELECT full_at_ns, true FROM taken
    UNION ALL
    SELECT full_at_ns, false FROM rate_buckets
    WHERE bucket = $1 AND NOT EXISTS (SELECT FROM taken)";

/// Buckets that all hosts on one database share.
#[derive(Debug)]
pub struct RateBuckets {
    pool: PgPool,
}

/// What is taken from a bucket.
#[derive(Debug, Clone, Copy)]
pub struct Draught {
    /// The bucket.
    pub bucket: [u8; 16],
    /// Now, in nanoseconds since 1970.
    pub now_ns: i64,
    /// Time in which what is taken comes back.
    pub interval_ns: i64,
    /// Time in which an empty bucket fills.
    pub span_ns: i64,
}

/// How a bucket stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Something was taken; it is full again then.
    Taken {
        /// In nanoseconds since 1970.
        full_at_ns: i64,
    },
    /// There was too little in it.
    Empty {
        /// Likewise.
        full_at_ns: i64,
    },
}

impl RateBuckets {
    /// Buckets in the database that `url` names, whose tables are up to date. Connects when needed.
    ///
    /// # Errors
    /// When the address makes no sense.
    pub fn of_database(url: &str) -> Result<Self, OpenError> {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .test_before_acquire(false)
            .after_connect(|connection, _| {
                Box::pin(async move {
                    sqlx::raw_sql(SESSION).execute(connection).await?;
                    Ok(())
                })
            })
            .connect_lazy_with(connect::options(url)?);
        Ok(Self { pool })
    }

    /// Takes one request's worth, if there is as much.
    ///
    /// # Errors
    /// When the database is not available.
    pub async fn take(&self, draught: Draught) -> Result<Level, StorageError> {
        let Draught {
            bucket,
            now_ns,
            interval_ns,
            span_ns,
        } = draught;
        let level: Option<(i64, bool)> = sqlx::query_as(TAKE)
            .bind(&bucket[..])
            .bind(now_ns)
            .bind(interval_ns)
            .bind(span_ns)
            .fetch_optional(&self.pool)
            .await?;
        Ok(match level {
            Some((full_at_ns, true)) => Level::Taken { full_at_ns },
            Some((full_at_ns, false)) => Level::Empty { full_at_ns },
            // Another host made the row and emptied it while this statement ran.
            None => Level::Empty {
                full_at_ns: now_ns.saturating_add(span_ns),
            },
        })
    }

    /// Forgets buckets that are full.
    ///
    /// # Errors
    /// When the database is not available.
    pub async fn forget_full(&self, now: Timestamp) -> Result<u64, StorageError> {
        let now_ns = i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX);
        let forgotten = sqlx::query("DELETE FROM rate_buckets WHERE full_at_ns < $1")
            .bind(now_ns)
            .execute(&self.pool)
            .await?;
        Ok(forgotten.rows_affected())
    }

    /// Closes its connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}
