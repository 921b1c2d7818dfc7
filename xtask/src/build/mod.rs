//! `cargo xtask build`: everything that SPEC names below `target/dist`.

mod components;
mod freshness;
mod host;
mod languages;
mod toolchain;
mod verifier;

pub use components::HOSTILE_PACKAGE;
pub use host::tested_packages;
pub use languages::Language;
pub use toolchain::AuthorTools;

use anyhow::Result;
use clap::Args;

use crate::console::step;
use crate::workspace::Workspace;

/// What to build.
#[derive(Args)]
pub struct BuildArguments {
    /// Only the templates and the verifier, not the host's release binary
    #[arg(long)]
    wasm_only: bool,
    /// Also the templates in JavaScript and Python, whose tools come from npm and PyPI
    #[arg(long)]
    languages: bool,
}

/// Builds templates, verifier and host, in the order in which one needs the other.
pub fn run(workspace: &Workspace, arguments: &BuildArguments) -> Result<()> {
    if arguments.languages {
        languages(workspace)?;
    }
    if arguments.wasm_only {
        webassembly(workspace)
    } else {
        all(workspace)
    }
}

/// Builds all of it.
pub fn all(workspace: &Workspace) -> Result<()> {
    webassembly(workspace)?;
    step("host", || host::build(workspace))
}

/// Builds what the tests use.
pub fn for_tests(workspace: &Workspace) -> Result<()> {
    webassembly(workspace)?;
    step("host", || host::build_for_tests(workspace))
}

/// Builds what is compiled to WebAssembly: the host embeds a part of it, and tests use the rest.
pub fn webassembly(workspace: &Workspace) -> Result<()> {
    let toolchain = step("WebAssembly toolchain", || {
        toolchain::WasmToolchain::prepare(workspace)
    })?;
    step("templates and verifier", || {
        components::build_templates_and_verifier(workspace, &toolchain)?;
        components::wrap_templates(workspace)?;
        verifier::package(workspace)
    })?;
    step("hostile guests", || {
        components::build_hostile_guests(workspace, &toolchain)
    })
}

/// Builds the templates in other languages than Rust, where they have changed.
pub fn languages(workspace: &Workspace) -> Result<()> {
    step("templates in JavaScript and Python", || {
        languages::build(workspace)
    })
}
