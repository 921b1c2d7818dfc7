//! `guichet keys list`.

use clap::Args;
use serde_json::json;

use super::{KeyFacts, KeyholderArgs, Keyring, Purpose};
use crate::cli::answer::{Form, Outcome, show};
use crate::storage::KeyPurpose;

/// List the keys, oldest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet keys list --organizer acme")]
pub(in crate::cli) struct ListArgs {
    #[command(flatten)]
    holder: KeyholderArgs,
    /// Only keys of this purpose.
    #[arg(long)]
    purpose: Option<Purpose>,
}

pub(super) async fn run(args: &ListArgs, form: Form) -> anyhow::Result<Outcome> {
    let keyring = Keyring::open(&args.holder).await?;
    let wanted = args.purpose.map(KeyPurpose::from);
    let rows = keyring.rows().await?;
    keyring.storage.close().await;
    let facts: Vec<_> = rows
        .iter()
        .filter(|row| wanted.is_none_or(|purpose| row.purpose == purpose))
        .map(KeyFacts::of)
        .collect();
    let mut text = format!(
        "{:>5}  {:7}  {:7}  {:8}  since",
        "key", "purpose", "state", "kid"
    );
    for KeyFacts {
        number,
        purpose,
        state,
        kid,
        since,
        ..
    } in &facts
    {
        let state = state.code();
        text.push_str(&format!(
            "\n{number:>5}  {purpose:7}  {state:7}  {kid:8}  {since:.0}"
        ));
    }
    let keys: Vec<_> = facts.iter().map(KeyFacts::json).collect();
    show(form, text, &json!({ "keys": keys }))?;
    Ok(Outcome::Done)
}
