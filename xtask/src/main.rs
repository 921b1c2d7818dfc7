//! `cargo xtask`: builds, tests and shows the whole workspace.
//!
//! Cargo alone cannot build Guichet: the host embeds a template that is first compiled to
//! WebAssembly and wrapped as a component, and the verifier is an npm package made from a crate.
//! These commands do that, and install or start whatever they need, always saying so.

mod apt;
mod batches;
mod bench;
mod build;
mod clippy;
mod console;
mod coverage;
mod crash;
mod demo;
mod deny;
mod installation;
mod krilla;
mod load;
mod mutants;
mod node;
mod postgres;
mod process;
mod programs;
mod python;
mod schema;
mod test;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, test and show Guichet")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the templates, the verifier and the host into target/dist
    Build(build::BuildArguments),
    /// Count which lines the tests run, into target/coverage
    Coverage,
    /// Lint every target, warnings being errors
    Clippy,
    /// Check licences, sources and bans of the dependencies
    Deny,
    /// Show the whole of it: upload, issue, print, verify, revoke
    Demo(demo::DemoArguments),
    /// Put small faults into token, gate and issuing, and see that a test notices each
    Mutants(mutants::MutantsArguments),
    /// Write the page about the tables from the migrations
    Schema,
    /// Run every test: foreign libraries, Node, Chromium, the demonstration, Rust
    Test(test::TestArguments),
    /// Run the benchmarks
    Bench(bench::BenchArguments),
    /// Kill hosts and databases under load, and look whether what was acknowledged holds
    Crash(crash::CrashArguments),
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    let workspace = Workspace::locate()?;
    match arguments.command {
        Command::Build(arguments) => build::run(&workspace, &arguments),
        Command::Coverage => coverage::run(&workspace),
        Command::Clippy => clippy::run(&workspace),
        Command::Deny => deny::run(&workspace),
        Command::Demo(arguments) => demo::run(&workspace, arguments),
        Command::Mutants(arguments) => mutants::run(&workspace, &arguments),
        Command::Schema => schema::run(&workspace),
        Command::Test(arguments) => test::run(&workspace.with_host_of_tests(), &arguments),
        Command::Bench(arguments) => bench::run(&workspace, &arguments),
        Command::Crash(arguments) => crash::run(&workspace, &arguments),
    }
}
