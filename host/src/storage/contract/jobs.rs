//! Jobs, and chunks that workers lease.

use std::collections::HashSet;

use futures_util::future::join_all;
use uuid::Uuid;

use super::conflict;
use super::samples::{Stage, at, by, organizer, stage};
use crate::storage::{
    Act, ClaimChunk, ClaimedChunk, Conflict, Digest, GiveBack, Held, Intake, IssuedChunk, Job,
    JobChange, JobFilter, JobKind, JobState, Lease, NewArtifact, NewChunk, NewJob, OldJobs,
    Opening, OrganizerId, PageRequest, Places, PrintedChunk, Priority, Sealed, Step, Storage,
};

const FIRST_PAGE: PageRequest = PageRequest { page: 1, limit: 10 };

/// A job to be, named by a number.
fn new_job(number: u128, priority: Priority) -> NewJob {
    NewJob {
        uuid: Uuid::from_u128(number),
        kind: JobKind::Tickets,
        priority,
        not_before: at(10),
        attempts: 3,
        timeout_us: 60_000_000,
        spec: Sealed(b"spec".to_vec()),
    }
}

fn chunk(number: u32, items: u32) -> NewChunk {
    NewChunk {
        number,
        step: match number {
            0 => Step::Sample,
            _ => Step::Issue,
        },
        first_item: u64::from(number) * 10,
        items,
        input: Some(Sealed(vec![u8::try_from(number).unwrap_or(255)])),
        places: None,
        faults: None,
    }
}

fn opening(intake: Intake) -> Opening {
    Opening {
        intake,
        event: None,
        most_queued: 1_000_000,
    }
}

/// A job with chunks of these sizes, released.
async fn job(
    storage: &dyn Storage,
    organizer: OrganizerId,
    number: u128,
    priority: Priority,
    sizes: &[u32],
) -> Job {
    let made = storage.create_job(organizer, new_job(number, priority), by(10));
    let made = made.await.unwrap();
    let chunks = sizes
        .iter()
        .zip(0..)
        .map(|(items, number)| chunk(number, *items));
    let added = storage.add_chunks(organizer, made.id, chunks.collect());
    assert!(added.await.unwrap());
    let opened = storage.open_job(organizer, made.id, opening(Intake::Released), by(10));
    opened.await.unwrap().unwrap()
}

fn claim_at(seconds: i64) -> ClaimChunk {
    ClaimChunk {
        worker: "worker".to_owned(),
        at: at(seconds),
        leased_until: at(seconds + 15),
        organizer_cap: 100,
        least_priority: Priority::Low,
        aging_us: 120_000_000,
    }
}

async fn claim(storage: &dyn Storage, seconds: i64) -> Option<ClaimedChunk> {
    storage.claim_chunk(claim_at(seconds)).await.unwrap()
}

/// Reserves places for a chunk and issues all its tickets but the last `failed`.
async fn issue(
    storage: &dyn Storage,
    stage: &Stage,
    claimed: &ClaimedChunk,
    failed: u32,
    seconds: i64,
) -> Result<(), crate::storage::StorageError> {
    let lease = claimed.lease;
    let places = places(storage, stage, claimed, seconds).await;
    let made = (claimed.chunk.items - failed) as usize;
    let tickets = places.0.iter().take(made).flatten();
    let issued = IssuedChunk {
        tickets: tickets.map(|key| stage.ticket(key.serial.0)).collect(),
        failed,
        faults: (failed > 0).then(|| Sealed(b"faults".to_vec())),
        input: (failed > 0).then(|| Sealed(b"again".to_vec())),
        root: "root".to_owned(),
        stop: None,
    };
    storage.finish_issue(lease, issued, by(seconds)).await
}

async fn places(
    storage: &dyn Storage,
    stage: &Stage,
    claimed: &ClaimedChunk,
    seconds: i64,
) -> Places {
    let events = vec![Some(stage.event); claimed.chunk.items as usize];
    let holder = format!("job chunk {}", claimed.chunk.number);
    let reserved = storage.reserve_places(claimed.lease, events, holder, at(seconds));
    reserved.await.unwrap().unwrap()
}

async fn read(storage: &dyn Storage, job: &Job) -> Job {
    let found = storage.job(job.organizer, job.uuid).await.unwrap();
    found.unwrap()
}

async fn acts(storage: &dyn Storage, organizer: OrganizerId) -> Vec<Act> {
    let entries = storage.audit_entries(organizer, 0, 1000).await.unwrap();
    entries.iter().map(|entry| entry.act).collect()
}

pub(crate) async fn a_job_is_worked_on_once_it_is_open(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let made = storage
        .create_job(organizer, new_job(1, Priority::Normal), by(10))
        .await
        .unwrap();
    assert_eq!(made.intake, Intake::Receiving);
    // Nobody but whoever fills it sees it.
    assert_eq!(storage.job(organizer, made.uuid).await.unwrap(), None);
    let listed = storage.jobs(organizer, JobFilter::default(), FIRST_PAGE);
    assert_eq!(listed.await.unwrap().total, 0);
    let added = storage.add_chunks(organizer, made.id, vec![chunk(0, 2), chunk(1, 3)]);
    assert!(added.await.unwrap());
    assert_eq!(claim(storage, 20).await, None);

    let opened = storage
        .open_job(organizer, made.id, opening(Intake::Held), by(11))
        .await
        .unwrap()
        .unwrap();
    assert_eq!((opened.total, opened.state), (5, JobState::Pending));
    assert_eq!(claim(storage, 20).await, None);
    // It takes no more, and is not opened twice.
    let late = storage.add_chunks(organizer, made.id, vec![chunk(2, 3)]);
    assert!(!late.await.unwrap());
    let twice = storage.open_job(organizer, made.id, opening(Intake::Held), by(11));
    assert_eq!(twice.await.unwrap(), None);

    let released = storage
        .change_job(organizer, made.uuid, JobChange::Release, by(12))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(released.intake, Intake::Released);
    let claimed = claim(storage, 20).await.unwrap();
    assert_eq!((claimed.job.id, claimed.chunk.number), (made.id, 0));
    assert_eq!(claimed.job.state, JobState::Processing);
    assert_eq!(claimed.chunk.input, Some(Sealed(vec![0])));
    // The others wait for the sample.
    assert_eq!(claim(storage, 20).await, None);
    let acts = acts(storage, organizer).await;
    assert_eq!(acts[acts.len() - 2..], [Act::JobCreated, Act::JobChanged]);
}

pub(crate) async fn a_chunk_counts_once(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let job = job(storage, stage.organizer, 1, Priority::Normal, &[2, 3]).await;
    let first = claim(storage, 20).await.unwrap();
    let reserved = places(storage, &stage, &first, 20).await;
    let serials: HashSet<_> = reserved.0.iter().flatten().collect();
    assert_eq!(serials.len(), 2);

    // Its worker is silent for longer than the lease: another has it, and with the same places.
    assert_eq!(claim(storage, 34).await, None);
    let second = claim(storage, 36).await.unwrap();
    assert_eq!(second.lease.fence, first.lease.fence + 1);
    assert_eq!(second.chunk.tries, 1);
    assert_eq!(places(storage, &stage, &second, 36).await, reserved);
    // What the first does now counts for nothing.
    let held = storage.hold_chunk(first.lease, at(60)).await.unwrap();
    assert_eq!(held, Held::No);
    let events = vec![Some(stage.event); 2];
    let late = storage.reserve_places(first.lease, events, "late".to_owned(), at(37));
    assert_eq!(late.await.unwrap(), None);
    let issued = IssuedChunk {
        tickets: reserved
            .0
            .iter()
            .flatten()
            .map(|key| stage.ticket(key.serial.0))
            .collect(),
        failed: 0,
        faults: None,
        input: None,
        root: String::new(),
        stop: None,
    };
    let late = storage
        .finish_issue(first.lease, issued.clone(), by(37))
        .await;
    assert_eq!(conflict(late), Conflict::LeaseLost);
    assert_eq!(read(storage, &job).await.completed, 0);
    assert_eq!(
        storage
            .ticket(stage.organizer, *reserved.0[0].as_ref().unwrap())
            .await
            .unwrap(),
        None
    );

    let held = storage.hold_chunk(second.lease, at(60)).await.unwrap();
    assert_eq!(held, Held::Yes);
    assert_eq!(claim(storage, 55).await, None);
    storage
        .finish_issue(second.lease, issued.clone(), by(38))
        .await
        .unwrap();
    let again = storage.finish_issue(second.lease, issued, by(39)).await;
    assert_eq!(conflict(again), Conflict::LeaseLost);
    let now = read(storage, &job).await;
    assert_eq!(
        (now.completed, now.step, now.state),
        (2, Step::Issue, JobState::Processing)
    );

    let last = claim(storage, 40).await.unwrap();
    issue(storage, &stage, &last, 0, 41).await.unwrap();
    let over = read(storage, &job).await;
    assert_eq!(
        (over.completed, over.failed, over.state),
        (5, 0, JobState::Completed)
    );
    assert_eq!(over.finished_at, Some(at(41)));
    assert!(over.version > now.version);
    let chunks = storage
        .chunks(stage.organizer, job.id, 0, 10)
        .await
        .unwrap();
    // What was asked for is not kept longer than it is needed.
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk.is_done && chunk.input.is_none())
    );
    assert_eq!(chunks[0].places, Some(reserved));
    let acts = acts(storage, stage.organizer).await;
    assert_eq!(
        acts[acts.len() - 3..],
        [Act::TicketsIssued, Act::TicketsIssued, Act::JobFinished]
    );
}

pub(crate) async fn a_chunk_is_stored_whole_or_not_at_all(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let taken = storage.store_ticket(stage.organizer, stage.ticket_with_id(7, "taken"), by(5));
    taken.await.unwrap();
    let job = job(storage, stage.organizer, 1, Priority::Normal, &[2]).await;
    let claimed = claim(storage, 20).await.unwrap();
    let reserved = places(storage, &stage, &claimed, 20).await;
    let keys: Vec<_> = reserved.0.into_iter().flatten().collect();
    let mut issued = IssuedChunk {
        tickets: vec![
            stage.ticket_with_id(keys[0].serial.0, "free"),
            stage.ticket_with_id(keys[1].serial.0, "taken"),
        ],
        failed: 0,
        faults: None,
        input: None,
        root: String::new(),
        stop: None,
    };
    let stored = storage
        .finish_issue(claimed.lease, issued.clone(), by(21))
        .await;
    assert_eq!(conflict(stored), Conflict::TicketExists);
    assert_eq!(
        storage.ticket(stage.organizer, keys[0]).await.unwrap(),
        None
    );
    let taken = storage.taken_ids(
        stage.organizer,
        vec![super::samples::id("free"), super::samples::id("taken")],
    );
    assert_eq!(taken.await.unwrap(), [super::samples::id("taken")]);
    issued.tickets.truncate(1);
    issued.failed = 1;
    storage
        .finish_issue(claimed.lease, issued, by(22))
        .await
        .unwrap();
    let found = storage
        .ticket(stage.organizer, keys[0])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.id, Some(super::samples::id("free")));
    assert_eq!(found.created_at, at(22));
    let over = read(storage, &job).await;
    assert_eq!((over.completed, over.failed), (1, 1));
    assert_eq!(over.state, JobState::Completed);
    let several = storage.tickets_at(stage.organizer, vec![keys[1], keys[0], stage.key(7)]);
    let several: Vec<_> = several
        .await
        .unwrap()
        .iter()
        .map(|ticket| ticket.key)
        .collect();
    assert_eq!(several, [stage.key(7), keys[0]]);

    // A key that was revoked signs no chunk either.
    let row = storage.signing_keys(stage.organizer).await.unwrap();
    let id = row
        .iter()
        .find(|key| key.id == stage.ticket_key)
        .unwrap()
        .id;
    storage
        .revoke_signing_key(stage.organizer, id, by(30))
        .await
        .unwrap();
    let next = self::job(storage, stage.organizer, 2, Priority::Normal, &[1]).await;
    let claimed = claim(storage, 31).await.unwrap();
    let stored = issue(storage, &stage, &claimed, 0, 31).await;
    assert_eq!(conflict(stored), Conflict::KeyNotActive);
    assert_eq!(read(storage, &next).await.completed, 0);
}

pub(crate) async fn urgent_jobs_go_first_and_none_starves(storage: &dyn Storage) {
    let (one, other) = (
        organizer(storage, "one").await.id,
        organizer(storage, "other").await.id,
    );
    let sizes = [1; 12];
    let low = job(storage, one, 1, Priority::Low, &sizes).await;
    let normal = job(storage, other, 2, Priority::Normal, &sizes).await;
    let high = job(storage, one, 3, Priority::High, &sizes).await;
    let ended = async |claimed: &ClaimedChunk, seconds| {
        let issued = IssuedChunk {
            tickets: Vec::new(),
            failed: 1,
            faults: None,
            input: None,
            root: String::new(),
            stop: None,
        };
        storage
            .finish_issue(claimed.lease, issued, by(seconds))
            .await
            .unwrap();
    };
    // The most urgent, as long as it has work.
    for _ in 0..12 {
        let claimed = claim(storage, 20).await.unwrap();
        assert_eq!(claimed.job.id, high.id);
        ended(&claimed, 20).await;
    }
    let urgent = ClaimChunk {
        least_priority: Priority::High,
        ..claim_at(20)
    };
    assert_eq!(storage.claim_chunk(urgent).await.unwrap(), None);
    let claimed = claim(storage, 20).await.unwrap();
    assert_eq!(claimed.job.id, normal.id);
    ended(&claimed, 20).await;
    // Who waited for long enough gets a chunk, and only one.
    let later = 20 + 300;
    let mut served = Vec::new();
    for step in 0..4 {
        let claimed = claim(storage, later + step).await.unwrap();
        ended(&claimed, later + step).await;
        served.push(claimed.job.id);
    }
    assert_eq!(
        served.iter().filter(|id| **id == low.id).count(),
        1,
        "{served:?}"
    );
}

pub(crate) async fn organizers_share_the_workers(storage: &dyn Storage) {
    let (one, other) = (
        organizer(storage, "one").await.id,
        organizer(storage, "other").await.id,
    );
    // The sample of each first.
    let sizes = [1; 8];
    let jobs = [
        job(storage, one, 1, Priority::Normal, &sizes).await,
        job(storage, one, 2, Priority::Normal, &sizes).await,
        job(storage, other, 3, Priority::Normal, &sizes).await,
    ];
    for _ in &jobs {
        let claimed = claim(storage, 20).await.unwrap();
        let issued = IssuedChunk {
            tickets: Vec::new(),
            failed: 1,
            faults: None,
            input: None,
            root: String::new(),
            stop: None,
        };
        storage
            .finish_issue(claimed.lease, issued, by(20))
            .await
            .unwrap();
    }
    let mut running = Vec::new();
    for _ in 0..6 {
        running.push(claim(storage, 21).await.unwrap().job.organizer);
    }
    assert_eq!(
        running.iter().filter(|id| **id == one).count(),
        3,
        "{running:?}"
    );
    // Nobody has more than its share at once.
    let capped = ClaimChunk {
        organizer_cap: 3,
        ..claim_at(22)
    };
    assert_eq!(storage.claim_chunk(capped.clone()).await.unwrap(), None);
    let wider = ClaimChunk {
        organizer_cap: 4,
        ..capped
    };
    assert!(storage.claim_chunk(wider).await.unwrap().is_some());
}

pub(crate) async fn jobs_are_paused_resumed_and_cancelled(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let job = job(storage, stage.organizer, 1, Priority::Normal, &[1, 1, 1]).await;
    let change = |change| storage.change_job(stage.organizer, job.uuid, change, by(20));
    let claimed = claim(storage, 20).await.unwrap();
    let paused = change(JobChange::Pause).await.unwrap().unwrap();
    assert_eq!(paused.state, JobState::Paused);
    // What is under way is ended, and nothing further begun.
    let held = storage.hold_chunk(claimed.lease, at(60)).await.unwrap();
    assert_eq!(held, Held::Yes);
    issue(storage, &stage, &claimed, 0, 21).await.unwrap();
    assert_eq!(claim(storage, 22).await, None);
    assert_eq!(read(storage, &job).await.completed, 1);
    let version = change(JobChange::Pause).await.unwrap().unwrap().version;
    assert_eq!(version, read(storage, &job).await.version);

    let resumed = change(JobChange::Resume).await.unwrap().unwrap();
    assert_eq!(resumed.state, JobState::Processing);
    let claimed = claim(storage, 23).await.unwrap();
    let cancelled = change(JobChange::Cancel).await.unwrap().unwrap();
    assert_eq!(cancelled.state, JobState::Cancelled);
    assert_eq!(cancelled.finished_at, Some(at(20)));
    let held = storage.hold_chunk(claimed.lease, at(60)).await.unwrap();
    assert_eq!(held, Held::No);
    let late = issue(storage, &stage, &claimed, 0, 24).await;
    assert_eq!(conflict(late), Conflict::LeaseLost);
    assert_eq!(claim(storage, 50).await, None);
    // The ticket that was issued before stays.
    let left = read(storage, &job).await;
    assert_eq!((left.completed, left.state), (1, JobState::Cancelled));
    let again = change(JobChange::Cancel).await.unwrap().unwrap();
    assert_eq!(again, left);
    for step in [JobChange::Pause, JobChange::Resume, JobChange::Release] {
        let refused = conflict(change(step).await);
        assert!(matches!(refused, Conflict::Transition { .. }), "{step:?}");
    }
    let retried = storage.retry_chunks(stage.organizer, job.uuid, Vec::new(), by(30));
    assert!(matches!(
        conflict(retried.await),
        Conflict::Transition { .. }
    ));
}

pub(crate) async fn failed_items_are_tried_again(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let job = job(storage, stage.organizer, 1, Priority::Normal, &[2, 3]).await;
    let running = storage.retry_chunks(stage.organizer, job.uuid, Vec::new(), by(15));
    assert!(matches!(
        conflict(running.await),
        Conflict::Transition { .. }
    ));
    for seconds in [20, 21] {
        let claimed = claim(storage, seconds).await.unwrap();
        issue(storage, &stage, &claimed, claimed.chunk.number, seconds)
            .await
            .unwrap();
    }
    let over = read(storage, &job).await;
    assert_eq!(
        (over.completed, over.failed, over.state),
        (4, 1, JobState::Completed)
    );
    let nothing = storage.retry_chunks(stage.organizer, job.uuid, Vec::new(), by(25));
    assert!(matches!(
        conflict(nothing.await),
        Conflict::Transition { .. }
    ));
    let chunks = storage
        .chunks(stage.organizer, job.id, 0, 10)
        .await
        .unwrap();
    assert_eq!(chunks[1].input, Some(Sealed(b"again".to_vec())));
    assert_eq!(chunks[1].failed, 1);

    let again = vec![(1, chunks[1].fence, Sealed(b"repaired".to_vec()))];
    let retried = storage
        .retry_chunks(stage.organizer, job.uuid, again, by(30))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (retried.state, retried.finished_at),
        (JobState::Processing, None)
    );
    let claimed = claim(storage, 31).await.unwrap();
    assert_eq!(claimed.chunk.number, 1);
    assert_eq!(claimed.chunk.input, Some(Sealed(b"repaired".to_vec())));
    // Only the failed one is issued now, at the place that it had.
    let known = chunks[1].places.clone().unwrap();
    let events = vec![None, None, Some(stage.event)];
    let reserved = storage.reserve_places(claimed.lease, events, "again".to_owned(), at(31));
    assert_eq!(reserved.await.unwrap(), Some(known.clone()));
    let issued = IssuedChunk {
        tickets: vec![stage.ticket(known.0[2].unwrap().serial.0)],
        failed: 0,
        faults: None,
        input: None,
        root: String::new(),
        stop: None,
    };
    storage
        .finish_issue(claimed.lease, issued, by(32))
        .await
        .unwrap();
    let over = read(storage, &job).await;
    assert_eq!(
        (over.completed, over.failed, over.state),
        (5, 0, JobState::Completed)
    );
}

pub(crate) async fn a_chunk_that_failed_waits(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let job = job(storage, stage.organizer, 1, Priority::Normal, &[1]).await;
    let claimed = claim(storage, 20).await.unwrap();
    let later = GiveBack::After { at: at(30) };
    storage.give_chunk_back(claimed.lease, later).await.unwrap();
    let twice = storage.give_chunk_back(claimed.lease, later).await;
    assert_eq!(conflict(twice), Conflict::LeaseLost);
    assert_eq!(claim(storage, 29).await, None);
    let claimed = claim(storage, 30).await.unwrap();
    assert_eq!(claimed.chunk.tries, 1);
    // A worker that stops gives back what it has not done, and it costs no try.
    storage
        .give_chunk_back(claimed.lease, GiveBack::Unharmed)
        .await
        .unwrap();
    let claimed = claim(storage, 31).await.unwrap();
    assert_eq!(claimed.chunk.tries, 1);
    storage
        .fail_job(claimed.lease, "WORKERS_LOST".to_owned(), by(32))
        .await
        .unwrap();
    let failed = read(storage, &job).await;
    assert_eq!(failed.state, JobState::Failed);
    assert_eq!(failed.error.as_deref(), Some("WORKERS_LOST"));
    assert_eq!(claim(storage, 60).await, None);
    let acts = acts(storage, stage.organizer).await;
    assert_eq!(acts.last(), Some(&Act::JobFinished));

    // A job whose template takes nothing is stopped at its sample.
    let next = self::job(storage, stage.organizer, 2, Priority::Normal, &[1, 1]).await;
    let claimed = claim(storage, 70).await.unwrap();
    let issued = IssuedChunk {
        tickets: Vec::new(),
        failed: 1,
        faults: None,
        input: None,
        root: String::new(),
        stop: Some("TEMPLATE_TRAPPED".to_owned()),
    };
    storage
        .finish_issue(claimed.lease, issued, by(71))
        .await
        .unwrap();
    let stopped = read(storage, &next).await;
    assert_eq!(stopped.state, JobState::Failed);
    assert_eq!(stopped.error.as_deref(), Some("TEMPLATE_TRAPPED"));
    assert_eq!(claim(storage, 90).await, None);
}

pub(crate) async fn files_follow_the_tickets(storage: &dyn Storage) {
    let stage = stage(storage, "demo").await;
    let made = storage
        .create_job(stage.organizer, new_job(1, Priority::Normal), by(10))
        .await
        .unwrap();
    let plan = NewChunk {
        step: Step::Plan,
        input: None,
        first_item: 0,
        ..chunk(1, 0)
    };
    // One ticket is there already, and another was not found.
    let ready = NewChunk {
        places: Some(Places(vec![Some(stage.key(7)), None])),
        faults: Some((Sealed(b"faults".to_vec()), 1)),
        input: None,
        ..chunk(0, 2)
    };
    let added = storage.add_chunks(stage.organizer, made.id, vec![ready, plan]);
    assert!(added.await.unwrap());
    let opened = storage.open_job(stage.organizer, made.id, opening(Intake::Released), by(10));
    let job = opened.await.unwrap().unwrap();
    assert_eq!((job.total, job.completed, job.failed), (2, 1, 1));
    assert_eq!(job.step, Step::Plan);
    let print = |number, first_item| NewChunk {
        step: Step::Print,
        first_item,
        input: None,
        places: Some(Places(vec![Some(stage.key(7))])),
        ..chunk(number, 1)
    };
    let file = |key: &str| NewArtifact {
        part: 0,
        object_key: key.to_owned(),
        file_name: "tickets.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes: 1_000,
        stored_bytes: 1_100,
        digest: Digest([7; 32]),
        tickets: 1,
    };
    let planned = claim(storage, 20).await.unwrap();
    assert_eq!(planned.chunk.step, Step::Plan);
    let orphans = storage.finish_plan(planned.lease, vec![print(2, 0)], by(21));
    assert!(orphans.await.unwrap().is_empty());
    let printing = claim(storage, 22).await.unwrap();
    assert_eq!(
        printing.chunk.places,
        Some(Places(vec![Some(stage.key(7))]))
    );
    let printed = PrintedChunk {
        artifacts: vec![file("a")],
        printed: 1,
        ..PrintedChunk::default()
    };
    storage
        .finish_print(printing.lease, printed.clone(), by(23))
        .await
        .unwrap();
    let late = storage.finish_print(printing.lease, printed, by(24)).await;
    assert_eq!(conflict(late), Conflict::LeaseLost);
    let over = read(storage, &job).await;
    assert_eq!((over.printed, over.state), (1, JobState::Completed));
    let files = storage.artifacts(stage.organizer, job.id).await.unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].file, file("a"));
    let found = storage
        .artifact(stage.organizer, files[0].id)
        .await
        .unwrap();
    assert_eq!(found.as_ref(), Some(&files[0]));
    let unknown = storage.unknown_objects(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(unknown.await.unwrap(), ["b"]);

    // Planned again, the files of before give way.
    let retried = storage.retry_chunks(stage.organizer, job.uuid, Vec::new(), by(30));
    assert_eq!(retried.await.unwrap().unwrap().step, Step::Plan);
    let planned = claim(storage, 31).await.unwrap();
    let orphans = storage.finish_plan(planned.lease, vec![print(2, 0), print(3, 1)], by(32));
    assert_eq!(orphans.await.unwrap(), ["a"]);
    let now = read(storage, &job).await;
    assert_eq!((now.printed, now.step), (0, Step::Print));

    // With the job, its files are forgotten.
    for key in ["c", "d"] {
        let printing = claim(storage, 33).await.unwrap();
        let printed = PrintedChunk {
            artifacts: vec![file(key)],
            printed: 1,
            ..PrintedChunk::default()
        };
        storage
            .finish_print(printing.lease, printed, by(34))
            .await
            .unwrap();
    }
    let old = |before, organizer| OldJobs {
        organizer,
        states: vec![JobState::Completed],
        before: at(before),
        limit: 10,
    };
    let none = storage.remove_jobs(old(34, None), by(40)).await.unwrap();
    assert_eq!(none, (0, Vec::new()));
    let (removed, mut keys) = storage
        .remove_jobs(old(35, Some(stage.organizer)), by(40))
        .await
        .unwrap();
    keys.sort();
    assert_eq!((removed, keys), (1, vec!["c".to_owned(), "d".to_owned()]));
    assert_eq!(storage.job(stage.organizer, job.uuid).await.unwrap(), None);
    assert_eq!(
        storage
            .chunks(stage.organizer, job.id, 0, 10)
            .await
            .unwrap(),
        []
    );
    let acts = acts(storage, stage.organizer).await;
    assert_eq!(acts.last(), Some(&Act::JobsRemoved));
}

pub(crate) async fn the_queue_has_bounds(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let first = job(storage, organizer, 1, Priority::Normal, &[10, 20]).await;
    let made = storage
        .create_job(organizer, new_job(2, Priority::Normal), by(10))
        .await
        .unwrap();
    let added = storage.add_chunks(organizer, made.id, vec![chunk(0, 11)]);
    assert!(added.await.unwrap());
    let narrow = |most_queued| Opening {
        most_queued,
        ..opening(Intake::Released)
    };
    let refused = storage
        .open_job(organizer, made.id, narrow(40), by(10))
        .await;
    assert_eq!(conflict(refused), Conflict::QueueFull { max: 40 });
    let stats = storage.queue_stats(Some(organizer), at(11)).await.unwrap();
    assert_eq!((stats.pending, stats.queued_items), (1, 30));
    let taken = storage
        .open_job(organizer, made.id, narrow(41), by(10))
        .await;
    assert!(taken.unwrap().is_some());

    // What is never opened is removed in time.
    storage
        .create_job(organizer, new_job(3, Priority::Normal), by(10))
        .await
        .unwrap();
    assert_eq!(storage.remove_unopened_jobs(at(10)).await.unwrap(), 0);
    assert_eq!(storage.remove_unopened_jobs(at(11)).await.unwrap(), 1);
    let discarded = storage
        .create_job(organizer, new_job(4, Priority::Normal), by(10))
        .await
        .unwrap();
    storage.discard_job(organizer, discarded.id).await.unwrap();
    storage.discard_job(organizer, first.id).await.unwrap();
    assert_eq!(
        storage.job_numbered(organizer, discarded.id).await.unwrap(),
        None
    );
    assert!(
        storage
            .job_numbered(organizer, first.id)
            .await
            .unwrap()
            .is_some()
    );

    // What is worked on for too long fails.
    claim(storage, 20).await.unwrap();
    assert_eq!(storage.fail_overdue_jobs(at(80)).await.unwrap(), 0);
    assert_eq!(storage.fail_overdue_jobs(at(81)).await.unwrap(), 1);
    let late = read(storage, &first).await;
    assert_eq!(
        (late.state, late.error.as_deref()),
        (JobState::Failed, Some("JOB_TIMEOUT"))
    );
    let all = storage.queue_stats(None, at(82)).await.unwrap();
    assert_eq!((all.pending, all.failed), (1, 1));
}

pub(crate) async fn a_job_is_its_organizers_own(storage: &dyn Storage) {
    let (one, other) = (
        organizer(storage, "one").await.id,
        organizer(storage, "other").await.id,
    );
    let job = job(storage, one, 1, Priority::Normal, &[1]).await;
    assert_eq!(storage.job(other, job.uuid).await.unwrap(), None);
    assert_eq!(storage.job_numbered(other, job.id).await.unwrap(), None);
    let listed = storage.jobs(other, JobFilter::default(), FIRST_PAGE);
    assert_eq!(listed.await.unwrap().total, 0);
    let changed = storage.change_job(other, job.uuid, JobChange::Cancel, by(20));
    assert_eq!(changed.await.unwrap(), None);
    let retried = storage.retry_chunks(other, job.uuid, Vec::new(), by(20));
    assert_eq!(retried.await.unwrap(), None);
    assert_eq!(storage.chunks(other, job.id, 0, 10).await.unwrap(), []);
    assert_eq!(storage.artifacts(other, job.id).await.unwrap(), []);
    assert!(
        !storage
            .add_chunks(other, job.id, vec![chunk(1, 1)])
            .await
            .unwrap()
    );
    let opened = storage.open_job(other, job.id, opening(Intake::Released), by(20));
    assert_eq!(opened.await.unwrap(), None);
    let stats = storage.queue_stats(Some(other), at(20)).await.unwrap();
    assert_eq!(stats.pending, 0);
    for (filter, count) in [
        (
            JobFilter {
                state: Some(JobState::Pending),
                ..JobFilter::default()
            },
            1,
        ),
        (
            JobFilter {
                state: Some(JobState::Failed),
                ..JobFilter::default()
            },
            0,
        ),
        (
            JobFilter {
                kind: Some(JobKind::Pdfs),
                ..JobFilter::default()
            },
            0,
        ),
    ] {
        let listed = storage.jobs(one, filter, FIRST_PAGE).await.unwrap();
        assert_eq!(listed.total, count, "{filter:?}");
    }
}

pub(crate) async fn chunks_wanted_by_many_go_to_one_each(storage: &dyn Storage) {
    let organizer = organizer(storage, "demo").await.id;
    let sizes = [1; 41];
    job(storage, organizer, 1, Priority::Normal, &sizes).await;
    let issued = || IssuedChunk {
        tickets: Vec::new(),
        failed: 1,
        faults: None,
        input: None,
        root: String::new(),
        stop: None,
    };
    let sample = claim(storage, 20).await.unwrap();
    storage
        .finish_issue(sample.lease, issued(), by(20))
        .await
        .unwrap();
    let workers = (0..8).map(|_| async {
        let mut done = Vec::new();
        while let Some(claimed) = claim(storage, 21).await {
            let lease: Lease = claimed.lease;
            storage.finish_issue(lease, issued(), by(22)).await.unwrap();
            done.push(lease.chunk);
        }
        done
    });
    let done: Vec<u32> = join_all(workers).await.into_iter().flatten().collect();
    let distinct: HashSet<_> = done.iter().collect();
    assert_eq!((done.len(), distinct.len()), (40, 40));
    let stats = storage.queue_stats(None, at(23)).await.unwrap();
    assert_eq!((stats.failed, stats.queued_items), (1, 0));
}
