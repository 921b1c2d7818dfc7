//! Projects in JavaScript, for QuickJS inside the component.

use super::{CONTRACT, ProjectFile, readme};

macro_rules! source {
    ($file:literal) => {
        include_str!(concat!("../../../../../guest-templates/javascript/", $file))
    };
}

/// What the template is called in this repository.
const NAME_HERE: &str = "javascript";
const PACKAGE_HERE: &str = "guichet-template-javascript";
const CONTRACT_HERE: &str = "../../wit/v0";

const NEEDS: &str = "Building needs Node 20. The code is `src/ticket.js`; its types are in \
                     `src/contract.js`, checked by\n`npm run check`.";

pub(super) fn files(name: &str) -> Vec<ProjectFile> {
    let renamed = |text: &str| text.replace(PACKAGE_HERE, name);
    let file = |path, text: String| ProjectFile { path, text };
    vec![
        file(
            "package.json",
            renamed(source!("package.json"))
                .replace(CONTRACT_HERE, "wit")
                .replace("--output ticket.wasm", &format!("--output {name}.wasm")),
        ),
        file("package-lock.json", renamed(source!("package-lock.json"))),
        file("tsconfig.json", source!("tsconfig.json").to_owned()),
        file("README.md", readme(name, NEEDS)),
        file(
            ".gitignore",
            format!("/node_modules\n/{name}.wasm\n*.new.svg\n"),
        ),
        file(
            "src/ticket.js",
            source!("src/ticket.js").replace(
                &format!("name: \"{NAME_HERE}\""),
                &format!("name: \"{name}\""),
            ),
        ),
        file("src/contract.js", source!("src/contract.js").to_owned()),
        file("src/settings.js", source!("src/settings.js").to_owned()),
        file("wit/guichet-template.wit", CONTRACT.to_owned()),
    ]
}
