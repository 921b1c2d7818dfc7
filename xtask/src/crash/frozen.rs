//! A worker that is thought dead and is not: stopped in the middle of its work for longer than its lease,
//! then woken. The others do all of the work meanwhile, and nothing that it does afterwards may count.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::batches::{POLL, never};
use super::client::{Client, Told};
use super::random::Random;
use super::wait_until_ready;
use crate::apt;
use crate::console::{say, seconds};
use crate::installation::{Engine, Installation, Worker};
use crate::postgres::Cluster;
use crate::workspace::Workspace;

/// Three share one server.
const WORKERS: usize = 3;
/// Enough to keep them busy until one is stopped, and no more.
const QUANTITY: u32 = 60_000;
const EVENT: &str = "stadium";
/// All is done within this, though a worker does nothing.
const END: Duration = Duration::from_secs(300);
/// In which a worker that was woken says what became of its chunks.
const SECOND_THOUGHTS: Duration = Duration::from_secs(10);
/// What it says when a write of its own was refused.
const REFUSED: &str = "a chunk came too late";
/// What it says when it gave a chunk up before it wrote: by its clock, by what the database answered to its
/// heartbeat, or because the database had ended its transaction.
const GIVEN_UP: [&str; 2] = ["a chunk was stopped", "a chunk is tried again"];
/// Tries for each round: a worker may notice, before it writes, that it came too late.
const TRIES: usize = 6;
/// A job has begun in earnest when so many tickets are there.
const BEGUN: u64 = 4_000;
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// Looks at a job whose workers are never stopped at the right moment.
const MOMENTS: usize = 40;
/// A worker comes to its next COPY within this.
const NEXT_COPY: Duration = Duration::from_secs(3);

/// Debian's package of a library that tells a process the time that a file says.
const CLOCKS_PACKAGE: &str = "faketime";

/// What is stopped, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    /// The process at any moment. Its clocks tell it afterwards that its lease is over.
    Process,
    /// The process and its clocks, as a virtual machine that is suspended: it does not know that any time
    /// went by, and writes.
    Machine,
    /// The process while it copies rows, with its chunk locked by the transaction.
    Copying,
}

impl Stop {
    /// In the order of rounds.
    const ALL: [Self; 3] = [Self::Machine, Self::Copying, Self::Process];

    fn name(self) -> &'static str {
        match self {
            Self::Process => "a process",
            Self::Machine => "a process and its clocks",
            Self::Copying => "a process that copies rows",
        }
    }
}

/// What was found.
pub struct FrozenReport {
    rounds: usize,
    tickets: u64,
    /// Writes of a worker that was woken, which the database refused.
    refused: usize,
    /// Chunks that such a worker gave up before it wrote.
    given_up: usize,
    pub faults: usize,
}

impl FrozenReport {
    /// The columns of [`Self::line`].
    pub const HEAD: &str = "| workers | times one was stopped and woken | tickets | late writes refused | chunks given up before | faults |\n|--:|--:|--:|--:|--:|--:|";

    /// A line of a table.
    pub fn line(&self) -> String {
        let Self {
            rounds,
            tickets,
            refused,
            given_up,
            faults,
        } = self;
        format!("| {WORKERS} | {rounds} | {tickets} | {refused} | {given_up} | {faults} |")
    }
}

/// Runs all rounds, on PostgreSQL: an embedded database has one process.
pub fn run(workspace: &Workspace, rounds: usize, seed: u64) -> Result<FrozenReport> {
    apt::install(&[CLOCKS_PACKAGE])?;
    let mut random = Random::of_seed(seed);
    let mut installation = Installation::make(workspace, Engine::Postgres, "crash-frozen")?;
    // The host serves, and leaves the work to the workers.
    installation.set("BATCH_CONCURRENCY", "0");
    installation.set("LOG_LEVEL", "info");
    let token = installation.token("crash", "admin")?;
    let host = installation.start()?;
    let client = Client::new(host.origin(), &token);
    wait_until_ready(&client)?;
    let event = json!({ "id": EVENT, "title": "Stadium" });
    client.send("POST", "/api/events", None, &event);
    let workers: Vec<TimedWorker> = (0..WORKERS)
        .map(|number| TimedWorker::start(&installation, number))
        .collect::<Result<_>>()?;
    let mut report = FrozenReport {
        rounds,
        tickets: 0,
        refused: 0,
        given_up: 0,
        faults: 0,
    };
    let (mut round, mut tries) = (0, 0);
    while round < rounds {
        tries += 1;
        ensure!(
            tries <= rounds * TRIES,
            "{round} of {tries} tries showed what they should"
        );
        let stop = Stop::ALL[round % Stop::ALL.len()];
        let begun = Instant::now();
        let job = order(&client, &format!("frozen-{seed}-{tries}"))?;
        report.tickets += u64::from(QUANTITY);
        while completed(&status(&client, &job)?) < BEGUN {
            thread::sleep(POLL);
        }
        let frozen = match stop {
            Stop::Process | Stop::Machine => {
                freeze_at_work(&installation, &workers, stop, &mut random)?
            }
            Stop::Copying => Some(freeze_in_copy(&installation, &workers)?),
        };
        let Some(frozen) = frozen else {
            // The job was over before.
            continue;
        };
        let stopped = Instant::now();
        let told = frozen.tell()?;
        // The others do the rest, and what it held, once its leases are over.
        loop {
            let status = status(&client, &job)?;
            if !status["completedAt"].is_null() {
                break;
            }
            ensure!(
                begun.elapsed() < END,
                "the job is not over while {} is stopped: {status}",
                stop.name()
            );
            thread::sleep(POLL);
        }
        let alone = stopped.elapsed();
        if stop == Stop::Machine {
            frozen.set_clocks_back(alone)?;
        }
        frozen.worker.wake()?;
        let woken = Instant::now();
        let mut says = Losses::default();
        while says == Losses::default() && woken.elapsed() < SECOND_THOUGHTS {
            thread::sleep(POLL);
            says = frozen.tell()?.since(told);
        }
        frozen.set_clocks_right()?;
        report.refused += says.refused;
        report.given_up += says.given_up;
        let mut faults = never(&installation, true)?;
        if says == Losses::default() {
            say("the worker did not notice that it had lost its chunk");
            faults += 1;
        }
        let status = status(&client, &job)?;
        if status["status"] != "completed" || completed(&status) != u64::from(QUANTITY) {
            say(&format!("a job is not whole: {status}"));
            faults += 1;
        }
        report.faults += faults;
        say(&format!(
            "{} was stopped; the others were done after {}, {} late writes refused, {} chunks given up, \
             {faults} faults, {}",
            stop.name(),
            seconds(alone),
            says.refused,
            says.given_up,
            seconds(begun.elapsed())
        ));
        // A heartbeat that came first shows something else.
        if stop != Stop::Machine || says.refused > 0 {
            round += 1;
        }
    }
    let stored = installation.count("SELECT count(*) FROM tickets")?;
    if stored != report.tickets {
        say(&format!(
            "{stored} tickets are stored of {}",
            report.tickets
        ));
        report.faults += 1;
    }
    for worker in workers {
        worker.worker.stop()?;
    }
    host.stop()?;
    installation
        .verify_audit()
        .context("the record does not hold")?;
    Ok(report)
}

/// A worker whose clocks can be set.
struct TimedWorker {
    /// By which the database knows its connections.
    name: String,
    worker: Worker,
    /// How far its clocks are from the machine's.
    offset: PathBuf,
}

/// What a worker said of chunks that it lost.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Losses {
    refused: usize,
    given_up: usize,
}

impl Losses {
    fn since(self, earlier: Self) -> Self {
        Self {
            refused: self.refused - earlier.refused,
            given_up: self.given_up - earlier.given_up,
        }
    }
}

impl TimedWorker {
    fn start(installation: &Installation, number: usize) -> Result<Self> {
        let name = format!("worker-{number}");
        let offset = installation.folder().join(format!("{name}.clock"));
        fs::write(&offset, "+0")?;
        let variables = [
            ("PGAPPNAME", name.clone()),
            ("LD_PRELOAD", clocks_library()?.display().to_string()),
            ("FAKETIME_TIMESTAMP_FILE", offset.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
        ];
        let worker = installation.start_worker_with(2, variables)?;
        Ok(Self {
            name,
            worker,
            offset,
        })
    }

    fn set_clocks_back(&self, by: Duration) -> Result<()> {
        Ok(fs::write(
            &self.offset,
            format!("-{:.3}", by.as_secs_f64()),
        )?)
    }

    fn set_clocks_right(&self) -> Result<()> {
        Ok(fs::write(&self.offset, "+0")?)
    }

    fn tell(&self) -> Result<Losses> {
        let given_up = GIVEN_UP.iter().map(|words| self.worker.lines_with(words));
        Ok(Losses {
            refused: self.worker.lines_with(REFUSED)?,
            given_up: given_up.sum::<Result<usize>>()?,
        })
    }
}

/// Where Debian keeps the library, below the folder of the machine's kind.
fn clocks_library() -> Result<PathBuf> {
    let library = PathBuf::from(format!(
        "/usr/lib/{}-linux-gnu/faketime/libfaketime.so.1",
        std::env::consts::ARCH
    ));
    ensure!(
        library.is_file(),
        "{CLOCKS_PACKAGE} is installed, and brought no {}",
        library.display()
    );
    Ok(library)
}

/// Stops a worker that holds a chunk; one whose clocks stop too, while it computes: the database ends a
/// transaction that is open meanwhile. `None` if there was no such moment.
fn freeze_at_work<'w>(
    installation: &Installation,
    workers: &'w [TimedWorker],
    stop: Stop,
    random: &mut Random,
) -> Result<Option<&'w TimedWorker>> {
    for _ in 0..MOMENTS {
        thread::sleep(random.between(Duration::ZERO, LONGEST_WAIT));
        let frozen = &workers[random.below(WORKERS)];
        frozen.worker.freeze()?;
        let (name, process) = (&frozen.name, frozen.worker.process());
        let held = installation.count(&format!(
            "SELECT count(*) FROM generation_chunks
             WHERE state = 'running' AND worker LIKE '%/{process}'"
        ))?;
        let open = installation.count(&format!(
            "SELECT count(*) FROM pg_stat_activity
             WHERE application_name = '{name}' AND state <> 'idle'"
        ))?;
        if held > 0 && (stop == Stop::Process || open == 0) {
            return Ok(Some(frozen));
        }
        frozen.worker.wake()?;
    }
    Ok(None)
}

/// Stops the first worker that is about to copy rows: it has locked its chunk by then, and the server waits
/// for its rows, which no timeout of the server's ends.
fn freeze_in_copy<'w>(
    installation: &Installation,
    workers: &'w [TimedWorker],
) -> Result<&'w TimedWorker> {
    let cluster: &Cluster = installation.cluster().context("no server")?;
    let lock = cluster.lock_table("ticket_revisions", "SHARE")?;
    let begun = Instant::now();
    while begun.elapsed() < NEXT_COPY {
        let waiting = cluster.query(
            "SELECT min(application_name) FROM pg_stat_activity
             WHERE query LIKE 'COPY ticket_revisions%' AND wait_event_type = 'Lock'",
        )?;
        let Some(frozen) = workers.iter().find(|one| one.name == waiting.trim()) else {
            continue;
        };
        frozen.worker.freeze()?;
        drop(lock);
        return Ok(frozen);
    }
    bail!("no worker copied rows within {}", seconds(NEXT_COPY))
}

fn order(client: &Client, key: &str) -> Result<String> {
    let batch = json!({ "eventId": EVENT, "tickets": [{ "type": "day", "quantity": QUANTITY }] });
    match client.send("POST", "/api/tickets/batch", Some(key), &batch) {
        Told::Answer { data, .. } => {
            let id = data["jobId"].as_str().context("a job without an id")?;
            Ok(id.to_owned())
        }
        Told::Nothing => bail!("the batch was not answered"),
    }
}

fn status(client: &Client, job: &str) -> Result<Value> {
    let status = client.get(&format!("/api/tickets/job/{job}/status"));
    status.context("the job cannot be read")
}

fn completed(status: &Value) -> u64 {
    status["progress"]["completed"].as_u64().unwrap_or_default()
}
