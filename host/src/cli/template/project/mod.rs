//! `guichet template new` and `build`: a project, from nothing to a component.

mod build;
mod javascript;
mod new;
mod python;
mod rust;

pub(super) use build::{BuildArgs, run as build};
pub(super) use new::{NewArgs, run as new};

use std::path::Path;

/// What templates are written for; it comes along with each project.
const CONTRACT: &str = include_str!("../../../../../wit/v0/guichet-template.wit");

const README: &str = "\
# NAME

A ticket template for Guichet.

```sh
guichet template build                          NAME.wasm, and again after each change
guichet template preview NAME.wasm              in a browser; the page follows each build
guichet template test NAME.wasm --accept        keep the pages of now, to compare later ones with
guichet template check NAME.wasm                what a host would say
guichet template push NAME.wasm --name NAME     upload it as a new version
guichet template activate NAME 1                print new tickets with it
```

NEEDS
";

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
    /// JavaScript, by npm.
    Javascript,
    /// Python, by pip.
    Python,
}

impl Kind {
    /// What a project of that name begins with.
    fn files(self, name: &str) -> Vec<ProjectFile> {
        match self {
            Self::Rust => rust::files(name),
            Self::Javascript => javascript::files(name),
            Self::Python => python::files(name),
        }
    }

    /// The kind of the project in that folder, by the file that its tools look for.
    fn of(folder: &Path) -> Option<Self> {
        [
            (Self::Rust, "Cargo.toml"),
            (Self::Javascript, "package.json"),
            (Self::Python, "pyproject.toml"),
        ]
        .into_iter()
        .find(|(_, file)| folder.join(file).is_file())
        .map(|(kind, _)| kind)
    }
}

fn readme(name: &str, needs: &str) -> String {
    README.replace("NAME", name).replace("NEEDS", needs)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn a_project_of_each_kind_has_its_own_name_and_contract() {
        for kind in Kind::value_variants() {
            let files = kind.files("summer-night");
            let names = files
                .iter()
                .filter(|file| file.path.starts_with("src/"))
                .filter(|file| file.text.contains("\"summer-night\""));
            assert_eq!(names.count(), 1, "{kind:?}: the manifest");
            for file in &files {
                let text = &file.text;
                assert!(!text.contains("../../wit"), "{kind:?}: {}", file.path);
                assert!(
                    !text.contains("guichet-template-javascript"),
                    "{}",
                    file.path
                );
            }
            let contract = files.iter().find(|file| file.path.ends_with(".wit"));
            assert!(contract.is_some(), "{kind:?}");
        }
    }
}
