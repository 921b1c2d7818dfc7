//! `guichet template check`.

use std::path::PathBuf;

use clap::Args;

use crate::cli::answer::{Form, Outcome, Refusal, remark_report, show};
use crate::cli::logging;
use crate::cli::offline::OfflineWorkshop;
use crate::cli::value::read_file;
use crate::cli::version_files::VersionFilesArgs;
use crate::config::LogSettings;
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
    #[command(flatten)]
    files: VersionFilesArgs,
}

pub(super) fn run(args: &CheckArgs, form: Form) -> anyhow::Result<Outcome> {
    logging::start(&LogSettings::of_command());
    let component = read_file(&args.component)?;
    let files = args.files.read()?;
    let offline = OfflineWorkshop::set_up()?;
    let report = offline.workshop.check(&component, &files).report;
    match report.state {
        ReportState::Ready => {
            let object = report_json(&report);
            if form == Form::Text {
                remark_report(&object);
            }
            show(form, summary(&report), &object)?;
            Ok(Outcome::Done)
        }
        ReportState::Rejected => Err(refused(
            "TEMPLATE_REJECTED",
            "a host would reject this template",
            &report,
        )),
        ReportState::Undecided => Err(refused(
            "UNDECIDED",
            "this machine could not find out; try again",
            &report,
        )),
    }
}

fn refused(code: &str, message: &str, report: &Report) -> anyhow::Error {
    let report = Some(report_json(report));
    Refusal {
        report,
        ..Refusal::new(code, message)
    }
    .into()
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
