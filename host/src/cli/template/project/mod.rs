//! `guichet template new` and `build`: a project, from nothing to a component.

mod build;
mod new;
mod rust;

pub(super) use build::{BuildArgs, run as build};
pub(super) use new::{NewArgs, run as new};

use std::path::Path;

/// A file of a new project.
struct ProjectFile {
    /// Below the project's folder, with slashes.
    path: &'static str,
    text: String,
}

/// In what a project is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(in crate::cli) enum Kind {
    /// Rust, with the SDK beside it.
    Rust,
}

impl Kind {
    /// What a project of that name begins with.
    fn files(self, name: &str) -> Vec<ProjectFile> {
        match self {
            Self::Rust => rust::files(name),
        }
    }

    /// The kind of the project in that folder, by the file that its tools look for.
    fn of(folder: &Path) -> Option<Self> {
        [(Self::Rust, "Cargo.toml")]
            .into_iter()
            .find(|(_, file)| folder.join(file).is_file())
            .map(|(kind, _)| kind)
    }
}
