//! `guichet template bench`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::{Value, json};

use crate::cli::answer::{Form, Outcome, Refusal, show};
use crate::cli::logging;
use crate::cli::offline::{OfflineWorkshop, order_for, refusal_of};
use crate::cli::value::read_file;
use crate::cli::version_files::VersionFilesArgs;
use crate::config::LogSettings;
use crate::http::error::ApiError;
use crate::issue::{Format, render_now, specimen_code};
use crate::templates::CallStats;
use crate::templates::workshop::ComponentSource;

/// Measure what a ticket of a template costs.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet template bench target/dist/templates/classic.wasm --tickets 5000

Lays out one ticket again and again, each in a sandbox of its own, and renders it as PDF, on one core.
Fuel and memory are the same on every machine, and on a host, for the same ticket; times are this machine's.")]
pub(in crate::cli) struct BenchArgs {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    component: PathBuf,
    /// What to print, a body of POST /api/tickets/generate; the template's own sample if not given.
    #[arg(long, value_name = "T.json")]
    ticket: Option<PathBuf>,
    #[command(flatten)]
    files: VersionFilesArgs,
    /// How many tickets, 1 to 1,000,000.
    #[arg(long, value_name = "N", default_value_t = 1000,
          value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    tickets: u32,
}

pub(super) fn run(args: &BenchArgs, form: Form) -> anyhow::Result<Outcome> {
    logging::start(&LogSettings::of_command());
    let component = read_file(&args.component)?;
    let files = args.files.read()?;
    let offline = OfflineWorkshop::set_up()?;
    let begun = Instant::now();
    let template = offline
        .workshop
        .load(ComponentSource::Upload(&component), &files)?;
    let ready_ms = begun.elapsed().as_millis();
    let order = order_for(&template, args.ticket.as_deref())?;
    let code = specimen_code();
    let count = usize::try_from(args.tickets).unwrap_or(usize::MAX);
    let mut layouts = Vec::with_capacity(count);
    let mut tickets = Vec::with_capacity(count);
    let mut used = CallStats::default();
    let mut pdf_bytes = 0;
    for _ in 0..count {
        let begun = Instant::now();
        let laid_out = template.lay_out(&order, &code).map_err(refusal_of)?;
        let artifact = render_now(&laid_out.assets, &laid_out.scene, Format::Pdf)
            .map_err(|error| Refusal::from(ApiError::from(error)))?;
        tickets.push(begun.elapsed());
        layouts.push(Duration::from_micros(laid_out.stats.microseconds));
        used = laid_out.stats;
        pdf_bytes = artifact.bytes.len();
    }
    let (layouts, tickets) = (Times::of(layouts), Times::of(tickets));
    let limit = |name| offline.workshop.limits().get(name).unwrap_or(u64::MAX);
    let (fuel, memory_bytes) = (limit("fuel"), limit("memory_bytes"));
    let manifest = template.manifest();
    let text = format!(
        "{} {}: {} tickets, on one core of this machine\n\
         \n\
         µs              p50      p95      p99     most\n\
         layout    {}   a fresh sandbox and the template's code\n\
         ticket    {}   layout, checks and PDF\n\
         \n\
         fuel     {:>12} of {}, {}\n\
         memory   {:>12} of {} bytes, {}\n\
         PDF      {pdf_bytes:>12} bytes\n\
         ready after {ready_ms} ms: compiled and prepared",
        manifest.name,
        manifest.version,
        args.tickets,
        layouts.line(),
        tickets.line(),
        used.fuel,
        fuel,
        share(used.fuel, fuel),
        used.peak_memory_bytes,
        memory_bytes,
        share(used.peak_memory_bytes, memory_bytes),
    );
    let object = json!({
        "name": manifest.name,
        "version": manifest.version,
        "tickets": args.tickets,
        "layoutMicroseconds": layouts.json(),
        "ticketMicroseconds": tickets.json(),
        "fuel": { "used": used.fuel, "limit": fuel },
        "memoryBytes": { "used": used.peak_memory_bytes, "limit": memory_bytes },
        "pdfBytes": pdf_bytes,
        "readyMs": u64::try_from(ready_ms).unwrap_or(u64::MAX),
    });
    show(form, text, &object)?;
    Ok(Outcome::Done)
}

/// How long something took, in ascending order; at least one.
struct Times(Vec<Duration>);

impl Times {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The least time within which so many percent of all were done.
    fn percentile(&self, percent: usize) -> u128 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        let time = self.0.get(rank - 1).or(self.0.last());
        time.map_or(0, Duration::as_micros)
    }

    fn figures(&self) -> [u128; 4] {
        [50, 95, 99, 100].map(|percent| self.percentile(percent))
    }

    fn line(&self) -> String {
        self.figures()
            .map(|figure| format!("{figure:>8}"))
            .join(" ")
    }

    fn json(&self) -> Value {
        let [p50, p95, p99, most] = self
            .figures()
            .map(|figure| u64::try_from(figure).unwrap_or(u64::MAX));
        json!({ "p50": p50, "p95": p95, "p99": p99, "most": most })
    }
}

fn share(used: u64, limit: u64) -> String {
    let tenths = used.saturating_mul(1000) / limit.max(1);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_time_that_was_measured() {
        let of = |times: &[u64]| {
            Times::of(times.iter().map(|us| Duration::from_micros(*us)).collect()).figures()
        };
        assert_eq!(of(&[7]), [7, 7, 7, 7]);
        assert_eq!(of(&[2, 1]), [1, 2, 2, 2]);
        let hundred: Vec<u64> = (1..=100).rev().collect();
        assert_eq!(of(&hundred), [50, 95, 99, 100]);
    }
}
