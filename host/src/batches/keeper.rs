//! What is done for the queue as a whole, now and then. Each replica may do it.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use metrics::gauge;
use tokio::time::sleep;

use crate::clock::Clock;
use crate::storage::{By, JobState, OldJobs, Storage, StorageError};
use crate::telemetry;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(5);
/// Between two cleanings, in looks.
const CLEAN_EVERY: u32 = 120;
/// A job whose items stopped coming.
const ABANDONED_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// Jobs that are removed at a time.
const JOBS_AT_ONCE: u32 = 100;

/// Keeps the queue in order.
pub struct Keeper {
    storage: Arc<dyn Storage>,
    clock: Arc<dyn Clock>,
    /// How long jobs are kept that are over.
    kept: SignedDuration,
}

impl Keeper {
    /// A keeper that removes jobs that were over for `kept`.
    pub fn new(storage: Arc<dyn Storage>, clock: Arc<dyn Clock>, kept: SignedDuration) -> Self {
        Self {
            storage,
            clock,
            kept,
        }
    }

    /// Does so until it is dropped.
    pub async fn run(self) {
        let mut look = 0;
        loop {
            if let Err(error) = self.look().await {
                tracing::warn!(%error, "the queue was not looked after");
            }
            if look % CLEAN_EVERY == 0
                && let Err(error) = self.clean().await
            {
                tracing::warn!(%error, "old jobs wait to be removed");
            }
            look += 1;
            sleep(PAUSE).await;
        }
    }

    async fn look(&self) -> Result<(), StorageError> {
        let now = self.clock.now();
        let failed = self.storage.fail_overdue_jobs(now).await?;
        if failed > 0 {
            tracing::warn!(failed, "jobs took longer than BATCH_TIMEOUT allows");
        }
        let stats = self.storage.queue_stats(None, now).await?;
        gauge!(telemetry::QUEUE_SIZE, "queue_name" => "tickets").set(stats.queued_items as f64);
        gauge!(telemetry::JOBS, "state" => "pending").set(stats.pending as f64);
        gauge!(telemetry::JOBS, "state" => "processing").set(stats.processing as f64);
        gauge!(telemetry::QUEUE_RATE).set(stats.per_second);
        Ok(())
    }

    async fn clean(&self) -> Result<(), StorageError> {
        let now = self.clock.now();
        let before = |age| now.saturating_sub(age).unwrap_or(now);
        self.storage
            .remove_unopened_jobs(before(ABANDONED_AFTER))
            .await?;
        loop {
            let old = OldJobs {
                organizer: None,
                states: vec![JobState::Completed, JobState::Failed, JobState::Cancelled],
                before: before(self.kept),
                limit: JOBS_AT_ONCE,
            };
            let (removed, _objects) = self.storage.remove_jobs(old, By::new("host", now)).await?;
            if removed < JOBS_AT_ONCE.into() {
                return Ok(());
            }
        }
    }
}
