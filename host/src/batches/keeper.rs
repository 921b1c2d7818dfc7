//! What is done for the queue as a whole, now and then. Each replica may do it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::{SignedDuration, Timestamp};
use metrics::gauge;
use tokio::time::sleep;

use super::files::forget_objects;
use crate::artifacts::ArtifactStore;
use crate::clock::Clock;
use crate::storage::{By, JobState, OldJobs, Storage, StorageError};
use crate::telemetry;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(5);
/// Between two cleanings, in looks.
const CLEAN_EVERY: u32 = 120;
/// A job whose items stopped coming.
const ABANDONED_AFTER: SignedDuration = SignedDuration::from_hours(1);
/// A part takes minutes at most; what no row names after so long never will be.
const ORPHANED_AFTER: SignedDuration = SignedDuration::from_hours(24);
/// Objects that are looked up at a time.
const OBJECTS_AT_ONCE: usize = 500;
/// Jobs that are removed at a time.
const JOBS_AT_ONCE: u32 = 100;

/// Keeps the queue in order.
pub struct Keeper {
    storage: Arc<dyn Storage>,
    artifacts: Arc<ArtifactStore>,
    clock: Arc<dyn Clock>,
    /// How long jobs are kept that are over.
    kept: SignedDuration,
}

impl Keeper {
    /// A keeper that removes jobs that were over for `kept`.
    pub fn new(
        storage: Arc<dyn Storage>,
        artifacts: Arc<ArtifactStore>,
        clock: Arc<dyn Clock>,
        kept: SignedDuration,
    ) -> Self {
        Self {
            storage,
            artifacts,
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
            let (removed, objects) = self.storage.remove_jobs(old, By::new("host", now)).await?;
            forget_objects(&self.artifacts, &objects).await;
            if removed < JOBS_AT_ONCE.into() {
                break;
            }
        }
        self.sweep(before(ORPHANED_AFTER)).await
    }

    /// Removes objects that were written before and that no row names: attempts that were not the ones to
    /// count, of workers that were killed.
    async fn sweep(&self, before: Timestamp) -> Result<(), StorageError> {
        let mut found = std::pin::pin!(self.artifacts.find_all());
        let mut old = Vec::new();
        loop {
            let object = match found.try_next().await {
                Ok(object) => object,
                Err(error) => {
                    tracing::warn!(%error, "objects that nobody needs wait to be found");
                    return Ok(());
                }
            };
            let is_last = object.is_none();
            old.extend(
                object
                    .filter(|object| object.written_at < before)
                    .map(|object| object.key.to_string()),
            );
            if old.len() >= OBJECTS_AT_ONCE || (is_last && !old.is_empty()) {
                let orphans = self
                    .storage
                    .unknown_objects(std::mem::take(&mut old))
                    .await?;
                forget_objects(&self.artifacts, &orphans).await;
            }
            if is_last {
                return Ok(());
            }
        }
    }
}
