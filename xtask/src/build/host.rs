//! The host's program: the release build, `target/dist/guichet`, and the one of the tests.

use anyhow::{Context, Result};

use super::HOSTILE_PACKAGE;
use crate::process;
use crate::workspace::{Workspace, cargo};

const PACKAGE: &str = "guichet";

/// Builds the binary and copies it beside what else a build leaves.
pub fn build(workspace: &Workspace) -> Result<()> {
    process::run(cargo().current_dir(workspace.root()).args([
        "build",
        "--release",
        "--package",
        PACKAGE,
        "--bin",
        PACKAGE,
    ]))?;
    let built = workspace.cargo_target().join("release").join(PACKAGE);
    let copy = workspace.dist().join(PACKAGE);
    if is_older(&copy, &built) {
        // A running host keeps the file it was started from: replace it, do not write into it.
        let fresh = copy.with_extension("new");
        std::fs::copy(&built, &fresh)
            .with_context(|| format!("cannot copy {}", built.display()))?;
        std::fs::rename(&fresh, &copy)
            .with_context(|| format!("cannot write {}", copy.display()))?;
    }
    Ok(())
}

/// Builds what the tests of cargo run, the program among it. Building the program alone would choose
/// other features of what it stands on, so that all of that were built twice.
pub fn build_for_tests(workspace: &Workspace) -> Result<()> {
    process::run(
        cargo()
            .current_dir(workspace.root())
            .args(["test", "--no-run"])
            .args(tested_packages(workspace)),
    )
}

/// The arguments that name the packages with tests for this machine. The hostile guests exist for
/// WebAssembly only; the commands themselves have a profile of their own.
pub fn tested_packages(workspace: &Workspace) -> Vec<&'static str> {
    let mut arguments = vec!["--workspace", "--exclude", "xtask"];
    if workspace.package(HOSTILE_PACKAGE).is_some() {
        arguments.extend(["--exclude", HOSTILE_PACKAGE]);
    }
    arguments
}

fn is_older(copy: &std::path::Path, built: &std::path::Path) -> bool {
    let modified = |path: &std::path::Path| path.metadata().and_then(|data| data.modified()).ok();
    modified(copy) < modified(built)
}
