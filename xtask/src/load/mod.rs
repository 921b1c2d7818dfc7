//! `cargo xtask bench load`: what a running host answers in a second, asked by `wrk`, on both databases.

pub mod wrk;

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use serde_json::json;

use self::wrk::{Asked, Question};
use crate::apt;
use crate::console::{say, step};
use crate::demo::client::Client;
use crate::installation::{Engine, Installation, Running};
use crate::programs;
use crate::workspace::Workspace;

/// The name under which it stands among the benchmarks.
pub const NAME: &str = "load";

/// What the project wants to reach; see `docs/PERFORMANCE.md`.
mod target {
    /// Tickets with their PDF a second, on SQLite, at 16 connections.
    pub const WITH_PDF_PER_SECOND: u32 = 1_500;
    /// Of them, when half as many are asked for: the time that 99 of 100 do not exceed.
    pub const WITH_PDF_P99_MS: u32 = 15;
    /// Verdicts a second.
    pub const VERDICTS_PER_SECOND: u32 = 5_000;
}

/// How long.
pub struct Times {
    /// Each kind of request.
    pub each: Duration,
    /// Tickets with their PDF, at the end, to see whether memory grows; may be zero.
    pub long: Duration,
}

/// Measures each engine, with what the last build left.
pub fn run(workspace: &Workspace, times: &Times) -> Result<()> {
    apt::ensure_programs(&[programs::WRK])?;
    let mut lines = Vec::new();
    for engine in Engine::ALL {
        let title = format!("load on {}", engine.name());
        lines.extend(step(&title, || on_engine(workspace, engine, times))?);
    }
    println!(
        "\n{} connections, {:?} each\n",
        wrk::CONNECTIONS,
        times.each
    );
    println!(
        "| engine | request | per second | median | 99 % | refused, broken | memory after | target |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|---|");
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

struct Measured<'a> {
    engine: Engine,
    host: &'a Running,
    lines: Vec<String>,
}

fn on_engine(workspace: &Workspace, engine: Engine, times: &Times) -> Result<Vec<String>> {
    let installation = Installation::make(workspace, engine, NAME)?;
    let token = installation.token("bench", "organizer")?;
    let script = installation.folder().join("ask.lua");
    std::fs::write(&script, wrk::SCRIPT)?;
    let host = installation.start()?;
    let code = one_ticket(&host, &token)?;
    let mut measured = Measured {
        engine,
        host: &host,
        lines: Vec::new(),
    };
    let ask = |question: Question<'_>, time| wrk::ask(&script, &host, &token, question, time);
    let (per_second, none) = (|figure: u32| format!("{figure}/s"), String::new);

    measured.note("at rest", None, none())?;
    let verdict = json!({ "qr": code }).to_string();
    let validate = Question::post("/api/tickets/validate", &verdict);
    let asked = ask(validate, times.each)?;
    let wanted = per_second(target::VERDICTS_PER_SECOND);
    measured.note("POST /validate", Some(asked), wanted)?;

    let read = Question::get("/api/tickets/known");
    measured.note("GET a ticket", Some(ask(read, times.each)?), none())?;
    let download = Question::get("/api/tickets/known/download");
    measured.note(
        "GET /download, PDF",
        Some(ask(download, times.each)?),
        none(),
    )?;

    let plain = order(Pdf::Left);
    let generate = Question::post("/api/tickets/generate", &plain);
    measured.note("POST /generate", Some(ask(generate, times.each)?), none())?;
    let whole = order(Pdf::Sent);
    let with_pdf = Question::post("/api/tickets/generate", &whole);
    let asked = ask(with_pdf, times.each)?;
    let half = with_pdf.at(f64::from(target::WITH_PDF_PER_SECOND) / 2.0, asked.median);
    let wanted = per_second(target::WITH_PDF_PER_SECOND);
    measured.note("POST /generate with PDF", Some(asked), wanted)?;
    let asked = ask(half, times.each)?;
    let wanted = format!("99 % ≤ {} ms", target::WITH_PDF_P99_MS);
    measured.note("the same at half of its target", Some(asked), wanted)?;

    if !times.long.is_zero() {
        let asked = for_long(&host, times.long, || ask(with_pdf, times.long))?;
        let title = format!(
            "POST /generate with PDF for {} min",
            times.long.as_secs() / 60
        );
        measured.note(&title, Some(asked), none())?;
    }
    let lines = measured.lines;
    host.stop()?;
    Ok(lines)
}

impl Measured<'_> {
    fn note(&mut self, title: &str, asked: Option<Asked>, target: String) -> Result<()> {
        let figures = match asked {
            None => "| | | ".to_owned(),
            Some(asked) => format!(
                "{:.0} | {} | {} | {}, {}",
                asked.per_second,
                milliseconds(asked.median),
                milliseconds(asked.p99),
                asked.refused,
                asked.broken
            ),
        };
        let memory = self.host.resident_kib()? / 1024;
        let engine = self.engine.name();
        self.lines.push(format!(
            "| {engine} | {title} | {figures} | {memory} MB | {target} |"
        ));
        Ok(())
    }
}

/// Says each minute how much memory the host holds meanwhile.
fn for_long(
    host: &Running,
    time: Duration,
    ask: impl Fn() -> Result<Asked> + Send,
) -> Result<Asked> {
    const MINUTE: Duration = Duration::from_secs(60);
    let begun = Instant::now();
    thread::scope(|scope| {
        let asking = scope.spawn(ask);
        while begun.elapsed() + MINUTE <= time && !asking.is_finished() {
            thread::sleep(MINUTE);
            say(&format!(
                "after {} min the host holds {} MB",
                begun.elapsed().as_secs() / 60,
                host.resident_kib()? / 1024
            ));
        }
        asking.join().ok().context("the load broke")?
    })
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// A ticket that is read, printed and judged. Gives the text of its code.
fn one_ticket(host: &Running, token: &str) -> Result<String> {
    let client = Client::new(host.origin(), token);
    let order = json!({ "ticketData": { "id": "known", "attendeeName": "Zoë Kraus" } });
    let ticket = client.post("/api/tickets/generate", &order)?;
    let code = ticket["qrText"].as_str();
    Ok(code.context("a ticket without a code")?.to_owned())
}

/// Whether the file is sent along.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pdf {
    Left,
    Sent,
}

/// An order as a shop sends it.
fn order(pdf: Pdf) -> String {
    json!({
        "ticketData": {
            "attendeeName": "Zoë Kraus NUMBER",
            "attendeeEmail": "zoe@example.org",
            "type": "standard",
            "seat": "NUMBER",
        },
        "options": { "includePDF": pdf == Pdf::Sent },
    })
    .to_string()
}
