//! `guichet template activate`.

use clap::Args;

use super::server::{Body, Server, ServerArgs};
use crate::cli::answer::{Form, Outcome, show};
use crate::cli::value;

/// Put a version of a template in use. Tickets already issued keep theirs.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet template activate summer 3")]
pub(in crate::cli) struct ActivateArgs {
    /// The template's name.
    #[arg(value_parser = value::template_name)]
    name: String,
    /// The version's number, as `guichet template push` printed it.
    version: u32,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &ActivateArgs, form: Form) -> anyhow::Result<Outcome> {
    let path = format!(
        "/api/templates/{}/versions/{}/activate",
        args.name, args.version
    );
    let answer = Server::new(&args.server)?.post(&path, &[], &Body::none())?;
    show(
        form,
        format!("{} version {}: {}", args.name, args.version, answer.message),
        &answer.data,
    )?;
    Ok(Outcome::Done)
}
