//! Cargo's subcommands of other people, which a step needs and the machine may lack.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::console::say;
use crate::process;
use crate::workspace::{Workspace, cargo};

/// A program from crates.io. Pinned, so that a new release cannot turn a green tree red.
#[derive(Clone, Copy)]
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
}

pub const CARGO_DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
};

pub const CARGO_LLVM_COV: Tool = Tool {
    name: "cargo-llvm-cov",
    version: "0.9.1",
};

pub const CARGO_MUTANTS: Tool = Tool {
    name: "cargo-mutants",
    version: "27.1.0",
};

impl Tool {
    /// The one on the `PATH`, or else one of our own below `target/tools`, installed if need be.
    pub fn find_or_install(self, workspace: &Workspace) -> Result<PathBuf> {
        if let Some(program) = process::find_program(self.name) {
            return Ok(program);
        }
        let tools = workspace.target().join("tools");
        let program = tools.join("bin").join(self.name);
        if program.exists() && self.is_installed_in(&tools) {
            return Ok(program);
        }
        say(&format!(
            "installing {} {} into target/tools, a minute or two",
            self.name, self.version
        ));
        // They run for seconds: an optimised build would take five times as long and save one.
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
                .arg(format!("{}@{}", self.name, self.version)),
        )?;
        Ok(program)
    }

    /// By cargo's own list of what it installed there.
    fn is_installed_in(self, tools: &Path) -> bool {
        let entry = format!("\"{} {} (", self.name, self.version);
        fs::read_to_string(tools.join(".crates.toml")).is_ok_and(|list| list.contains(&entry))
    }
}

/// `cargo` that finds `program`, of which a subcommand is named.
pub fn cargo_with(program: &Path) -> Result<Command> {
    let mut command = cargo();
    let folder = program.parent().map(Path::to_path_buf);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = folder.into_iter().chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(folders)?);
    Ok(command)
}
