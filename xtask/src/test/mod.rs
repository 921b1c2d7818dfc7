//! `cargo xtask test`: every test there is, in every language.

mod authors;
mod crashes;
mod demonstration;
mod foreign;
mod interface;
mod languages;
mod objects;
mod rust;
mod verifier;

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::{Args, ValueEnum};

use crate::console::{seconds, step};
use crate::workspace::Workspace;
use crate::{apt, build, programs};

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
    /// Foreign token libraries
    Foreign,
    /// The verifier's npm package in Node and in headless Chromium
    Verifier,
    /// The main job on real input, every document inspected
    Demo,
    /// The REST API by its description: clients, Postman, made-up requests
    Interface,
    /// Templates in JavaScript and Python
    Languages,
    /// A template from nothing to a ticket, by the commands of `guichet template`
    Authors,
    /// Artifacts in a server that speaks S3, over connections that break
    Objects,
    /// Hosts and databases that are killed under load
    Crash,
    /// Unit and black-box tests of the workspace, by cargo
    Rust,
}

impl Suite {
    /// Those that are run unless others are named.
    const ALL: [Self; 9] = [
        Self::Foreign,
        Self::Verifier,
        Self::Demo,
        Self::Interface,
        Self::Languages,
        Self::Authors,
        Self::Objects,
        Self::Crash,
        Self::Rust,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Foreign => "foreign",
            Self::Verifier => "verifier",
            Self::Demo => "demo",
            Self::Interface => "interface",
            Self::Languages => "languages",
            Self::Authors => "authors",
            Self::Objects => "objects",
            Self::Crash => "crash",
            Self::Rust => "rust",
        }
    }

    fn run(self, workspace: &Workspace) -> Result<()> {
        match self {
            Self::Foreign => foreign::run(workspace),
            Self::Verifier => verifier::run(workspace),
            Self::Demo => demonstration::run(workspace),
            Self::Interface => interface::run(workspace),
            Self::Languages => languages::run(workspace),
            Self::Authors => authors::run(workspace),
            Self::Objects => objects::run(workspace),
            Self::Crash => crashes::run(workspace),
            Self::Rust => rust::run(workspace),
        }
    }
}

/// Runs the suites to their end, also after one has failed, and closes with one line for all.
pub fn run(workspace: &Workspace, arguments: &TestArguments) -> Result<()> {
    step("programs that the tests need", || {
        apt::ensure_programs(&programs::ALL)
    })?;
    if !arguments.no_build {
        build::for_tests(workspace)?;
    }
    let suites = match arguments.suites.as_slice() {
        [] => &Suite::ALL,
        named => named,
    };
    let outcomes: Vec<Outcome> = suites
        .iter()
        .map(|suite| run_suite(workspace, *suite))
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
            "  {:<9} {mark:<6} {:>12}",
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
