//! `guichet keys rotate`.

use clap::Args;

use super::{KeyholderArgs, Keyring, Purpose, by, refused};
use crate::cli::answer::{Form, Outcome};
use crate::keys::system_randomness;
use crate::storage::{KeyPurpose, SigningKeyRow};

/// Put the next key in use, making it first if there is none. What the retired key signed holds.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet keys rotate --organizer acme --purpose ticket

Scanners learn a new ticket key from the next bundle. Where some are seldom online, make the key some
days ahead with `guichet keys create-next`.")]
pub(in crate::cli) struct RotateArgs {
    #[command(flatten)]
    holder: KeyholderArgs,
    /// Which key.
    #[arg(long, default_value = "ticket")]
    purpose: Purpose,
}

pub(super) async fn run(args: &RotateArgs, form: Form) -> anyhow::Result<Outcome> {
    let keyring = Keyring::open(&args.holder).await?;
    let row = rotated(&keyring, args.purpose.into()).await?;
    keyring.conclude(form, "is active", &row).await
}

/// The key that is active after a rotation.
///
/// # Errors
/// When storage or randomness fail.
pub(super) async fn rotated(
    keyring: &Keyring,
    purpose: KeyPurpose,
) -> anyhow::Result<SigningKeyRow> {
    let rotated = keyring
        .keys
        .put_next_in_use(
            keyring.organizer.id,
            purpose,
            &mut system_randomness(),
            by(),
        )
        .await;
    rotated.map_err(refused)
}
