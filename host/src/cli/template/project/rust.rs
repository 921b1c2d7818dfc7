//! Projects in Rust. The SDK comes along as source, of the same release as this program: so a project builds
//! the same for ever, and the contract that it was written for is there to read.

use super::{CONTRACT, ProjectFile, readme};

/// A file of this repository and its place in a project.
macro_rules! sdk {
    ($($file:literal),* $(,)?) => {
        [$((
            concat!("sdk/src/", $file),
            include_str!(concat!("../../../../../guest-templates/sdk/src/", $file)),
        )),*]
    };
}

const SDK: [(&str, &str); 19] = sdk![
    "bindings.rs",
    "document.rs",
    "drawing.rs",
    "length.rs",
    "lib.rs",
    "manifest.rs",
    "prepared.rs",
    "settings.rs",
    "shapes.rs",
    "style.rs",
    "testing/mistakes.rs",
    "testing/mod.rs",
    "testing/samples.rs",
    "testing/trials.rs",
    "testing/words.rs",
    "text.rs",
    "times.rs",
    "values.rs",
    "words.rs",
];
const STARTER: &str = include_str!("../../../../../guest-templates/starter/src/lib.rs");
/// Where the bindings look for the contract in this repository, and in a project.
const CONTRACT_FOLDER: (&str, &str) = ("../../wit/v0", "wit");

const SDK_MANIFEST: &str = "\
[package]
name = \"guichet-template-sdk\"
version = \"VERSION\"
edition = \"2024\"
license = \"MIT\"
publish = false

[features]
# A reader for settings written as JSON.
json = [\"dep:serde_json\"]

[dependencies]
serde_json = { version = \"1\", optional = true }
wit-bindgen = { version = \"0.61\", default-features = false, features = [\"macros\", \"realloc\"] }
";

const MANIFEST: &str = "\
[package]
name = \"NAME\"
version = \"0.1.0\"
edition = \"2024\"
publish = false

[lib]
# The component is made of the cdylib; the rlib lets `cargo test` call the template.
crate-type = [\"cdylib\", \"rlib\"]

[dependencies]
guichet-template-sdk = { path = \"sdk\", features = [\"json\"] }

# Small code is compiled and loaded faster by the host.
[profile.release]
opt-level = \"s\"
lto = true
codegen-units = 1
panic = \"abort\"
strip = \"debuginfo\"

# A project of its own, wherever it stands.
[workspace]
";

const NEEDS: &str = "Building needs Rust and its target for WebAssembly, `rustup target add wasm32-unknown-unknown`. The code \
                     is\n`src/lib.rs`; `cargo test` runs its unit tests. `sdk/` is what it stands on, and `sdk/wit/` the contract.";

pub(super) fn files(name: &str) -> Vec<ProjectFile> {
    let own = |path, text: &str| ProjectFile {
        path,
        text: text.replace("NAME", name),
    };
    let mut files = vec![
        own("Cargo.toml", MANIFEST),
        ProjectFile {
            path: "README.md",
            text: readme(name, NEEDS),
        },
        own(".gitignore", "/target\n/NAME.wasm\n*.new.svg\n"),
        ProjectFile {
            path: "src/lib.rs",
            text: STARTER.replace("\"starter\"", &format!("\"{name}\"")),
        },
        ProjectFile {
            path: "sdk/Cargo.toml",
            text: SDK_MANIFEST.replace("VERSION", env!("CARGO_PKG_VERSION")),
        },
        ProjectFile {
            path: "sdk/wit/guichet-template.wit",
            text: CONTRACT.to_owned(),
        },
    ];
    let (here, there) = CONTRACT_FOLDER;
    files.extend(SDK.into_iter().map(|(path, text)| ProjectFile {
        path,
        text: text.replace(here, there),
    }));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_sdk_comes_along() {
        fn walk(folder: &std::path::Path, below: &str, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let path = format!("{below}/{}", entry.file_name().into_string().unwrap());
                match entry.file_type().unwrap().is_dir() {
                    true => walk(&entry.path(), &path, found),
                    false => found.push(path),
                }
            }
        }
        let mut there = Vec::new();
        let sdk = concat!(env!("CARGO_MANIFEST_DIR"), "/../guest-templates/sdk/src");
        walk(std::path::Path::new(sdk), "sdk/src", &mut there);
        let files = files("summer");
        for path in there {
            assert!(files.iter().any(|file| file.path == path), "{path}");
        }
    }
}
