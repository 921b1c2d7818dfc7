//! A throw-away PostgreSQL cluster for tests, in a folder below `target/`.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::console::say;
use crate::workspace::Workspace;
use crate::{apt, process};

/// Where tests find the server on which they may make databases.
pub const VARIABLE: &str = "GUICHET_TEST_DATABASE_URL";

/// Where Debian keeps the programs of a server, below a folder for each version.
const DEBIAN_VERSIONS: &str = "/usr/lib/postgresql";
const PACKAGE: &str = "postgresql-15";
const OLDEST_VERSION: u32 = 15;
/// Who runs the server when we are root, which it refuses to be.
const SERVER_USER: &str = "postgres";
/// Who the tests are.
const TEST_USER: &str = "guichet";
/// The tests of one program run side by side, each with connections of its own.
const SETTINGS: &str = "-c listen_addresses=127.0.0.1 -c max_connections=200";
/// A server that was killed leaves others of its processes behind for a moment, which the next waits for.
const RESTART_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
/// A socket's path has no more bytes (`unix(7)`, less the name of the socket itself).
const SOCKET_FOLDER_BYTES: usize = 80;
/// Another program may take the free port before the server does.
const START_ATTEMPTS: u32 = 3;

/// Whether what is committed has to reach the disk.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// No: the server ends with the tests, and what it wrote is removed.
    Fast,
    /// Yes, as where it counts.
    Durable,
}

impl Writes {
    fn settings(self) -> &'static str {
        match self {
            Self::Fast => "-c fsync=off -c full_page_writes=off",
            Self::Durable => "-c shared_buffers=256MB",
        }
    }
}

/// A running cluster; stopped and removed when this is dropped.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    run_as: RunAs,
    writes: Writes,
    port: u16,
    password: String,
}

impl Cluster {
    /// Makes and starts a cluster for the work that `name` names, and installs PostgreSQL first where
    /// there is none.
    pub fn start(workspace: &Workspace, name: &str, writes: Writes) -> Result<Self> {
        let programs = find_or_install()?;
        let run_as = RunAs::decide()?;
        let folder = folder(workspace, &run_as, name)?;
        let password = random_password()?;
        let mut cluster = Self {
            programs,
            folder,
            run_as,
            writes,
            port: 0,
            password,
        };
        cluster.remove_earlier()?;
        cluster.initialize()?;
        cluster.port = cluster.start_server()?;
        say(&format!(
            "PostgreSQL listens on 127.0.0.1:{}, in {}",
            cluster.port,
            cluster.folder.display()
        ));
        Ok(cluster)
    }

    /// What [`VARIABLE`] is to be.
    pub fn url(&self) -> String {
        let Self { password, port, .. } = self;
        format!("postgres://{TEST_USER}:{password}@127.0.0.1:{port}/postgres")
    }

    /// The first value that a statement gives.
    pub fn query(&self, statement: &str) -> Result<String> {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "--tuples-only", "--no-align", "--command"])
            .arg(statement)
            .arg(self.url());
        process::capture(&mut psql)
    }

    /// Locks a table in a mode of `LOCK TABLE` until what is returned is dropped.
    pub fn lock_table(&self, table: &str, mode: &str) -> Result<TableLock> {
        let mut session = Command::new(self.programs.join("psql"))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .arg(self.url())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let statements = format!("BEGIN; LOCK TABLE {table} IN {mode} MODE; SELECT 'locked';\n");
        let input = session.stdin.as_mut().context("psql takes no input")?;
        input.write_all(statements.as_bytes())?;
        let output = session.stdout.take().context("psql prints nothing")?;
        let lock = TableLock { session };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        ensure!(line.trim() == "locked", "{table} cannot be locked");
        Ok(lock)
    }

    /// As if the machine failed: the server has no moment to finish anything.
    pub fn kill(&self) -> Result<()> {
        process::signal(self.process()?, "-KILL")
    }

    /// The number of the server's first process, whose children the others are.
    pub fn process(&self) -> Result<u32> {
        let text = fs::read_to_string(self.process_file())?;
        let process = text.lines().next().context("the server's file is empty")?;
        Ok(process.trim().parse()?)
    }

    /// A file that the server may write and read, for the rows of a table.
    pub fn file_for_copies(&self, table: &str) -> PathBuf {
        self.folder.join(format!("{table}.copy"))
    }

    /// Starts the server again where it was, if it does not run.
    pub fn start_again(&self) -> Result<()> {
        let begun = Instant::now();
        // Not what pg_ctl says: it takes a dead process that nobody has buried yet for the server.
        while self.query("SELECT 1").is_err() {
            if let Err(error) = process::capture(&mut self.start_command(self.port)) {
                let log = fs::read_to_string(self.log()).unwrap_or_default();
                ensure!(
                    begun.elapsed() < RESTART_LIMIT,
                    "the server does not start again: {error:#}\n{log}"
                );
                thread::sleep(POLL);
            }
        }
        Ok(())
    }

    /// An earlier run that was killed may have left its cluster, and its server running.
    fn remove_earlier(&self) -> Result<()> {
        if self.folder.exists() {
            self.stop_server();
            fs::remove_dir_all(&self.folder)
                .with_context(|| format!("cannot remove {}", self.folder.display()))?;
        }
        Ok(())
    }

    fn initialize(&self) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        let password_file = self.folder.join("password");
        File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&password_file)?
            .write_all(self.password.as_bytes())?;
        self.run_as.own(&self.folder)?;
        self.run_as.own(&password_file)?;
        let mut initdb = self.run_as.command(&self.programs.join("initdb"));
        initdb
            .args(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"])
            .args(["--username", TEST_USER, "--no-sync", "--pwfile"])
            .arg(&password_file)
            .arg("--pgdata")
            .arg(self.data());
        process::capture(&mut initdb).map(drop)
    }

    /// Starts the server and returns its port.
    fn start_server(&self) -> Result<u16> {
        let mut last = None;
        for _ in 0..START_ATTEMPTS {
            let port = free_port()?;
            match process::capture(&mut self.start_command(port)) {
                Ok(_) => return Ok(port),
                Err(error) => last = Some(error),
            }
        }
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        bail!("the server does not start: {last:?}\n{log}")
    }

    fn start_command(&self, port: u16) -> Command {
        let sockets = match self.folder.as_os_str().len() {
            short if short <= SOCKET_FOLDER_BYTES => self.folder.display().to_string(),
            _ => String::new(),
        };
        let mut start = self.run_as.command(&self.programs.join("pg_ctl"));
        start
            .args(["start", "--wait", "--silent", "--options"])
            .arg(format!(
                "{SETTINGS} {} -c port={port} -c unix_socket_directories='{sockets}'",
                self.writes.settings()
            ))
            .arg("--log")
            .arg(self.log())
            .arg("--pgdata")
            .arg(self.data());
        start
    }

    fn stop_server(&self) {
        if !self.process_file().exists() {
            return;
        }
        let mut stop = self.run_as.command(&self.programs.join("pg_ctl"));
        stop.args(["stop", "--wait", "--silent", "--mode=immediate", "--pgdata"])
            .arg(self.data());
        if let Err(error) = process::capture(&mut stop) {
            // One that died by itself leaves its file, and nothing to stop.
            say(&format!("PostgreSQL was not stopped: {error:#}"));
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Names the server's process while it runs, and after it was killed.
    fn process_file(&self) -> PathBuf {
        self.data().join("postmaster.pid")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop_server();
        if let Err(error) = fs::remove_dir_all(&self.folder) {
            say(&format!(
                "{} was not removed: {error}",
                self.folder.display()
            ));
        }
    }
}

/// A table that nobody else may use in a certain way, until this is dropped.
pub struct TableLock {
    session: Child,
}

impl Drop for TableLock {
    fn drop(&mut self) {
        // A session whose input ends rolls back. Both fail where it has ended.
        drop(self.session.stdin.take());
        let _ = self.session.wait();
    }
}

/// As whom the server's programs run.
enum RunAs {
    /// We are nobody special.
    Ourselves,
    /// We are root, and become the user of Debian's package.
    ServerUser { user: u32, group: u32 },
}

impl RunAs {
    fn decide() -> Result<Self> {
        let number = |arguments: &[&str]| -> Result<u32> {
            let printed = process::capture(Command::new("id").args(arguments))?;
            Ok(printed.trim().parse()?)
        };
        Ok(match number(&["-u"])? {
            0 => Self::ServerUser {
                user: number(&["-u", SERVER_USER])?,
                group: number(&["-g", SERVER_USER])?,
            },
            _ => Self::Ourselves,
        })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = match self {
            Self::Ourselves => Command::new(program),
            Self::ServerUser { .. } => {
                let mut command = Command::new("runuser");
                command.args(["-u", SERVER_USER, "--"]).arg(program);
                command
            }
        };
        // The current folder may be closed to that user.
        command.current_dir("/");
        command
    }

    fn own(&self, path: &Path) -> Result<()> {
        if let Self::ServerUser { user, group } = *self {
            chown(path, Some(user), Some(group))
                .with_context(|| format!("cannot give {} away", path.display()))?;
        }
        Ok(())
    }
}

/// A folder below `target/`, or, where the server's user may not go there (a checkout in somebody's
/// home), one for temporary files.
fn folder(workspace: &Workspace, run_as: &RunAs, name: &str) -> Result<PathBuf> {
    let name = format!("{name}-cluster");
    let target = workspace.target();
    fs::create_dir_all(&target)?;
    let reachable = process::capture(run_as.command(Path::new("test")).arg("-x").arg(&target));
    Ok(match reachable {
        Ok(_) => target.join(name),
        Err(_) => std::env::temp_dir().join(format!("guichet-{name}-{}", std::process::id())),
    })
}

/// The folder with the programs of the newest server that is installed.
fn find_or_install() -> Result<PathBuf> {
    if let Some(programs) = find() {
        return Ok(programs);
    }
    apt::install(&[PACKAGE])?;
    find().with_context(|| format!("{PACKAGE} is installed, and brought no initdb"))
}

fn find() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN_VERSIONS).into_iter().flatten();
    let newest = versions
        .filter_map(|entry| {
            let version = entry.ok()?.file_name().to_str()?.parse::<u32>().ok()?;
            let programs = Path::new(DEBIAN_VERSIONS)
                .join(version.to_string())
                .join("bin");
            let complete = programs.join("initdb").is_file() && programs.join("pg_ctl").is_file();
            (complete && version >= OLDEST_VERSION).then_some((version, programs))
        })
        .max();
    let on_path = || Some(process::find_program("initdb")?.parent()?.to_path_buf());
    newest.map(|(_, programs)| programs).or_else(on_path)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// Other users of the machine shall not get into the server while it runs.
fn random_password() -> Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
