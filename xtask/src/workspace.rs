//! Where things are: the checkout, its output folders, and its packages as cargo sees them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;

/// The checkout that `cargo xtask` was started in.
pub struct Workspace {
    root: PathBuf,
    packages: Vec<Package>,
    host: PathBuf,
}

impl Workspace {
    /// Finds the checkout through the variables that `cargo run` sets.
    pub fn locate() -> Result<Self> {
        let manifest_folder = std::env::var_os("CARGO_MANIFEST_DIR")
            .context("CARGO_MANIFEST_DIR is not set: start this as `cargo xtask …`")?;
        let root = Path::new(&manifest_folder)
            .parent()
            .context("the xtask package has no parent folder")?
            .to_path_buf();
        let text = process::capture(
            cargo()
                .args(["metadata", "--no-deps", "--format-version", "1"])
                .current_dir(&root),
        )?;
        let metadata: Metadata =
            serde_json::from_str(&text).context("cargo metadata printed what we cannot read")?;
        Ok(Self {
            host: root.join("target/dist/guichet"),
            root,
            packages: metadata.packages,
        })
    }

    /// The same where the host is the one that cargo's tests run: they build it anyway, and a release
    /// build of all that it stands on would take as long again.
    pub fn with_host_of_tests(self) -> Self {
        Self {
            host: self.cargo_target().join("debug/guichet"),
            ..self
        }
    }

    /// The host's program.
    pub fn host(&self) -> &Path {
        &self.host
    }

    /// Where cargo leaves what it builds.
    pub fn cargo_target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.target(), |own| self.root.join(own))
    }

    /// The root of the checkout.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `target/` of the checkout, whatever `CARGO_TARGET_DIR` says: names below it are promised.
    pub fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// What a build leaves for users: the host, the templates and the verifier.
    pub fn dist(&self) -> PathBuf {
        self.target().join("dist")
    }

    /// All members.
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// The member called `name`, if the workspace has it.
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// All members whose manifest lies below `folder` (relative to the root).
    pub fn packages_below(&self, folder: &str) -> impl Iterator<Item = &Package> {
        let folder = self.root.join(folder);
        self.packages
            .iter()
            .filter(move |package| package.manifest_path.starts_with(&folder))
    }
}

/// The cargo that runs this program, so that one toolchain builds everything.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// A member of the workspace.
#[derive(Deserialize)]
pub struct Package {
    pub name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

impl Package {
    /// File stem of the package's library, if that is built as a `cdylib`.
    pub fn cdylib_stem(&self) -> Option<String> {
        self.targets
            .iter()
            .find(|target| target.has_kind("cdylib"))
            .map(|target| target.name.replace('-', "_"))
    }

    /// Names of the package's examples that are built as a `cdylib`.
    pub fn cdylib_examples(&self) -> impl Iterator<Item = &str> {
        self.targets
            .iter()
            .filter(|target| target.has_kind("example") && target.has_crate_type("cdylib"))
            .map(|target| target.name.as_str())
    }

    /// Names of the package's benchmark programs.
    pub fn benches(&self) -> impl Iterator<Item = &str> {
        self.targets
            .iter()
            .filter(|target| target.has_kind("bench"))
            .map(|target| target.name.as_str())
    }
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    crate_types: Vec<String>,
}

impl Target {
    fn has_kind(&self, kind: &str) -> bool {
        self.kind.iter().any(|own| own == kind)
    }

    fn has_crate_type(&self, crate_type: &str) -> bool {
        self.crate_types.iter().any(|own| own == crate_type)
    }
}
