//! Chunks of jobs, as workers see them.
//!
//! Whoever ends a chunk locks first the chunk, then, last of all, the job: so chunks of one job do not wait
//! for each other while their tickets are written. Whoever changes a job leaves its chunks alone.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::PgConnection;
use ticket_token::EventNumber;

use super::audit::record;
use super::jobs::{insert_chunks, lock};
use super::{PostgresStorage, ticket_copy};
use crate::storage::rows::audit::Note;
use crate::storage::rows::jobs::{
    ChunkRow, JobRow, chunk_figures, job_figures, job_note, job_subject,
};
use crate::storage::rows::{ALL_SERIALS, us};
use crate::storage::{
    Act, By, CallerId, Chunk, ChunkStorage, ClaimChunk, ClaimedChunk, Conflict, GiveBack, Held,
    IssuedChunk, Job, JobState, Lease, NewChunk, OrganizerId, Places, PrintedChunk, Step,
    StorageError, TicketKey,
};

async fn claim(
    connection: &mut PgConnection,
    claim: ClaimChunk,
) -> Result<Option<ClaimedChunk>, StorageError> {
    // One claim at a time: so no organizer gets more than its share. It takes a millisecond.
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('guichet: chunks'))")
        .execute(&mut *connection)
        .await?;
    let job: Option<i64> = sqlx::query_scalar(
        "WITH running AS (
             SELECT organizer_id, count(*) AS chunks FROM generation_chunks
             WHERE state = 'running' AND lease_until_us >= $1 GROUP BY organizer_id),
         served AS (
             SELECT organizer_id, max(served_at_us) AS at FROM generation_jobs
             WHERE state IN ('pending', 'processing', 'paused') AND started_at_us IS NOT NULL
             GROUP BY organizer_id)
         SELECT j.id FROM generation_jobs j
         LEFT JOIN running r ON r.organizer_id = j.organizer_id
         LEFT JOIN served s ON s.organizer_id = j.organizer_id
         WHERE j.state IN ('pending', 'processing') AND j.intake = 'released'
               AND j.not_before_us <= $1 AND j.priority >= $2 AND coalesce(r.chunks, 0) < $3
               AND EXISTS (
                   SELECT FROM generation_chunks c
                   WHERE c.job_id = j.id AND c.step = j.step AND c.state IN ('waiting', 'running')
                         AND c.not_before_us <= $1
                         AND (c.state = 'waiting' OR c.lease_until_us < $1))
         ORDER BY j.priority + ($1 - greatest(j.served_at_us, j.not_before_us)) / $4 DESC,
                  coalesce(r.chunks, 0), s.at NULLS FIRST, j.id
         LIMIT 1",
    )
    .bind(us(claim.at))
    .bind(claim.least_priority.number())
    .bind(i64::from(claim.organizer_cap))
    .bind(claim.aging_us)
    .fetch_optional(&mut *connection)
    .await?;
    let Some(job) = job else { return Ok(None) };
    // A lease that ran out is a lease that ended badly.
    let chunk: Option<ChunkRow> = sqlx::query_as(
        "UPDATE generation_chunks
         SET fence = fence + 1, tries = tries + CASE WHEN state = 'running' THEN 1 ELSE 0 END,
             state = 'running', lease_until_us = $3, worker = $4
         WHERE job_id = $1 AND number = (
             SELECT c.number FROM generation_chunks c JOIN generation_jobs j ON j.id = c.job_id
             WHERE c.job_id = $1 AND c.step = j.step AND c.state IN ('waiting', 'running')
                   AND c.not_before_us <= $2 AND (c.state = 'waiting' OR c.lease_until_us < $2)
             ORDER BY c.number LIMIT 1 FOR UPDATE OF c SKIP LOCKED)
         RETURNING job_id, number, step, state, fence, tries, first_item, items, failed, input, places,
                   faults",
    )
    .bind(job)
    .bind(us(claim.at))
    .bind(us(claim.leased_until))
    .bind(claim.worker.as_str())
    .fetch_optional(&mut *connection)
    .await?;
    let Some(chunk) = chunk.map(Chunk::try_from).transpose()? else {
        end_stalled_copies(connection).await?;
        return Ok(None);
    };
    let row: Option<JobRow> = sqlx::query_as(
        "UPDATE generation_jobs
         SET served_at_us = $2, started_at_us = coalesce(started_at_us, $2), state = 'processing',
             version = version + CASE WHEN state = 'processing' THEN 0 ELSE 1 END
         WHERE id = $1 AND state IN ('pending', 'processing') RETURNING *",
    )
    .bind(job)
    .bind(us(claim.at))
    .fetch_optional(&mut *connection)
    .await?;
    // It was paused or cancelled in this very moment: the lease must not stay.
    let Some(row) = row else {
        return Err(Conflict::LeaseLost.into());
    };
    let job = Job::try_from(row)?;
    let lease = Lease {
        job: job.id,
        organizer: job.organizer,
        chunk: chunk.number,
        fence: chunk.fence,
    };
    Ok(Some(ClaimedChunk { job, chunk, lease }))
}

/// Ends the sessions that wait for rows of a stopped process, whose chunks they keep locked: while a server
/// waits for the data of a COPY, none of its timeouts counts. Chunks are copied in milliseconds.
async fn end_stalled_copies(connection: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND usename = current_user AND state = 'active'
               AND wait_event = 'ClientRead' AND query LIKE 'COPY ticket%'
               AND query_start < now() - interval '4 seconds'",
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Ends a chunk under its lease. Nothing of what follows counts unless this does.
struct Ending<'e> {
    state: &'static str,
    completed: i64,
    failed: i64,
    input: Option<&'e [u8]>,
    faults: Option<&'e [u8]>,
}

/// How many items were done and failed before.
async fn end_chunk(
    connection: &mut PgConnection,
    lease: Lease,
    ending: Ending<'_>,
    at: Timestamp,
) -> Result<(i64, i64), StorageError> {
    let before: Option<(i64, i64)> = sqlx::query_as(
        "UPDATE generation_chunks c
         SET state = $4, lease_until_us = NULL, worker = NULL, completed = $5, failed = $6, input = $7,
             faults = $8, finished_at_us = $9
         FROM (SELECT completed, failed FROM generation_chunks
               WHERE job_id = $1 AND number = $2 FOR UPDATE) before
         WHERE c.job_id = $1 AND c.number = $2 AND c.fence = $3 AND c.state = 'running'
         RETURNING before.completed, before.failed",
    )
    .bind(lease.job.0)
    .bind(i64::from(lease.chunk))
    .bind(lease.fence)
    .bind(ending.state)
    .bind(ending.completed)
    .bind(ending.failed)
    .bind(ending.input)
    .bind(ending.faults)
    .bind(us(at))
    .fetch_optional(connection)
    .await?;
    before.ok_or_else(|| Conflict::LeaseLost.into())
}

/// What a chunk adds to its job.
#[derive(Default)]
struct Gain<'g> {
    completed: i64,
    failed: i64,
    printed: i64,
    stop: Option<&'g str>,
}

/// Counts a chunk, and moves its job on: to the next step if this one is done, to the end if all are.
async fn move_on(
    connection: &mut PgConnection,
    lease: Lease,
    gain: Gain<'_>,
    by: &By,
) -> Result<(), StorageError> {
    let job = lock(connection, lease.job).await?;
    let is_under_way = |job: &Job| matches!(job.state, JobState::Processing | JobState::Paused);
    let Some(job) = job.filter(is_under_way) else {
        return Err(Conflict::LeaseLost.into());
    };
    let step: Option<i64> = sqlx::query_scalar(
        "SELECT min(step) FROM generation_chunks
         WHERE job_id = $1 AND state IN ('waiting', 'running')",
    )
    .bind(lease.job.0)
    .fetch_one(&mut *connection)
    .await?;
    let is_over = step.is_none() || gain.stop.is_some();
    let row: JobRow = sqlx::query_as(
        "UPDATE generation_jobs
         SET completed = completed + $2, failed = failed + $3, printed = printed + $4,
             version = version + 1, step = coalesce($5, step),
             state = CASE WHEN NOT $6 THEN state
                          WHEN $7::text IS NULL
                               AND (CASE kind WHEN 'pdfs' THEN printed + $4 ELSE completed + $2 END) > 0
                          THEN 'completed' ELSE 'failed' END,
             error_code = CASE WHEN $7::text IS NOT NULL THEN $7
                               WHEN $6 AND (CASE kind WHEN 'pdfs' THEN printed + $4
                                                      ELSE completed + $2 END) = 0
                               THEN 'GENERATION_FAILED' END,
             finished_at_us = CASE WHEN $6 THEN $8 END
         WHERE id = $1 RETURNING *",
    )
    .bind(job.id.0)
    .bind(gain.completed)
    .bind(gain.failed)
    .bind(gain.printed)
    .bind(step)
    .bind(is_over)
    .bind(gain.stop)
    .bind(us(by.at))
    .fetch_one(&mut *connection)
    .await?;
    if is_over {
        let job = Job::try_from(row)?;
        let note = job_note(Act::JobFinished, &job, job_figures(&job));
        record(connection, job.organizer, by, note).await?;
    }
    Ok(())
}

async fn finish_issue(
    connection: &mut PgConnection,
    lease: Lease,
    issued: IssuedChunk,
    by: By,
) -> Result<(), StorageError> {
    let items: i64 = chunk_items(connection, lease).await?;
    let ending = Ending {
        state: "done",
        completed: items - i64::from(issued.failed),
        failed: i64::from(issued.failed),
        input: issued.input.as_ref().map(|input| input.0.as_slice()),
        faults: issued.faults.as_ref().map(|faults| faults.0.as_slice()),
    };
    let (completed, failed) = (ending.completed, ending.failed);
    let before = end_chunk(connection, lease, ending, by.at).await?;
    if !issued.tickets.is_empty() {
        ticket_copy::store(connection, lease.organizer, &issued, &by).await?;
        let uuid: Vec<u8> = sqlx::query_scalar("SELECT uuid FROM generation_jobs WHERE id = $1")
            .bind(lease.job.0)
            .fetch_one(&mut *connection)
            .await?;
        let note = Note {
            act: Act::TicketsIssued,
            subject: job_subject(uuid::Uuid::from_slice(&uuid).unwrap_or_default()),
            details: chunk_figures(lease.chunk, &issued),
        };
        record(connection, lease.organizer, &by, note).await?;
    }
    let gain = Gain {
        completed: completed - before.0,
        failed: failed - before.1,
        printed: 0,
        stop: issued.stop.as_deref(),
    };
    move_on(connection, lease, gain, &by).await
}

async fn chunk_items(connection: &mut PgConnection, lease: Lease) -> Result<i64, StorageError> {
    let items: Option<i64> =
        sqlx::query_scalar("SELECT items FROM generation_chunks WHERE job_id = $1 AND number = $2")
            .bind(lease.job.0)
            .bind(i64::from(lease.chunk))
            .fetch_optional(connection)
            .await?;
    items.ok_or_else(|| Conflict::LeaseLost.into())
}

async fn reserve(
    connection: &mut PgConnection,
    lease: Lease,
    events: Vec<Option<EventNumber>>,
    holder: String,
    at: Timestamp,
) -> Result<Option<Places>, StorageError> {
    let row: Option<(Option<Vec<u8>>,)> = sqlx::query_as(
        "SELECT places FROM generation_chunks
         WHERE job_id = $1 AND number = $2 AND fence = $3 AND state = 'running' FOR UPDATE",
    )
    .bind(lease.job.0)
    .bind(i64::from(lease.chunk))
    .bind(lease.fence)
    .fetch_optional(&mut *connection)
    .await?;
    let Some((known,)) = row else {
        return Ok(None);
    };
    let known = known
        .as_deref()
        .and_then(Places::from_bytes)
        .unwrap_or_default();
    // A place that was reserved stays; an item whose event was not there then gets one now.
    let mut places: Vec<Option<TicketKey>> = known.0;
    places.resize(events.len(), None);
    for (event, place) in events.iter().zip(&mut places) {
        // The item was repaired, and is of another event now.
        if let (Some(event), Some(known)) = (event, *place)
            && known.event != *event
        {
            *place = None;
        }
    }
    let mut wanted: Vec<(EventNumber, u32)> = Vec::new();
    for (event, place) in events.iter().zip(&places) {
        let (Some(event), None) = (event, place) else {
            continue;
        };
        match wanted.iter_mut().find(|(known, _)| known == event) {
            Some((_, count)) => *count += 1,
            None => wanted.push((*event, 1)),
        }
    }
    if wanted.is_empty() {
        return Ok(Some(Places(places)));
    }
    // In order, so that two chunks never wait for each other.
    wanted.sort_unstable();
    for (event, count) in wanted {
        let first: Option<i64> = sqlx::query_scalar(
            "WITH reserved AS (
                 UPDATE events SET next_serial = next_serial + $3
                 WHERE organizer_id = $1 AND number = $2 AND next_serial + $3 <= $6
                 RETURNING next_serial - $3 AS first)
             INSERT INTO serial_blocks (event_number, first_serial, serials, holder, reserved_at_us)
             SELECT $2, first, $3, $4, $5 FROM reserved RETURNING first_serial",
        )
        .bind(i64::from(lease.organizer.0))
        .bind(i64::from(event.0))
        .bind(i64::from(count))
        .bind(holder.as_str())
        .bind(us(at))
        .bind(i64::try_from(ALL_SERIALS).unwrap_or(i64::MAX))
        .fetch_optional(&mut *connection)
        .await?;
        let Some(mut serial) = first.and_then(|first| u32::try_from(first).ok()) else {
            return Err(no_serials(connection, lease, event).await?.into());
        };
        let mut filled = 0;
        for (asked, place) in events.iter().zip(&mut places) {
            if *asked == Some(event) && place.is_none() && filled < count {
                *place = Some(TicketKey {
                    event,
                    serial: ticket_token::Serial(serial),
                });
                serial = serial.wrapping_add(1);
                filled += 1;
            }
        }
    }
    let places = Places(places);
    sqlx::query("UPDATE generation_chunks SET places = $3 WHERE job_id = $1 AND number = $2")
        .bind(lease.job.0)
        .bind(i64::from(lease.chunk))
        .bind(places.to_bytes())
        .execute(connection)
        .await?;
    Ok(Some(places))
}

async fn no_serials(
    connection: &mut PgConnection,
    lease: Lease,
    event: EventNumber,
) -> Result<Conflict, StorageError> {
    let next: Option<i64> = sqlx::query_scalar(
        "SELECT next_serial FROM events WHERE organizer_id = $1 AND number = $2",
    )
    .bind(i64::from(lease.organizer.0))
    .bind(i64::from(event.0))
    .fetch_optional(connection)
    .await?;
    Ok(match next {
        Some(next) => Conflict::SerialsExhausted {
            left: ALL_SERIALS.saturating_sub(next.unsigned_abs()),
        },
        None => Conflict::Reference,
    })
}

async fn finish_plan(
    connection: &mut PgConnection,
    lease: Lease,
    chunks: Vec<NewChunk>,
    by: By,
) -> Result<Vec<String>, StorageError> {
    let ending = Ending {
        state: "done",
        completed: 0,
        failed: 0,
        input: None,
        faults: None,
    };
    end_chunk(connection, lease, ending, by.at).await?;
    let orphans: Vec<String> =
        sqlx::query_scalar("DELETE FROM artifacts WHERE job_id = $1 RETURNING object_key")
            .bind(lease.job.0)
            .fetch_all(&mut *connection)
            .await?;
    sqlx::query("DELETE FROM generation_chunks WHERE job_id = $1 AND step = $2")
        .bind(lease.job.0)
        .bind(Step::Print.number())
        .execute(&mut *connection)
        .await?;
    insert_chunks(connection, lease.organizer, lease.job, &chunks).await?;
    let printed: i64 = sqlx::query_scalar("SELECT printed FROM generation_jobs WHERE id = $1")
        .bind(lease.job.0)
        .fetch_one(&mut *connection)
        .await?;
    let gain = Gain {
        printed: -printed,
        ..Gain::default()
    };
    move_on(connection, lease, gain, &by).await?;
    Ok(orphans)
}

async fn finish_print(
    connection: &mut PgConnection,
    lease: Lease,
    printed: PrintedChunk,
    by: By,
) -> Result<(), StorageError> {
    let ending = Ending {
        state: "done",
        completed: i64::from(printed.printed),
        failed: i64::from(printed.failed),
        input: None,
        faults: printed.faults.as_ref().map(|faults| faults.0.as_slice()),
    };
    end_chunk(connection, lease, ending, by.at).await?;
    for artifact in &printed.artifacts {
        sqlx::query(
            "INSERT INTO artifacts (organizer_id, job_id, chunk_number, part, object_key, file_name,
                                    media_type, bytes, stored_bytes, digest, tickets, created_at_us)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        )
        .bind(i64::from(lease.organizer.0))
        .bind(lease.job.0)
        .bind(i64::from(lease.chunk))
        .bind(i64::from(artifact.part))
        .bind(artifact.object_key.as_str())
        .bind(artifact.file_name.as_str())
        .bind(artifact.media_type.as_str())
        .bind(i64::try_from(artifact.bytes).unwrap_or(i64::MAX))
        .bind(i64::try_from(artifact.stored_bytes).unwrap_or(i64::MAX))
        .bind(artifact.digest.0.as_slice())
        .bind(i64::try_from(artifact.tickets).unwrap_or(i64::MAX))
        .bind(us(by.at))
        .execute(&mut *connection)
        .await?;
    }
    let gain = Gain {
        printed: i64::from(printed.printed),
        ..Gain::default()
    };
    move_on(connection, lease, gain, &by).await
}

async fn give_back(
    connection: &mut PgConnection,
    lease: Lease,
    back: GiveBack,
) -> Result<(), StorageError> {
    let (tries, not_before) = match back {
        GiveBack::After { at } => (1, Some(us(at))),
        GiveBack::Unharmed => (0, None),
    };
    let given = sqlx::query(
        "UPDATE generation_chunks
         SET state = 'waiting', lease_until_us = NULL, worker = NULL, tries = tries + $4,
             not_before_us = coalesce($5, not_before_us)
         WHERE job_id = $1 AND number = $2 AND fence = $3 AND state = 'running'",
    )
    .bind(lease.job.0)
    .bind(i64::from(lease.chunk))
    .bind(lease.fence)
    .bind(tries)
    .bind(not_before)
    .execute(connection)
    .await?;
    if given.rows_affected() == 0 {
        return Err(Conflict::LeaseLost.into());
    }
    Ok(())
}

async fn fail(
    connection: &mut PgConnection,
    lease: Lease,
    code: String,
    by: By,
) -> Result<(), StorageError> {
    give_back(connection, lease, GiveBack::Unharmed).await?;
    let gain = Gain {
        stop: Some(code.as_str()),
        ..Gain::default()
    };
    move_on(connection, lease, gain, &by).await
}

/// Some 100 ms of work, so that a more urgent job never waits for long.
const ITEMS: u32 = 1_000;

#[async_trait]
impl ChunkStorage for PostgresStorage {
    fn items_of_a_chunk(&self) -> u32 {
        ITEMS
    }

    async fn claim_chunk(&self, asked: ClaimChunk) -> Result<Option<ClaimedChunk>, StorageError> {
        let claimed = self
            .write(move |connection| Box::pin(claim(connection, asked)))
            .await;
        match claimed {
            Err(StorageError::Conflict(Conflict::LeaseLost)) => Ok(None),
            claimed => claimed,
        }
    }

    async fn hold_chunk(&self, lease: Lease, until: Timestamp) -> Result<Held, StorageError> {
        let held = sqlx::query(
            "UPDATE generation_chunks c SET lease_until_us = $4
             FROM generation_jobs j
             WHERE c.job_id = $1 AND c.number = $2 AND c.fence = $3 AND c.state = 'running'
                   AND j.id = c.job_id AND j.state IN ('processing', 'paused')",
        )
        .bind(lease.job.0)
        .bind(i64::from(lease.chunk))
        .bind(lease.fence)
        .bind(us(until))
        .execute(&self.pool)
        .await?;
        Ok(match held.rows_affected() {
            0 => Held::No,
            _ => Held::Yes,
        })
    }

    async fn reserve_places(
        &self,
        lease: Lease,
        events: Vec<Option<EventNumber>>,
        holder: String,
        at: Timestamp,
    ) -> Result<Option<Places>, StorageError> {
        self.write(move |connection| Box::pin(reserve(connection, lease, events, holder, at)))
            .await
    }

    async fn taken_ids(
        &self,
        organizer: OrganizerId,
        ids: Vec<CallerId>,
    ) -> Result<Vec<CallerId>, StorageError> {
        let ids: Vec<_> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let taken: Vec<String> = sqlx::query_scalar(
            "SELECT caller_id FROM caller_ticket_ids
             WHERE organizer_id = $1 AND caller_id = ANY ($2)",
        )
        .bind(i64::from(organizer.0))
        .bind(ids)
        .fetch_all(&self.pool)
        .await?;
        Ok(taken
            .iter()
            .filter_map(|id| CallerId::try_from(id.as_str()).ok())
            .collect())
    }

    async fn finish_issue(
        &self,
        lease: Lease,
        issued: IssuedChunk,
        by: By,
    ) -> Result<(), StorageError> {
        self.write(move |connection| Box::pin(finish_issue(connection, lease, issued, by)))
            .await
    }

    async fn finish_plan(
        &self,
        lease: Lease,
        chunks: Vec<NewChunk>,
        by: By,
    ) -> Result<Vec<String>, StorageError> {
        self.write(move |connection| Box::pin(finish_plan(connection, lease, chunks, by)))
            .await
    }

    async fn finish_print(
        &self,
        lease: Lease,
        printed: PrintedChunk,
        by: By,
    ) -> Result<(), StorageError> {
        self.write(move |connection| Box::pin(finish_print(connection, lease, printed, by)))
            .await
    }

    async fn give_chunk_back(&self, lease: Lease, back: GiveBack) -> Result<(), StorageError> {
        self.write(move |connection| Box::pin(give_back(connection, lease, back)))
            .await
    }

    async fn fail_job(&self, lease: Lease, code: String, by: By) -> Result<(), StorageError> {
        self.write(move |connection| Box::pin(fail(connection, lease, code, by)))
            .await
    }
}
