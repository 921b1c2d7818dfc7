//! `cargo xtask deny`: licences, sources and bans of all dependencies.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::console::{say, step};
use crate::workspace::{Workspace, cargo};
use crate::{krilla, process};

/// Pinned, so that a new release cannot turn a green tree red.
const VERSION: &str = "0.20.2";

/// Checks both lock files against `deny.toml`, with a cargo-deny of our own if need be.
pub fn run(workspace: &Workspace) -> Result<()> {
    step("cargo deny", || {
        let program = find_or_install(workspace)?;
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

fn find_or_install(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(program) = process::find_program("cargo-deny") {
        return Ok(program);
    }
    let tools = workspace.target().join("tools");
    let program = tools.join("bin/cargo-deny");
    let current = process::capture(Command::new(&program).arg("--version"))
        .is_ok_and(|text| text.split_whitespace().nth(1) == Some(VERSION));
    if current {
        return Ok(program);
    }
    say(&format!(
        "installing cargo-deny {VERSION} into target/tools, about a minute"
    ));
    // It runs for two seconds: an optimised build would take five times as long and save one.
    process::run(
        cargo()
            .current_dir(workspace.root())
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .args([
                "install",
                "--locked",
                "--quiet",
                "--force",
                "--profile",
                "dev",
            ])
            .arg("--root")
            .arg(&tools)
            .arg("--target-dir")
            .arg(tools.join("build"))
            .arg(format!("cargo-deny@{VERSION}")),
    )?;
    Ok(program)
}
