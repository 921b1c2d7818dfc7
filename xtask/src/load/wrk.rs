//! The program that asks.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::installation::Running;
use crate::process;

/// As the target says.
pub const CONNECTIONS: u32 = 16;
const THREADS: u32 = 2;
/// What it runs.
pub const SCRIPT: &str = include_str!("ask.lua");

/// What is asked.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    method: &'a str,
    path: &'a str,
    body: Option<&'a str>,
    /// What each connection waits between an answer and the next question, in milliseconds.
    pause_ms: u32,
}

impl<'a> Question<'a> {
    /// GET, as often as it is answered.
    pub const fn get(path: &'a str) -> Self {
        Self {
            method: "GET",
            path,
            body: None,
            pause_ms: 0,
        }
    }

    /// POST of JSON, likewise.
    pub const fn post(path: &'a str, body: &'a str) -> Self {
        Self {
            method: "POST",
            path,
            body: Some(body),
            pause_ms: 0,
        }
    }

    /// The same about so often a second. Answers may be expected to take a third of their time under
    /// full load, which is in the pause.
    pub fn at(self, per_second: f64, median: Duration) -> Self {
        let every_ms = f64::from(CONNECTIONS) / per_second * 1e3;
        let pause = every_ms - median.as_secs_f64() * 1e3 / 3.0;
        Self {
            pause_ms: pause.clamp(1.0, 60_000.0).round() as u32,
            ..self
        }
    }
}

/// What came of it.
pub struct Asked {
    pub per_second: f64,
    pub median: Duration,
    pub p99: Duration,
    /// Answers that were neither 2xx nor 3xx.
    pub refused: u64,
    /// Questions without an answer.
    pub broken: u64,
}

#[derive(Deserialize)]
struct Printed {
    requests: u64,
    microseconds: u64,
    median_us: u64,
    p99_us: u64,
    refused: u64,
    broken: u64,
}

/// Asks on all connections for so long.
pub fn ask(
    script: &Path,
    host: &Running,
    token: &str,
    question: Question<'_>,
    time: Duration,
) -> Result<Asked> {
    let mut wrk = Command::new("wrk");
    wrk.args(["--threads", &THREADS.to_string()])
        .args(["--connections", &CONNECTIONS.to_string()])
        .args(["--duration", &format!("{}s", time.as_secs())])
        .args(["--timeout", "10s", "--script"])
        .arg(script)
        .arg(format!("{}{}", host.origin(), question.path))
        .args(["--", question.method, token, &question.pause_ms.to_string()])
        .args(question.body);
    let output = process::capture(&mut wrk)?;
    let line = output
        .lines()
        .find_map(|line| line.strip_prefix("result "))
        .with_context(|| format!("wrk printed no result:\n{output}"))?;
    let printed: Printed = serde_json::from_str(line)?;
    Ok(Asked {
        per_second: printed.requests as f64 / (printed.microseconds as f64 / 1e6),
        median: Duration::from_micros(printed.median_us),
        p99: Duration::from_micros(printed.p99_us),
        refused: printed.refused,
        broken: printed.broken,
    })
}
