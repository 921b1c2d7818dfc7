//! Python environments with programs of other people.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::console::say;
use crate::workspace::Workspace;
use crate::{apt, process};

/// The folder of our own scripts for the foreign token libraries, relative to the root.
pub const SCRIPTS: &str = "ticket-token/vectors";

/// The interpreter that has the foreign token libraries.
pub fn interpreter(workspace: &Workspace) -> Result<PathBuf> {
    with_requirements(workspace, "python", SCRIPTS)
}

/// The interpreter of an environment `target/<name>` with what `requirements.txt` in the folder `of` pins,
/// made once for it.
pub fn with_requirements(workspace: &Workspace, name: &str, of: &str) -> Result<PathBuf> {
    let home = workspace.target().join(name);
    let python = home.join("bin/python");
    let requirements = workspace.root().join(of).join("requirements.txt");
    let wanted = std::fs::read(&requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let record = home.join("installed-requirements.txt");
    if python.exists() && std::fs::read(&record).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    say(&format!("making a Python environment in target/{name}"));
    // Debian's own Python leaves out what a new environment gets pip from.
    if process::capture(Command::new("python3").args(["-c", "import ensurepip"])).is_err() {
        apt::install(&["python3-venv"])?;
    }
    process::run(
        Command::new("python3")
            .args(["-m", "venv", "--clear"])
            .arg(&home),
    )?;
    process::run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg(&requirements),
    )?;
    std::fs::write(&record, wanted).context("cannot record the requirements")?;
    Ok(python)
}

/// Lets pycose, in the interpreter `python`, verify `codes` with the JWK set at `key_set` and nothing else. Returns what it read
/// of each, a line of JSON; a code that it refuses is an error.
pub fn verify_by_pycose(
    workspace: &Workspace,
    python: &Path,
    key_set: &Path,
    codes: &[&str],
) -> Result<Vec<String>> {
    let printed = process::capture(
        Command::new(python)
            .arg(workspace.root().join(SCRIPTS).join("verify_with_pycose.py"))
            .arg(key_set)
            .args(codes),
    )?;
    Ok(printed.lines().map(str::to_owned).collect())
}
