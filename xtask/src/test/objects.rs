//! Artifacts in a real server that speaks S3, over connections that break.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::rust;
use crate::console::say;
use crate::workspace::Workspace;
use crate::{process, python};

/// The script that serves, and what it needs.
const FOLDER: &str = "tests/objects";
/// Where the tests find the server.
const VARIABLE: &str = "GUICHET_TEST_S3_ENDPOINT";
/// The tests that need it: of the room, with failures in between, and of the built program.
const TESTS: [[&str; 4]; 2] = [
    ["--lib", "--", "artifacts::tests::s3", "--quiet"],
    ["--test=service", "--", "in_a_bucket", "--quiet"],
];

/// Runs them against a server of our own.
pub fn run(workspace: &Workspace) -> Result<()> {
    let server = Server::start(workspace)?;
    say(&format!("S3 is at {}", server.endpoint));
    for arguments in TESTS {
        process::run(
            rust::of_workspace(workspace)
                .args(arguments)
                .env(VARIABLE, &server.endpoint),
        )?;
    }
    Ok(())
}

/// A running server; it ends when this is dropped, and when we are killed.
struct Server {
    endpoint: String,
    child: Child,
}

impl Server {
    fn start(workspace: &Workspace) -> Result<Self> {
        let python = python::with_requirements(workspace, "objects", FOLDER)?;
        let mut child = Command::new(python)
            .arg(workspace.root().join(FOLDER).join("serve.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start the server")?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let endpoint = line.trim().to_owned();
        let server = Self { endpoint, child };
        ensure!(
            server.endpoint.starts_with("http://"),
            "the server does not say where it listens"
        );
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
