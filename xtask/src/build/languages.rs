//! Templates in other languages than Rust, by those languages' own tools: `target/dist/templates/NAME.wasm`.
//!
//! They are built on request only: the tools come from npm and PyPI, and Python takes half a minute.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::freshness::{self, Stamp};
use crate::console::say;
use crate::workspace::Workspace;
use crate::{node, process, python};

const CONTRACT: &str = "wit/v0";
const WORLD: &str = "template";

/// A language with a template in `guest-templates`, in the folder of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// By componentize-qjs, which puts QuickJS into the component.
    JavaScript,
    /// By componentize-py, which puts CPython into the component.
    Python,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::JavaScript, Self::Python];

    /// Name of the folder, of the component and of the template itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::JavaScript => "javascript",
            Self::Python => "python",
        }
    }

    /// Where the build leaves the component.
    pub fn component(self, workspace: &Workspace) -> PathBuf {
        let file = format!("{}.wasm", self.name());
        workspace.dist().join("templates").join(file)
    }

    fn folder(self, workspace: &Workspace) -> PathBuf {
        workspace.root().join("guest-templates").join(self.name())
    }

    /// What decides how the component turns out: the template, what pins its tools, and the contract.
    fn inputs(self, workspace: &Workspace) -> Result<Vec<Vec<u8>>> {
        let folder = self.folder(workspace);
        let folders = match self {
            Self::JavaScript => vec![folder.join("src"), folder],
            Self::Python => vec![folder],
        };
        let mut inputs = Vec::new();
        for folder in folders.into_iter().chain([workspace.root().join(CONTRACT)]) {
            for path in files_in(&folder)? {
                inputs.push(path.to_string_lossy().into_owned().into_bytes());
                inputs.push(fs::read(path)?);
            }
        }
        Ok(inputs)
    }

    /// Checks the types, then makes the component at `output`.
    fn make(self, workspace: &Workspace, output: &Path) -> Result<()> {
        match self {
            Self::JavaScript => make_javascript(workspace, output),
            Self::Python => make_python(workspace, output),
        }
    }
}

/// Builds those whose sources have changed.
pub fn build(workspace: &Workspace) -> Result<()> {
    for language in Language::ALL {
        let inputs = language.inputs(workspace)?;
        let inputs: Vec<&[u8]> = inputs.iter().map(Vec::as_slice).collect();
        let stamp = Stamp::over(workspace, language.name(), &inputs)?;
        let component = language.component(workspace);
        if stamp.is_fresh(&component) {
            continue;
        }
        // Beside its place, so that a tool that is interrupted leaves no half of a component there.
        let fresh = work_folder(workspace, language)?.join("ticket.wasm");
        language.make(workspace, &fresh)?;
        let bytes =
            fs::read(&fresh).with_context(|| format!("no component at {}", fresh.display()))?;
        freshness::write(&component, &bytes)?;
        say(&format!(
            "{}: {} KiB",
            component.display(),
            bytes.len() / 1024
        ));
        stamp.record()?;
    }
    Ok(())
}

/// The same as `npm run check` and `npm run build` in the folder, but with the packages elsewhere.
fn make_javascript(workspace: &Workspace, output: &Path) -> Result<()> {
    let folder = Language::JavaScript.folder(workspace);
    let tools = node::with_lock_file(workspace, "template-javascript", &folder)?;
    let programs = tools.join("node_modules/.bin");
    process::run(
        Command::new(programs.join("tsc"))
            .arg("--project")
            .arg(&folder),
    )?;
    let sources = folder.join("src");
    process::run(
        Command::new(programs.join("componentize-qjs"))
            .args(["--sync", "--opt-size", "--stub-wasi", "--wit"])
            .arg(workspace.root().join(CONTRACT))
            .arg("--module-root")
            .arg(&sources)
            .arg("--js")
            .arg(sources.join("ticket.js"))
            .arg("--output")
            .arg(output),
    )
}

fn make_python(workspace: &Workspace, output: &Path) -> Result<()> {
    let source = Language::Python.folder(workspace);
    let python = python::with_requirements(
        workspace,
        "template-python",
        &format!("guest-templates/{}", Language::Python.name()),
    )?;
    // A copy of the modules alone: what lies beside the application would be taken along, and Python
    // would leave its own files between the sources.
    let work = work_folder(workspace, Language::Python)?;
    let (modules, bindings) = (work.join("modules"), work.join("bindings"));
    for folder in [&modules, &bindings] {
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        fs::create_dir_all(folder)?;
    }
    for path in files_in(&source)? {
        if let (Some("py"), Some(name)) = (
            path.extension().and_then(|ending| ending.to_str()),
            path.file_name(),
        ) {
            fs::copy(&path, modules.join(name))?;
        }
    }
    let componentize = || {
        let mut command = Command::new(python.with_file_name("componentize-py"));
        command
            .args(["--quiet", "--world", WORLD, "--wit-path"])
            .arg(workspace.root().join(CONTRACT));
        command
    };
    process::run(componentize().arg("bindings").arg(&bindings))?;
    process::run(
        Command::new(&python)
            .current_dir(&modules)
            .env("MYPYPATH", &bindings)
            .args(["-m", "mypy", "--strict", "--no-error-summary", "."]),
    )?;
    process::run(
        componentize()
            .current_dir(&modules)
            .args(["componentize", "--stub-wasi", "ticket", "--output"])
            .arg(output),
    )
}

fn work_folder(workspace: &Workspace, language: Language) -> Result<PathBuf> {
    let folder = workspace.target().join("languages").join(language.name());
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// The files directly in a folder, in the order of their names.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
