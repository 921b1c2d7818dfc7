//! The npm package in Node and in headless Chromium, by Node's own test runner.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::process;
use crate::workspace::Workspace;

const FOLDER: &str = "verifier-wasm/tests";

/// Runs every `*.test.mjs` against the package that the build left.
pub fn run(workspace: &Workspace) -> Result<()> {
    let files = test_files(&workspace.root().join(FOLDER))?;
    ensure!(!files.is_empty(), "{FOLDER} holds no *.test.mjs");
    let chromium = process::find_program("chromium").context("there is no chromium to test in")?;
    process::run(
        Command::new("node")
            .current_dir(workspace.root())
            .env("GUICHET_VERIFIER_DIST", workspace.dist().join("verifier"))
            .env("GUICHET_CHROMIUM", chromium)
            .arg("--test")
            .args(files),
    )
}

/// Given one by one because versions of Node differ in what they do with a folder.
fn test_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
