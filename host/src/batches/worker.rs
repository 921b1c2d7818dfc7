//! Leases chunks, does them, and gives them back.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use metrics::{counter, histogram};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tracing::Instrument as _;

use super::BatchError;
use super::backoff::next_try;
use super::threads::Threads;
use crate::artifacts::ArtifactStore;
use crate::clock::Clock;
use crate::issue::Issuer;
use crate::keys::{Keys, system_randomness};
use crate::storage::{
    By, ClaimChunk, ClaimedChunk, Conflict, GiveBack, Held, Lease, Priority, Step, Storage,
    StorageError,
};
use crate::telemetry;
use crate::traces::traced;

/// A worker that says nothing for so long is dead.
const LEASE: SignedDuration = SignedDuration::from_secs(15);
/// Between two signs of life. It is also how soon a cancelled job is noticed.
const HEARTBEAT: Duration = Duration::from_millis(400);
/// Between two looks at a queue that was empty. What comes in through this process is begun at once.
const PAUSE: Duration = Duration::from_millis(500);
/// After the database failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(2);
/// How long chunks under way may take once the host was asked to stop.
const DRAIN_LIMIT: Duration = Duration::from_secs(8);
/// A job without a chunk for so long counts as one step more urgent.
const AGING: SignedDuration = SignedDuration::from_mins(2);

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// Its name, for people who look at leases.
    pub name: String,
    /// Chunks at a time, at least 1. One more may run if it is urgent.
    pub concurrency: usize,
    /// Chunks of one organizer that may run at once, of all workers.
    pub organizer_cap: u32,
}

/// Does chunks of jobs.
pub struct Worker {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) keys: Arc<Keys>,
    pub(super) issuer: Arc<Issuer>,
    pub(super) artifacts: Arc<ArtifactStore>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) threads: Threads,
    options: WorkerOptions,
    wake: Arc<Notify>,
}

/// What a worker works with.
pub struct WorkerParts {
    /// Where jobs are kept.
    pub storage: Arc<dyn Storage>,
    /// Organizers' keys.
    pub keys: Arc<Keys>,
    /// Issues and prints.
    pub issuer: Arc<Issuer>,
    /// Where files are kept.
    pub artifacts: Arc<ArtifactStore>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Is told of new jobs.
    pub wake: Arc<Notify>,
}

impl Worker {
    /// A worker.
    ///
    /// # Errors
    /// When threads cannot be started.
    pub fn new(parts: WorkerParts, options: WorkerOptions) -> std::io::Result<Self> {
        let WorkerParts {
            storage,
            keys,
            issuer,
            artifacts,
            clock,
            wake,
        } = parts;
        Ok(Self {
            storage,
            keys,
            issuer,
            artifacts,
            clock,
            // One more for what is urgent.
            threads: Threads::start(options.concurrency.max(1) + 1)?,
            options,
            wake,
        })
    }

    /// Works until `stop` says so, then ends what is under way, within bounds.
    pub async fn run(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let mut lanes = JoinSet::new();
        for _ in 0..self.options.concurrency.max(1) {
            lanes.spawn(Arc::clone(&self).lane(Priority::Low, stop.clone()));
        }
        // However much of less urgent work is under way, what is urgent begins at once.
        lanes.spawn(Arc::clone(&self).lane(Priority::High, stop.clone()));
        while let Some(ended) = lanes.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a worker broke");
            }
        }
    }

    /// Does one chunk after the other.
    async fn lane(self: Arc<Self>, least_priority: Priority, mut stop: watch::Receiver<bool>) {
        loop {
            if *stop.borrow() {
                return;
            }
            let woken = self.wake.notified();
            let claimed = self.claim(least_priority).await;
            let pause = match claimed {
                Ok(Some(claimed)) => {
                    self.do_chunk(claimed, &mut stop).await;
                    continue;
                }
                Ok(None) => PAUSE,
                Err(error) => {
                    tracing::warn!(%error, "the queue cannot be read");
                    PAUSE_AFTER_FAILURE
                }
            };
            tokio::select! {
                () = woken => {}
                () = sleep(pause) => {}
                () = asked_to(&mut stop) => return,
            }
        }
    }

    async fn claim(&self, least_priority: Priority) -> Result<Option<ClaimedChunk>, StorageError> {
        let now = self.clock.now();
        self.storage
            .claim_chunk(ClaimChunk {
                worker: self.options.name.clone(),
                at: now,
                leased_until: now.saturating_add(LEASE).unwrap_or(now),
                organizer_cap: self.options.organizer_cap.max(1),
                least_priority,
                aging_us: i64::try_from(AGING.as_micros()).unwrap_or(i64::MAX),
            })
            .await
    }

    async fn do_chunk(&self, claimed: ClaimedChunk, stop: &mut watch::Receiver<bool>) {
        let lease = claimed.lease;
        let begun = Instant::now();
        let step = step_name(claimed.chunk.step);
        let span = traced!("chunk", step, job = %claimed.job.uuid, chunk = lease.chunk);
        let draining = async {
            asked_to(stop).await;
            sleep(DRAIN_LIMIT).await;
        };
        let done = tokio::select! {
            done = self.work(&claimed).instrument(span) => done,
            () = self.keep(lease) => {
                tracing::info!(job = %claimed.job.uuid, chunk = lease.chunk, "a chunk was stopped: its job is over, or another worker has it");
                counter!(telemetry::CHUNKS, "step" => step, "outcome" => "stopped").increment(1);
                return;
            }
            () = draining => {
                self.give_back(lease, GiveBack::Unharmed).await;
                counter!(telemetry::CHUNKS, "step" => step, "outcome" => "given back").increment(1);
                return;
            }
        };
        histogram!(telemetry::CHUNK_SECONDS, "step" => step).record(begun.elapsed());
        let outcome = match done {
            Ok(()) => "done",
            Err(BatchError::Storage(StorageError::Conflict(Conflict::LeaseLost))) => {
                tracing::warn!(job = %claimed.job.uuid, chunk = lease.chunk, "a chunk came too late: its job is over, or another worker has it");
                "lost"
            }
            Err(error) => self.settle(&claimed, &error).await,
        };
        counter!(telemetry::CHUNKS, "step" => step, "outcome" => outcome).increment(1);
    }

    async fn work(&self, claimed: &ClaimedChunk) -> Result<(), BatchError> {
        // Those who had it before were killed in the middle of it, each of them.
        if claimed.chunk.tries >= claimed.job.attempts {
            return self.fail(claimed, "WORKERS_LOST").await;
        }
        match claimed.chunk.step {
            Step::Sample | Step::Issue => self.issue_chunk(claimed).await,
            Step::Plan => self.plan_files(claimed).await,
            Step::Print => self.print_part(claimed).await,
        }
    }

    /// Prolongs a lease for as long as that is possible. Ends when it is not.
    async fn keep(&self, lease: Lease) {
        let mut tick = interval(HEARTBEAT);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick comes at once.
        tick.tick().await;
        let mut held_at = Instant::now();
        loop {
            tick.tick().await;
            let now = self.clock.now();
            let until = now.saturating_add(LEASE).unwrap_or(now);
            let asked = Instant::now();
            match timeout(lease_left(held_at), self.storage.hold_chunk(lease, until)).await {
                Ok(Ok(Held::Yes)) => held_at = asked,
                Ok(Ok(Held::No)) | Err(_) => return,
                Ok(Err(error)) => {
                    tracing::debug!(%error, "a lease was not prolonged");
                    if lease_left(held_at).is_zero() {
                        return;
                    }
                }
            }
        }
    }

    /// What becomes of a chunk that failed.
    async fn settle(&self, claimed: &ClaimedChunk, error: &BatchError) -> &'static str {
        let (job, lease) = (&claimed.job, claimed.lease);
        let tries = claimed.chunk.tries.saturating_add(1);
        if error.is_passing() && tries < job.attempts {
            tracing::warn!(%error, job = %job.uuid, chunk = lease.chunk, tries, "a chunk is tried again");
            let draw = random_draw();
            let at = next_try(tries, self.clock.now(), draw);
            self.give_back(lease, GiveBack::After { at }).await;
            return "retried";
        }
        tracing::error!(error = error as &dyn std::error::Error, job = %job.uuid, chunk = lease.chunk, "a job failed");
        if let Err(error) = self.fail(claimed, "GENERATION_FAILED").await {
            tracing::warn!(%error, job = %job.uuid, "the end of a job was not noted; its lease will end");
        }
        "failed"
    }

    async fn fail(&self, claimed: &ClaimedChunk, code: &str) -> Result<(), BatchError> {
        let by = By::new("host", self.clock.now());
        Ok(self
            .storage
            .fail_job(claimed.lease, code.to_owned(), by)
            .await?)
    }

    async fn give_back(&self, lease: Lease, back: GiveBack) {
        if let Err(error) = self.storage.give_chunk_back(lease, back).await {
            tracing::warn!(%error, "a chunk was not given back; its lease will end");
        }
    }
}

fn lease_left(held_at: Instant) -> Duration {
    LEASE.unsigned_abs().saturating_sub(held_at.elapsed())
}

fn step_name(step: Step) -> &'static str {
    match step {
        Step::Sample => "sample",
        Step::Issue => "issue",
        Step::Plan => "plan",
        Step::Print => "print",
    }
}

/// A number from 0 to 999.
fn random_draw() -> u16 {
    use rand_core::Rng as _;
    u16::try_from(system_randomness().next_u32() % 1_000).unwrap_or(0)
}

async fn asked_to(stop: &mut watch::Receiver<bool>) {
    // An error: nobody is left who could ask, which is as good a reason.
    let _ = stop.wait_for(|stop| *stop).await;
}
