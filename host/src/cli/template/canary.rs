//! `guichet template canary`.

use clap::Args;
use serde_json::json;

use super::server::{Body, Server, ServerArgs};
use crate::cli::answer::{Form, Outcome, show};
use crate::cli::value;

/// Let a share of new tickets try a version. Tickets already issued keep theirs.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  guichet template canary summer 4 --share 5%
  guichet template canary summer 4 --share 0      ends the trial")]
pub(in crate::cli) struct CanaryArgs {
    /// The template's name.
    #[arg(value_parser = value::template_name)]
    name: String,
    /// The version's number, as `guichet template push` printed it.
    version: u32,
    /// Share of new tickets: 0 to 100 %, in tenths of a percent.
    #[arg(long, value_name = "P%", value_parser = permille)]
    share: u16,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &CanaryArgs, form: Form) -> anyhow::Result<Outcome> {
    let path = format!("/api/templates/{}/canary", args.name);
    let body = Body::json(&json!({ "version": args.version, "permille": args.share }));
    let answer = Server::new(&args.server)?.post(&path, &[], &body)?;
    let line = match args.share {
        0 => format!("{}: no version is on trial", args.name),
        share => format!(
            "{} version {} is on trial for {}.{} % of new tickets",
            args.name,
            args.version,
            share / 10,
            share % 10
        ),
    };
    show(form, line, &answer.data)?;
    Ok(Outcome::Done)
}

fn permille(text: &str) -> Result<u16, String> {
    let number = text.trim().trim_end_matches('%').trim_end();
    let (whole, tenth) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let permille = match (digits(whole), digits(tenth), tenth.len()) {
        (true, true, 1) => format!("{whole}{tenth}").parse::<u16>().ok(),
        _ => None,
    };
    permille
        .filter(|permille| *permille <= 1000)
        .ok_or_else(|| "give a percentage from 0 to 100, such as 5% or 0.5%".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_tenths_of_a_percent() {
        for (text, expected) in [
            ("5%", 50),
            ("0.5%", 5),
            ("100", 1000),
            ("0", 0),
            ("12.5 %", 125),
        ] {
            assert_eq!(permille(text), Ok(expected), "{text}");
        }
        for text in [
            "", "%", "-1%", "101%", "0.05%", "half", "5.%", "1e2", "100.1",
        ] {
            assert!(permille(text).is_err(), "{text}");
        }
    }
}
