//! A host of our own, in demonstration mode, on SQLite, in a folder that is its alone.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::console::say;
use crate::process;
use crate::workspace::Workspace;

const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(20);
/// How the host announces where it listens.
const ANNOUNCEMENT: &str = "listening on ";
/// Remembers, in the demonstration's folder, which process serves it.
const PROCESS_FILE: &str = "host.pid";

/// A running host; it is stopped when this is dropped.
pub struct Server {
    /// `None` once it has been stopped or left running.
    child: Option<Child>,
    binary: PathBuf,
    folder: PathBuf,
    origin: String,
}

impl Server {
    /// Starts the host below `folder`, on a free port, and waits until it is healthy.
    pub fn start(workspace: &Workspace, folder: &Path) -> Result<Self> {
        let binary = workspace.host().to_path_buf();
        let child = Command::new(&binary)
            .args(["serve", "--demo", "--port", "0", "--data"])
            .arg(folder.join("data"))
            .stdin(Stdio::null())
            .stdout(create(&folder.join("host.out"))?)
            .stderr(create(&folder.join("host.log"))?)
            // A group of its own: Ctrl-C in the terminal does not reach it once we have ended.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        std::fs::write(folder.join(PROCESS_FILE), child.id().to_string())?;
        let mut server = Self {
            child: Some(child),
            binary,
            folder: folder.to_path_buf(),
            origin: String::new(),
        };
        server.wait_until_healthy()?;
        Ok(server)
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// A bearer token from the host's own command.
    pub fn token(&self, organizer: &str, role: &str) -> Result<String> {
        let printed = process::capture(
            Command::new(&self.binary)
                .args(["token", "--organizer", organizer, "--role", role, "--data"])
                .arg(self.folder.join("data")),
        )?;
        Ok(printed.trim().to_owned())
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        terminate(child.id())?;
        let deadline = Instant::now() + STOP_LIMIT;
        while child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                child.kill()?;
                child.wait()?;
                bail!("the host did not stop within {STOP_LIMIT:?} of SIGTERM");
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// Lets it run on after us. Returns its process id.
    pub fn leave_running(mut self) -> Option<u32> {
        self.child.take().map(|child| child.id())
    }

    fn wait_until_healthy(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while !self.is_healthy() {
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                bail!("the host ended at once ({status}):\n{}", self.log_tail());
            }
            ensure!(
                Instant::now() < deadline,
                "the host is not healthy after {START_LIMIT:?}:\n{}",
                self.log_tail()
            );
            thread::sleep(POLL);
        }
        Ok(())
    }

    fn is_healthy(&mut self) -> bool {
        let output = std::fs::read_to_string(self.folder.join("host.out")).unwrap_or_default();
        let announced = output
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'))
            .find_map(|line| line.strip_prefix(ANNOUNCEMENT));
        let Some(origin) = announced else {
            return false;
        };
        origin.clone_into(&mut self.origin);
        ureq::get(format!("{origin}/health")).call().is_ok()
    }

    fn log_tail(&self) -> String {
        const LINES: usize = 20;
        let text = std::fs::read_to_string(self.folder.join("host.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines
            .get(lines.len().saturating_sub(LINES)..)
            .unwrap_or_default()
            .join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // Only reached after an error, which is the one worth telling.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Stops the host that an earlier demonstration left running in `folder`, if there is one.
pub fn stop_earlier(folder: &Path) -> Result<()> {
    let Ok(text) = std::fs::read_to_string(folder.join(PROCESS_FILE)) else {
        return Ok(());
    };
    let process: u32 = text
        .trim()
        .parse()
        .with_context(|| format!("{PROCESS_FILE} in {} is damaged", folder.display()))?;
    if !serves(process, folder) {
        return Ok(());
    }
    say(&format!(
        "stopping the host of the last demonstration, process {process}"
    ));
    terminate(process)?;
    let deadline = Instant::now() + STOP_LIMIT;
    while serves(process, folder) {
        ensure!(
            Instant::now() < deadline,
            "process {process} did not stop within {STOP_LIMIT:?} of SIGTERM"
        );
        thread::sleep(POLL);
    }
    Ok(())
}

/// Whether that process is a host of that folder: its number may by now be another program's.
fn serves(process: u32, folder: &Path) -> bool {
    let data = folder.join("data").into_os_string().into_encoded_bytes();
    std::fs::read(format!("/proc/{process}/cmdline"))
        .is_ok_and(|line| line.split(|byte| *byte == 0).any(|word| word == data))
}

fn terminate(process: u32) -> Result<()> {
    process::signal(process, "-TERM")
}

fn create(path: &Path) -> Result<File> {
    File::create(path).with_context(|| format!("cannot write {}", path.display()))
}
