//! Projects in Python, for CPython inside the component.

use super::{CONTRACT, ProjectFile, readme};

macro_rules! source {
    ($file:literal) => {
        include_str!(concat!("../../../../../guest-templates/python/", $file))
    };
}

/// What the template is called in this repository.
const NAME_HERE: &str = "python";

const NEEDS: &str = "Building needs Python 3.10 or later and makes a `.venv` of its own. The code is `src/ticket.py`; \
                     everything in\n`src/` becomes part of the component, of about 18 MB.";

pub(super) fn files(name: &str) -> Vec<ProjectFile> {
    let file = |path, text: String| ProjectFile { path, text };
    vec![
        file(
            "pyproject.toml",
            format!("[project]\nname = \"{name}\"\nversion = \"1.0.0\"\n"),
        ),
        file("requirements.txt", source!("requirements.txt").to_owned()),
        file("README.md", readme(name, NEEDS)),
        file(
            ".gitignore",
            format!("/.venv\n/{name}.wasm\n__pycache__\n*.new.svg\n"),
        ),
        file(
            "src/ticket.py",
            source!("ticket.py").replace(
                &format!("name=\"{NAME_HERE}\""),
                &format!("name=\"{name}\""),
            ),
        ),
        file("src/settings.py", source!("settings.py").to_owned()),
        file("src/shapes.py", source!("shapes.py").to_owned()),
        file("wit/guichet-template.wit", CONTRACT.to_owned()),
    ]
}
