//! Rows of jobs, their chunks and their files.

use serde_json::{Value, json};
use uuid::Uuid;

use super::audit::Note;
use super::{Place, row};
use crate::storage::{
    Act, Artifact, Chunk, Conflict, Intake, IssuedChunk, Job, JobChange, JobId, JobKind, JobState,
    NewArtifact, NewChunk, Places, Priority, QueueStats, Sealed, SigningKeyId, Step, StorageError,
};

row! {
    struct JobRow {
        id: i64,
        organizer_id: i64,
        uuid: Vec<u8>,
        kind: String,
        event_number: Option<i64>,
        state: String,
        intake: String,
        priority: i64,
        not_before_us: i64,
        step: i64,
        attempts: i64,
        timeout_us: i64,
        total: i64,
        completed: i64,
        failed: i64,
        printed: i64,
        spec: Vec<u8>,
        error_code: Option<String>,
        version: i64,
        actor: String,
        created_at_us: i64,
        started_at_us: Option<i64>,
        finished_at_us: Option<i64>,
    }
}

impl TryFrom<JobRow> for Job {
    type Error = StorageError;

    fn try_from(row: JobRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "generation_jobs",
            id: row.id,
        };
        let event = row
            .event_number
            .map(|number| place.event_number("event_number", number));
        let priority = Priority::ALL
            .into_iter()
            .find(|priority| priority.number() == row.priority)
            .ok_or_else(|| place.corrupt("priority", "unknown number"))?;
        Ok(Self {
            id: JobId(row.id),
            organizer: place.organizer(row.organizer_id)?,
            uuid: Uuid::from_bytes(place.bytes("uuid", &row.uuid)?),
            kind: place.name("kind", &row.kind, JobKind::from_code)?,
            event: event.transpose()?,
            state: place.name("state", &row.state, JobState::from_code)?,
            intake: place.name("intake", &row.intake, Intake::from_code)?,
            priority,
            not_before: place.time("not_before_us", row.not_before_us)?,
            step: step(&place, row.step)?,
            attempts: place.convert("attempts", row.attempts)?,
            timeout_us: place.convert("timeout_us", row.timeout_us)?,
            total: place.convert("total", row.total)?,
            completed: place.convert("completed", row.completed)?,
            failed: place.convert("failed", row.failed)?,
            printed: place.convert("printed", row.printed)?,
            spec: Sealed(row.spec),
            error: row.error_code,
            version: place.convert("version", row.version)?,
            actor: row.actor,
            created_at: place.time("created_at_us", row.created_at_us)?,
            started_at: place.time_or_none("started_at_us", row.started_at_us)?,
            finished_at: place.time_or_none("finished_at_us", row.finished_at_us)?,
        })
    }
}

fn step(place: &Place<impl std::fmt::Display>, number: i64) -> Result<Step, StorageError> {
    Step::ALL
        .into_iter()
        .find(|step| step.number() == number)
        .ok_or_else(|| place.corrupt("step", format_args!("unknown step {number}")))
}

row! {
    struct ChunkRow {
        job_id: i64,
        number: i64,
        step: i64,
        state: String,
        fence: i64,
        tries: i64,
        first_item: i64,
        items: i64,
        failed: i64,
        input: Option<Vec<u8>>,
        places: Option<Vec<u8>>,
        faults: Option<Vec<u8>>,
    }
}

impl TryFrom<ChunkRow> for Chunk {
    type Error = StorageError;

    fn try_from(row: ChunkRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "generation_chunks",
            id: format_args!("{}/{}", row.job_id, row.number),
        };
        let places = row.places.map(|bytes| {
            Places::from_bytes(&bytes).ok_or_else(|| place.corrupt("places", "a part of a place"))
        });
        Ok(Self {
            number: place.convert("number", row.number)?,
            step: step(&place, row.step)?,
            is_done: row.state == "done",
            fence: row.fence,
            tries: place.convert("tries", row.tries)?,
            first_item: place.convert("first_item", row.first_item)?,
            items: place.convert("items", row.items)?,
            failed: place.convert("failed", row.failed)?,
            input: row.input.map(Sealed),
            places: places.transpose()?,
            faults: row.faults.map(Sealed),
        })
    }
}

row! {
    struct ArtifactRow {
        id: i64,
        organizer_id: i64,
        job_id: i64,
        chunk_number: i64,
        part: i64,
        object_key: String,
        file_name: String,
        media_type: String,
        bytes: i64,
        stored_bytes: i64,
        digest: Vec<u8>,
        tickets: i64,
        created_at_us: i64,
    }
}

impl TryFrom<ArtifactRow> for Artifact {
    type Error = StorageError;

    fn try_from(row: ArtifactRow) -> Result<Self, StorageError> {
        let place = Place {
            table: "artifacts",
            id: row.id,
        };
        Ok(Self {
            id: row.id,
            organizer: place.organizer(row.organizer_id)?,
            job: JobId(row.job_id),
            chunk: place.convert("chunk_number", row.chunk_number)?,
            file: NewArtifact {
                part: place.convert("part", row.part)?,
                object_key: row.object_key,
                file_name: row.file_name,
                media_type: row.media_type,
                bytes: place.convert("bytes", row.bytes)?,
                stored_bytes: place.convert("stored_bytes", row.stored_bytes)?,
                digest: place.digest("digest", &row.digest)?,
                tickets: place.convert("tickets", row.tickets)?,
            },
            created_at: place.time("created_at_us", row.created_at_us)?,
        })
    }
}

row! {
    struct QueueRow {
        pending: i64,
        processing: i64,
        completed: i64,
        failed: i64,
        cancelled: i64,
        queued_items: i64,
        average_seconds: f64,
        per_second: f64,
    }
}

impl From<QueueRow> for QueueStats {
    fn from(row: QueueRow) -> Self {
        Self {
            pending: row.pending.unsigned_abs(),
            processing: row.processing.unsigned_abs(),
            completed: row.completed.unsigned_abs(),
            failed: row.failed.unsigned_abs(),
            cancelled: row.cancelled.unsigned_abs(),
            queued_items: row.queued_items.unsigned_abs(),
            average_seconds: row.average_seconds,
            per_second: row.per_second,
        }
    }
}

/// The columns of a place.
pub(in crate::storage) fn place_bytes(chunk: &NewChunk) -> Option<Vec<u8>> {
    chunk.places.as_ref().map(Places::to_bytes)
}

/// Whether there is anything to do for a chunk, or all of it is known already.
pub(in crate::storage) fn first_state(chunk: &NewChunk) -> &'static str {
    match chunk.places.is_some() && chunk.step < Step::Plan {
        true => "done",
        false => "waiting",
    }
}

/// What a chunk that was never leased adds to the items that are done and to those that failed.
pub(in crate::storage) fn done_at_first(chunk: &NewChunk) -> (i64, i64) {
    let failed = chunk.faults.as_ref().map_or(0, |(_, failed)| *failed);
    match first_state(chunk) {
        "done" => (
            i64::from(chunk.items.saturating_sub(failed)),
            i64::from(failed),
        ),
        _ => (0, 0),
    }
}

/// Whether a job in this state can take a step, or is there already (`Ok(None)`): then its new state and
/// intake.
pub(in crate::storage) fn changed(
    job: &Job,
    change: JobChange,
) -> Result<Option<(JobState, Intake)>, Conflict> {
    let (is_there, is_allowed, state, intake, step) = match change {
        JobChange::Release => (
            job.intake == Intake::Released && !job.state.is_over(),
            job.intake == Intake::Held && !job.state.is_over(),
            job.state,
            Intake::Released,
            "processed",
        ),
        JobChange::Pause => (
            job.state == JobState::Paused,
            matches!(job.state, JobState::Pending | JobState::Processing),
            JobState::Paused,
            job.intake,
            "paused",
        ),
        JobChange::Resume => (
            matches!(job.state, JobState::Pending | JobState::Processing),
            job.state == JobState::Paused,
            match job.started_at {
                Some(_) => JobState::Processing,
                None => JobState::Pending,
            },
            job.intake,
            "resumed",
        ),
        JobChange::Cancel => (
            job.state == JobState::Cancelled,
            !job.state.is_over(),
            JobState::Cancelled,
            job.intake,
            "cancelled",
        ),
    };
    if is_there {
        return Ok(None);
    }
    if is_allowed {
        return Ok(Some((state, intake)));
    }
    Err(Conflict::Transition {
        what: "the job",
        state: job.state.code(),
        step,
    })
}

/// Whether failed items of a job can be tried again.
pub(in crate::storage) fn refuse_retry(job: &Job) -> Result<(), Conflict> {
    match job.state {
        JobState::Completed | JobState::Failed => Ok(()),
        JobState::Pending | JobState::Processing | JobState::Paused | JobState::Cancelled => {
            Err(Conflict::Transition {
                what: "the job",
                state: job.state.code(),
                step: "tried again",
            })
        }
    }
}

/// No item of it failed.
pub(in crate::storage) fn nothing_to_retry(job: &Job) -> Conflict {
    Conflict::Transition {
        what: "the job, none of whose items failed,",
        state: job.state.code(),
        step: "tried again",
    }
}

/// How the record names a job.
pub(in crate::storage) fn job_subject(uuid: Uuid) -> String {
    format!("job {uuid}")
}

/// The note of an act on a job.
pub(in crate::storage) fn job_note(act: Act, job: &Job, details: Value) -> Note {
    Note {
        act,
        subject: job_subject(job.uuid),
        details,
    }
}

/// The figures of a job, for its notes.
pub(in crate::storage) fn job_figures(job: &Job) -> Value {
    json!({
        "kind": job.kind.code(),
        "state": job.state.code(),
        "total": job.total,
        "completed": job.completed,
        "failed": job.failed,
        "printed": job.printed,
        "error": job.error,
    })
}

/// What the record says of a chunk's tickets: by event, the first serial, the last, and how many.
pub(in crate::storage) fn chunk_figures(chunk: u32, issued: &IssuedChunk) -> Value {
    let mut ranges: std::collections::BTreeMap<u32, (u32, u32, u32)> =
        std::collections::BTreeMap::new();
    for ticket in &issued.tickets {
        let serial = ticket.key.serial.0;
        let range = ranges
            .entry(ticket.key.event.0)
            .or_insert((serial, serial, 0));
        *range = (range.0.min(serial), range.1.max(serial), range.2 + 1);
    }
    let ranges = ranges
        .into_iter()
        .map(|(event, (first, last, count))| [event, first, last, count]);
    json!({
        "chunk": chunk,
        "count": issued.tickets.len(),
        "failed": issued.failed,
        "tickets": ranges.collect::<Vec<_>>(),
        "root": issued.root,
    })
}

/// The keys that signed a chunk's tickets, with the latest end that each has to verify for.
pub(in crate::storage) fn signing_keys(issued: &IssuedChunk) -> Vec<(SigningKeyId, i64)> {
    let mut keys: Vec<(SigningKeyId, i64)> = Vec::new();
    for ticket in &issued.tickets {
        let Some(key) = ticket.first.signing_key else {
            continue;
        };
        let expires = super::us(ticket.expires_at);
        match keys.iter_mut().find(|(known, _)| *known == key) {
            Some((_, latest)) => *latest = expires.max(*latest),
            None => keys.push((key, expires)),
        }
    }
    keys
}
