//! Packages from npm that a step needs, below `target/node`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::console::say;
use crate::process;
use crate::workspace::Workspace;

/// A folder `target/node/<name>` in which `packages` (`name@version`) are installed, once for them.
pub fn with_packages(workspace: &Workspace, name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = workspace.target().join("node").join(name);
    fs::create_dir_all(&folder)?;
    let manifest = folder.join("package.json");
    if !manifest.exists() {
        fs::write(&manifest, r#"{ "private": true }"#)?;
    }
    install_once(&folder, &packages.join("\n"), packages)?;
    Ok(folder)
}

/// Installs what the `package.json` in `folder` names, once for its content.
pub fn install_manifest(folder: &Path) -> Result<()> {
    let manifest = fs::read_to_string(folder.join("package.json"))
        .with_context(|| format!("no package.json in {}", folder.display()))?;
    install_once(folder, &manifest, &[])
}

/// A folder `target/node/<name>` with exactly what the `package-lock.json` in the folder `of` pins, once
/// for it.
pub fn with_lock_file(workspace: &Workspace, name: &str, of: &Path) -> Result<PathBuf> {
    let folder = workspace.target().join("node").join(name);
    fs::create_dir_all(&folder)?;
    for file in ["package.json", "package-lock.json", ".npmrc"] {
        fs::copy(of.join(file), folder.join(file))
            .with_context(|| format!("cannot copy {file} of {}", of.display()))?;
    }
    let lock = fs::read_to_string(folder.join("package-lock.json"))?;
    let record = folder.join("installed.txt");
    if fs::read_to_string(&record).is_ok_and(|installed| installed == lock) {
        return Ok(folder);
    }
    say(&format!(
        "installing npm packages into {}",
        folder.display()
    ));
    process::run(Command::new("npm").current_dir(&folder).args([
        "ci",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
    ]))?;
    fs::write(&record, lock)?;
    Ok(folder)
}

fn install_once(folder: &Path, wanted: &str, packages: &[&str]) -> Result<()> {
    let record = folder.join("installed.txt");
    if fs::read_to_string(&record).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    say(&format!(
        "installing npm packages into {}",
        folder.display()
    ));
    process::run(
        Command::new("npm")
            .current_dir(folder)
            .args(["install", "--no-audit", "--no-fund", "--ignore-scripts"])
            .args(packages),
    )?;
    fs::write(&record, wanted)?;
    Ok(())
}
