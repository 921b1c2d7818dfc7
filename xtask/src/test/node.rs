//! The npm package in Node, by Node's own test runner.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::suite_command;
use crate::console::say;
use crate::process;
use crate::workspace::Workspace;

const FOLDER: &str = "verifier-wasm/tests";

/// Runs every `*.test.mjs` and `*.test.js` of the verifier.
pub fn run(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root().join(FOLDER);
    if !folder.is_dir() {
        say(&format!("{FOLDER} does not exist, nothing to run"));
        return Ok(());
    }
    let files = test_files(&folder)?;
    ensure!(!files.is_empty(), "{FOLDER} holds no *.test.mjs");
    process::run(suite_command(workspace, "node").arg("--test").args(files))
}

/// The test files of `folder`, in order. Given one by one because versions of Node differ in what
/// they do with a folder.
pub fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.to_string_lossy();
        if name.ends_with(".test.mjs") || name.ends_with(".test.js") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
