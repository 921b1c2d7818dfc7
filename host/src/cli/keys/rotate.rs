//! `guichet keys rotate`.

use clap::Args;

use super::{KeyholderArgs, Keyring, Purpose, by, refused};
use crate::cli::answer::{Form, Outcome};
use crate::storage::{KeyPurpose, KeyState, Rotation, SigningKeyRow};

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
    let rows = keyring.rows().await?;
    let has_next = rows
        .iter()
        .any(|row| row.purpose == purpose && row.state == KeyState::Next);
    if !has_next {
        let made = keyring.create(purpose).await?;
        // Where no key was active, the new one is so already.
        if made.state == KeyState::Active {
            return Ok(made);
        }
    }
    let by = by();
    // Storage moves this to the last `exp` that the key signed: rotation kills no ticket.
    let rotation = Rotation {
        purpose,
        verify_until: Some(by.at),
    };
    let rotated = keyring
        .keys
        .rotate(keyring.organizer.id, rotation, by)
        .await;
    rotated.map_err(refused)
}
