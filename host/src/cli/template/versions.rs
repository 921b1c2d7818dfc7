//! `guichet template versions`.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Value, json};

use super::server::{Server, ServerArgs};
use crate::cli::answer::{Form, Outcome, show};
use crate::cli::value;

/// List the versions of a template, the newest first, and say which is in use.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet template versions summer")]
pub(in crate::cli) struct VersionsArgs {
    /// The template's name.
    #[arg(value_parser = value::template_name)]
    name: String,
    #[command(flatten)]
    server: ServerArgs,
}

pub(super) fn run(args: &VersionsArgs, form: Form) -> anyhow::Result<Outcome> {
    let server = Server::new(&args.server)?;
    let template = server.get(&format!("/api/templates/{}", args.name))?.data;
    let path = format!("/api/templates/{}/versions", args.name);
    let versions = server.get(&path)?.data["versions"].take();
    let active = template["activeVersion"].as_u64();
    let trial = &template["canary"];
    let mut lines = String::from("version  state      uploaded              component");
    for version in versions.as_array().into_iter().flatten() {
        let number = version["version"].as_u64();
        let mut remark = String::new();
        if number.is_some() && number == active {
            remark.push_str("  in use");
        }
        if number.is_some() && number == trial["version"].as_u64() {
            let permille = trial["permille"].as_u64().unwrap_or_default();
            write!(remark, "  on trial for {permille} of 1000 new tickets")?;
        }
        write!(
            lines,
            "\n{:>7}  {:<9}  {:<20}  {}{remark}",
            number.unwrap_or_default(),
            text(version, "state"),
            seconds(text(version, "createdAt")),
            short(text(version, "digest")),
        )?;
    }
    show(
        form,
        lines,
        &json!({ "template": template, "versions": versions }),
    )?;
    Ok(Outcome::Done)
}

fn text<'v>(object: &'v Value, field: &str) -> &'v str {
    object[field].as_str().unwrap_or("?")
}

/// A time of RFC 3339 without what follows the seconds.
fn seconds(time: &str) -> String {
    match time.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => time.to_owned(),
    }
}

/// Enough of a digest to tell versions apart.
fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_digests_are_shortened() {
        assert_eq!(seconds("2027-05-01T20:00:00.123Z"), "2027-05-01T20:00:00Z");
        assert_eq!(seconds("2027-05-01T20:00:00Z"), "2027-05-01T20:00:00Z");
        assert_eq!(short("0123456789abcdef"), "0123456789ab");
        assert_eq!(short("ä"), "ä");
    }
}
