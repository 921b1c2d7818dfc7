//! What others notice while a large batch of low priority runs: single tickets, an urgent batch, a cancel.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::{BATCH, EVENT, POLL, Site, TICKET_TYPE};
use crate::apt;
use crate::console::say;
use crate::installation::Engine;
use crate::load::wrk::{self, Asked, Question};
use crate::programs;
use crate::workspace::Workspace;

/// The columns of the lines.
pub const HEAD: &str = "| engine | `/generate`: quiet median, 99 % | during a batch | the batch meanwhile | ten urgent tickets take | a cancel takes |\n|---|--:|--:|--:|--:|--:|";
/// Tickets that are ordered one by one, a second.
const SINGLE_PER_SECOND: f64 = 100.0;
/// How long they are, without and beside a batch.
const EACH: Duration = Duration::from_secs(20);
/// The batch has begun in earnest.
const SETTLED: Duration = Duration::from_secs(2);

/// Measures on an engine, beside a batch of `most` tickets.
pub fn on_engine(workspace: &Workspace, engine: Engine, most: u32) -> Result<String> {
    apt::ensure_programs(&[programs::WRK])?;
    let site = Site::open(workspace, engine, "calm")?;
    let script = site.installation.folder().join("ask.lua");
    std::fs::write(&script, wrk::SCRIPT)?;
    let single = json!({ "ticketData": { "eventId": EVENT, "type": TICKET_TYPE } }).to_string();
    let question =
        Question::post("/api/tickets/generate", &single).at(SINGLE_PER_SECOND, Duration::ZERO);
    let ask = || wrk::ask(&script, &site.host, &site.token, question, EACH);
    let quiet = ask()?;

    let large = site.start_job(&order(most, "low"), BATCH)?;
    thread::sleep(SETTLED);
    let done = |job: &Value| job["progress"]["completed"].as_u64().unwrap_or_default();
    let before = done(&site.job(&large)?);
    let busy = ask()?;
    let job = site.job(&large)?;
    ensure!(
        job["completedAt"].is_null(),
        "the batch was over before the others were asked: order more tickets"
    );
    let meanwhile = (done(&job) - before) as f64 / EACH.as_secs_f64();

    let begun = Instant::now();
    site.finished(&site.start_job(&order(10, "high"), BATCH)?)?;
    let urgent = begun.elapsed();
    ensure!(
        site.job(&large)?["completedAt"].is_null(),
        "the batch was over before the urgent one: order more tickets"
    );

    let begun = Instant::now();
    site.client
        .delete(&format!("/api/tickets/job/{large}/cancel"))?;
    let mut last = done(&site.job(&large)?);
    let mut still = begun.elapsed();
    // Nothing is issued any more once the figure stands.
    while begun.elapsed() < still + SETTLED {
        thread::sleep(POLL);
        let now = done(&site.job(&large)?);
        if now != last {
            (last, still) = (now, begun.elapsed());
        }
    }
    let cancelled = site.job(&large)?;
    let status = cancelled["status"].as_str().context("no status")?;
    ensure!(status == "cancelled", "the batch is {status}");
    let line = format!(
        "| {} | {} | {} | {meanwhile:.0}/s | {:.2} s | {:.2} s |",
        engine.name(),
        shown(&quiet)?,
        shown(&busy)?,
        urgent.as_secs_f64(),
        still.as_secs_f64(),
    );
    say(&line);
    site.host.stop()?;
    Ok(line)
}

fn order(quantity: u32, priority: &str) -> Value {
    json!({
        "eventId": EVENT,
        "tickets": [{ "type": TICKET_TYPE, "quantity": quantity }],
        "options": { "priority": priority },
    })
}

fn shown(asked: &Asked) -> Result<String> {
    ensure!(
        asked.refused + asked.broken == 0,
        "{} single tickets were refused, {} not answered",
        asked.refused,
        asked.broken
    );
    Ok(format!(
        "{:.1} ms, {:.1} ms at {:.0}/s",
        asked.median.as_secs_f64() * 1e3,
        asked.p99.as_secs_f64() * 1e3,
        asked.per_second
    ))
}
