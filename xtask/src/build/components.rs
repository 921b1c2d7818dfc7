//! Guests: from a package to a component.

use std::path::Path;

use anyhow::{Context, Result};
use wit_component::ComponentEncoder;

use super::freshness::{self, Stamp};
use super::toolchain::{WasmToolchain, module_folder};
use super::verifier;
use crate::console::say;
use crate::process;
use crate::workspace::Workspace;

const TEMPLATE_FOLDER: &str = "guest-templates";
const TEMPLATE_PREFIX: &str = "guichet-template-";

/// The package whose examples are the guests of the sandbox tests, one sin each.
pub const HOSTILE_PACKAGE: &str = "guichet-hostile-guests";

/// Compiles every template and the verifier, each by a run of cargo of its own: features that one
/// package asks for do not change another one's module.
pub fn build_templates_and_verifier(
    workspace: &Workspace,
    toolchain: &WasmToolchain,
) -> Result<()> {
    let templates = workspace
        .packages_below(TEMPLATE_FOLDER)
        .filter(|package| package.cdylib_stem().is_some())
        .map(|package| package.name.as_str());
    for package in templates.chain([verifier::PACKAGE]) {
        process::run(&mut toolchain.compile_module(workspace, package))?;
    }
    Ok(())
}

/// Wraps each compiled template as a component: `target/dist/templates/NAME.wasm`.
pub fn wrap_templates(workspace: &Workspace) -> Result<()> {
    for package in workspace.packages_below(TEMPLATE_FOLDER) {
        let Some(stem) = package.cdylib_stem() else {
            continue;
        };
        let name = package
            .name
            .strip_prefix(TEMPLATE_PREFIX)
            .with_context(|| format!("{} is not called {TEMPLATE_PREFIX}…", package.name))?;
        let module = module_folder(workspace).join(format!("{stem}.wasm"));
        let component = workspace
            .dist()
            .join("templates")
            .join(format!("{name}.wasm"));
        wrap(workspace, name, &module, &component)?;
    }
    Ok(())
}

/// Compiles and wraps the guests of the sandbox tests: `target/hostile/NAME.wasm`.
///
/// They are examples of one package, and built apart from the templates: a package's examples
/// bring its test dependencies, whose features would leak into the shipped modules.
pub fn build_hostile_guests(workspace: &Workspace, toolchain: &WasmToolchain) -> Result<()> {
    let Some(package) = workspace.package(HOSTILE_PACKAGE) else {
        say("this checkout has none");
        return Ok(());
    };
    process::run(&mut toolchain.compile_examples(workspace, &package.name))?;
    for name in package.cdylib_examples() {
        let module = module_folder(workspace)
            .join("examples")
            .join(format!("{name}.wasm"));
        let component = workspace
            .target()
            .join("hostile")
            .join(format!("{name}.wasm"));
        wrap(workspace, &format!("hostile-{name}"), &module, &component)?;
    }
    Ok(())
}

fn wrap(workspace: &Workspace, name: &str, module: &Path, component: &Path) -> Result<()> {
    let bytes = std::fs::read(module)
        .with_context(|| format!("cargo left no module at {}", module.display()))?;
    let stamp = Stamp::over(workspace, name, &[&bytes]);
    if stamp.is_fresh(component) {
        return Ok(());
    }
    let encoded = encode(&bytes).with_context(|| format!("cannot make {name} a component"))?;
    freshness::write(component, &encoded)?;
    say(&format!(
        "{}: {} KiB",
        component.display(),
        encoded.len() / 1024
    ));
    stamp.record()
}

fn encode(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)?
        .encode()
}
