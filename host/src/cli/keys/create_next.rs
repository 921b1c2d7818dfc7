//! `guichet keys create-next`.

use clap::Args;

use super::{KeyholderArgs, Keyring, Purpose};
use crate::cli::answer::{Form, Outcome};
use crate::storage::KeyState;

/// Make the key that the next rotation will use, so that scanners know it ahead of time.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet keys create-next --organizer acme --purpose ticket")]
pub(in crate::cli) struct CreateNextArgs {
    #[command(flatten)]
    holder: KeyholderArgs,
    /// What the key is for.
    #[arg(long, default_value = "ticket")]
    purpose: Purpose,
}

pub(super) async fn run(args: &CreateNextArgs, form: Form) -> anyhow::Result<Outcome> {
    let keyring = Keyring::open(&args.holder).await?;
    let row = keyring.create(args.purpose.into()).await?;
    let what = match row.state {
        KeyState::Active => "is active: there was no other",
        KeyState::Next | KeyState::Retired | KeyState::Revoked => {
            "is next; `guichet keys rotate` puts it in use"
        }
    };
    keyring.conclude(form, what, &row).await
}
