//! A worker that is thought dead and is not: stopped in the middle of its work (SIGSTOP) for longer than its
//! lease, then woken. The others do all of the work meanwhile, and it gives up what it held. Mostly its heartbeat
//! notices before it writes; that a late write is refused is shown by the storage contract, not here.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::batches::{LEASE, POLL, never};
use super::client::{Client, Told};
use super::random::Random;
use super::wait_until_ready;
use crate::console::{say, seconds};
use crate::installation::{Engine, Installation, Worker};
use crate::process;
use crate::workspace::Workspace;

/// Three share one server.
const WORKERS: usize = 3;
/// Enough to keep them busy until one is stopped, and no more.
const QUANTITY: u32 = 60_000;
const EVENT: &str = "stadium";
/// All is done within this, though a worker does nothing.
const END: Duration = Duration::from_secs(300);
/// In which a worker that was woken says that it came too late.
const SECOND_THOUGHTS: Duration = Duration::from_secs(10);
/// What it says then, be it by its heartbeat or by a write that was refused.
const TOO_LATE: &str = "another worker has it";
/// Tries for each round: a worker may hold no chunk in the moment that it is stopped.
const TRIES: usize = 6;
/// A job has begun in earnest when so many tickets are there.
const BEGUN: u64 = 4_000;
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// What was found.
pub struct FrozenReport {
    rounds: usize,
    tickets: u64,
    /// Chunks that the frozen worker held and lost.
    lost: usize,
    pub faults: usize,
}

impl FrozenReport {
    /// The columns of [`Self::line`].
    pub const HEAD: &str = "| workers | times one was stopped and woken | tickets | chunks that it gave up | faults |\n|--:|--:|--:|--:|--:|";

    /// A line of a table.
    pub fn line(&self) -> String {
        format!(
            "| {WORKERS} | {} | {} | {} | {} |",
            self.rounds, self.tickets, self.lost, self.faults
        )
    }
}

/// Runs all rounds, on PostgreSQL: an embedded database has one process.
pub fn run(workspace: &Workspace, rounds: usize, seed: u64) -> Result<FrozenReport> {
    let mut random = Random::of_seed(seed);
    let mut installation = Installation::make(workspace, Engine::Postgres, "crash-frozen")?;
    // The host serves, and leaves the work to the workers.
    installation.set("BATCH_CONCURRENCY", "0");
    let token = installation.token("crash", "admin")?;
    let host = installation.start()?;
    let client = Client::new(host.origin(), &token);
    wait_until_ready(&client)?;
    let event = json!({ "id": EVENT, "title": "Stadium" });
    client.send("POST", "/api/events", None, &event);
    let workers: Vec<Worker> = (0..WORKERS)
        .map(|_| installation.start_worker(2))
        .collect::<Result<_>>()?;
    let mut report = FrozenReport {
        rounds,
        tickets: 0,
        lost: 0,
        faults: 0,
    };
    let (mut round, mut tries) = (0, 0);
    while round < rounds {
        tries += 1;
        ensure!(
            tries <= rounds * TRIES,
            "a worker held a chunk in {round} of {tries} tries"
        );
        let begun = Instant::now();
        let job = order(&client, &format!("frozen-{seed}-{tries}"))?;
        report.tickets += u64::from(QUANTITY);
        while completed(&status(&client, &job)?) < BEGUN {
            thread::sleep(POLL);
        }
        thread::sleep(random.between(Duration::ZERO, LONGEST_WAIT));
        let frozen = &workers[random.below(WORKERS)];
        let told = frozen.lines_with(TOO_LATE)?;
        signal(frozen, "-STOP")?;
        let stopped = Instant::now();
        // The others do the rest, and what it held, once its leases are over.
        loop {
            let status = status(&client, &job)?;
            if !status["completedAt"].is_null() {
                break;
            }
            ensure!(
                begun.elapsed() < END,
                "the job is not over while a worker is stopped: {status}"
            );
            thread::sleep(POLL);
        }
        let alone = stopped.elapsed();
        signal(frozen, "-CONT")?;
        if alone < LEASE / 2 {
            // It was stopped between two chunks, which shows nothing.
            continue;
        }
        round += 1;
        let woken = Instant::now();
        let mut lost = 0;
        while lost == 0 && woken.elapsed() < SECOND_THOUGHTS {
            thread::sleep(POLL);
            lost = frozen.lines_with(TOO_LATE)? - told;
        }
        let mut faults = never(&installation, true)?;
        if lost == 0 {
            say("the worker did not notice that it had lost its chunk");
            faults += 1;
        }
        let status = status(&client, &job)?;
        if status["status"] != "completed" || completed(&status) != u64::from(QUANTITY) {
            say(&format!("a job is not whole: {status}"));
            faults += 1;
        }
        report.lost += lost;
        report.faults += faults;
        say(&format!(
            "frozen, round {round}: the others were done after {}, {lost} chunks given up, {faults} faults, {}",
            seconds(alone),
            seconds(begun.elapsed())
        ));
    }
    let stored = installation.count("SELECT count(*) FROM tickets")?;
    if stored != report.tickets {
        say(&format!(
            "{stored} tickets are stored of {}",
            report.tickets
        ));
        report.faults += 1;
    }
    // A round in which the worker held nothing shows nothing; all of them cannot be so.
    ensure!(
        report.lost > 0,
        "no chunk came too late, in {rounds} rounds"
    );
    for worker in workers {
        worker.stop()?;
    }
    host.stop()?;
    installation
        .verify_audit()
        .context("the record does not hold")?;
    Ok(report)
}

fn order(client: &Client, key: &str) -> Result<String> {
    let batch = json!({ "eventId": EVENT, "tickets": [{ "type": "day", "quantity": QUANTITY }] });
    match client.send("POST", "/api/tickets/batch", Some(key), &batch) {
        Told::Answer { data, .. } => {
            let id = data["jobId"].as_str().context("a job without an id")?;
            Ok(id.to_owned())
        }
        Told::Nothing => anyhow::bail!("the batch was not answered"),
    }
}

fn status(client: &Client, job: &str) -> Result<Value> {
    let status = client.get(&format!("/api/tickets/job/{job}/status"));
    status.context("the job cannot be read")
}

fn completed(status: &Value) -> u64 {
    status["progress"]["completed"].as_u64().unwrap_or_default()
}

fn signal(worker: &Worker, name: &str) -> Result<()> {
    process::capture(Command::new("kill").args([name, &worker.process().to_string()])).map(drop)
}
