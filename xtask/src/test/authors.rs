//! An author's first ten minutes, typed as docs/TEMPLATES.md says: a new project, a changed colour, a build, a
//! look at it, and onto a host until a ticket is printed with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::build::AuthorTools;
use crate::console::say;
use crate::installation::{Engine, Installation};
use crate::process;
use crate::workspace::Workspace;

/// A kind of project, and what an author changes in it first.
struct Kind {
    name: &'static str,
    file: &'static str,
    before: &'static str,
    after: &'static str,
}

/// Python is left out here: its components are compiled for half a minute by each command; the suite
/// `languages` tries one.
const KINDS: [Kind; 2] = [
    Kind {
        name: "rust",
        file: "src/lib.rs",
        before: "Colour::rgb(38, 70, 120)",
        after: "Colour::rgb(122, 31, 31)",
    },
    Kind {
        name: "javascript",
        file: "src/settings.js",
        before: "default: \"#7a1f3d\"",
        after: "default: \"#1f5a7a\"",
    },
];

/// Runs them all, each to the ticket.
pub fn run(workspace: &Workspace) -> Result<()> {
    let installation = Installation::make(workspace, Engine::Sqlite, "authors")?;
    let tools = AuthorTools::prepare(workspace)?;
    let token = installation.token("authors", "admin")?;
    let host = installation.start()?;
    for kind in &KINDS {
        say(&format!("a template in {}", kind.name));
        let author = Author {
            workspace,
            tools: &tools,
            folder: installation.folder().join(format!("summer-{}", kind.name)),
            origin: host.origin(),
            token: &token,
        };
        author.go(kind)?;
    }
    host.stop()
}

struct Author<'a> {
    workspace: &'a Workspace,
    tools: &'a AuthorTools,
    folder: PathBuf,
    origin: &'a str,
    token: &'a str,
}

impl Author<'_> {
    fn go(&self, kind: &Kind) -> Result<()> {
        let name = format!("summer-{}", kind.name);
        let folder = self.folder.to_str().context("a path that is no text")?;
        let file = format!("{name}.wasm");
        let above = self.folder.parent().context("no folder above")?;
        self.says(
            above,
            &["new", &name, "--kind", kind.name, "--folder", folder],
        )?;
        self.build(&file)?;
        self.says(&self.folder, &["test", &file, "--accept"])?;

        let source = self.folder.join(kind.file);
        let text = fs::read_to_string(&source)?;
        ensure!(
            text.contains(kind.before),
            "{} has no `{}`",
            kind.file,
            kind.before
        );
        fs::write(&source, text.replace(kind.before, kind.after))?;
        self.build(&file)?;
        ensure!(
            self.says(&self.folder, &["test", &file]).is_err(),
            "another colour, and no page differs"
        );
        let checked = self.says(&self.folder, &["check", &file])?;
        ensure!(
            checked["warnings"]
                .as_array()
                .is_some_and(|all| { all.iter().all(|one| one["code"] != "CODE_HARD_TO_READ") }),
            "its code is hard to read: {checked}"
        );
        let measured = self.says(&self.folder, &["bench", &file, "--tickets", "20"])?;
        say(&format!(
            "{name}: {} bytes, {} units of fuel, {} bytes of memory, {} µs a ticket",
            fs::metadata(self.folder.join(&file))?.len(),
            measured["fuel"]["used"],
            measured["memoryBytes"]["used"],
            measured["ticketMicroseconds"]["p50"],
        ));

        let pushed = self.says(&self.folder, &["push", &file, "--name", &name])?;
        let version = pushed["version"].to_string();
        self.says(&self.folder, &["activate", &name, &version])?;
        self.prints(&name)?;
        let versions = self.says(&self.folder, &["versions", &name])?;
        ensure!(
            versions["template"]["activeVersion"] == pushed["version"],
            "the version is not in use: {versions}"
        );
        Ok(())
    }

    fn build(&self, file: &str) -> Result<()> {
        let mut build = self.command(&self.folder, &["build"]);
        self.tools.equip(&mut build);
        let built = process::capture(&mut build)?;
        ensure!(
            self.folder.join(file).is_file(),
            "no {file} was built: {built}"
        );
        Ok(())
    }

    /// Runs a command of the tool and gives what it says.
    fn says(&self, folder: &Path, arguments: &[&str]) -> Result<Value> {
        let printed = process::capture(&mut self.command(folder, arguments))?;
        Ok(serde_json::from_str(&printed)?)
    }

    fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.workspace.host());
        command
            .current_dir(folder)
            .env("GUICHET_URL", self.origin)
            .env("GUICHET_TOKEN", self.token)
            .args(["--json", "template"])
            .args(arguments);
        command
    }

    /// Orders a ticket of the template, and looks at its file.
    fn prints(&self, template: &str) -> Result<()> {
        let order = serde_json::json!({
            "ticketData": { "attendeeName": "Zoë Kraus", "seat": "12" },
            "eventData": { "id": "summer", "title": "Summer night", "eventDate": "2027-07-01T20:00:00Z" },
            "options": { "template": template, "includePDF": true },
        });
        let mut answer = ureq::post(format!("{}/api/tickets/generate", self.origin))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/json")
            .send(order.to_string())?;
        let issued: Value = serde_json::from_str(&answer.body_mut().read_to_string()?)?;
        let pdf = issued["data"]["pdfBase64"].as_str().unwrap_or_default();
        // "%PDF-", in base64.
        ensure!(pdf.starts_with("JVBERi0"), "no PDF was printed: {issued}");
        Ok(())
    }
}
