//! The npm package `@guichet/verifier`, ready for `npm pack`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use super::freshness::{self, Stamp};
use super::toolchain::module_folder;
use crate::console::say;
use crate::workspace::Workspace;

/// The crate behind the package.
pub const PACKAGE: &str = "guichet-verifier";

const OUTPUT_NAME: &str = "guichet_verifier";

/// Binds the compiled verifier for JavaScript and puts the package's own files beside it.
pub fn package(workspace: &Workspace) -> Result<()> {
    let folder = workspace.dist().join("verifier");
    bind(workspace, &folder)?;
    let own_files = workspace.root().join("verifier-wasm/package");
    if own_files.is_dir() {
        copy_folder(&own_files, &folder)?;
    }
    Ok(())
}

fn bind(workspace: &Workspace, folder: &Path) -> Result<()> {
    let module = module_folder(workspace).join(format!("{OUTPUT_NAME}.wasm"));
    let bytes = std::fs::read(&module)
        .with_context(|| format!("cargo left no module at {}", module.display()))?;
    let stamp = Stamp::over(workspace, "verifier", &[&bytes])?;
    let bound: PathBuf = folder.join(format!("{OUTPUT_NAME}_bg.wasm"));
    if stamp.is_fresh(&bound) {
        return Ok(());
    }
    Bindgen::new()
        .input_bytes(OUTPUT_NAME, bytes)
        .out_name(OUTPUT_NAME)
        .web(true)?
        .typescript(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)
        .context("wasm-bindgen could not bind the verifier")?;
    let size = std::fs::metadata(&bound).map_or(0, |data| data.len());
    say(&format!("{}: {} KiB", bound.display(), size / 1024));
    stamp.record()
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    let entries =
        std::fs::read_dir(from).with_context(|| format!("cannot list {}", from.display()))?;
    for entry in entries {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            freshness::write(&target, &std::fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
