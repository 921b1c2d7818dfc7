//! The tests that cargo knows.

use std::process::Command;

use anyhow::Result;

use crate::build;
use crate::console::say;
use crate::postgres::{self, Cluster, Writes};
use crate::process;
use crate::workspace::{Workspace, cargo};

/// Runs all tests of the workspace. The hostile guests have none and exist for WebAssembly only;
/// the commands themselves are built in a profile of their own, and so are their tests. What is
/// promised of both databases is tested on both: on the server that the variable names, or else on one
/// of our own.
pub fn run(workspace: &Workspace) -> Result<()> {
    let mut of_commands = cargo();
    of_commands.current_dir(workspace.root()).args([
        "test",
        "--profile",
        "xtask",
        "--package",
        "xtask",
    ]);
    process::run(&mut of_commands)?;

    let cluster = match std::env::var_os(postgres::VARIABLE) {
        Some(_) => {
            say(&format!("PostgreSQL is the one in {}", postgres::VARIABLE));
            None
        }
        None => Some(Cluster::start(workspace, "test", Writes::Fast)?),
    };
    let on_cluster = |command: &mut Command| {
        if let Some(cluster) = &cluster {
            command.env(postgres::VARIABLE, cluster.url());
        }
        process::run(command)
    };
    on_cluster(of_workspace(workspace).arg("--no-fail-fast"))?;
    // The built program once more, on the other database. Of the same packages: others would be built
    // with other features, and so anew.
    on_cluster(
        of_workspace(workspace)
            .args(["--test", "service"])
            .env("GUICHET_TEST_ENGINE", "postgres"),
    )
}

/// The tests of the workspace that are built together, so that nothing is built twice.
pub fn of_workspace(workspace: &Workspace) -> Command {
    let mut command = cargo();
    command
        .current_dir(workspace.root())
        .arg("test")
        .args(build::tested_packages(workspace));
    command
}
