//! `guichet template build`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::Kind;
use crate::cli::answer::{Form, Outcome, Refusal, WrongUsage, show};
use crate::cli::value::{self, read_file};

const TARGET: &str = "wasm32-unknown-unknown";

/// Build a template with its own language's tools.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet template build summer

The component is left in the project's folder, as NAME.wasm. It is built on this machine, by the tools that
are installed here and with your rights: build only what you would run.")]
pub(in crate::cli) struct BuildArgs {
    /// The project's folder.
    #[arg(value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
}

pub(in crate::cli::template) fn run(args: &BuildArgs, form: Form) -> anyhow::Result<Outcome> {
    let folder = &args.folder;
    let Some(kind) = Kind::of(folder) else {
        return Err(WrongUsage(format!(
            "{}: no template project is there; `guichet template new` makes one",
            folder.display()
        ))
        .into());
    };
    let component = match kind {
        Kind::Rust => build_rust(folder)?,
        Kind::Javascript => build_javascript(folder)?,
        Kind::Python => build_python(folder)?,
    };
    let bytes = fs::metadata(&component)
        .with_context(|| format!("cannot read {}", component.display()))?
        .len();
    show(
        form,
        format_args!("built {}: {bytes} bytes", component.display()),
        &json!({ "component": component.display().to_string(), "bytes": bytes }),
    )?;
    Ok(Outcome::Done)
}

/// A core module with the contract inside, which a host makes a component of.
fn build_rust(folder: &Path) -> anyhow::Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo
        .current_dir(folder)
        .args(["build", "--release", "--target", TARGET, "--message-format"])
        .arg("json-render-diagnostics");
    let printed = printed_by(cargo, "install Rust from https://rustup.rs")?;
    // The last artifact is the project's own.
    let module = printed
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["reason"] == "compiler-artifact")
        .flat_map(|message| match &message["filenames"] {
            Value::Array(files) => files.clone(),
            _ => Vec::new(),
        })
        .filter_map(|file| file.as_str().map(PathBuf::from))
        .rfind(|file| file.extension().is_some_and(|ending| ending == "wasm"))
        .ok_or_else(|| {
            Refusal::new(
                "NO_MODULE",
                "cargo left no module: the library needs crate-type = [\"cdylib\"]",
            )
        })?;
    let stem = module.file_stem().unwrap_or_default().to_string_lossy();
    let component = folder.join(format!("{}.wasm", stem.replace('_', "-")));
    fs::copy(&module, &component)
        .with_context(|| format!("cannot write {}", component.display()))?;
    Ok(component)
}

/// By the script of the project's own `package.json`.
fn build_javascript(folder: &Path) -> anyhow::Result<PathBuf> {
    const ADVICE: &str = "install Node 20 or later";
    let package: Value = serde_json::from_slice(&read_file(&folder.join("package.json"))?)
        .context("package.json is no JSON")?;
    let name = named(package["name"].as_str(), "package.json")?;
    let npm = |arguments: &[&str]| {
        let mut command = Command::new("npm");
        command.current_dir(folder).args(arguments);
        printed_by(command, ADVICE)
    };
    if !folder.join("node_modules").is_dir() {
        npm(&["ci", "--no-audit", "--no-fund"])?;
    }
    npm(&["run", "--silent", "build"])?;
    Ok(folder.join(format!("{name}.wasm")))
}

/// By componentize-py in an environment of the project's own.
fn build_python(folder: &Path) -> anyhow::Result<PathBuf> {
    const ADVICE: &str = "install Python 3.10 or later";
    let folder = fs::canonicalize(folder)?;
    let text = String::from_utf8(read_file(&folder.join("pyproject.toml"))?)?;
    let project: toml::Table = toml::from_str(&text).context("pyproject.toml is no TOML")?;
    let name = project
        .get("project")
        .and_then(|project| project.get("name"));
    let name = named(name.and_then(toml::Value::as_str), "pyproject.toml")?;
    let programs = folder.join(".venv/bin");
    if !programs.join("componentize-py").is_file() {
        let mut environment = Command::new("python3");
        environment
            .current_dir(&folder)
            .args(["-m", "venv", ".venv"]);
        printed_by(environment, ADVICE)?;
        let mut install = Command::new(programs.join("python"));
        install
            .current_dir(&folder)
            .args(["-m", "pip", "install", "--quiet", "--requirement"])
            .arg("requirements.txt");
        printed_by(install, ADVICE)?;
    }
    let component = folder.join(format!("{name}.wasm"));
    let mut build = Command::new(programs.join("componentize-py"));
    build
        .current_dir(folder.join("src"))
        // What lies in the folder becomes part of the component.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["--quiet", "--world", "template", "--wit-path"])
        .arg(folder.join("wit"))
        .args(["componentize", "--stub-wasi", "ticket", "--output"])
        .arg(&component);
    printed_by(build, ADVICE)?;
    Ok(component)
}

/// The name that a project gives itself, which becomes a file's.
fn named(name: Option<&str>, file: &str) -> anyhow::Result<String> {
    let name = name.unwrap_or_default();
    let named = value::template_name(name);
    named.map_err(|rule| Refusal::new("NAME", format!("the name in {file}: {rule}")).into())
}

/// Runs a builder, whose remarks go to stderr as they come, and gives what it printed.
fn printed_by(mut command: Command, advice: &str) -> anyhow::Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("{program} cannot be started; {advice}"))?;
    if !output.status.success() {
        let message = format!("{program} could not build it: {}", output.status);
        return Err(Refusal::new("BUILD_FAILED", message).into());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{program} printed no UTF-8"))
}
