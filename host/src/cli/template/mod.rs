//! `guichet template`: a template's way from its author to a host.

mod activate;
mod check;
mod push;
mod server;

use clap::Subcommand;

use super::answer::{Form, Outcome};

/// Check templates, upload them, put them in use.
#[derive(Debug, Subcommand)]
pub(super) enum TemplateCommand {
    Check(check::CheckArgs),
    Push(push::PushArgs),
    Activate(activate::ActivateArgs),
}

pub(super) fn run(command: &TemplateCommand, form: Form) -> anyhow::Result<Outcome> {
    match command {
        TemplateCommand::Check(args) => check::run(args, form),
        TemplateCommand::Push(args) => push::run(args, form),
        TemplateCommand::Activate(args) => activate::run(args, form),
    }
}
