//! `cargo xtask clippy`: lints of every target, after what the host embeds has been built.

use anyhow::Result;

use crate::console::step;
use crate::workspace::{Workspace, cargo};
use crate::{build, krilla, process};

/// Builds the templates, then runs clippy with warnings as errors.
pub fn run(workspace: &Workspace) -> Result<()> {
    build::webassembly(workspace)?;
    step("clippy", || {
        process::run(cargo().current_dir(workspace.root()).args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "--deny",
            "warnings",
        ]))
    })?;
    step("clippy of the program that runs krilla", || {
        process::run(
            cargo()
                .current_dir(workspace.root())
                .args(["clippy", "--locked", "--manifest-path"])
                .arg(krilla::manifest(workspace))
                .arg("--target-dir")
                .arg(krilla::target(workspace))
                .args(["--", "--deny", "warnings"]),
        )
    })
}
