//! `guichet keys revoke`.

use clap::Args;

use super::rotate::rotated;
use super::{KeyholderArgs, Keyring, by, refused};
use crate::cli::answer::{Form, Outcome, Refusal, remark};
use crate::storage::{KeyPurpose, KeyState, SigningKeyRow};

/// Revoke a key for good: nothing that it signed holds any longer. A successor is put in use.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet keys revoke --organizer acme 3f7a09c1 --yes

Revoking a ticket key makes every ticket that it signed worthless: they must be issued again. It is
meant for a key that others have got hold of; to change keys as a precaution, use `rotate`.")]
pub(in crate::cli) struct RevokeArgs {
    #[command(flatten)]
    holder: KeyholderArgs,
    /// The key, by its kid or its number, as `guichet keys list` shows them.
    key: String,
    /// Say that you know what becomes of what the key signed.
    #[arg(long)]
    yes: bool,
}

pub(super) async fn run(args: &RevokeArgs, form: Form) -> anyhow::Result<Outcome> {
    let keyring = Keyring::open(&args.holder).await?;
    let found = found(&keyring.rows().await?, &args.key)?;
    if found.purpose == KeyPurpose::Root {
        let message = "a root key is not revoked here: every scanner is paired with it";
        return Err(Refusal::new("ROOT_KEY", message).into());
    }
    if !args.yes {
        let purpose = found.purpose.code();
        let message = format!(
            "nothing that the {purpose} key {} signed will hold any longer; say --yes to revoke it",
            found.key_id
        );
        return Err(Refusal::new("NOT_CONFIRMED", message).into());
    }
    let organizer = keyring.organizer.id;
    let revoked = keyring
        .keys
        .revoke(organizer, found.id, by())
        .await
        .map_err(refused)?
        .ok_or_else(|| not_found(&args.key))?;
    let rows = keyring.rows().await?;
    let active =
        |row: &SigningKeyRow| row.purpose == revoked.purpose && row.state == KeyState::Active;
    if !rows.iter().any(active) {
        let successor = rotated(&keyring, revoked.purpose).await?;
        remark(format_args!(
            "the {} key {} is active now",
            successor.purpose.code(),
            successor.key_id
        ));
    }
    keyring.conclude(form, "is revoked", &revoked).await
}

/// A kid is a hint that two keys may share, a number is not.
fn found(rows: &[SigningKeyRow], name: &str) -> Result<SigningKeyRow, Refusal> {
    let matching: Vec<_> = rows
        .iter()
        .filter(|row| {
            row.key_id.to_string().eq_ignore_ascii_case(name) || row.id.0.to_string() == name
        })
        .collect();
    match matching.as_slice() {
        [] => Err(not_found(name)),
        [only] => Ok((*only).clone()),
        [..] => {
            let message = format!("several keys are called {name}; see `guichet keys list`");
            Err(Refusal::new("AMBIGUOUS_KEY", message))
        }
    }
}

fn not_found(name: &str) -> Refusal {
    Refusal::new(
        "KEY_NOT_FOUND",
        format!("the organizer has no key {name}; see `guichet keys list`"),
    )
}
