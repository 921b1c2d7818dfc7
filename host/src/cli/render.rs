//! `guichet render`: a page of a template, without a host.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::answer::{Form, Outcome, Refusal, WrongUsage, remark, show};
use super::logging;
use super::offline::{OfflineWorkshop, order_for, refusal_of};
use super::value::read_file;
use super::version_files::VersionFilesArgs;
use crate::config::LogSettings;
use crate::http::error::ApiError;
use crate::issue::{Format, FormatError, render_now, specimen_code};
use crate::templates::workshop::ComponentSource;

/// Render a specimen of a template, without a host.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  guichet render target/dist/templates/classic.wasm --out sample.pdf
  guichet render classic.wasm --ticket order.json --out page.png --dpi 150

A ticket is a body of POST /api/tickets/generate, such as
  {\"ticketData\":{\"attendeeName\":\"Zoë Kraus\"},\"eventData\":{\"title\":\"Summer night\"}}
Without one, the samples of the template's own manifest are shown. Either way the page is marked
SPECIMEN and its code is never valid. The same input gives the same bytes.")]
pub(super) struct RenderArgs {
    /// The component.
    #[arg(value_name = "TEMPLATE.wasm")]
    component: PathBuf,
    /// What to print, as JSON.
    #[arg(long, value_name = "T.json")]
    ticket: Option<PathBuf>,
    #[command(flatten)]
    files: VersionFilesArgs,
    /// Where to write; the ending pdf, png or svg says what.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Resolution of a PNG, 36 to 600 [default: 300].
    #[arg(long, value_name = "N")]
    dpi: Option<u32>,
    /// Page of a PNG or SVG, from 1 [default: 1].
    #[arg(long, value_name = "N")]
    page: Option<u32>,
}

pub(super) fn run(args: &RenderArgs, form: Form) -> anyhow::Result<Outcome> {
    logging::start(&LogSettings::of_command());
    let format = format_of(&args.out, args.page, args.dpi)?;
    let component = read_file(&args.component)?;
    let files = args.files.read()?;
    let offline = OfflineWorkshop::set_up()?;
    let template = offline
        .workshop
        .load(ComponentSource::Upload(&component), &files)?;
    let order = order_for(&template, args.ticket.as_deref())?;
    let laid_out = template
        .lay_out(&order, &specimen_code())
        .map_err(refusal_of)?;
    for note in laid_out.notes.entries() {
        remark(format_args!("{}: {}", note.place, note.text));
    }
    let artifact = render_now(&laid_out.assets, &laid_out.scene, format)
        .map_err(|error| Refusal::from(ApiError::from(error)))?;
    fs::write(&args.out, &artifact.bytes)
        .with_context(|| format!("cannot write {}", args.out.display()))?;

    let (out, bytes, pages) = (
        args.out.display(),
        artifact.bytes.len(),
        laid_out.scene.pages.len(),
    );
    let object = json!({
        "out": out.to_string(),
        "format": format.name(),
        "bytes": bytes,
        "pages": pages,
        "notes": laid_out.notes.entries().iter().map(|note| note.text.clone()).collect::<Vec<_>>(),
    });
    show(
        form,
        format_args!("wrote {out}: {bytes} bytes; the ticket has {pages} page(s)"),
        &object,
    )?;
    Ok(Outcome::Done)
}

fn format_of(out: &Path, page: Option<u32>, dpi: Option<u32>) -> Result<Format, WrongUsage> {
    let ending = out
        .extension()
        .and_then(|ending| ending.to_str())
        .unwrap_or_default();
    let format = Format::parse(&ending.to_ascii_lowercase(), page, dpi).map_err(|error| {
        let flag = match error {
            FormatError::Name => "the ending of --out",
            FormatError::Dpi => "--dpi",
            FormatError::Page => "--page",
        };
        WrongUsage(format!("{flag} {error}"))
    })?;
    match format {
        Format::Pdf if page.is_some() => Err(WrongUsage("--page: a PDF has all pages".to_owned())),
        Format::Pdf | Format::Svg { .. } if dpi.is_some() => Err(WrongUsage(format!(
            "--dpi: a {} has no resolution",
            format.name().to_uppercase()
        ))),
        Format::Pdf | Format::Svg { .. } | Format::Png { .. } => Ok(format),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_says_what_is_written() {
        let format = |out: &str, page, dpi| format_of(Path::new(out), page, dpi);
        assert_eq!(format("a.PDF", None, None).unwrap(), Format::Pdf);
        assert_eq!(
            format("a.png", None, None).unwrap(),
            Format::Png { page: 1, dpi: 300 }
        );
        assert_eq!(
            format("a.svg", Some(2), None).unwrap(),
            Format::Svg { page: 2 }
        );
        for (out, page, dpi) in [
            ("a", None, None),
            ("a.jpg", None, None),
            ("a.pdf", Some(1), None),
            ("a.pdf", None, Some(300)),
            ("a.svg", None, Some(300)),
            ("a.png", Some(0), None),
            ("a.png", None, Some(601)),
        ] {
            assert!(format(out, page, dpi).is_err(), "{out}");
        }
    }
}
