//! The host's release binary, `target/dist/guichet`.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::{Workspace, cargo};

const PACKAGE: &str = "guichet";

/// Builds the binary and copies it beside what else a build leaves.
pub fn build(workspace: &Workspace) -> Result<()> {
    process::run(cargo().current_dir(workspace.root()).args([
        "build",
        "--release",
        "--package",
        PACKAGE,
        "--bin",
        PACKAGE,
    ]))?;
    let built = release_folder(workspace).join(PACKAGE);
    let copy = workspace.dist().join(PACKAGE);
    if is_older(&copy, &built) {
        // A running host keeps the file it was started from: replace it, do not write into it.
        let fresh = copy.with_extension("new");
        std::fs::copy(&built, &fresh)
            .with_context(|| format!("cannot copy {}", built.display()))?;
        std::fs::rename(&fresh, &copy)
            .with_context(|| format!("cannot write {}", copy.display()))?;
    }
    Ok(())
}

fn release_folder(workspace: &Workspace) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace.target(), |own| workspace.root().join(own));
    target.join("release")
}

fn is_older(copy: &std::path::Path, built: &std::path::Path) -> bool {
    let modified = |path: &std::path::Path| path.metadata().and_then(|data| data.modified()).ok();
    modified(copy) < modified(built)
}
