//! The tests that cargo knows.

use anyhow::Result;

use crate::build::HOSTILE_PACKAGE;
use crate::process;
use crate::workspace::{Workspace, cargo};

/// Runs all tests of the workspace. The hostile guests have none and exist for WebAssembly only.
pub fn run(workspace: &Workspace) -> Result<()> {
    let mut command = cargo();
    super::point_to_build(workspace, &mut command);
    command.args(["test", "--workspace", "--no-fail-fast"]);
    if workspace.package(HOSTILE_PACKAGE).is_some() {
        command.args(["--exclude", HOSTILE_PACKAGE]);
    }
    process::run(&mut command)
}
