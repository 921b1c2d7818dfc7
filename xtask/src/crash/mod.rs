//! `cargo xtask crash`: kills hosts and databases under load, and looks whether what was acknowledged holds.
//!
//! Each round: clients order, change and revoke tickets; at a moment that chance decides, the host dies,
//! and with PostgreSQL its server, or both. They start again, and everything that any client was told is
//! compared with what is there.

mod batches;
mod check;
mod client;
mod frozen;
mod ledger;
mod load;
pub mod random;

use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use clap::Args;

use self::check::Known;
use self::client::Client;
use self::frozen::FrozenReport;
use self::load::Progress;
use self::random::Random;
use crate::build;
use crate::console::{say, seconds, step};
use crate::installation::{Engine, Installation, Running};
use crate::workspace::Workspace;

const GENERATE: &str = "/api/tickets/generate";
/// The load lasts so long before something dies.
const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_millis(900);
/// Tickets that are acknowledged before chance begins to choose the moment: clients and host have
/// connected, and the template is loaded.
const WARM: usize = 12;
/// A host that did nothing for so long hangs.
const FIRST_ANSWER: Duration = Duration::from_secs(60);
/// After its database died, a host answers again by itself.
const RECOVERY: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);

/// How often, and what.
#[derive(Args)]
pub struct CrashArguments {
    /// Rounds on each engine
    #[arg(long, default_value_t = 60)]
    rounds: usize,
    /// One engine; both if not given
    #[arg(long, value_enum)]
    engine: Option<Engine>,
    /// Kill while jobs are worked on, not while tickets are ordered one by one
    #[arg(long)]
    batches: bool,
    /// Stop a worker for longer than its lease, then wake it, on PostgreSQL
    #[arg(long, conflicts_with_all = ["batches", "engine"])]
    frozen: bool,
    /// Decides the moments and the acts; one of its own each time if not given
    #[arg(long)]
    seed: Option<u64>,
    /// Run what the last build left
    #[arg(long)]
    no_build: bool,
}

/// Runs all rounds.
pub fn run(workspace: &Workspace, arguments: &CrashArguments) -> Result<()> {
    if !arguments.no_build {
        build::all(workspace)?;
    }
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let seed = arguments.seed.unwrap_or(since_1970.as_secs());
    let engines = match arguments.engine {
        Some(engine) => vec![engine],
        None => Engine::ALL.to_vec(),
    };
    if arguments.frozen {
        return frozen_rounds(workspace, arguments.rounds, seed);
    }
    match arguments.batches {
        true => rounds_of_batches(workspace, &engines, arguments.rounds, seed),
        false => rounds(workspace, &engines, arguments.rounds, seed),
    }
}

/// A few rounds on each engine, as a part of all tests.
pub fn run_briefly(workspace: &Workspace) -> Result<()> {
    const ROUNDS: usize = 6;
    const SEED: u64 = 1;
    rounds(workspace, &Engine::ALL, ROUNDS, SEED)?;
    rounds_of_batches(workspace, &Engine::ALL, ROUNDS, SEED)?;
    frozen_rounds(workspace, 2, SEED)
}

fn frozen_rounds(workspace: &Workspace, rounds: usize, seed: u64) -> Result<()> {
    let title = format!("{rounds} rounds of workers that are stopped and woken, seed {seed}");
    let report = step(&title, || frozen::run(workspace, rounds, seed))?;
    println!("\n{}\n{}", FrozenReport::HEAD, report.line());
    ensure!(report.faults == 0, "{} faults; seed {seed}", report.faults);
    Ok(())
}

fn rounds_of_batches(
    workspace: &Workspace,
    engines: &[Engine],
    rounds: usize,
    seed: u64,
) -> Result<()> {
    let names: Vec<_> = engines.iter().map(|engine| engine.name()).collect();
    let title = format!(
        "{rounds} rounds of batches on {}, seed {seed}",
        names.join(" and ")
    );
    let reports = step(&title, || {
        thread::scope(|scope| {
            let running: Vec<_> = engines
                .iter()
                .map(|engine| scope.spawn(|| batches::on_engine(workspace, *engine, rounds, seed)))
                .collect();
            running
                .into_iter()
                .map(|one| one.join().ok().context("a run broke")?)
                .collect::<Result<Vec<_>>>()
        })
    })?;
    println!("\n{}", batches::BatchReport::HEAD);
    for report in &reports {
        println!("{}", report.line());
    }
    let faults: usize = reports.iter().map(|report| report.faults).sum();
    ensure!(faults == 0, "{faults} faults; seed {seed}");
    Ok(())
}

fn rounds(workspace: &Workspace, engines: &[Engine], rounds: usize, seed: u64) -> Result<()> {
    let names: Vec<_> = engines.iter().map(|engine| engine.name()).collect();
    let title = format!("{rounds} rounds on {}, seed {seed}", names.join(" and "));
    // Side by side: most of the time of each is waiting for what died.
    let reports = step(&title, || {
        thread::scope(|scope| {
            let running: Vec<_> = engines
                .iter()
                .map(|engine| scope.spawn(|| on_engine(workspace, *engine, rounds, seed)))
                .collect();
            running
                .into_iter()
                .map(|one| one.join().ok().context("a run broke")?)
                .collect::<Result<Vec<_>>>()
        })
    })?;
    println!(
        "\n| engine | rounds | kills of the host | of the database | acknowledged | repeated | faults |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|");
    for report in &reports {
        println!("{}", report.line());
    }
    let faults: usize = reports.iter().map(|report| report.faults).sum();
    ensure!(faults == 0, "{faults} faults; seed {seed}");
    Ok(())
}

struct Report {
    engine: Engine,
    rounds: usize,
    kills: Kills,
    acknowledged: usize,
    repeated: usize,
    faults: usize,
}

impl Report {
    fn line(&self) -> String {
        format!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            self.engine.name(),
            self.rounds,
            self.kills.of_host,
            self.kills.of_database,
            self.acknowledged,
            self.repeated,
            self.faults
        )
    }
}

#[derive(Default)]
struct Kills {
    of_host: usize,
    of_database: usize,
}

/// What dies in a round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Victim {
    Host,
    Database,
    Both,
}

impl Victim {
    fn choose(random: &mut Random, installation: &Installation) -> Self {
        match (installation.cluster(), random.below(3)) {
            (None, _) | (Some(_), 0) => Self::Host,
            (Some(_), 1) => Self::Database,
            (Some(_), _) => Self::Both,
        }
    }
}

fn on_engine(workspace: &Workspace, engine: Engine, rounds: usize, seed: u64) -> Result<Report> {
    let mut random = Random::of_seed(seed);
    let installation = Installation::make(workspace, engine, "crash")?;
    let token = installation.token("crash", "admin")?;
    let mut known = Known::default();
    let mut kills = Kills::default();
    let mut host = installation.start()?;
    for round in 1..=rounds {
        let begun = Instant::now();
        let victim = Victim::choose(&mut random, &installation);
        let moment = random.between(SHORTEST, LONGEST);
        let progress = Progress::default();
        let client = Client::new(host.origin(), &token);
        let mut of_clients = random.part();
        let name = format!("{seed}-{round}");
        let (ledger, after) = thread::scope(|scope| -> Result<_> {
            let load = scope.spawn(|| load::run(&client, &name, &mut of_clients, &progress));
            let after = die(&installation, host, victim, moment, &progress);
            progress.is_over.store(true, Ordering::SeqCst);
            let ledger = load.join().ok().context("the load broke")?;
            Ok((ledger, after?))
        })?;
        kills.of_host += usize::from(victim != Victim::Database);
        kills.of_database += usize::from(victim != Victim::Host);
        host = again(&installation, after)?;
        let client = Client::new(host.origin(), &token);
        wait_until_ready(&client)?;
        let before = known.faults.len();
        known.check(&installation, &client, ledger, &mut random)?;
        say(&format!(
            "{}, round {round}: {} killed after {} ms, {} acknowledged so far, {} faults, {}",
            engine.name(),
            match victim {
                Victim::Host => "host",
                Victim::Database => "database",
                Victim::Both => "both",
            },
            moment.as_millis(),
            known.acknowledged,
            known.faults.len() - before,
            seconds(begun.elapsed()),
        ));
    }
    let client = Client::new(host.origin(), &token);
    known.finish(&installation, &client)?;
    host.stop()?;
    for (fault, times) in known.told_faults() {
        println!("{} × {fault}", times);
    }
    if !known.faults.is_empty() {
        say(&format!(
            "the host's log is {}",
            installation.log().display()
        ));
    }
    Ok(Report {
        engine,
        rounds,
        kills,
        acknowledged: known.acknowledged,
        repeated: known.repeated,
        faults: known.faults.len(),
    })
}

/// Waits for the moment, and kills. Gives the host, if it lives.
fn die(
    installation: &Installation,
    host: Running,
    victim: Victim,
    moment: Duration,
    progress: &Progress,
) -> Result<Option<Running>> {
    let begun = Instant::now();
    while progress.acknowledged.load(Ordering::SeqCst) < WARM {
        ensure!(begun.elapsed() < FIRST_ANSWER, "the host answers nothing");
        thread::sleep(POLL);
    }
    thread::sleep(moment);
    if victim != Victim::Host
        && let Some(cluster) = installation.cluster()
    {
        cluster.kill()?;
    }
    match victim {
        Victim::Database => Ok(Some(host)),
        Victim::Host | Victim::Both => host.kill().map(|()| None),
    }
}

/// Starts what is dead.
fn again(installation: &Installation, host: Option<Running>) -> Result<Running> {
    if let Some(cluster) = installation.cluster() {
        cluster.start_again()?;
    }
    match host {
        None => installation.start(),
        Some(mut host) => {
            ensure!(!host.has_ended()?, "the host ended when its database did");
            Ok(host)
        }
    }
}

fn wait_until_ready(client: &Client) -> Result<()> {
    let begun = Instant::now();
    while client.get("/api/events").is_none() {
        if begun.elapsed() > RECOVERY {
            bail!("the host does not answer within {RECOVERY:?} of the restart");
        }
        thread::sleep(POLL);
    }
    Ok(())
}
