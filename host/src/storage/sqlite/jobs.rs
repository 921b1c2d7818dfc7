//! Jobs, as callers and the host itself see them.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use sqlx::{SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use super::SqliteStorage;
use super::audit::record;
use crate::storage::rows::audit::Note;
use crate::storage::rows::jobs::{
    ArtifactRow, ChunkRow, JobRow, QueueRow, changed, done_at_first, first_state, job_figures,
    job_note, nothing_to_retry, place_bytes, refuse_retry,
};
use crate::storage::rows::us;
use crate::storage::{
    Act, Artifact, By, Chunk, Conflict, Intake, Job, JobChange, JobFilter, JobId, JobState,
    JobStorage, NewChunk, NewJob, OldJobs, Opening, OrganizerId, Page, PageRequest, QueueStats,
    Sealed, Step, StorageError,
};

async fn find(
    executor: impl SqliteExecutor<'_>,
    organizer: OrganizerId,
    uuid: Uuid,
) -> Result<Option<Job>, StorageError> {
    let row: Option<JobRow> = sqlx::query_as(
        "SELECT * FROM generation_jobs
         WHERE organizer_id = $1 AND uuid = $2 AND intake <> 'receiving'",
    )
    .bind(organizer.0)
    .bind(uuid.as_bytes().as_slice())
    .fetch_optional(executor)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// The job. There is one writer: nobody changes it until this verb ends.
pub(super) async fn lock(
    connection: &mut SqliteConnection,
    job: JobId,
) -> Result<Option<Job>, StorageError> {
    let row: Option<JobRow> = sqlx::query_as("SELECT * FROM generation_jobs WHERE id = $1")
        .bind(job.0)
        .fetch_optional(connection)
        .await?;
    row.map(TryInto::try_into).transpose()
}

async fn lock_named(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    uuid: Uuid,
) -> Result<Option<Job>, StorageError> {
    match find(&mut *connection, organizer, uuid).await? {
        Some(job) => lock(connection, job.id).await,
        None => Ok(None),
    }
}

pub(super) async fn insert_chunks(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    job: JobId,
    chunks: &[NewChunk],
) -> Result<(), StorageError> {
    for chunk in chunks {
        let (completed, failed) = done_at_first(chunk);
        sqlx::query(
            "INSERT INTO generation_chunks (job_id, organizer_id, not_before_us, number, step, state,
                                            first_item, items, completed, failed, input, places, faults)
             VALUES ($1, $2, 0, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(job.0)
        .bind(organizer.0)
        .bind(chunk.number)
        .bind(chunk.step.number())
        .bind(first_state(chunk))
        .bind(i64::try_from(chunk.first_item).unwrap_or(i64::MAX))
        .bind(chunk.items)
        .bind(completed)
        .bind(failed)
        .bind(chunk.input.as_ref().map(|input| input.0.as_slice()))
        .bind(place_bytes(chunk))
        .bind(chunk.faults.as_ref().map(|(faults, _)| faults.0.as_slice()))
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

async fn open(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    id: JobId,
    opening: Opening,
    by: By,
) -> Result<Option<Job>, StorageError> {
    let (queued, added): (i64, i64) = sqlx::query_as(
        "SELECT (SELECT coalesce(sum(total - completed - failed), 0) FROM generation_jobs
                 WHERE state IN ('pending', 'processing', 'paused') AND intake <> 'receiving'),
                (SELECT coalesce(sum(items - completed - failed), 0)
                 FROM generation_chunks WHERE job_id = $1 AND step < 2)",
    )
    .bind(id.0)
    .fetch_one(&mut *connection)
    .await?;
    if queued.saturating_add(added).unsigned_abs() > opening.most_queued {
        let max = opening.most_queued;
        return Err(Conflict::QueueFull { max }.into());
    }
    let row: Option<JobRow> = sqlx::query_as(
        "UPDATE generation_jobs
         SET intake = $3, event_number = $4, version = 1, served_at_us = $5,
             total = c.total, completed = c.completed, failed = c.failed, step = c.step
         FROM (SELECT coalesce(sum(items) FILTER (WHERE step < 2), 0) AS total,
                      coalesce(sum(completed) FILTER (WHERE step < 2), 0) AS completed,
                      coalesce(sum(failed) FILTER (WHERE step < 2), 0) AS failed,
                      coalesce(min(step) FILTER (WHERE state = 'waiting'), 0) AS step
               FROM generation_chunks WHERE job_id = $2) c
         WHERE organizer_id = $1 AND id = $2 AND intake = 'receiving' RETURNING *",
    )
    .bind(organizer.0)
    .bind(id.0)
    .bind(opening.intake.code())
    .bind(opening.event.map(|event| i64::from(event.0)))
    .bind(us(by.at))
    .fetch_optional(&mut *connection)
    .await?;
    let Some(job) = row.map(Job::try_from).transpose()? else {
        return Ok(None);
    };
    let note = job_note(Act::JobCreated, &job, job_figures(&job));
    record(connection, organizer, &by, note).await?;
    Ok(Some(job))
}

async fn change(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    uuid: Uuid,
    change: JobChange,
    by: By,
) -> Result<Option<Job>, StorageError> {
    let Some(job) = lock_named(connection, organizer, uuid).await? else {
        return Ok(None);
    };
    let to = changed(&job, change)?;
    let (state, intake) = to.unwrap_or((job.state, job.intake));
    let row: JobRow = sqlx::query_as(
        "UPDATE generation_jobs
         SET state = $2, intake = $3, version = version + $5, served_at_us = max(served_at_us, $6),
             finished_at_us = CASE WHEN $2 = 'cancelled' THEN coalesce(finished_at_us, $4)
                                   ELSE finished_at_us END
         WHERE id = $1 RETURNING *",
    )
    .bind(job.id.0)
    .bind(state.code())
    .bind(intake.code())
    .bind(us(by.at))
    .bind(i64::from(to.is_some()))
    .bind(match change {
        JobChange::Release | JobChange::Resume => us(by.at),
        JobChange::Pause | JobChange::Cancel => 0,
    })
    .fetch_one(&mut *connection)
    .await?;
    let job = Job::try_from(row)?;
    if to.is_some() || by.claim.is_some() {
        let act = match change {
            JobChange::Cancel => Act::JobCancelled,
            JobChange::Release | JobChange::Pause | JobChange::Resume => Act::JobChanged,
        };
        let note = job_note(act, &job, job_figures(&job));
        record(connection, organizer, &by, note).await?;
    }
    Ok(Some(job))
}

async fn retry(
    connection: &mut SqliteConnection,
    organizer: OrganizerId,
    uuid: Uuid,
    chunks: Vec<(u32, i64, Sealed)>,
    by: By,
) -> Result<Option<Job>, StorageError> {
    let Some(job) = lock_named(connection, organizer, uuid).await? else {
        return Ok(None);
    };
    refuse_retry(&job)?;
    let mut again = 0;
    for (number, fence, input) in &chunks {
        let items: Option<i64> = sqlx::query_scalar(
            "UPDATE generation_chunks
             SET state = 'waiting', tries = 0, not_before_us = 0, input = $4, finished_at_us = NULL
             WHERE job_id = $1 AND number = $2 AND fence = $3 AND state IN ('done', 'waiting')
             RETURNING failed",
        )
        .bind(job.id.0)
        .bind(i64::from(*number))
        .bind(fence)
        .bind(input.0.as_slice())
        .fetch_optional(&mut *connection)
        .await?;
        again += items.unwrap_or(0);
    }
    // What was printed before lacks what comes now: the order is planned again.
    let planned = sqlx::query(
        "UPDATE generation_chunks SET state = 'waiting', tries = 0, not_before_us = 0
         WHERE job_id = $1 AND step = $2 AND state = 'done'",
    )
    .bind(job.id.0)
    .bind(Step::Plan.number())
    .execute(&mut *connection)
    .await?;
    if again == 0 && planned.rows_affected() == 0 {
        return Err(nothing_to_retry(&job).into());
    }
    let row: JobRow = sqlx::query_as(
        "UPDATE generation_jobs
         SET state = 'processing', finished_at_us = NULL, error_code = NULL, version = version + 1,
             served_at_us = $2, started_at_us = $2,
             step = (SELECT coalesce(min(step), 3) FROM generation_chunks
                     WHERE job_id = $1 AND state IN ('waiting', 'running'))
         WHERE id = $1 RETURNING *",
    )
    .bind(job.id.0)
    .bind(us(by.at))
    .fetch_one(&mut *connection)
    .await?;
    let job = Job::try_from(row)?;
    let note = job_note(Act::JobRetried, &job, json!({ "items": again }));
    record(connection, organizer, &by, note).await?;
    Ok(Some(job))
}

async fn remove(
    connection: &mut SqliteConnection,
    old: OldJobs,
    by: By,
) -> Result<(u64, Vec<String>), StorageError> {
    let states: Vec<_> = old.states.iter().map(|state| state.code()).collect();
    let jobs: Vec<i64> = sqlx::query_scalar(
        "SELECT id FROM generation_jobs
         WHERE finished_at_us < $1 AND ($2 IS NULL OR organizer_id = $2) AND state IN (SELECT value FROM json_each($3))
         ORDER BY finished_at_us LIMIT $4",
    )
    .bind(us(old.before))
    .bind(old.organizer.map(|organizer| organizer.0))
    .bind(json!(states).to_string())
    .bind(i64::from(old.limit))
    .fetch_all(&mut *connection)
    .await?;
    let keys: Vec<String> = sqlx::query_scalar(
        "SELECT object_key FROM artifacts WHERE job_id IN (SELECT value FROM json_each($1))",
    )
    .bind(json!(jobs).to_string())
    .fetch_all(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM generation_jobs WHERE id IN (SELECT value FROM json_each($1))")
        .bind(json!(jobs).to_string())
        .execute(&mut *connection)
        .await?;
    if let (Some(organizer), false) = (old.organizer, jobs.is_empty()) {
        let note = Note {
            act: Act::JobsRemoved,
            subject: "queue".to_owned(),
            details: json!({ "count": jobs.len() }),
        };
        record(connection, organizer, &by, note).await?;
    }
    Ok((jobs.len() as u64, keys))
}

/// Lets a job fail whose time is over.
async fn fail_overdue(
    connection: &mut SqliteConnection,
    at: Timestamp,
) -> Result<u64, StorageError> {
    let rows: Vec<JobRow> = sqlx::query_as(
        "UPDATE generation_jobs
         SET state = 'failed', error_code = 'JOB_TIMEOUT', finished_at_us = $1, version = version + 1
         WHERE id IN (SELECT id FROM generation_jobs
                      WHERE state = 'processing' AND started_at_us + timeout_us < $1 ORDER BY id)
         RETURNING *",
    )
    .bind(us(at))
    .fetch_all(&mut *connection)
    .await?;
    let failed = rows.len() as u64;
    for row in rows {
        let job = Job::try_from(row)?;
        let note = job_note(Act::JobFinished, &job, job_figures(&job));
        record(connection, job.organizer, &By::new("host", at), note).await?;
    }
    Ok(failed)
}

#[async_trait]
impl JobStorage for SqliteStorage {
    async fn create_job(
        &self,
        organizer: OrganizerId,
        job: NewJob,
        by: By,
    ) -> Result<Job, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let row: JobRow = sqlx::query_as(
                        "INSERT INTO generation_jobs
                 (organizer_id, uuid, kind, state, intake, priority, not_before_us, step, attempts,
                  timeout_us, total, completed, failed, printed, spec, version, actor, served_at_us,
                  created_at_us)
             VALUES ($1, $2, $3, 'pending', 'receiving', $4, $5, 0, $6, $7, 0, 0, 0, 0, $8, 0, $9,
                     $10, $10)
             RETURNING *",
                    )
                    .bind(organizer.0)
                    .bind(job.uuid.as_bytes().as_slice())
                    .bind(job.kind.code())
                    .bind(job.priority.number())
                    .bind(us(job.not_before))
                    .bind(i64::from(job.attempts))
                    .bind(i64::try_from(job.timeout_us).unwrap_or(i64::MAX))
                    .bind(job.spec.0.as_slice())
                    .bind(by.actor.as_str())
                    .bind(us(by.at))
                    .fetch_one(connection)
                    .await?;
                    row.try_into()
                })
            })
            .await
    }

    async fn add_chunks(
        &self,
        organizer: OrganizerId,
        job: JobId,
        chunks: Vec<NewChunk>,
    ) -> Result<bool, StorageError> {
        self.writer
            .write_many(move |connection| {
                Box::pin(async move {
                    let found = lock(&mut *connection, job).await?;
                    let is_receiving = found.is_some_and(|found| {
                        found.organizer == organizer && found.intake == Intake::Receiving
                    });
                    if is_receiving {
                        insert_chunks(connection, organizer, job, &chunks).await?;
                    }
                    Ok(is_receiving)
                })
            })
            .await
    }

    async fn open_job(
        &self,
        organizer: OrganizerId,
        job: JobId,
        opening: Opening,
        by: By,
    ) -> Result<Option<Job>, StorageError> {
        self.writer
            .write(move |connection| Box::pin(open(connection, organizer, job, opening, by)))
            .await
    }

    async fn discard_job(&self, organizer: OrganizerId, job: JobId) -> Result<(), StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    sqlx::query(
                        "DELETE FROM generation_jobs
                         WHERE organizer_id = $1 AND id = $2 AND intake = 'receiving'",
                    )
                    .bind(organizer.0)
                    .bind(job.0)
                    .execute(connection)
                    .await?;
                    Ok(())
                })
            })
            .await
    }

    async fn job(&self, organizer: OrganizerId, uuid: Uuid) -> Result<Option<Job>, StorageError> {
        find(&self.readers, organizer, uuid).await
    }

    async fn job_numbered(
        &self,
        organizer: OrganizerId,
        id: JobId,
    ) -> Result<Option<Job>, StorageError> {
        let row: Option<JobRow> =
            sqlx::query_as("SELECT * FROM generation_jobs WHERE organizer_id = $1 AND id = $2")
                .bind(organizer.0)
                .bind(id.0)
                .fetch_optional(&self.readers)
                .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn jobs(
        &self,
        organizer: OrganizerId,
        filter: JobFilter,
        page: PageRequest,
    ) -> Result<Page<Job>, StorageError> {
        // Both reads see one state of the database.
        let mut snapshot = self.readers.begin().await?;
        let (state, kind) = (
            filter.state.map(JobState::code),
            filter.kind.map(|kind| kind.code()),
        );
        let event = filter.event.map(|event| i64::from(event.0));
        let total: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM generation_jobs
             WHERE organizer_id = $1 AND intake <> 'receiving' AND ($2 IS NULL OR state = $2)
                   AND ($3 IS NULL OR event_number = $3) AND ($4 IS NULL OR kind = $4)",
        )
        .bind(organizer.0)
        .bind(state)
        .bind(event)
        .bind(kind)
        .fetch_one(&mut *snapshot)
        .await?;
        let rows: Vec<JobRow> = sqlx::query_as(
            "SELECT * FROM generation_jobs
             WHERE organizer_id = $1 AND intake <> 'receiving' AND ($2 IS NULL OR state = $2)
                   AND ($3 IS NULL OR event_number = $3) AND ($4 IS NULL OR kind = $4)
             ORDER BY id DESC LIMIT $5 OFFSET $6",
        )
        .bind(organizer.0)
        .bind(state)
        .bind(event)
        .bind(kind)
        .bind(i64::from(page.limit))
        .bind(i64::try_from(page.offset()).unwrap_or(i64::MAX))
        .fetch_all(&mut *snapshot)
        .await?;
        snapshot.commit().await?;
        let items = rows.into_iter().map(TryInto::try_into);
        Ok(Page {
            items: items.collect::<Result<_, _>>()?,
            total: total.unsigned_abs(),
        })
    }

    async fn change_job(
        &self,
        organizer: OrganizerId,
        uuid: Uuid,
        step: JobChange,
        by: By,
    ) -> Result<Option<Job>, StorageError> {
        self.writer
            .write(move |connection| Box::pin(change(connection, organizer, uuid, step, by)))
            .await
    }

    async fn chunks(
        &self,
        organizer: OrganizerId,
        job: JobId,
        from: u32,
        limit: u32,
    ) -> Result<Vec<Chunk>, StorageError> {
        let rows: Vec<ChunkRow> = sqlx::query_as(
            "SELECT job_id, number, step, state, fence, tries, first_item, items, failed, input, places,
                    faults
             FROM generation_chunks
             WHERE organizer_id = $1 AND job_id = $2 AND number >= $3 ORDER BY number LIMIT $4",
        )
        .bind(organizer.0)
        .bind(job.0)
        .bind(i64::from(from))
        .bind(i64::from(limit))
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn retry_chunks(
        &self,
        organizer: OrganizerId,
        uuid: Uuid,
        chunks: Vec<(u32, i64, Sealed)>,
        by: By,
    ) -> Result<Option<Job>, StorageError> {
        self.writer
            .write(move |connection| Box::pin(retry(connection, organizer, uuid, chunks, by)))
            .await
    }

    async fn artifacts(
        &self,
        organizer: OrganizerId,
        job: JobId,
    ) -> Result<Vec<Artifact>, StorageError> {
        let rows: Vec<ArtifactRow> = sqlx::query_as(
            "SELECT * FROM artifacts WHERE organizer_id = $1 AND job_id = $2
             ORDER BY chunk_number, part",
        )
        .bind(organizer.0)
        .bind(job.0)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    async fn artifact(
        &self,
        organizer: OrganizerId,
        id: i64,
    ) -> Result<Option<Artifact>, StorageError> {
        let row: Option<ArtifactRow> =
            sqlx::query_as("SELECT * FROM artifacts WHERE organizer_id = $1 AND id = $2")
                .bind(organizer.0)
                .bind(id)
                .fetch_optional(&self.readers)
                .await?;
        row.map(TryInto::try_into).transpose()
    }

    async fn unknown_objects(&self, keys: Vec<String>) -> Result<Vec<String>, StorageError> {
        Ok(sqlx::query_scalar(
            "SELECT k.value FROM json_each($1) AS k
             WHERE NOT EXISTS (SELECT 1 FROM artifacts WHERE object_key = k.value)",
        )
        .bind(json!(keys).to_string())
        .fetch_all(&self.readers)
        .await?)
    }

    async fn remove_jobs(&self, old: OldJobs, by: By) -> Result<(u64, Vec<String>), StorageError> {
        self.writer
            .write(move |connection| Box::pin(remove(connection, old, by)))
            .await
    }

    async fn remove_unopened_jobs(&self, before: Timestamp) -> Result<u64, StorageError> {
        self.writer
            .write(move |connection| {
                Box::pin(async move {
                    let removed = sqlx::query(
            "DELETE FROM generation_jobs WHERE intake = 'receiving' AND created_at_us < $1",
        )
        .bind(us(before))
        .execute(connection)
        .await?;
                    Ok(removed.rows_affected())
                })
            })
            .await
    }

    async fn fail_overdue_jobs(&self, at: Timestamp) -> Result<u64, StorageError> {
        self.writer
            .write(move |connection| Box::pin(fail_overdue(connection, at)))
            .await
    }

    async fn queue_stats(
        &self,
        organizer: Option<OrganizerId>,
        at: Timestamp,
    ) -> Result<QueueStats, StorageError> {
        let row: QueueRow = sqlx::query_as(
            "WITH jobs AS (
                 SELECT * FROM generation_jobs
                 WHERE intake <> 'receiving' AND ($1 IS NULL OR organizer_id = $1)),
             lately AS (
                 SELECT (finished_at_us - started_at_us) / 1e6 AS seconds FROM jobs
                 WHERE state = 'completed' AND started_at_us IS NOT NULL
                 ORDER BY finished_at_us DESC LIMIT 100),
             done AS (
                 SELECT c.completed FROM generation_chunks c
                 WHERE c.finished_at_us > $2 AND ($1 IS NULL OR c.organizer_id = $1))
             SELECT count(*) FILTER (WHERE state = 'pending') AS pending,
                    count(*) FILTER (WHERE state IN ('processing', 'paused')) AS processing,
                    count(*) FILTER (WHERE state = 'completed') AS completed,
                    count(*) FILTER (WHERE state = 'failed') AS failed,
                    count(*) FILTER (WHERE state = 'cancelled') AS cancelled,
                    coalesce(sum(total - completed - failed)
                             FILTER (WHERE state IN ('pending', 'processing', 'paused')), 0)
                        AS queued_items,
                    CAST(coalesce((SELECT avg(seconds) FROM lately), 0) AS REAL) AS average_seconds,
                    (SELECT CAST(coalesce(sum(completed), 0) AS REAL) / 60 FROM done) AS per_second
             FROM jobs",
        )
        .bind(organizer.map(|organizer| organizer.0))
        .bind(us(at) - 60_000_000)
        .fetch_one(&self.readers)
        .await?;
        Ok(row.into())
    }
}
