//! `guichet audit`: the record of what was done.

use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::answer::{Form, Outcome, Refusal, show};
use super::data::DataArgs;
use super::value;
use super::{database, logging};
use crate::audit::{ChainHash, Verification, verify};
use crate::clock::{Clock as _, SystemClock};
use crate::config::LogSettings;
use crate::keys::{Keys, MacSecret, MasterKey};
use crate::storage::{Organizer, Slug, Storage};

/// Check the record of what was done.
#[derive(Debug, Subcommand)]
pub(super) enum AuditCommand {
    Verify(VerifyArgs),
}

/// Check that no sealed entry was changed, removed, added or moved. The exit code is 0 only if all holds.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  guichet audit verify
  guichet audit verify --organizer acme --head 5f0c…

Keep the printed head somewhere else: given again later, it shows that nothing was cut off the end. The host
may run; what it did in the last seconds is counted as not sealed yet.")]
pub(super) struct VerifyArgs {
    /// Only this organizer's record.
    #[arg(long, value_name = "SLUG", value_parser = value::slug)]
    organizer: Option<Slug>,
    /// A head that the record had earlier, 64 hexadecimal digits.
    #[arg(long, value_name = "HEX", value_parser = value::bytes_32, requires = "organizer")]
    head: Option<[u8; 32]>,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(command: &AuditCommand, form: Form) -> anyhow::Result<Outcome> {
    logging::start(&LogSettings::of_command());
    match command {
        AuditCommand::Verify(args) => verify_records(args, form).await,
    }
}

async fn verify_records(args: &VerifyArgs, form: Form) -> anyhow::Result<Outcome> {
    let config = args.data.config()?;
    let storage = database::open_existing(&config).await?;
    let secrets = config.all_secrets()?;
    let keys = Keys::new(
        Arc::clone(&storage),
        MasterKey::of(&secrets),
        MacSecret::new(secrets.qr.expose().to_vec()),
    );
    let organizers = chosen(&*storage, args.organizer.as_ref()).await?;
    let mut lines = Vec::new();
    let mut records = Vec::new();
    let mut outcome = Outcome::Done;
    for organizer in &organizers {
        let head = args.head.map(ChainHash);
        let found = verify(&*storage, &keys, organizer, head, SystemClock.now()).await?;
        if found.fault.is_some() {
            outcome = Outcome::Refused;
        }
        lines.push(line(&organizer.slug, &found));
        records.push(object(&organizer.slug, &found));
    }
    storage.close().await;
    let holds = outcome == Outcome::Done;
    let object = json!({ "holds": holds, "records": records });
    show(form, lines.join("\n"), &object)?;
    Ok(outcome)
}

async fn chosen(storage: &dyn Storage, slug: Option<&Slug>) -> anyhow::Result<Vec<Organizer>> {
    let Some(slug) = slug else {
        return Ok(storage.organizers().await?);
    };
    match storage.organizer_by_slug(slug).await? {
        Some(organizer) => Ok(vec![organizer]),
        None => {
            let message = format!("there is no organizer {slug}");
            Err(Refusal::new("ORGANIZER_NOT_FOUND", message).into())
        }
    }
}

fn line(organizer: &Slug, found: &Verification) -> String {
    let Verification {
        entries,
        seals,
        unsealed,
        head,
        fault,
    } = found;
    let verdict = match fault {
        Some(fault) => format!("DOES NOT HOLD: {fault}; before that,"),
        None => "holds:".to_owned(),
    };
    format!(
        "{organizer}: {verdict} {entries} entries under {seals} seals, {unsealed} not sealed yet, head {head}"
    )
}

fn object(organizer: &Slug, found: &Verification) -> Value {
    json!({
        "organizer": organizer.as_str(),
        "holds": found.fault.is_none(),
        "fault": found.fault.as_ref().map(ToString::to_string),
        "entries": found.entries,
        "seals": found.seals,
        "unsealed": found.unsealed,
        "head": found.head.to_string(),
    })
}
