//! `benches/krilla`: the page of the `stages` benchmark by another writer of PDF, which has a lock
//! file of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::console::step;
use crate::process;
use crate::workspace::{Workspace, cargo};

/// The benchmark that leaves the page.
pub const AFTER: &str = "stages";

/// The manifest of that program.
pub fn manifest(workspace: &Workspace) -> PathBuf {
    workspace.root().join("benches/krilla/Cargo.toml")
}

/// Where it is built. Not among our own outputs: shared crates have other features here.
pub fn target(workspace: &Workspace) -> PathBuf {
    workspace.target().join("peers/build")
}

/// Builds the program and gives its path. Its crates may have to be fetched first.
pub fn build(workspace: &Workspace) -> Result<PathBuf> {
    step("build krilla to compare with", || {
        process::run(
            cargo()
                .current_dir(workspace.root())
                .args(["build", "--release", "--locked", "--manifest-path"])
                .arg(manifest(workspace))
                .arg("--target-dir")
                .arg(target(workspace)),
        )?;
        Ok(target(workspace).join("release/krilla-peer"))
    })
}

/// Prints what krilla takes for the page, or why that is not known: the figures of our own do not
/// depend on it.
pub fn compare(program: Result<PathBuf>) {
    println!();
    let outcome = program.and_then(|program| {
        step("the same page by krilla", || {
            process::run(&mut Command::new(program))
        })
    });
    if let Err(error) = outcome {
        println!("No comparison with krilla: {error:#}");
    }
}
