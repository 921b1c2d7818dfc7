//! `guichet openapi`: the description of the API, without a host.

use std::io::{self, Write as _};

use clap::Args;

use super::answer::Outcome;
use crate::http::openapi::{collection, document};

/// Print the description of the API, OpenAPI 3.1 in JSON; no host runs and nothing is configured.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  guichet openapi > openapi.json
  guichet openapi --postman > guichet.postman_collection.json

A running host serves the same at /openapi.json, and a page to read it at /docs.")]
pub(super) struct OpenapiArgs {
    /// A Postman collection (v2.1) in its place, whose requests can be run in their order.
    #[arg(long)]
    postman: bool,
}

pub(super) fn run(args: &OpenapiArgs) -> anyhow::Result<Outcome> {
    let document = &document().json;
    let text = if args.postman {
        serde_json::to_string_pretty(&collection(document))?
    } else {
        serde_json::to_string_pretty(document)?
    };
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(Outcome::Done)
}
