//! Token libraries of other people, in Python: they must read ours, and we theirs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::prepare;
use crate::console::say;
use crate::workspace::Workspace;
use crate::{apt, process};

const FOLDER: &str = "ticket-token/vectors";

/// Makes the foreign vectors again and runs every `check_*.py` beside them.
pub fn run(workspace: &Workspace) -> Result<()> {
    let folder = workspace.root().join(FOLDER);
    if !folder.join("requirements.txt").exists() {
        say(&format!("{FOLDER} has no requirements.txt, nothing to run"));
        return Ok(());
    }
    let python = environment(workspace, &folder)?;
    made_again(&folder, &python)?;
    for script in checks(&folder)? {
        let mut command = Command::new(&python);
        prepare(workspace, &mut command);
        process::run(command.current_dir(&folder).arg(script))?;
    }
    Ok(())
}

/// A virtual environment below `target` with the pinned requirements, made once for them.
fn environment(workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
    let home = workspace.target().join("python");
    let python = home.join("bin/python");
    let requirements = folder.join("requirements.txt");
    let wanted = std::fs::read(&requirements).context("cannot read requirements.txt")?;
    let record = home.join("installed-requirements.txt");
    if python.exists() && std::fs::read(&record).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    say("making a Python environment in target/python");
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

/// The committed vectors are what the libraries make today.
fn made_again(folder: &Path, python: &Path) -> Result<()> {
    let made = process::capture(
        Command::new(python)
            .current_dir(folder)
            .arg("make_foreign.py"),
    )?;
    let committed =
        std::fs::read_to_string(folder.join("foreign.json")).context("cannot read foreign.json")?;
    ensure!(
        made == committed,
        "make_foreign.py no longer makes foreign.json"
    );
    say("foreign.json is what the libraries make");
    Ok(())
}

fn checks(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut scripts = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_check = path
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with("check_"));
        if is_check && path.extension().is_some_and(|extension| extension == "py") {
            scripts.push(path);
        }
    }
    scripts.sort();
    Ok(scripts)
}
