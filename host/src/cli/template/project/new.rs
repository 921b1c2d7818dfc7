//! `guichet template new`.

use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::Kind;
use crate::cli::answer::{Form, Outcome, WrongUsage, show};
use crate::cli::value;

/// Begin a template: a folder that builds and previews as it is.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet template new summer
  cd summer
  guichet template build
  guichet template preview summer.wasm")]
pub(in crate::cli) struct NewArgs {
    /// The template's name: a-z, 0-9 and hyphens, a letter first. It names the folder too.
    #[arg(value_parser = value::template_name)]
    name: String,
    /// In what it is written.
    #[arg(long, value_enum, default_value_t = Kind::Rust)]
    kind: Kind,
    /// The folder; the template's name if not given. It must be empty or not there.
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(in crate::cli::template) fn run(args: &NewArgs, form: Form) -> anyhow::Result<Outcome> {
    let folder = args
        .folder
        .clone()
        .unwrap_or_else(|| PathBuf::from(&args.name));
    // Nothing of anybody's is written over.
    let is_free = match fs::read_dir(&folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    };
    if !is_free {
        return Err(WrongUsage(format!(
            "{}: there is something already; choose another --folder",
            folder.display()
        ))
        .into());
    }
    let files = args.kind.files(&args.name);
    for file in &files {
        let path = folder.join(file.path);
        let parent = path.parent().unwrap_or(&folder);
        fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
        fs::write(&path, &file.text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    let (shown, name) = (folder.display(), &args.name);
    show(
        form,
        format_args!(
            "made {shown}; next:\n  cd {shown}\n  guichet template build\n  guichet template preview {name}.wasm"
        ),
        &json!({
            "name": name,
            "folder": shown.to_string(),
            "files": files.iter().map(|file| file.path).collect::<Vec<_>>(),
        }),
    )?;
    Ok(Outcome::Done)
}
