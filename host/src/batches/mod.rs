//! Jobs: thousands or millions of tickets behind one request.
//!
//! An [`Intake`] takes items in and keeps them, sealed, in chunks of a job. A [`Worker`] of any replica
//! leases a chunk, does it and commits what came of it under its lease ([`crate::storage::ChunkStorage`]),
//! so that a chunk counts once however often it is begun. Nothing of a job lives in a process: kill any,
//! and another goes on when the lease has ended.

mod backoff;
mod error;
mod fault;
mod file_link;
mod files;
mod input;
mod intake;
mod issue_chunk;
mod keeper;
mod list;
mod look;
mod plan;
mod print;
mod sort;
mod spec;
mod threads;
mod worker;

pub use error::BatchError;
pub use file_link::FileLink;
pub use input::ItemFault;
pub use intake::{Intake, JobOrder};
pub use keeper::Keeper;
pub use look::{ItemState, JobItem, Repair};
pub use spec::{JobSpec, ListFormat, OrderBy, Pages, Sheets, TICKETS_OF_A_FILE};
pub use worker::{Worker, WorkerOptions, WorkerParts};

use std::sync::Arc;

use crate::artifacts::ArtifactStore;
use crate::clock::Clock;
use crate::issue::Issuer;
use crate::keys::Keys;
use crate::storage::{OrganizerId, QueueStats, Storage};
use tokio::sync::Notify;

/// Takes jobs in, and looks at them.
pub struct Batches {
    storage: Arc<dyn Storage>,
    keys: Arc<Keys>,
    issuer: Arc<Issuer>,
    artifacts: Arc<ArtifactStore>,
    clock: Arc<dyn Clock>,
    limits: BatchLimits,
    /// Tells the workers of this process that there is work.
    wake: Arc<Notify>,
}

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchLimits {
    /// Tickets in the queue of this host.
    pub most_queued: u64,
    /// How long a job may be worked on, in microseconds.
    pub timeout_us: u64,
}

/// How a queue is kept.
pub struct Queue {
    /// How much may wait.
    pub limits: BatchLimits,
    /// Is notified when there is work.
    pub wake: Arc<Notify>,
}

impl Batches {
    /// Jobs in this storage.
    pub fn new(
        storage: Arc<dyn Storage>,
        keys: Arc<Keys>,
        issuer: Arc<Issuer>,
        artifacts: Arc<ArtifactStore>,
        clock: Arc<dyn Clock>,
        queue: Queue,
    ) -> Self {
        let Queue { limits, wake } = queue;
        Self {
            storage,
            keys,
            issuer,
            artifacts,
            clock,
            limits,
            wake,
        }
    }

    /// How the organizer's part of the queue is doing.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn stats(&self, organizer: OrganizerId) -> Result<QueueStats, BatchError> {
        let now = self.clock.now();
        Ok(self.storage.queue_stats(Some(organizer), now).await?)
    }

    /// How the whole queue is doing.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn stats_of_all(&self) -> Result<QueueStats, BatchError> {
        Ok(self.storage.queue_stats(None, self.clock.now()).await?)
    }
}
