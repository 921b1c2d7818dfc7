//! `cargo xtask bench batches`: what a batch takes, on both databases, beside the bare copying of its rows;
//! what its printing takes; and what others notice of it.

mod calm;
mod copying;
mod pages;
mod usage;

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::console::{say, step};
use crate::demo::client::Client;
use crate::installation::{Engine, Installation, Running};
use crate::workspace::Workspace;

/// The name under which it stands among the benchmarks.
pub const NAME: &str = "batches";
/// Each is ten times the one before, so that the cost of one ticket can be compared.
const SIZES: [u32; 4] = [1_000, 10_000, 100_000, 1_000_000];
const EVENT: &str = "stadium";
const TICKET_TYPE: &str = "day";
/// No job of these takes longer.
const PATIENCE: Duration = Duration::from_secs(1_800);
const POLL: Duration = Duration::from_millis(20);
const BATCH: &str = "/api/tickets/batch";
/// The columns of what [`issue`] says.
const HEAD: &str = "| engine | tickets | time | tickets/s | CPU µs a ticket: host | database | peak memory: host | database | database, bytes a ticket | COPY of the rows alone |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|";

/// Measures with what the last build left: sizes up to `most` tickets, and files of up to `pages` pages.
pub fn run(workspace: &Workspace, most: u32, pages: u32) -> Result<()> {
    let mut issued = Vec::new();
    for engine in Engine::ALL {
        for size in SIZES.into_iter().filter(|size| *size <= most) {
            let title = format!("{size} tickets on {}", engine.name());
            issued.push(step(&title, || issue(workspace, engine, size))?);
        }
    }
    let mut noticed = Vec::new();
    for engine in Engine::ALL.into_iter().filter(|_| most > 0) {
        let title = format!("others during a batch on {}", engine.name());
        noticed.push(step(&title, || calm::on_engine(workspace, engine, most))?);
    }
    let printed = if pages == 0 {
        Vec::new()
    } else {
        step("pages", || pages::run(workspace, pages))?
    };

    println!("\n{HEAD}");
    issued.iter().for_each(|line| println!("{line}"));
    println!("\n{}", calm::HEAD);
    noticed.iter().for_each(|line| println!("{line}"));
    println!("\n{}", pages::HEAD);
    printed.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// What a job took.
struct Took {
    time: Duration,
    of_host: Duration,
    of_database: Duration,
    peak_of_host_kib: u64,
    peak_of_database_kib: u64,
}

/// Issues so many in one job of an installation of their own.
fn issue(workspace: &Workspace, engine: Engine, size: u32) -> Result<String> {
    let site = Site::open(workspace, engine, NAME)?;
    let order = json!({
        "eventId": EVENT,
        "tickets": [{ "type": TICKET_TYPE, "quantity": size }],
    });
    let took = site.measured(&order, BATCH, size)?.1;
    let stored = site.installation.count("SELECT count(*) FROM tickets")?;
    // Beside the one that the site was tried with.
    if stored != u64::from(size) + 1 {
        bail!("{stored} tickets are stored");
    }
    let bytes = site.installation.database_bytes()? / u64::from(size);
    let copied = match site.installation.cluster() {
        Some(cluster) => format!("{:.1} s", copying::bare(cluster)?.as_secs_f64()),
        None => String::new(),
    };
    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(size);
    let memory = |kib: u64| match kib {
        0 => String::new(),
        kib => format!("{} MB", kib / 1024),
    };
    let line = format!(
        "| {} | {size} | {:.2} s | {:.0} | {:.1} | {:.1} | {} | {} | {bytes} | {copied} |",
        engine.name(),
        took.time.as_secs_f64(),
        f64::from(size) / took.time.as_secs_f64(),
        each(took.of_host),
        each(took.of_database),
        memory(took.peak_of_host_kib),
        memory(took.peak_of_database_kib),
    );
    say(&line);
    site.host.stop()?;
    Ok(line)
}

/// An installation with a running host, an event and a caller.
struct Site {
    installation: Installation,
    host: Running,
    client: Client,
    token: String,
}

impl Site {
    fn open(workspace: &Workspace, engine: Engine, name: &str) -> Result<Self> {
        let installation = Installation::make(workspace, engine, name)?;
        let token = installation.token("bench", "admin")?;
        let host = installation.start()?;
        let client = Client::new(host.origin(), &token);
        let event = json!({
            "id": EVENT,
            "title": "Ninety Minutes",
            "startsAt": "2027-06-01T18:00:00Z",
            "venue": "The Stadium",
            "ticketTypes": [{ "name": TICKET_TYPE }],
        });
        client.post("/api/events", &event)?;
        let site = Self {
            installation,
            host,
            client,
            token,
        };
        // The template is compiled, and the pages of the database exist, before any clock runs.
        let one = json!({ "eventId": EVENT, "tickets": [{ "type": TICKET_TYPE, "quantity": 1 }] });
        site.finished(&site.start_job(&one, BATCH)?)?;
        Ok(site)
    }

    fn start_job(&self, order: &Value, route: &str) -> Result<String> {
        let answer = self.client.post(route, order)?;
        let id = answer["jobId"].as_str();
        Ok(id.context("a job without an id")?.to_owned())
    }

    fn job(&self, id: &str) -> Result<Value> {
        self.client.get(&format!("/api/tickets/job/{id}/status"))
    }

    /// Waits until it is over, and sees that all of it was done.
    fn finished(&self, id: &str) -> Result<Value> {
        let begun = Instant::now();
        loop {
            let job = self.job(id)?;
            if !job["completedAt"].is_null() {
                if job["status"] != "completed" || job["progress"]["failed"] != 0 {
                    bail!("the job did not do all: {job}");
                }
                return Ok(job);
            }
            if begun.elapsed() > PATIENCE {
                bail!("the job is not over: {job}");
            }
            thread::sleep(POLL);
        }
    }

    /// Runs a job, looking at what it takes. Gives its id too.
    fn measured(&self, order: &Value, route: &str, size: u32) -> Result<(String, Took)> {
        const LOOK: Duration = Duration::from_millis(500);
        let host = self.host.process();
        let server = match self.installation.cluster() {
            Some(cluster) => Some(cluster.process()?),
            None => None,
        };
        usage::forget_peak(host)?;
        let of_host = usage::processor_time(host)?;
        let of_database = server.map_or(Ok((Duration::ZERO, 0)), usage::of_family)?.0;
        let begun = Instant::now();
        let id = self.start_job(order, route)?;
        let (mut peak, mut looked) = (0, begun);
        loop {
            let job = self.job(&id)?;
            if !job["completedAt"].is_null() {
                break;
            }
            if let Some(server) = server
                && looked.elapsed() > LOOK
            {
                looked = Instant::now();
                peak = usage::of_family(server)?.1.max(peak);
            }
            if begun.elapsed() > PATIENCE {
                bail!("{size} tickets take too long: {job}");
            }
            thread::sleep(POLL);
        }
        let time = begun.elapsed();
        self.finished(&id)?;
        let database_now = server.map_or(Ok((Duration::ZERO, 0)), usage::of_family)?.0;
        let took = Took {
            time,
            of_host: usage::processor_time(host)?.saturating_sub(of_host),
            of_database: database_now.saturating_sub(of_database),
            peak_of_host_kib: usage::peak_kib(host)?,
            peak_of_database_kib: peak,
        };
        Ok((id, took))
    }
}
