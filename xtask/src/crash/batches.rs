//! Batches under kill -9: jobs are sent while host, worker and database die at moments that chance decides.
//! After each restart what is stored has to add up, and in the end every item is one ticket.

use std::collections::HashSet;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::client::{Client, Told};
use super::random::Random;
use super::{Kills, RECOVERY, wait_until_ready};
use crate::console::{say, seconds};
use crate::installation::{Engine, Installation, Worker};
use crate::workspace::Workspace;

/// Tickets of a job that makes no files: some seconds of work.
const QUANTITY: u32 = 12_000;
/// Tickets of a job that does, and how many are in a file of it.
const PRINTED: u32 = 900;
const IN_A_FILE: u32 = 250;
/// Every so many jobs make files.
const PRINTS: usize = 3;
/// Every row is looked at after so many rounds.
const EVERY_ROW: usize = 20;
/// Between a restart and the next death.
const SHORTEST: Duration = Duration::from_millis(150);
const LONGEST: Duration = Duration::from_millis(2_000);
/// A worker that died holds its chunks for so long, and a moment.
const LEASE: Duration = Duration::from_secs(16);
/// After the last restart all jobs are over within this.
const END: Duration = Duration::from_secs(600);
pub const POLL: Duration = Duration::from_millis(50);
const EVENT: &str = "stadium";

/// What was found on an engine.
pub struct BatchReport {
    engine: Engine,
    rounds: usize,
    kills: Kills,
    of_worker: usize,
    jobs: usize,
    tickets: u64,
    pub faults: usize,
}

impl BatchReport {
    /// The columns of [`Self::line`].
    pub const HEAD: &str = "| engine | rounds | kills of the host | of the worker | of the database | jobs | tickets | faults |\n|---|--:|--:|--:|--:|--:|--:|--:|";

    /// A line of a table.
    pub fn line(&self) -> String {
        format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            self.engine.name(),
            self.rounds,
            self.kills.of_host,
            self.of_worker,
            self.kills.of_database,
            self.jobs,
            self.tickets,
            self.faults
        )
    }
}

/// A job as it was asked for, and its id once that is known.
struct Asked {
    number: usize,
    key: String,
    id: Option<String>,
}

impl Asked {
    fn prints(&self) -> bool {
        self.number.is_multiple_of(PRINTS)
    }

    fn quantity(&self) -> u32 {
        match self.prints() {
            true => PRINTED,
            false => QUANTITY,
        }
    }

    fn body(&self) -> Value {
        let options = match self.prints() {
            true => json!({ "includePDF": true, "splitEvery": IN_A_FILE, "list": "ndjson" }),
            false => json!({}),
        };
        json!({
            "eventId": EVENT,
            "tickets": [{ "type": "day", "quantity": self.quantity() }],
            "options": options,
        })
    }
}

/// What must never be, on either engine; looked for after each restart.
const NEVER: [(&str, &str); 3] = [
    (
        "jobs whose progress is not that of their chunks",
        "SELECT count(*) FROM generation_jobs j WHERE j.intake <> 'receiving' AND (
             j.completed <> (SELECT coalesce(sum(c.completed), 0) FROM generation_chunks c
                             WHERE c.job_id = j.id AND c.step < 2)
             OR j.failed <> (SELECT coalesce(sum(c.failed), 0) FROM generation_chunks c
                             WHERE c.job_id = j.id AND c.step < 2))",
    ),
    (
        "tickets more or less than the jobs' progress",
        "SELECT abs((SELECT count(*) FROM tickets) - (SELECT coalesce(sum(completed), 0)
             FROM generation_jobs))",
    ),
    (
        "serials that are reserved by nobody",
        "SELECT count(*) FROM events e WHERE e.next_serial <> (
             SELECT coalesce(sum(b.serials), 0) FROM serial_blocks b WHERE b.event_number = e.number)",
    ),
];

/// The same, of every single row: looked for now and then, and at the end.
const NEVER_A_ROW: [(&str, &str); 3] = [
    (
        "tickets outside of the blocks of serials that were reserved",
        "SELECT count(*) FROM tickets t WHERE NOT EXISTS (
             SELECT 1 FROM serial_blocks b WHERE b.event_number = t.event_number
             AND b.first_serial = (SELECT max(n.first_serial) FROM serial_blocks n
                                   WHERE n.event_number = t.event_number
                                   AND n.first_serial <= t.serial)
             AND t.serial < b.first_serial + b.serials)",
    ),
    (
        "blocks of serials that overlap",
        "SELECT count(*) FROM (
             SELECT first_serial, lag(first_serial + serials) OVER (
                 PARTITION BY event_number ORDER BY first_serial) AS before FROM serial_blocks) b
         WHERE b.before > b.first_serial",
    ),
    (
        "tickets without their revision",
        "SELECT count(*) FROM tickets t WHERE NOT EXISTS (
             SELECT 1 FROM ticket_revisions r WHERE r.event_number = t.event_number
             AND r.serial = t.serial AND r.revision = t.revision)",
    ),
];

/// Runs all rounds on an engine.
pub fn on_engine(
    workspace: &Workspace,
    engine: Engine,
    rounds: usize,
    seed: u64,
) -> Result<BatchReport> {
    let mut random = Random::of_seed(seed);
    let installation = Installation::make(workspace, engine, "crash-batches")?;
    let token = installation.token("crash", "admin")?;
    let mut report = BatchReport {
        engine,
        rounds,
        kills: Kills::default(),
        of_worker: 0,
        jobs: 0,
        tickets: 0,
        faults: 0,
    };
    let mut host = installation.start()?;
    let mut worker = start_worker(&installation)?;
    let client = Client::new(host.origin(), &token);
    wait_until_ready(&client)?;
    let event = json!({ "id": EVENT, "title": "Stadium" });
    client.send("POST", "/api/events", None, &event);
    let mut asked: Vec<Asked> = Vec::new();
    for round in 1..=rounds {
        let begun = Instant::now();
        let client = Client::new(host.origin(), &token);
        feed(&client, &mut asked, seed);
        thread::sleep(random.between(SHORTEST, LONGEST));
        let victim = random.below(if worker.is_some() { 4 } else { 1 });
        let name = match victim {
            0 => {
                host.kill()?;
                report.kills.of_host += 1;
                host = installation.start()?;
                "host"
            }
            1 => {
                worker.take().context("no worker")?.kill()?;
                report.of_worker += 1;
                "worker"
            }
            2 => {
                kill_database(&installation)?;
                report.kills.of_database += 1;
                "database"
            }
            _ => {
                kill_database(&installation)?;
                host.kill()?;
                worker.take().context("no worker")?.kill()?;
                report.kills.of_host += 1;
                report.kills.of_database += 1;
                report.of_worker += 1;
                host = installation.start()?;
                "all three"
            }
        };
        if worker.is_none() {
            worker = start_worker(&installation)?;
        }
        let client = Client::new(host.origin(), &token);
        wait_until_ready(&client)?;
        let every_row = round.is_multiple_of(EVERY_ROW);
        let faults = never(&installation, every_row)?;
        report.faults += faults;
        say(&format!(
            "{}, round {round}: {name} killed, {} jobs so far, {faults} faults, {}",
            engine.name(),
            asked.len(),
            seconds(begun.elapsed())
        ));
    }
    // Chunks of the dead become free, and all that was asked for is done.
    thread::sleep(LEASE);
    let client = Client::new(host.origin(), &token);
    ask_again(&client, &mut asked)?;
    report.faults += finish(&client, &asked)?;
    report.faults += never(&installation, true)?;
    report.jobs = asked.len();
    report.tickets = installation.count("SELECT count(*) FROM tickets")?;
    let expected = asked
        .iter()
        .map(|one| u64::from(one.quantity()))
        .sum::<u64>();
    if report.tickets != expected {
        say(&format!(
            "{}: {} tickets, and {expected} were ordered",
            engine.name(),
            report.tickets
        ));
        report.faults += 1;
    }
    if let Some(worker) = worker {
        worker.stop()?;
    }
    host.stop()?;
    installation
        .verify_audit()
        .context("the record does not hold")?;
    Ok(report)
}

/// A worker of its own, where several processes share a database.
fn start_worker(installation: &Installation) -> Result<Option<Worker>> {
    match installation.cluster() {
        Some(_) => installation.start_worker(2).map(Some),
        None => Ok(None),
    }
}

fn kill_database(installation: &Installation) -> Result<()> {
    if let Some(cluster) = installation.cluster() {
        cluster.kill()?;
        cluster.start_again()?;
    }
    Ok(())
}

/// Keeps the workers busy, and asks again for what was not heard of.
fn feed(client: &Client, asked: &mut Vec<Asked>, seed: u64) {
    for one in asked.iter_mut().filter(|one| one.id.is_none()) {
        one.id = send(client, one);
    }
    let is_open = |one: &Asked| {
        let id = one.id.as_deref()?;
        let job = client.get(&format!("/api/tickets/job/{id}/status"))?;
        job["completedAt"].is_null().then_some(())
    };
    let open = asked.iter().rev().take(4).filter_map(is_open).count();
    for _ in open..2 {
        let number = asked.len();
        let mut one = Asked {
            number,
            key: format!("batch-{seed}-{number}"),
            id: None,
        };
        one.id = send(client, &one);
        asked.push(one);
    }
}

fn send(client: &Client, one: &Asked) -> Option<String> {
    match client.send("POST", "/api/tickets/batch", Some(&one.key), &one.body()) {
        Told::Answer {
            status: 202, data, ..
        } => data["jobId"].as_str().map(str::to_owned),
        Told::Answer { .. } | Told::Nothing => None,
    }
}

/// The key of a request whose host was killed is free when its lease has ended.
fn ask_again(client: &Client, asked: &mut [Asked]) -> Result<()> {
    let begun = Instant::now();
    for one in asked.iter_mut() {
        while one.id.is_none() {
            one.id = send(client, one);
            ensure!(
                begun.elapsed() < RECOVERY * 3,
                "the job of the key {} cannot be had",
                one.key
            );
            thread::sleep(POLL);
        }
    }
    Ok(())
}

fn finish(client: &Client, asked: &[Asked]) -> Result<usize> {
    let begun = Instant::now();
    let mut faults = 0;
    for one in asked {
        let id = one.id.as_deref().unwrap_or_default();
        let job = loop {
            if let Some(job) = client.get(&format!("/api/tickets/job/{id}/status"))
                && !job["completedAt"].is_null()
            {
                break job;
            }
            ensure!(begun.elapsed() < END, "the job {id} is not over");
            thread::sleep(POLL);
        };
        let whole =
            job["progress"]["completed"] == json!(one.quantity()) && job["status"] == "completed";
        if !whole {
            say(&format!("a job is not whole: {job}"));
            faults += 1;
        }
        if one.prints()
            && let Err(error) = look_into_files(client, id)
        {
            say(&format!("the files of a job are not whole: {error:#}"));
            faults += 1;
        }
    }
    Ok(faults)
}

/// Every ticket is in one file, every file is as it was noted, and every code is another.
fn look_into_files(client: &Client, job: &str) -> Result<()> {
    let result = client.get(&format!("/api/tickets/job/{job}/result"));
    let result = result.context("the result cannot be read")?;
    let files = result["files"].as_array().context("no files")?;
    let (mut printed, mut codes) = (0, HashSet::new());
    for file in files {
        let path = format!("/api/tickets/job/{job}/files/{}", file["id"]);
        let bytes = client.download(&path).context("a file cannot be read")?;
        let digest: String = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        ensure!(file["sha256"] == digest, "a file is another: {file}");
        if file["mediaType"] == "application/pdf" {
            ensure!(
                bytes.ends_with(b"%%EOF\n") || bytes.ends_with(b"%%EOF"),
                "{file} is cut"
            );
            printed += file["tickets"].as_u64().unwrap_or_default();
        } else {
            for line in bytes
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
            {
                let row: Value = serde_json::from_slice(line)?;
                let code = row["qrText"].as_str().context("a row without a code")?;
                ensure!(codes.insert(code.to_owned()), "a code is listed twice");
            }
        }
    }
    ensure!(
        printed == u64::from(PRINTED) && codes.len() == PRINTED as usize,
        "{printed} tickets are printed and {} listed of {PRINTED}",
        codes.len()
    );
    Ok(())
}

/// Counts what must never be, of every row too if asked, and says what was found.
pub fn never(installation: &Installation, every_row: bool) -> Result<usize> {
    let rows = NEVER_A_ROW.iter().filter(|_| every_row);
    let mut faults = 0;
    for (what, statement) in NEVER.iter().chain(rows) {
        let count = installation.count(statement)?;
        if count > 0 {
            say(&format!("{count} {what}"));
            faults += 1;
        }
    }
    Ok(faults)
}
