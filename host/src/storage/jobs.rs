//! Jobs: work behind a request's back, cut into chunks that any worker of any replica may lease.
//!
//! A job passes through its [`Step`]s in order; only chunks of its present step are leased.

use async_trait::async_trait;
use jiff::Timestamp;
use ticket_token::EventNumber;
use uuid::Uuid;

use super::{Artifact, By, Chunk, OrganizerId, Page, PageRequest, Places, Sealed, StorageError};

/// A job's number in this host. Callers know its UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub i64);

/// What a job makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Tickets.
    Tickets,
    /// Files of tickets that are there.
    Pdfs,
    /// Tickets and files of them.
    Full,
}

impl JobKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tickets, Self::Pdfs, Self::Full];

    /// The name under which it is stored.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Tickets => "tickets",
            Self::Pdfs => "pdfs",
            Self::Full => "full",
        }
    }

    /// The kind of a stored name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// How a job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobState {
    /// Nobody has begun.
    Pending,
    /// It is worked on.
    Processing,
    /// No further chunks are begun until it is resumed.
    Paused,
    /// All is done; single items may have failed.
    Completed,
    /// Nothing came of it.
    Failed,
    /// It was stopped. What was done before stays.
    Cancelled,
}

impl JobState {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Processing,
        Self::Paused,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    /// The name under which it is stored and shown.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Paused => "paused",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state of a name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether nothing more happens to it, unless failed items are tried again.
    #[must_use]
    pub fn is_over(self) -> bool {
        match self {
            Self::Completed | Self::Failed | Self::Cancelled => true,
            Self::Pending | Self::Processing | Self::Paused => false,
        }
    }
}

/// Whether a job has all its items, and may begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Intake {
    /// Items come in.
    Receiving,
    /// It is complete, and waits to be released.
    Held,
    /// It may begin.
    Released,
}

impl Intake {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Receiving, Self::Held, Self::Released];

    /// The name under which it is stored.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Held => "held",
            Self::Released => "released",
        }
    }

    /// The stage of a stored name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|intake| intake.code() == code)
    }
}

/// How urgent a job is. While a more urgent one has work, a less urgent one only gets a chunk now and
/// then, so that it does not starve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// When nothing else is to be done.
    Low = 0,
    /// The usual.
    Normal = 1,
    /// Somebody waits for it.
    High = 2,
    /// A queue waits for it.
    Critical = 3,
}

impl Priority {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Critical];

    /// The name that is shown.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// The priority of a name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|priority| priority.code() == code)
    }

    /// The number under which it is stored.
    #[must_use]
    pub fn number(self) -> i64 {
        self as i64
    }
}

/// The steps of a job, in their order. A job need not have all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// The first few items, laid out to see whether their template can be printed at all.
    Sample = 0,
    /// All other items.
    Issue = 1,
    /// The order of the printed tickets, cut into files.
    Plan = 2,
    /// The files.
    Print = 3,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sample, Self::Issue, Self::Plan, Self::Print];

    /// The number under which it is stored.
    #[must_use]
    pub fn number(self) -> i64 {
        self as i64
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// Whose it is.
    pub organizer: OrganizerId,
    /// The name for callers.
    pub uuid: Uuid,
    /// What it makes.
    pub kind: JobKind,
    /// The event that all its items have in common.
    pub event: Option<EventNumber>,
    /// How it is doing.
    pub state: JobState,
    /// Whether it may begin.
    pub intake: Intake,
    /// How urgent it is.
    pub priority: Priority,
    /// When it may begin.
    pub not_before: Timestamp,
    /// The step that is worked on.
    pub step: Step,
    /// How often a chunk is tried.
    pub attempts: u32,
    /// How long it may be worked on, in microseconds.
    pub timeout_us: u64,
    /// Its items.
    pub total: u64,
    /// Items whose ticket is there.
    pub completed: u64,
    /// Items that failed.
    pub failed: u64,
    /// Tickets that were printed into files.
    pub printed: u64,
    /// What was asked for, encrypted.
    pub spec: Sealed,
    /// Why all of it failed, an error code.
    pub error: Option<String>,
    /// Grows with each change.
    pub version: u64,
    /// Who asked for it.
    pub actor: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When its first chunk was leased.
    pub started_at: Option<Timestamp>,
    /// When it was over.
    pub finished_at: Option<Timestamp>,
}

/// A job to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewJob {
    /// The name for callers.
    pub uuid: Uuid,
    /// What it makes.
    pub kind: JobKind,
    /// How urgent it is.
    pub priority: Priority,
    /// When it may begin.
    pub not_before: Timestamp,
    /// How often a chunk is tried, 1 to 10.
    pub attempts: u32,
    /// How long it may be worked on, in microseconds.
    pub timeout_us: u64,
    /// What was asked for, encrypted.
    pub spec: Sealed,
}

/// A chunk to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewChunk {
    /// Its place among the chunks of the job.
    pub number: u32,
    /// When its turn is.
    pub step: Step,
    /// The first of its items, counted through the job.
    pub first_item: u64,
    /// How many items it has.
    pub items: u32,
    /// What is to be done, encrypted.
    pub input: Option<Sealed>,
    /// Where the tickets are, if they are there already.
    pub places: Option<Places>,
    /// Items that failed already, and how many.
    pub faults: Option<(Sealed, u32)>,
}

/// What is left to say of a job once all its items are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// [`Intake::Held`] or [`Intake::Released`].
    pub intake: Intake,
    /// The event that all items have in common.
    pub event: Option<EventNumber>,
    /// Items that may wait in the queue of this host, with those of this job.
    pub most_queued: u64,
}

/// A step that somebody asks a job to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobChange {
    /// A held job may begin.
    Release,
    /// No further chunks are begun.
    Pause,
    /// Chunks are begun again.
    Resume,
    /// Chunks under way are stopped, and none is begun.
    Cancel,
}

/// Which jobs are listed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Those in this state.
    pub state: Option<JobState>,
    /// Those of this event.
    pub event: Option<EventNumber>,
    /// Those of this kind.
    pub kind: Option<JobKind>,
}

/// Which jobs are removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldJobs {
    /// Those of this organizer; of all, if none.
    pub organizer: Option<OrganizerId>,
    /// Those in one of these states, all of which are ends.
    pub states: Vec<JobState>,
    /// Those that were over before.
    pub before: Timestamp,
    /// How many at most.
    pub limit: u32,
}

/// How the queue is doing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct QueueStats {
    /// Jobs that nobody has begun.
    pub pending: u64,
    /// Jobs that are worked on, or paused.
    pub processing: u64,
    /// Jobs that are done.
    pub completed: u64,
    /// Jobs of which nothing came.
    pub failed: u64,
    /// Jobs that were stopped.
    pub cancelled: u64,
    /// Items that wait.
    pub queued_items: u64,
    /// Mean time from the first lease to the end of the last 100 jobs that were completed, in seconds.
    pub average_seconds: f64,
    /// Tickets made or printed in the last minute of work that is known, a second.
    pub per_second: f64,
}

/// Jobs, as callers and the host itself see them.
#[async_trait]
pub trait JobStorage {
    /// Begins a job; its chunks come next.
    async fn create_job(
        &self,
        organizer: OrganizerId,
        job: NewJob,
        by: By,
    ) -> Result<Job, StorageError>;

    /// Adds chunks to a job that is receiving. `false`: it is not there any longer.
    async fn add_chunks(
        &self,
        organizer: OrganizerId,
        job: JobId,
        chunks: Vec<NewChunk>,
    ) -> Result<bool, StorageError>;

    /// A job has all its chunks. `None`: it is not there any longer.
    ///
    /// # Errors
    /// [`Conflict::QueueFull`](super::Conflict::QueueFull).
    async fn open_job(
        &self,
        organizer: OrganizerId,
        job: JobId,
        opening: Opening,
        by: By,
    ) -> Result<Option<Job>, StorageError>;

    /// Removes a job that was never opened.
    async fn discard_job(&self, organizer: OrganizerId, job: JobId) -> Result<(), StorageError>;

    /// The job of this name, unless it is still receiving.
    async fn job(&self, organizer: OrganizerId, uuid: Uuid) -> Result<Option<Job>, StorageError>;

    /// The job of this number.
    async fn job_numbered(
        &self,
        organizer: OrganizerId,
        id: JobId,
    ) -> Result<Option<Job>, StorageError>;

    /// Jobs, newest first.
    async fn jobs(
        &self,
        organizer: OrganizerId,
        filter: JobFilter,
        page: PageRequest,
    ) -> Result<Page<Job>, StorageError>;

    /// Takes a step; a job that is there already stays as it is. `None`: the organizer has no such job.
    ///
    /// # Errors
    /// [`Conflict::Transition`](super::Conflict::Transition).
    async fn change_job(
        &self,
        organizer: OrganizerId,
        uuid: Uuid,
        change: JobChange,
        by: By,
    ) -> Result<Option<Job>, StorageError>;

    /// At most `limit` chunks of a job with numbers from `from` on, by number; what they are about
    /// comes along.
    async fn chunks(
        &self,
        organizer: OrganizerId,
        job: JobId,
        from: u32,
        limit: u32,
    ) -> Result<Vec<Chunk>, StorageError>;

    /// Puts chunks whose items failed back into the queue, each with new input, and the job with them.
    /// Answers the job. `None`: the organizer has no such job.
    ///
    /// # Errors
    /// [`Conflict::Transition`](super::Conflict::Transition): the job is not over, or was cancelled;
    /// a chunk that was leased since it was read is left alone.
    async fn retry_chunks(
        &self,
        organizer: OrganizerId,
        uuid: Uuid,
        chunks: Vec<(u32, i64, Sealed)>,
        by: By,
    ) -> Result<Option<Job>, StorageError>;

    /// The files of a job, by chunk and part.
    async fn artifacts(
        &self,
        organizer: OrganizerId,
        job: JobId,
    ) -> Result<Vec<Artifact>, StorageError>;

    /// A file.
    async fn artifact(
        &self,
        organizer: OrganizerId,
        id: i64,
    ) -> Result<Option<Artifact>, StorageError>;

    /// Of these object keys, those that no artifact has.
    async fn unknown_objects(&self, keys: Vec<String>) -> Result<Vec<String>, StorageError>;

    /// Removes jobs with their chunks and the rows of their files. Answers how many, and the files' keys. It
    /// is on record if they are of one organizer.
    async fn remove_jobs(&self, old: OldJobs, by: By) -> Result<(u64, Vec<String>), StorageError>;

    /// Removes jobs that were never opened.
    async fn remove_unopened_jobs(&self, before: Timestamp) -> Result<u64, StorageError>;

    /// Lets jobs fail that were worked on for longer than they may. Answers how many.
    async fn fail_overdue_jobs(&self, at: Timestamp) -> Result<u64, StorageError>;

    /// How the queue is doing, of one organizer or of all.
    async fn queue_stats(
        &self,
        organizer: Option<OrganizerId>,
        at: Timestamp,
    ) -> Result<QueueStats, StorageError>;
}
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for state in JobState::ALL {
            assert_eq!(JobState::from_code(state.code()), Some(state));
        }
        for kind in JobKind::ALL {
            assert_eq!(JobKind::from_code(kind.code()), Some(kind));
        }
        for priority in Priority::ALL {
            assert_eq!(Priority::from_code(priority.code()), Some(priority));
        }
        for intake in Intake::ALL {
            assert_eq!(Intake::from_code(intake.code()), Some(intake));
        }
    }
}
