//! `cargo xtask test`: every test there is, in every language.

mod browser;
mod foreign;
mod node;
mod rust;

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};

use crate::apt::{self, Program};
use crate::console::{seconds, step};
use crate::workspace::Workspace;
use crate::{build, process};

/// Which tests to run.
#[derive(Args)]
pub struct TestArguments {
    /// Suites to run; all if none is given
    #[arg(value_enum)]
    suites: Vec<Suite>,
    /// Run with what the last build left
    #[arg(long)]
    no_build: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Suite {
    /// Unit and black-box tests of the workspace, by cargo
    Rust,
    /// The verifier's npm package in Node
    Node,
    /// The verifier's npm package in headless Chromium
    Browser,
    /// Foreign token libraries in Python
    Foreign,
}

impl Suite {
    const ALL: [Self; 4] = [Self::Foreign, Self::Node, Self::Browser, Self::Rust];

    fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Node => "node",
            Self::Browser => "browser",
            Self::Foreign => "foreign",
        }
    }

    fn run(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Rust => rust::run(workspace),
            Self::Node => node::run(workspace),
            Self::Browser => browser::run(workspace),
            Self::Foreign => foreign::run(workspace),
        }
    }
}

/// Programs that the tests look at our output with; the Python modules are the suites' own.
const READERS: [Program; 5] = [
    Program {
        name: "qpdf",
        package: "qpdf",
    },
    Program {
        name: "pdftoppm",
        package: "poppler-utils",
    },
    Program {
        name: "zbarimg",
        package: "zbar-tools",
    },
    // `convert` may be another program of that name; this one comes with ImageMagick alone.
    Program {
        name: "identify",
        package: "imagemagick",
    },
    Program {
        name: "chromium",
        package: "chromium",
    },
];

/// Runs the suites to their end, also after one has failed, and closes with one line for all.
pub fn run(workspace: &Workspace, arguments: &TestArguments) -> Result<()> {
    step("programs that the tests need", || {
        apt::ensure_programs(&READERS)
    })?;
    if !arguments.no_build {
        build::all(workspace)?;
    }
    let outcomes: Vec<Outcome> = Suite::ALL
        .into_iter()
        .filter(|suite| arguments.suites.is_empty() || arguments.suites.contains(suite))
        .map(|suite| run_suite(workspace, suite))
        .collect();
    report(&outcomes)
}

struct Outcome {
    suite: Suite,
    time: Duration,
    result: Result<()>,
}

fn run_suite(workspace: &Workspace, suite: Suite) -> Outcome {
    let start = Instant::now();
    let result = step(&format!("tests: {}", suite.name()), || suite.run(workspace));
    if let Err(error) = &result {
        eprintln!("   {error:#}");
    }
    Outcome {
        suite,
        time: start.elapsed(),
        result,
    }
}

fn report(outcomes: &[Outcome]) -> Result<()> {
    println!("\nsuites");
    for outcome in outcomes {
        let mark = if outcome.result.is_ok() {
            "ok"
        } else {
            "FAILED"
        };
        println!(
            "  {:<8} {mark:<6} {:>12}",
            outcome.suite.name(),
            seconds(outcome.time)
        );
    }
    let failed = outcomes
        .iter()
        .filter(|outcome| outcome.result.is_err())
        .count();
    println!(
        "suites: {} passed, {failed} failed",
        outcomes.len() - failed
    );
    ensure!(failed == 0, "{failed} of {} suites failed", outcomes.len());
    Ok(())
}

/// A command of a suite: it finds what we built, and runs in the checkout.
fn suite_command(workspace: &Workspace, program: &str) -> Command {
    let mut command = Command::new(program);
    prepare(workspace, &mut command);
    command
}

fn prepare(workspace: &Workspace, command: &mut Command) {
    let chromium = process::find_program("chromium").unwrap_or_else(|| "chromium".into());
    command
        .current_dir(workspace.root())
        .env("GUICHET_BINARY", workspace.dist().join("guichet"))
        .env("GUICHET_VERIFIER_DIST", workspace.dist().join("verifier"))
        .env("GUICHET_HOSTILE_DIR", workspace.target().join("hostile"))
        .env("GUICHET_CHROMIUM", chromium);
}
