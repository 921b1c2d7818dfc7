//! `cargo xtask coverage`: which lines the tests run.

use std::process::Command;

use anyhow::{Context, Result};

use crate::console::{say, step};
use crate::postgres::{self, Cluster, Writes};
use crate::tools::{CARGO_LLVM_COV, cargo_with};
use crate::workspace::Workspace;
use crate::{apt, build, process};

/// Runs the workspace's tests with counters in the code, black-box ones on both databases, and writes
/// `target/coverage/html`. Programs that a test kills do not tell what they ran.
pub fn run(workspace: &Workspace) -> Result<()> {
    build::webassembly(workspace)?;
    let program = CARGO_LLVM_COV.find_or_install(workspace)?;
    let llvm = LlvmTools::find_or_install()?;
    let cluster = Cluster::start(workspace, "coverage", Writes::Fast)?;
    let cargo = |arguments: &[&str]| -> Result<Command> {
        let mut command = cargo_with(&program)?;
        command
            .current_dir(workspace.root())
            .env("LLVM_COV", &llvm.cov)
            .env("LLVM_PROFDATA", &llvm.profdata)
            .env(
                "CARGO_LLVM_COV_TARGET_DIR",
                workspace.target().join("coverage"),
            )
            .env(postgres::VARIABLE, cluster.url())
            .arg("llvm-cov")
            .args(arguments);
        Ok(command)
    };
    process::run(&mut cargo(&["clean", "--workspace"])?)?;
    let packages = build::tested_packages(workspace);
    step("tests, SQLite", || {
        process::run(cargo(&["--no-report"])?.args(&packages))
    })?;
    step("black-box tests, PostgreSQL", || {
        process::run(
            cargo(&["--no-report"])?
                .args(&packages)
                .args(["--test", "service"])
                .env("GUICHET_TEST_ENGINE", "postgres"),
        )
    })?;
    step("report", || {
        process::run(&mut cargo(&["report", "--html"])?)?;
        process::run(&mut cargo(&["report", "--summary-only"])?)
    })?;
    say("each line is shown in target/coverage/llvm-cov/html/index.html");
    Ok(())
}

/// LLVM's own programs, as old as the compiler's LLVM: the format of the counters changes with it.
struct LlvmTools {
    cov: String,
    profdata: String,
}

impl LlvmTools {
    fn find_or_install() -> Result<Self> {
        let compiler = process::capture(Command::new("rustc").arg("-vV"))?;
        let major = compiler
            .lines()
            .find_map(|line| line.strip_prefix("LLVM version: "))
            .and_then(|version| version.split('.').next())
            .context("rustc does not say its LLVM")?;
        let tools = Self {
            cov: format!("llvm-cov-{major}"),
            profdata: format!("llvm-profdata-{major}"),
        };
        if process::find_program(&tools.profdata).is_none() {
            apt::install(&[&format!("llvm-{major}")])?;
        }
        let path = |name: &str| {
            process::find_program(name)
                .map(|path| path.display().to_string())
                .with_context(|| format!("no {name} after its package was installed"))
        };
        Ok(Self {
            cov: path(&tools.cov)?,
            profdata: path(&tools.profdata)?,
        })
    }
}
