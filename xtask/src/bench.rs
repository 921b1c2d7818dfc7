//! `cargo xtask bench`: every benchmark program of the workspace, one after the other.

use anyhow::Result;
use clap::Args;

use crate::console::step;
use crate::workspace::{Workspace, cargo};
use crate::{build, process};

/// Which benchmarks to run, and how.
#[derive(Args)]
pub struct BenchArguments {
    /// Names of benchmark programs; all if none is given
    names: Vec<String>,
    /// Arguments for the benchmark programs themselves
    #[arg(last = true)]
    forwarded: Vec<String>,
}

/// Builds what the benchmarks read, then runs them; never two at a time, for the figures' sake.
pub fn run(workspace: &Workspace, arguments: &BenchArguments) -> Result<()> {
    build::webassembly(workspace)?;
    for package in workspace.packages() {
        for bench in package.benches() {
            let wanted =
                arguments.names.is_empty() || arguments.names.iter().any(|name| name == bench);
            if !wanted {
                continue;
            }
            step(&format!("bench {bench} of {}", package.name), || {
                process::run(
                    cargo()
                        .current_dir(workspace.root())
                        .args(["bench", "--package", &package.name, "--bench", bench, "--"])
                        .args(&arguments.forwarded),
                )
            })?;
        }
    }
    Ok(())
}
