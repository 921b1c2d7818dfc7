//! `cargo xtask deny`: licences, sources and bans of all dependencies.

use std::process::Command;

use anyhow::Result;

use crate::console::step;
use crate::tools::CARGO_DENY;
use crate::workspace::Workspace;
use crate::{krilla, process};

/// Checks both lock files against `deny.toml`, with a cargo-deny of our own if need be.
pub fn run(workspace: &Workspace) -> Result<()> {
    step("cargo deny", || {
        let program = CARGO_DENY.find_or_install(workspace)?;
        let manifests = [
            workspace.root().join("Cargo.toml"),
            krilla::manifest(workspace),
        ];
        for manifest in manifests {
            process::run(
                Command::new(&program)
                    .current_dir(workspace.root())
                    .arg("--manifest-path")
                    .arg(manifest)
                    .args(["--workspace", "--locked", "--config"])
                    .arg(workspace.root().join("deny.toml"))
                    .args(["check", "--hide-inclusion-graph"])
                    .args(["bans", "licenses", "sources"]),
            )?;
        }
        Ok(())
    })
}
