//! A host as a service runs it, on a data folder and a database of its own.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;

use crate::postgres::{Cluster, Writes};
use crate::process;
use crate::workspace::Workspace;

/// Where the data are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// In a file in the data folder.
    Sqlite,
    /// On a throw-away PostgreSQL server.
    Postgres,
}

impl Engine {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A data folder, the database where that is elsewhere, and the program; removed when dropped.
pub struct Installation {
    binary: PathBuf,
    folder: PathBuf,
    cluster: Option<Cluster>,
    settings: Vec<(&'static str, String)>,
    /// Workers that were started so far.
    workers: Cell<usize>,
}

impl Installation {
    /// An empty one, for the work that `name` names.
    pub fn make(workspace: &Workspace, engine: Engine, name: &str) -> Result<Self> {
        let folder = workspace.target().join(format!("{name}-{}", engine.name()));
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("cannot remove {}", folder.display()))?;
        }
        fs::create_dir_all(&folder)?;
        let cluster = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(Cluster::start(workspace, name, Writes::Durable)?),
        };
        Ok(Self {
            binary: workspace.host().to_path_buf(),
            folder,
            cluster,
            settings: Vec::new(),
            workers: Cell::new(0),
        })
    }

    /// Sets a variable of all processes that are started from now on.
    pub fn set(&mut self, name: &'static str, value: &str) {
        self.settings.push((name, value.to_owned()));
    }

    /// The database server, if there is one.
    pub fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_ref()
    }

    /// A command of the program, with nothing in its environment but what it needs.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .env_clear()
            .env("GUICHET_DATA", self.folder.join("data"))
            // The same for each start, so that answers can be compared.
            .env("PUBLIC_URL", "https://tickets.example")
            .env("RATE_LIMIT_PRESET", "off")
            .env("LOG_LEVEL", "warn");
        if let Some(cluster) = &self.cluster {
            command.env("DATABASE_URL", cluster.url());
            for name in ["GUICHET_MASTER_KEY", "JWT_SECRET", "QR_SECRET_KEY"] {
                command.env(name, format!("a secret of a throw-away host, {name}"));
            }
        }
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// A bearer token of an organizer, which is made if need be.
    pub fn token(&self, organizer: &str, role: &str) -> Result<String> {
        let mut command = self.command();
        command.args(["token", "--organizer", organizer, "--role", role]);
        Ok(process::capture(&mut command)?.trim().to_owned())
    }

    /// Starts the host and waits until it says where it listens.
    pub fn start(&self) -> Result<Running> {
        let log = File::options().create(true).append(true).open(self.log())?;
        let mut child = self
            .command()
            .args(["serve", "--port", "0", "--metrics-port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary.display()))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let Some(origin) = line.trim().strip_prefix("listening on ") else {
            // Both fail where it has ended by itself, which is what is told below.
            let _ = child.kill();
            let _ = child.wait();
            bail!("the host does not start; see {}", self.log().display());
        };
        Ok(Running {
            origin: origin.to_owned(),
            child,
        })
    }

    /// Starts a process that only works on jobs, with a log of its own, and waits until it does.
    pub fn start_worker(&self, concurrency: usize) -> Result<Worker> {
        self.start_worker_with(concurrency, [])
    }

    /// The same, with variables that the other processes do not have.
    pub fn start_worker_with(
        &self,
        concurrency: usize,
        variables: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Worker> {
        let number = self.workers.replace(self.workers.get() + 1);
        let path = self.folder.join(format!("worker-{number}.log"));
        let log = File::create(&path)?;
        let mut child = self
            .command()
            .envs(variables)
            .args(["worker", "--concurrency", &concurrency.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary.display()))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let worker = Worker { child, log: path };
        ensure!(
            line.starts_with("working on jobs"),
            "the worker does not start; see {}",
            worker.log.display()
        );
        Ok(worker)
    }

    /// What the host logged.
    pub fn log(&self) -> PathBuf {
        self.folder.join("host.log")
    }

    /// One figure of the database, read beside the host.
    pub fn count(&self, statement: &str) -> Result<u64> {
        let printed = match &self.cluster {
            Some(cluster) => cluster.query(statement)?,
            None => process::capture(
                Command::new("python3")
                    .args(["-c", READ_SQLITE])
                    .arg(self.folder.join("data/guichet.db"))
                    .arg(statement),
            )?,
        };
        printed
            .trim()
            .parse()
            .with_context(|| format!("`{statement}` gave {printed}"))
    }

    /// What the database takes on the disk, its journal left out.
    pub fn database_bytes(&self) -> Result<u64> {
        match &self.cluster {
            Some(_) => self.count("SELECT pg_database_size(current_database())"),
            None => self.count(
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
            ),
        }
    }

    /// Whether the record of what was done holds.
    pub fn verify_audit(&self) -> Result<()> {
        process::capture(self.command().args(["audit", "verify"])).map(drop)
    }

    /// Keeps the folder, for whoever looks for the cause of a fault.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Python comes with a reader; the program of SQLite's own would have to be installed.
const READ_SQLITE: &str = "import sqlite3, sys
connection = sqlite3.connect('file:' + sys.argv[1] + '?mode=ro', uri=True, timeout=10)
print(connection.execute(sys.argv[2]).fetchone()[0])";

/// A host that runs; killed when dropped.
pub struct Running {
    origin: String,
    child: Child,
}

impl Running {
    /// Where it listens.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Its number among the system's processes.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// As a power cut: no handler runs.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Whether it ended by itself.
    pub fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Memory in use now, in KiB.
    pub fn resident_kib(&self) -> Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let figure = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|line| line.split_whitespace().next()?.parse().ok());
        figure.context("the host's memory cannot be read")
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        process::signal(self.child.id(), "-TERM")?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the host ended with {status}");
        Ok(())
    }
}

/// A process that works on jobs; killed when dropped.
pub struct Worker {
    child: Child,
    log: PathBuf,
}

impl Worker {
    /// Its number among the system's processes.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Takes all time from it, as the system does with whom it has forgotten, until [`Self::wake`].
    pub fn freeze(&self) -> Result<()> {
        process::signal(self.process(), "-STOP")
    }

    /// Lets it go on where it was.
    pub fn wake(&self) -> Result<()> {
        process::signal(self.process(), "-CONT")
    }

    /// How many lines of its log have this in them.
    pub fn lines_with(&self, words: &str) -> Result<usize> {
        let log = fs::read_to_string(&self.log)?;
        Ok(log.lines().filter(|line| line.contains(words)).count())
    }

    /// As a power cut: no handler runs.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        process::signal(self.child.id(), "-TERM")?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the worker ended with {status}");
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // Both fail where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
