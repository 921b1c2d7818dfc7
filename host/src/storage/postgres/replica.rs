//! A replica that answers lists and counts, which are out of date the moment they are read anyway.
//!
//! Everything else is asked of the first server: a ticket that a host acknowledged must be found by
//! all of them at once, and a gate must not be handed an older status list than it has.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::PgPool;

use super::super::StorageError;
use super::connect::{self, OpenError, PoolLimits};

/// A list waits no longer for a replica that does not answer.
const PATIENCE: Duration = Duration::from_millis(500);
/// For so long the replica is left alone after that.
const REST: Duration = Duration::from_secs(10);

/// Connections to a replica.
#[derive(Debug)]
pub(super) struct Replica {
    pool: PgPool,
    /// Not asked before this time.
    away_until: Mutex<Option<Instant>>,
}

impl Replica {
    /// The server at `url`, which need not be there yet.
    pub fn new(url: &str, limits: PoolLimits) -> Result<Self, OpenError> {
        let limits = PoolLimits { min: 0, ..limits };
        Ok(Self {
            pool: connect::pool(connect::options(url)?, limits, PATIENCE),
            away_until: Mutex::new(None),
        })
    }

    /// What `read` finds there; none if it finds nothing, which may only be late, or cannot be asked.
    pub async fn ask<T, R, F>(&self, read: R) -> Option<T>
    where
        R: FnOnce(PgPool) -> F,
        F: Future<Output = Result<Option<T>, StorageError>>,
    {
        if self.is_away() {
            return None;
        }
        match read(self.pool.clone()).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(%error, "the read replica failed; the first server answers for {REST:?}");
                *self.lock() = Some(Instant::now() + REST);
                None
            }
        }
    }

    pub async fn close(&self) {
        self.pool.close().await;
    }

    fn is_away(&self) -> bool {
        self.lock().is_some_and(|until| Instant::now() < until)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.away_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
