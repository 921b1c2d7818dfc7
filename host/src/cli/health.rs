//! `guichet health`: whether the host on this machine works, for container engines and the like.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use ureq::tls::TlsConfig;

use super::answer::{Form, Outcome, Refusal, show};
use super::data::DataArgs;
use crate::config::ServeConfig;

/// A host that takes longer than this is not well.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Ask the host whether all of it works. The exit code is 0 only if it does.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  guichet health
  guichet health --url https://tickets.example

Without --url it asks the host that these settings would start: HOST, PORT and TLS_CERT are read as `guichet
serve` reads them. A host of this machine is believed whatever its certificate says.")]
pub(super) struct HealthArgs {
    /// Address of another host.
    #[arg(long, value_name = "U")]
    url: Option<String>,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) fn run(args: &HealthArgs, form: Form) -> anyhow::Result<Outcome> {
    let (origin, is_own) = match &args.url {
        Some(url) => (url.trim_end_matches('/').to_owned(), false),
        None => (own_origin(&args.data.config()?), true),
    };
    // Its certificate is for the name under which others reach it, which is not loopback.
    let tls = TlsConfig::builder().disable_verification(is_own).build();
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(ANSWER_LIMIT))
        .tls_config(tls)
        .build()
        .new_agent();
    let unreachable = |error: ureq::Error| {
        let message = format!("{origin} does not answer: {error}");
        Refusal::new("NO_ANSWER", message)
    };
    let mut answer = agent
        .get(format!("{origin}/health/ready"))
        .call()
        .map_err(unreachable)?;
    let healthy = answer.status() == 200;
    let body = answer.body_mut().read_to_string().map_err(unreachable)?;
    let body: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
    let word = if healthy { "healthy" } else { "NOT healthy" };
    let object = json!({ "healthy": healthy, "url": origin, "answer": body });
    show(form, format!("{origin} is {word}"), &object)?;
    Ok(match healthy {
        true => Outcome::Done,
        false => Outcome::Refused,
    })
}

/// Where a host with these settings is reached from its own machine.
fn own_origin(config: &ServeConfig) -> String {
    let scheme = match config.front.tls {
        Some(_) => "https",
        None => "http",
    };
    let address = match config.listen.ip() {
        IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        one => one,
    };
    format!(
        "{scheme}://{}",
        SocketAddr::new(address, config.listen.port())
    )
}
