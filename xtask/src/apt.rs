//! Debian packages that a step needs and the machine may lack.

use std::process::Command;

use anyhow::{Result, bail};

use crate::console::say;
use crate::process;

/// Installs `packages`, reading the package lists anew if the machine does not know them yet.
pub fn install(packages: &[&str]) -> Result<()> {
    let wanted = packages.join(" ");
    if process::find_program("apt-get").is_none() || !is_root()? {
        bail!("please install these packages (as root) and start again: {wanted}");
    }
    say(&format!("installing by apt-get: {wanted}"));
    if process::run(&mut install_command(packages)).is_ok() {
        return Ok(());
    }
    say("not found, reading the package lists anew");
    process::run(Command::new("apt-get").arg("update"))?;
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
