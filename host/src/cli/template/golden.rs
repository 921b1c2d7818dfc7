//! `guichet template test`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use crate::cli::answer::{Form, Outcome, Refusal, WrongUsage, remark, show};
use crate::cli::logging;
use crate::cli::offline::{OfflineWorkshop, order_for, refusal_of};
use crate::cli::value::read_file;
use crate::cli::version_files::VersionFilesArgs;
use crate::config::LogSettings;
use crate::http::error::ApiError;
use crate::issue::{Format, render_now, specimen_code};
use crate::templates::LoadedTemplate;
use crate::templates::workshop::ComponentSource;

/// The ticket of the manifest's own samples.
const SAMPLE: &str = "sample";

/// Compare a template's pages with those that were found good before.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet template test target/dist/templates/classic.wasm --golden golden --accept
  guichet template test target/dist/templates/classic.wasm --golden golden

The folder holds tickets, NAME.json, as for `guichet render --ticket`, and their pages, NAME.1.svg and so on.
The template's own sample is always tried. `--accept` writes the pages as they are now: look at them before
you keep them. A page that differs is written beside the good one, as NAME.1.new.svg.")]
pub(in crate::cli) struct TestArgs {
    /// The component.
    #[arg(value_name = "FILE.wasm")]
    component: PathBuf,
    #[command(flatten)]
    files: VersionFilesArgs,
    /// The folder of tickets and pages.
    #[arg(long, value_name = "FOLDER", default_value = "golden")]
    golden: PathBuf,
    /// Take the pages of now for good.
    #[arg(long)]
    accept: bool,
}

/// What is wrong with a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It is not as it was.
    Differs,
    /// Nobody accepted it yet.
    New,
    /// The ticket has no such page any more.
    Gone,
}

impl Fault {
    fn words(self) -> &'static str {
        match self {
            Self::Differs => "differs",
            Self::New => "was never accepted",
            Self::Gone => "is not made any more",
        }
    }
}

pub(super) fn run(args: &TestArgs, form: Form) -> anyhow::Result<Outcome> {
    logging::start(&LogSettings::of_command());
    let component = read_file(&args.component)?;
    let files = args.files.read()?;
    if !args.golden.is_dir() && !args.accept {
        return Err(WrongUsage(format!(
            "--golden {}: there is no such folder; --accept makes it",
            args.golden.display()
        ))
        .into());
    }
    fs::create_dir_all(&args.golden)
        .with_context(|| format!("cannot make {}", args.golden.display()))?;
    let offline = OfflineWorkshop::set_up()?;
    let template = offline
        .workshop
        .load(ComponentSource::Upload(&component), &files)?;
    let mut known = pages_in(&args.golden)?;
    let mut faults = Vec::new();
    let mut pages = 0;
    for name in tickets_in(&args.golden)? {
        for (number, page) in pages_of(&template, &args.golden, &name)?.iter().enumerate() {
            pages += 1;
            let file = format!("{name}.{}.svg", number + 1);
            let path = args.golden.join(&file);
            let new = args.golden.join(format!("{name}.{}.new.svg", number + 1));
            let fault = match known.remove(&file) {
                true if read_file(&path)? == *page => None,
                true => Some(Fault::Differs),
                false => Some(Fault::New),
            };
            let (write, other) = match (fault, args.accept) {
                (None, _) => (None, Some(&new)),
                (Some(_), true) => (Some(&path), Some(&new)),
                (Some(_), false) => (Some(&new), None),
            };
            if let Some(write) = write {
                fs::write(write, page)
                    .with_context(|| format!("cannot write {}", write.display()))?;
            }
            if let Some(other) = other.filter(|path| path.exists()) {
                fs::remove_file(other)
                    .with_context(|| format!("cannot remove {}", other.display()))?;
            }
            faults.extend(fault.map(|fault| (file, fault)));
        }
    }
    for file in known {
        if args.accept {
            fs::remove_file(args.golden.join(&file))
                .with_context(|| format!("cannot remove {file}"))?;
        }
        faults.push((file, Fault::Gone));
    }
    tell(args, form, pages, &faults)
}

fn tell(
    args: &TestArgs,
    form: Form,
    pages: usize,
    faults: &[(String, Fault)],
) -> anyhow::Result<Outcome> {
    for (file, fault) in faults {
        remark(format_args!("  {file} {}", fault.words()));
    }
    let changed = faults.len();
    let line = match (changed, args.accept) {
        (0, _) => format!("{pages} pages are as they were"),
        (_, true) => format!("{changed} of {pages} pages are accepted as they are now"),
        (_, false) => format!(
            "{changed} of {pages} pages are not as they were; look at *.new.svg, then run with --accept"
        ),
    };
    let list: Vec<_> = faults
        .iter()
        .map(|(file, fault)| json!({ "page": file, "fault": fault.words() }))
        .collect();
    let object = json!({ "pages": pages, "accepted": args.accept, "changed": list });
    show(form, line, &object)?;
    Ok(match args.accept || faults.is_empty() {
        true => Outcome::Done,
        false => Outcome::Refused,
    })
}

/// The sample, and what lies in the folder.
fn tickets_in(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut names = BTreeSet::from([SAMPLE.to_owned()]);
    for file in files_in(folder)? {
        if let Some(name) = file.strip_suffix(".json") {
            if name == SAMPLE {
                return Err(Refusal::new(
                    "SAMPLE",
                    "sample.json: the name is taken by the template's own sample; choose another",
                )
                .into());
            }
            names.insert(name.to_owned());
        }
    }
    Ok(names)
}

fn pages_in(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let is_page = |file: &String| file.ends_with(".svg") && !file.ends_with(".new.svg");
    Ok(files_in(folder)?.into_iter().filter(is_page).collect())
}

fn files_in(folder: &Path) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        names.extend(entry?.file_name().into_string().ok());
    }
    Ok(names)
}

/// The pages of a ticket, as SVG: the same bytes on every machine, and text that a reviewer can compare.
fn pages_of(template: &LoadedTemplate, folder: &Path, name: &str) -> anyhow::Result<Vec<Vec<u8>>> {
    let ticket = (name != SAMPLE).then(|| folder.join(format!("{name}.json")));
    let order = order_for(template, ticket.as_deref()).with_context(|| name.to_owned())?;
    let laid_out = template
        .lay_out(&order, &specimen_code())
        .map_err(refusal_of)?;
    (1..=laid_out.scene.pages.len())
        .map(|page| {
            let page = u32::try_from(page)?;
            let artifact = render_now(&laid_out.assets, &laid_out.scene, Format::Svg { page })
                .map_err(|error| Refusal::from(ApiError::from(error)))?;
            Ok(artifact.bytes)
        })
        .collect()
}
