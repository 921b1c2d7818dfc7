//! `cargo xtask mutants`: changes the code, one small fault at a time, and looks which test notices.

use std::process::Command;

use anyhow::{Result, ensure};
use clap::Args;

use crate::console::step;
use crate::tools::{CARGO_MUTANTS, cargo_with};
use crate::workspace::Workspace;
use crate::{build, process};

/// How large the sample is.
#[derive(Args)]
pub struct MutantsArguments {
    /// Of the mutants of token and gate, try one in so many; those of issuing, which take minutes each,
    /// one in eight times so many
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=1000))]
    one_in: u32,
}

/// Fails if a mutant of the sample lives. What cannot be told from the right code is named, with the
/// reason, in `.cargo/mutants.toml`.
pub fn run(workspace: &Workspace, arguments: &MutantsArguments) -> Result<()> {
    build::webassembly(workspace)?;
    let program = CARGO_MUTANTS.find_or_install(workspace)?;
    let mutants = |sample: &Sample| {
        let shard = format!("0/{}", sample.one_in);
        let output = workspace.target().join("mutants").join(sample.name);
        step(
            &format!("mutants of {}, one in {}", sample.name, sample.one_in),
            || {
                process::run(
                    cargo_with(&program)?
                        .current_dir(workspace.root())
                        .args(["mutants", "--no-shuffle", "--sharding", "round-robin"])
                        .args(["--shard", &shard, "--output"])
                        .arg(output)
                        .args(sample.what),
                )
            },
        )
    };
    mutants(&Sample {
        name: "token",
        one_in: arguments.one_in,
        what: &["--package", "ticket-token"],
    })?;
    mutants(&Sample {
        name: "gate",
        one_in: arguments.one_in,
        what: &["--package", "ticket-gate"],
    })?;
    // In place: the host embeds a template that stands below `target`, which no copy has.
    ensure_clean(workspace)?;
    mutants(&Sample {
        name: "issue",
        one_in: arguments.one_in.saturating_mul(8),
        what: &[
            "--in-place",
            "--package",
            "guichet",
            "--file",
            "host/src/issue/**",
        ],
    })
}

struct Sample {
    name: &'static str,
    one_in: u32,
    what: &'static [&'static str],
}

/// Whoever works in the tree must not find a mutant in it, should this be killed.
fn ensure_clean(workspace: &Workspace) -> Result<()> {
    let changed = process::capture(
        Command::new("git")
            .current_dir(workspace.root())
            .args(["status", "--porcelain"]),
    )?;
    ensure!(
        changed.trim().is_empty(),
        "commit or put away your changes: mutants of issuing are made in the tree itself"
    );
    Ok(())
}
