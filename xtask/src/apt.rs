//! Debian packages that a step needs and the machine may lack.

use std::process::Command;

use anyhow::{Result, bail};

use crate::console::say;
use crate::process;

/// A program that a step runs, and the Debian package that brings it.
#[derive(Clone, Copy)]
pub struct Program {
    pub name: &'static str,
    pub package: &'static str,
}

/// Installs the packages of those `programs` that are not on the `PATH`.
pub fn ensure_programs(programs: &[Program]) -> Result<()> {
    let missing: Vec<&str> = programs
        .iter()
        .filter(|program| process::find_program(program.name).is_none())
        .map(|program| program.package)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    install(&missing)
}

/// Installs or upgrades `packages`. The package lists are read anew before: old ones name old versions,
/// which install without a complaint.
pub fn install(packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    if process::find_program("apt-get").is_none() || !is_root()? {
        bail!("please install these packages (as root) and start again: {wanted}");
    }
    say(&format!("installing by apt-get: {wanted}"));
    if process::run(Command::new("apt-get").args(["update", "--quiet"])).is_err() {
        say("the package lists could not be read, going on with those of this machine");
    }
    process::run(&mut install_command(packages))
}

fn install_command(packages: &[&str]) -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["install", "--yes", "--quiet", "--no-install-recommends"])
        .args(packages);
    command
}

fn is_root() -> Result<bool> {
    Ok(process::capture(Command::new("id").arg("-u"))?.trim() == "0")
}
