//! The commands of the `guichet` binary.
//!
//! Results go to stdout, progress and logs to stderr, and every command takes `--json`. Exit codes:
//! 0 done, 1 refused or not valid, 2 wrong usage.

mod answer;
mod audit;
mod backup;
mod config;
mod data;
mod database;
mod demo;
mod health;
mod heap;
mod jobs;
mod keys;
mod logging;
mod migrate;
mod offline;
mod openapi;
mod render;
mod restore;
mod serve;
mod template;
mod token;
mod value;
mod verify;
mod version_files;
mod worker;

use std::future::Future;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

use answer::{Form, Outcome};

/// A self-hosted ticket host: sandboxed layouts, signed tokens, native rendering.
#[derive(Debug, Parser)]
#[command(name = "guichet", version, arg_required_else_help = true)]
struct Cli {
    /// Answer with one JSON object on stdout, also when something is refused.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Worker(worker::WorkerArgs),
    Token(token::TokenArgs),
    Render(render::RenderArgs),
    Verify(verify::VerifyArgs),
    #[command(subcommand)]
    Template(template::TemplateCommand),
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    Health(health::HealthArgs),
    Config(config::ConfigArgs),
    Openapi(openapi::OpenapiArgs),
    Migrate(migrate::MigrateArgs),
    Backup(backup::BackupArgs),
    Restore(restore::RestoreArgs),
}

/// Runs the command that the process was started with.
///
/// The child process that compiles templates is another entry,
/// [`crate::templates::compile::run_if_child`], which has to be asked first.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version come this way too; they go to stdout with code 0.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let form = if cli.json { Form::Json } else { Form::Text };
    answer::conclude(dispatch(&cli.command, form), form)
}

fn dispatch(command: &Command, form: Form) -> anyhow::Result<Outcome> {
    match command {
        Command::Serve(args) => serve::run(args, form),
        Command::Worker(args) => worker::run(args, form),
        Command::Token(args) => block_on(token::run(args, form)),
        Command::Render(args) => render::run(args, form),
        Command::Verify(args) => verify::run(args, form),
        Command::Template(command) => template::run(command, form),
        Command::Keys(command) => block_on(keys::run(command, form)),
        Command::Jobs(command) => block_on(jobs::run(command, form)),
        Command::Health(args) => health::run(args, form),
        Command::Audit(command) => block_on(audit::run(command, form)),
        Command::Config(args) => config::run(args, form),
        Command::Openapi(args) => openapi::run(args),
        Command::Migrate(args) => block_on(migrate::run(args, form)),
        Command::Backup(args) => block_on(backup::run(args, form)),
        Command::Restore(args) => block_on(restore::run(args, form)),
    }
}

/// Runs one command to its end. The threads start here and not in `main`, which may turn out to be
/// the compiling child.
fn block_on(command: impl Future<Output = anyhow::Result<Outcome>>) -> anyhow::Result<Outcome> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the threads cannot be started")?
        .block_on(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn check(command: &clap::Command, path: &str) {
            let mut leaves = command.get_subcommands().peekable();
            if leaves.peek().is_none() {
                let help = command
                    .get_after_help()
                    .map(ToString::to_string)
                    .unwrap_or_default();
                assert!(help.contains(&format!("  {path}")), "{path}: {help}");
            }
            for leaf in leaves {
                check(leaf, &format!("{path} {}", leaf.get_name()));
            }
        }
        check(&Cli::command(), "guichet");
    }

    #[test]
    fn wrong_usage_is_code_2_and_help_is_code_0() {
        let check = |line: &str, code: i32| {
            let error = Cli::try_parse_from(line.split(' ')).expect_err(line);
            assert_eq!(error.exit_code(), code, "{line}");
        };
        check("guichet", 2);
        check("guichet --help", 0);
        check("guichet serve --help", 0);
        check("guichet --version", 0);
        check("guichet sell", 2);
        check("guichet serve --port 65536", 2);
        check("guichet serve --host localhost", 2);
        check("guichet token --organizer acme", 2);
        check("guichet token --organizer Acme --role admin", 2);
        check("guichet token --organizer acme --role king", 2);
        check("guichet token --organizer acme --role admin --ttl soon", 2);
        check("guichet verify TK1:X", 2);
        check("guichet verify TK1:X --bundle b --root-key 00", 2);
        check("guichet verify TK1:X --bundle b --at yesterday", 2);
        check("guichet render t.wasm", 2);
        check("guichet keys rotate --organizer acme --purpose root", 2);
    }

    #[test]
    fn any_text_may_stand_where_a_code_is_read() {
        for text in ["TK1:A B", "-", "--gate-crasher", ""] {
            let cli = Cli::try_parse_from(["guichet", "verify", "--bundle", "b", "--", text]);
            assert!(
                matches!(cli.map(|cli| cli.command), Ok(Command::Verify(_))),
                "{text}"
            );
        }
    }
}
