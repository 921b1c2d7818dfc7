//! `guichet template rollback`.

use clap::Args;

use super::server::{Body, Server, ServerArgs};
use crate::cli::answer::{Form, Outcome, show};
use crate::cli::value;

/// Return to the version that was in use before.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet template rollback summer")]
pub(in crate::cli) struct RollbackArgs {
    /// The template's name.
    #[arg(value_parser = value::template_name)]
    name: String,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &RollbackArgs, form: Form) -> anyhow::Result<Outcome> {
    let path = format!("/api/templates/{}/rollback", args.name);
    let answer = Server::new(&args.server)?.post(&path, &[], &Body::none())?;
    let version = answer.data["activeVersion"].as_u64().unwrap_or_default();
    let line = format!("{}: version {version} is in use again", args.name);
    show(form, line, &answer.data)?;
    Ok(Outcome::Done)
}
