//! A host of our own, in demonstration mode, on SQLite, in a folder that is its alone.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(20);

/// A running host; it is stopped when this is dropped.
pub struct Server {
    /// `None` once it has been left running.
    child: Option<Child>,
    binary: PathBuf,
    data: PathBuf,
    port: u16,
    log: PathBuf,
}

impl Server {
    /// Starts `target/dist/guichet` below `folder` and waits until it is healthy.
    pub fn start(workspace: &Workspace, folder: &Path, port: u16) -> Result<Self> {
        let binary = workspace.dist().join("guichet");
        let data = folder.join("data");
        let log = folder.join("host.log");
        let output =
            File::create(&log).with_context(|| format!("cannot write {}", log.display()))?;
        let child = Command::new(&binary)
            .args(["serve", "--demo", "--data"])
            .arg(&data)
            .args(["--port", &port.to_string()])
            .args(["--metrics-port", &free_port()?.to_string()])
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            // A group of its own: Ctrl-C in the terminal does not reach it once we have ended.
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut server = Self {
            child: Some(child),
            binary,
            data,
            port,
            log,
        };
        server.wait_until_healthy()?;
        Ok(server)
    }

    /// Where it listens.
    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A bearer token from the host's own command.
    pub fn token(&self, organizer: &str, role: &str) -> Result<String> {
        let printed = process::capture(
            Command::new(&self.binary)
                .args(["token", "--organizer", organizer, "--role", role, "--data"])
                .arg(&self.data),
        )?;
        Ok(printed.trim().to_owned())
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        let Some(mut child) = self.child.take() else {
            return Ok(());
        };
        process::capture(Command::new("kill").args(["-TERM", &child.id().to_string()]))?;
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
        let address = format!("{}/health", self.origin());
        loop {
            if ureq::get(&address).call().is_ok() {
                return Ok(());
            }
            let ended = match &mut self.child {
                Some(child) => child.try_wait()?,
                None => None,
            };
            if let Some(status) = ended {
                bail!("the host ended at once ({status}):\n{}", self.log_tail());
            }
            if Instant::now() > deadline {
                bail!(
                    "the host is not healthy after {START_LIMIT:?}:\n{}",
                    self.log_tail()
                );
            }
            thread::sleep(POLL);
        }
    }

    fn log_tail(&self) -> String {
        const LINES: usize = 20;
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
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

/// A port that nothing listens on.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port on loopback")?;
    Ok(listener.local_addr()?.port())
}
