//! `guichet template`: a template's way from its author to a host.

mod activate;
mod bench;
mod canary;
mod check;
mod diff;
mod golden;
mod preview;
mod project;
mod push;
mod rollback;
mod server;
mod versions;

use clap::Subcommand;

use super::answer::{Form, Outcome};
use super::block_on;

/// Begin, build, preview, check and measure templates, upload them, put them in use.
#[derive(Debug, Subcommand)]
pub(super) enum TemplateCommand {
    New(project::NewArgs),
    Build(project::BuildArgs),
    Check(check::CheckArgs),
    Preview(preview::PreviewArgs),
    Bench(bench::BenchArgs),
    Test(golden::TestArgs),
    Push(push::PushArgs),
    Versions(versions::VersionsArgs),
    Diff(diff::DiffArgs),
    Activate(activate::ActivateArgs),
    Canary(canary::CanaryArgs),
    Rollback(rollback::RollbackArgs),
}

pub(super) fn run(command: &TemplateCommand, form: Form) -> anyhow::Result<Outcome> {
    match command {
        TemplateCommand::New(args) => project::new(args, form),
        TemplateCommand::Build(args) => project::build(args, form),
        TemplateCommand::Check(args) => check::run(args, form),
        TemplateCommand::Preview(args) => block_on(preview::run(args, form)),
        TemplateCommand::Bench(args) => bench::run(args, form),
        TemplateCommand::Test(args) => golden::run(args, form),
        TemplateCommand::Push(args) => push::run(args, form),
        TemplateCommand::Versions(args) => versions::run(args, form),
        TemplateCommand::Diff(args) => diff::run(args, form),
        TemplateCommand::Activate(args) => activate::run(args, form),
        TemplateCommand::Canary(args) => canary::run(args, form),
        TemplateCommand::Rollback(args) => rollback::run(args, form),
    }
}
