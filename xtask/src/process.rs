//! Running other programs, with errors that show what was run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};

/// Runs `command` to its end with our own output streams and no input.
pub fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    eprintln!("   $ {shown}");
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{shown}` could not be started"))?;
    ensure!(status.success(), "`{shown}` failed: {status}");
    Ok(())
}

/// Runs `command` silently and returns its standard output; its errors become part of ours.
pub fn capture(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{shown}` could not be started"))?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        bail!("`{shown}` failed: {}\n{}", output.status, errors.trim_end());
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{shown}` printed no UTF-8"))
}

/// Sends a signal, named as `kill` takes it ("-TERM"), to a process that we started.
pub fn signal(process: u32, name: &str) -> Result<()> {
    capture(Command::new("kill").args([name, &process.to_string()])).map(drop)
}

/// The first folder of `PATH` that holds `program`, as a whole path.
pub fn find_program(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// One line as a person would type it, with paths below the current folder shortened.
fn show(command: &Command) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| shorten(word, &here))
        .collect::<Vec<_>>()
        .join(" ")
}

fn shorten(word: &OsStr, here: &Path) -> String {
    let relative = Path::new(word)
        .strip_prefix(here)
        .unwrap_or(Path::new(word));
    relative.to_string_lossy().into_owned()
}
