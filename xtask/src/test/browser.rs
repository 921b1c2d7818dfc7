//! The npm package and the pages in a real browser.

use anyhow::{Result, ensure};

use super::{node, suite_command};
use crate::console::say;
use crate::process;
use crate::workspace::Workspace;

const FOLDER: &str = "tests/browser";

/// Installs the suite's npm packages when its lock file changed, then runs its tests.
pub fn run(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root().join(FOLDER);
    if !folder.is_dir() {
        say(&format!("{FOLDER} does not exist, nothing to run"));
        return Ok(());
    }
    if !is_installed(&folder) {
        say("installing npm packages");
        let verb = if folder.join("package-lock.json").exists() {
            "ci"
        } else {
            "install"
        };
        process::run(suite_command(workspace, "npm").current_dir(&folder).args([
            verb,
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
        ]))?;
    }
    let files = node::test_files(&folder)?;
    ensure!(!files.is_empty(), "{FOLDER} holds no *.test.mjs");
    process::run(
        suite_command(workspace, "node")
            .current_dir(&folder)
            .arg("--test")
            .args(files),
    )
}

/// Whether npm's own record of what it installed is newer than what was asked for.
fn is_installed(folder: &std::path::Path) -> bool {
    let modified = |name: &str| {
        folder
            .join(name)
            .metadata()
            .and_then(|data| data.modified())
            .ok()
    };
    let record = modified("node_modules/.package-lock.json");
    record.is_some()
        && record >= modified("package-lock.json")
        && record >= modified("package.json")
}
