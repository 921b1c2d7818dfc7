//! `guichet token`: one bearer token.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::answer::{Form, Outcome, remark, show};
use super::data::DataArgs;
use super::logging;
use super::serve::Host;
use super::value;
use crate::access::Role;
use crate::config::{LogSettings, length_of_time};
use crate::storage::Slug;

/// Print one bearer token; makes the organizer if it is new.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet token --organizer acme --role service --ttl 30d

The token is signed with the secret of the data folder (or JWT_SECRET), so the host needs not run, and
may. Roles: operator, admin, organizer, service, scanner, viewer.")]
pub(super) struct TokenArgs {
    /// The organizer's name in tokens and addresses: a-z, 0-9 and inner hyphens.
    #[arg(long, value_name = "SLUG", value_parser = value::slug)]
    organizer: Slug,
    /// What the token allows.
    #[arg(long)]
    role: Role,
    /// How long it holds, such as 90s, 15m, 24h or 30d [default: $JWT_EXPIRES_IN, else 24h].
    #[arg(long, value_name = "TIME", value_parser = length_of_time)]
    ttl: Option<SignedDuration>,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(args: &TokenArgs, form: Form) -> anyhow::Result<Outcome> {
    logging::start(&LogSettings::of_command());
    let config = args.data.config()?;
    let secrets = config.all_secrets()?;
    let host = Host::open(&config, &secrets).await?;
    if host
        .storage
        .organizer_by_slug(&args.organizer)
        .await?
        .is_none()
    {
        remark(format_args!("making the organizer {}", args.organizer));
    }
    host.organizers.find_or_make(&args.organizer).await?;
    let now = host.clock.now();
    let ttl = args.ttl.unwrap_or(config.tokens.life);
    let token = host
        .bearer
        .issue(args.organizer.as_str(), args.role, now, ttl)?;
    host.storage.close().await;
    // The token counts whole seconds.
    let expires_at = Timestamp::from_second(now.as_second())? + ttl;
    let answer = json!({
        "token": token,
        "organizer": args.organizer.as_str(),
        "role": args.role.name(),
        "expiresAt": expires_at.to_string(),
    });
    show(form, &token, &answer)?;
    Ok(Outcome::Done)
}
