//! The tests that cargo knows.

use anyhow::Result;

use crate::build::HOSTILE_PACKAGE;
use crate::process;
use crate::workspace::{Workspace, cargo};

/// Runs all tests of the workspace. The hostile guests have none and exist for WebAssembly only;
/// the commands themselves are built in a profile of their own, and so are their tests.
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

    let mut of_workspace = cargo();
    of_workspace
        .current_dir(workspace.root())
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(["--exclude", "xtask"]);
    if workspace.package(HOSTILE_PACKAGE).is_some() {
        of_workspace.args(["--exclude", HOSTILE_PACKAGE]);
    }
    process::run(&mut of_workspace)
}
