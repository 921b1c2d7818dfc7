//! Templates that are not written in Rust pass what `classic` passes: the check of an upload, tickets whose
//! codes are read back, and wrong settings that are told by their place.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::build::{self, Language};
use crate::console::say;
use crate::demo::client::Client;
use crate::demo::{documents, readers};
use crate::installation::{Engine, Installation, Running};
use crate::process;
use crate::workspace::Workspace;

const ORGANIZER: &str = "languages";
/// Python's compiling on a machine that is busy with other things.
const UPLOAD_LIMIT: Duration = Duration::from_secs(600);
/// All trials of the host's dry run.
const TRIALS: usize = 10;
/// One mistake of each kind.
const WRONG_SETTINGS: &str = r#"{"accent":"red","heading":7,"a/b":1}"#;
const PLACES_OF_MISTAKES: [&str; 3] = ["/accent", "/a~1b", "/heading"];
const SETTINGS: &str = r##"{"accent":"#f2c14e","heading":"Admit one"}"##;
const BOUNDARY: &str = "guichet-languages-boundary";

/// Builds them, then tries each on a host of its own.
pub fn run(workspace: &Workspace) -> Result<()> {
    build::languages(workspace)?;
    for language in Language::ALL {
        let trial = Trial::start(workspace, language)?;
        trial.run().with_context(|| language.name())?;
        trial.host.stop()?;
    }
    Ok(())
}

/// A host, and a template that it shall take.
struct Trial {
    language: Language,
    program: PathBuf,
    component: PathBuf,
    folder: PathBuf,
    host: Running,
    client: Client,
}

impl Trial {
    fn start(workspace: &Workspace, language: Language) -> Result<Self> {
        let name = format!("languages-{}", language.name());
        let installation = Installation::make(workspace, Engine::Sqlite, &name)?;
        let admin = installation.token(ORGANIZER, "admin")?;
        let host = installation.start()?;
        Ok(Self {
            language,
            program: workspace.host().to_path_buf(),
            component: language.component(workspace),
            folder: installation.folder().to_path_buf(),
            client: Client::new(host.origin(), &admin),
            host,
        })
    }

    fn run(&self) -> Result<()> {
        let offline = self.check_offline()?;
        let (number, uploaded) = self.upload(SETTINGS)?;
        ensure!(uploaded["state"] == "ready", "not ready: {uploaded}");
        same_figures(&offline, &uploaded)?;
        self.client.post(
            &format!("{}/activate", version_path(self.language.name(), number)),
            &json!({}),
        )?;
        self.same_bytes_twice()?;
        self.print_tickets()?;
        self.mistakes_are_told()
    }

    /// What `guichet template check` says: the component imports nothing, for a host takes no other one.
    fn check_offline(&self) -> Result<Value> {
        let printed = process::capture(
            Command::new(&self.program)
                .args(["template", "check", "--json"])
                .arg(&self.component),
        )?;
        let report: Value = serde_json::from_str(&printed)?;
        ensure!(report["state"] == "ready", "not ready: {printed}");
        ensure!(report["problems"] == json!([]), "problems: {printed}");
        ensure!(
            report["manifest"]["name"] == self.language.name(),
            "it calls itself {}",
            report["manifest"]["name"]
        );
        let figures = &report["figures"];
        let layouts = layouts(&report)?;
        ensure!(
            layouts.len() >= TRIALS,
            "only {} of {TRIALS} trials have figures",
            layouts.len()
        );
        let largest = &figures["largestLayout"];
        say(&format!(
            "{}: {} bytes, {} bytes of code, compiled in {} ms; prepare {} units of fuel; a ticket at most \
             {} units of fuel, {} bytes of memory, {} µs",
            self.language.name(),
            figures["uploadBytes"],
            figures["codeBytes"],
            figures["compileMs"],
            figures["prepare"]["fuel"],
            largest["fuel"],
            largest["peakMemoryBytes"],
            largest["microseconds"],
        ));
        Ok(report)
    }

    /// Uploads a version with these settings and waits until the host has decided. Returns number and
    /// report.
    fn upload(&self, settings: &str) -> Result<(u64, Value)> {
        let name = self.language.name();
        let body = multipart(&fs::read(&self.component)?, settings);
        let media_type = format!("multipart/form-data; boundary={BOUNDARY}");
        let path = format!("/api/templates?name={name}");
        let answer = self.client.try_send(&path, &media_type, &body)?;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        let envelope: Value = serde_json::from_str(&text)?;
        let number = [&envelope["data"], &envelope["error"]]
            .into_iter()
            .find_map(|part| part["version"].as_u64())
            .with_context(|| format!("{path} answered {}: {text}", answer.status))?;
        let deadline = Instant::now() + UPLOAD_LIMIT;
        loop {
            // None while it is being compiled.
            let report = self
                .client
                .get(&format!("{}/report", version_path(name, number)))?;
            if report["state"].is_string() {
                return Ok((number, report));
            }
            ensure!(Instant::now() < deadline, "version {number} is not decided");
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Pages are pure functions of what is printed, in whatever language they are written.
    fn same_bytes_twice(&self) -> Result<()> {
        for format in ["pdf", "png"] {
            let path = format!(
                "/api/templates/{}/preview?format={format}",
                self.language.name()
            );
            let render = || self.client.send(&path, "application/json", b"{}");
            let (first, second) = (render()?.body, render()?.body);
            ensure!(first == second, "two previews differ as {format}");
            fs::write(self.folder.join(format!("sample.{format}")), first)?;
        }
        Ok(())
    }

    /// Tickets of plain and of hard values, as PDF for other people's tools and as PNG, with codes that
    /// two readers read.
    fn print_tickets(&self) -> Result<()> {
        for (name, order) in orders(self.language.name()) {
            let ticket = self.client.post("/api/tickets/generate", &order)?;
            let id = ticket["ticketId"].as_str().context("no ticketId")?;
            let code = ticket["qrText"].as_str().context("no qrText")?;
            let download = |query: &str| {
                self.client
                    .download(&format!("/api/tickets/{id}/download?format={query}"))
            };
            let pdf = self.folder.join(format!("{name}.pdf"));
            fs::write(&pdf, download("pdf")?)?;
            for words in [
                &order["ticketData"]["attendeeName"],
                &order["eventData"]["title"],
            ] {
                documents::inspect(&pdf, words.as_str().unwrap_or_default())?;
            }
            let readings = readers::read(&documents::rasterize(&pdf)?)?;
            ensure!(
                readings.agree_on(code),
                "{name}: rqrr {:?}, zbar {:?} instead of {code}",
                readings.rqrr,
                readings.zbar
            );
            let png = download("png&dpi=150")?;
            ensure!(png.starts_with(b"\x89PNG"), "{name}: no PNG");
            fs::write(self.folder.join(format!("{name}.png")), png)?;
        }
        say(&format!("{}: codes read back", self.language.name()));
        Ok(())
    }

    fn mistakes_are_told(&self) -> Result<()> {
        let (_, rejected) = self.upload(WRONG_SETTINGS)?;
        ensure!(rejected["state"] == "rejected", "taken: {rejected}");
        let problems = rejected["problems"].as_array();
        let mut places: Vec<&str> = Vec::new();
        for problem in problems.context("no problems")? {
            ensure!(problem["code"] == "SETTINGS", "{problem}");
            places.push(problem["place"].as_str().unwrap_or_default());
        }
        places.sort_unstable();
        ensure!(places == PLACES_OF_MISTAKES, "mistakes at {places:?}");
        Ok(())
    }
}

/// Fuel and memory are counted, not timed: two runs, in two programs, end with the same figures.
fn same_figures(offline: &Value, uploaded: &Value) -> Result<()> {
    let (offline, uploaded) = (layouts(offline)?, layouts(uploaded)?);
    for (trial, figures) in offline {
        for figure in ["fuel", "peakMemoryBytes"] {
            let count = figures[figure].as_u64().unwrap_or_default();
            ensure!(count > 0, "{trial} has no {figure}");
            ensure!(
                uploaded[trial][figure] == count,
                "{trial}: {figure} is {count}, then {}",
                uploaded[trial][figure]
            );
        }
    }
    Ok(())
}

fn layouts(report: &Value) -> Result<&serde_json::Map<String, Value>> {
    let layouts = report["figures"]["layouts"].as_object();
    layouts.with_context(|| format!("no figures: {report}"))
}

fn version_path(name: &str, number: u64) -> String {
    format!("/api/templates/{name}/versions/{number}")
}

/// A file, and what is ordered.
fn orders(template: &str) -> [(&'static str, Value); 2] {
    let order = |ticket: Value, event: Value| json!({ "ticketData": ticket, "eventData": event, "options": { "template": template } });
    [
        (
            "plain",
            order(
                json!({ "attendeeName": "Zoë Kraus", "seat": "Row 4, seat 12" }),
                json!({
                    "id": "plain",
                    "title": "Summer night",
                    "venue": "Salle des Fêtes",
                    "eventDate": "2027-07-01T20:00",
                    "timeZone": "Europe/Zurich",
                }),
            ),
        ),
        (
            "hard",
            order(
                json!({
                    "attendeeName": "Maximiliana-Konstantina von und zu Hohenstein-Wolkenstädt",
                    "seat": "Αριστερό θεωρείο, σειρά 124, θέση 1203",
                }),
                json!({
                    "id": "hard",
                    "title": "Большой зал филармонии: The Long and Winding Celebration of Everything \
                              That Was Ever Sung, Played or Said in This House",
                    "venue": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
                }),
            ),
        ),
    ]
}

/// The parts `component` and `settings` of an upload, by RFC 7578.
fn multipart(component: &[u8], settings: &str) -> Vec<u8> {
    let head = |name: &str| {
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\n"
        )
    };
    let mut body = head("settings").into_bytes();
    body.extend(format!("{settings}\r\n{}", head("component")).bytes());
    body.extend(component);
    body.extend(format!("\r\n--{BOUNDARY}--\r\n").bytes());
    body
}
