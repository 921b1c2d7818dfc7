//! `guichet template check`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::answer::{Form, Outcome, Refusal, show};
use crate::cli::logging::LogSettings;
use crate::cli::offline::{OfflineWorkshop, read_file, refusal_of, remark_warnings, version_files};
use crate::templates::{Report, ReportState, report_json};

/// Find out what a host would say to a template, without a host.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet template check target/dist/templates/classic.wasm

Compiles it as a host does, calls `prepare`, lays out and renders its samples and a set of hard ones,
and reads the code back from the page. The exit code is 0 when it is ready to be used.")]
pub(in crate::cli) struct CheckArgs {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    component: PathBuf,
    /// A file of settings.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

pub(super) fn run(args: &CheckArgs, form: Form) -> anyhow::Result<Outcome> {
    LogSettings::of_command().start();
    let component = read_file(&args.component)?;
    let files = version_files(args.settings.as_deref())?;
    let offline = OfflineWorkshop::set_up()?;
    let report = offline.workshop.check(&component, &files).report;
    remark_warnings(&report);
    match report.state {
        ReportState::Ready => {
            show(form, summary(&report), &report_json(&report))?;
            Ok(Outcome::Done)
        }
        ReportState::Rejected => Err(refusal_of(&report).into()),
        ReportState::Undecided => {
            let message = "this machine could not find out; try again";
            Err(Refusal { code: "UNDECIDED".to_owned(), message: message.to_owned(), ..refusal_of(&report) }.into())
        }
    }
}

fn summary(report: &Report) -> String {
    let name = match &report.manifest {
        Some(manifest) => format!("{} {}", manifest.name, manifest.version),
        None => "the template".to_owned(),
    };
    let figures = &report.figures;
    let largest = &figures.largest_layout;
    format!(
        "{name} is ready\n\
         compiled in {} ms; a ticket takes at most {} units of fuel, {} KiB of memory, {} µs; warnings: {}",
        figures.compile_ms,
        largest.fuel,
        largest.peak_memory_bytes.div_ceil(1024),
        largest.microseconds,
        report.warnings.len(),
    )
}
