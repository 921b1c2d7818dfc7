//! The compiler for `wasm32-unknown-unknown`, on machines with and without that target.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::console::say;
use crate::workspace::{Workspace, cargo};
use crate::{apt, process};

/// The target of every guest and of the verifier. It has no system interface to import.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The cargo profile of guests and verifier, and so the name of its output folder.
pub const PROFILE: &str = "wasm";

/// Debian's Rust with the sources of its standard library, all of one version.
const DEBIAN_PACKAGES: [&str; 3] = ["rustc-web", "cargo-web", "rust-web-src"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_SOURCES: &str = "/usr/lib/rustlib/src/rust";

/// What the workspace's `rust-version` says; Debian's compiler has to be as new.
const OLDEST_RUST: &str = env!("CARGO_PKG_RUST_VERSION");

/// How this machine compiles to WebAssembly.
pub enum WasmToolchain {
    /// The active toolchain has the target's standard library.
    Installed,
    /// Debian's compiler builds the standard library from source; the active toolchain's linker
    /// links, because Debian packages none for this target together with that compiler.
    Debian { linker: PathBuf },
}

impl WasmToolchain {
    /// Takes the target if it is there, else brings it as the machine permits.
    pub fn prepare(workspace: &Workspace) -> Result<Self> {
        if has_standard_library(workspace)? {
            say(&format!("using {TARGET} of the active toolchain"));
            return Ok(Self::Installed);
        }
        if std::env::var_os("RUSTUP_AUTO_INSTALL").is_some_and(|value| value == "0") {
            return Self::prepare_debian(workspace);
        }
        say(&format!("{TARGET} is not installed, asking rustup for it"));
        process::run(Command::new("rustup").args(["target", "add", TARGET]))?;
        ensure!(
            has_standard_library(workspace)?,
            "rustup added {TARGET}, but not to the toolchain that runs this command"
        );
        Ok(Self::Installed)
    }

    fn prepare_debian(workspace: &Workspace) -> Result<Self> {
        say(&format!(
            "{TARGET} is not installed and RUSTUP_AUTO_INSTALL=0 forbids to download it: \
             building its standard library with Debian's Rust"
        ));
        if !debian_suffices()? {
            apt::install(&DEBIAN_PACKAGES)?;
            ensure!(
                debian_suffices()?,
                "Debian's packages {} are older than Rust {OLDEST_RUST}, which the workspace needs",
                DEBIAN_PACKAGES.join(", ")
            );
        }
        Ok(Self::Debian {
            linker: find_linker(workspace)?,
        })
    }

    /// The command that compiles the library of `package` as a module.
    ///
    /// By `cargo rustc`, because cargo leaves link-time optimisation out where a library is an
    /// `rlib` too, as tests need it, and says nothing of it: templates were 40 % larger.
    pub fn compile_module(&self, workspace: &Workspace, package: &str) -> Command {
        let mut command = self.cargo(workspace, "rustc");
        command.args(["--package", package, "--lib", "--crate-type", "cdylib"]);
        command
    }

    /// The command that compiles all examples of `package`, each as what it says it is.
    pub fn compile_examples(&self, workspace: &Workspace, package: &str) -> Command {
        let mut command = self.cargo(workspace, "build");
        command.args(["--package", package, "--examples"]);
        command
    }

    /// Cargo for this target and profile, in a target folder of its own, so that neither compiler
    /// throws away what the other one built.
    fn cargo(&self, workspace: &Workspace, verb: &str) -> Command {
        let mut command = match self {
            Self::Installed => cargo(),
            Self::Debian { linker } => debian_cargo(linker),
        };
        command
            .current_dir(workspace.root())
            .args([verb, "--target", TARGET, "--profile", PROFILE])
            .arg("--target-dir")
            .arg(target_folder(workspace))
            .env_remove("RUSTFLAGS")
            .env("CARGO_ENCODED_RUSTFLAGS", compiler_flags(workspace));
        if matches!(self, Self::Debian { .. }) {
            command.arg("-Zbuild-std=std,panic_abort");
        }
        command
    }
}

/// What an author has to have on the machine, besides `guichet`.
pub struct AuthorTools {
    toolchain: WasmToolchain,
    target: PathBuf,
}

impl AuthorTools {
    /// Brings it as the machine permits.
    pub fn prepare(workspace: &Workspace) -> Result<Self> {
        Ok(Self {
            toolchain: WasmToolchain::prepare(workspace)?,
            target: workspace.target().join("authors"),
        })
    }

    /// Lets a command that builds find it. All projects share a folder for what they are built from.
    pub fn equip(&self, command: &mut Command) {
        command.env("CARGO_TARGET_DIR", &self.target);
        if let WasmToolchain::Debian { linker } = &self.toolchain {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let folder = Path::new(DEBIAN_CARGO).parent().unwrap_or(Path::new("/"));
            let mut folders = vec![folder.to_path_buf()];
            folders.extend(std::env::split_paths(&path));
            if let Ok(path) = std::env::join_paths(folders) {
                command.env("PATH", path);
            }
            with_debian(command, linker).env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort");
        }
    }
}

/// Whether Debian's Rust is complete and new enough.
fn debian_suffices() -> Result<bool> {
    let complete = [DEBIAN_RUSTC, DEBIAN_CARGO, DEBIAN_SOURCES]
        .iter()
        .all(|path| Path::new(path).exists());
    if !complete {
        return Ok(false);
    }
    // "rustc 1.96.0 (…) (built from a source tarball)"
    let answer = process::capture(Command::new(DEBIAN_RUSTC).arg("--version"))?;
    let version = answer.split_whitespace().nth(1).unwrap_or_default();
    Ok(release(version) >= release(OLDEST_RUST))
}

/// Major and minor number of a version.
fn release(version: &str) -> Vec<u32> {
    version
        .split('.')
        .take(2)
        .map_while(|number| number.parse().ok())
        .collect()
}

/// Where the compiled modules are.
pub fn module_folder(workspace: &Workspace) -> PathBuf {
    target_folder(workspace).join(TARGET).join(PROFILE)
}

fn target_folder(workspace: &Workspace) -> PathBuf {
    workspace.target().join("wasm")
}

fn debian_cargo(linker: &Path) -> Command {
    let mut command = Command::new(DEBIAN_CARGO);
    with_debian(&mut command, linker);
    command
}

fn with_debian<'c>(command: &'c mut Command, linker: &Path) -> &'c mut Command {
    command
        .env("RUSTC", DEBIAN_RUSTC)
        // Building the standard library is an unstable option of a stable compiler.
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker)
        // Set by rustup and cargo for the toolchain that runs us; Debian's must not see them.
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("LD_LIBRARY_PATH")
}

/// Flags for every crate, separated as cargo wants them.
fn compiler_flags(workspace: &Workspace) -> OsString {
    // Panic messages carry source paths: name them alike on every machine, so that a template's
    // digest does not depend on where it was built.
    let mut flags = OsString::from("--remap-path-prefix=");
    flags.push(workspace.root());
    flags.push("=guichet");
    if let Some(cargo_home) = cargo_home() {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(cargo_home);
        flags.push("=cargo");
    }
    flags.push("\u{1f}--remap-path-prefix=");
    flags.push(DEBIAN_SOURCES);
    flags.push("=rust");
    // Rolled loops instead of unrolled ones: a verifier hashes a few hundred bytes a ticket, but
    // each page that embeds it loads all of its code.
    flags.push("\u{1f}--cfg\u{1f}sha2_backend_soft=\"compact\"");
    flags
}

fn cargo_home() -> Option<PathBuf> {
    let home = |variable| std::env::var_os(variable).map(PathBuf::from);
    home("CARGO_HOME").or_else(|| home("HOME").map(|folder| folder.join(".cargo")))
}

fn has_standard_library(workspace: &Workspace) -> Result<bool> {
    let mut command = rustc(workspace);
    command.args(["--print", "target-libdir", "--target", TARGET]);
    let folder = process::capture(&mut command)?;
    let Ok(mut entries) = std::fs::read_dir(folder.trim()) else {
        return Ok(false);
    };
    Ok(entries.any(|entry| {
        entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
    }))
}

fn find_linker(workspace: &Workspace) -> Result<PathBuf> {
    let sysroot = process::capture(rustc(workspace).args(["--print", "sysroot"]))?;
    let version = process::capture(rustc(workspace).arg("-vV"))?;
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .context("`rustc -vV` names no host")?;
    let linker = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(host)
        .join("bin/rust-lld");
    ensure!(
        linker.is_file(),
        "the active toolchain has no rust-lld at {}",
        linker.display()
    );
    Ok(linker)
}

fn rustc(workspace: &Workspace) -> Command {
    let mut command = Command::new("rustc");
    command.current_dir(workspace.root());
    command
}
