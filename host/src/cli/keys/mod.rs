//! `guichet keys`: an organizer's signing keys, directly in the data folder.

mod create_next;
mod list;
mod revoke;
mod rotate;
mod rotate_master;

use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Form, Outcome, Refusal, show};
use super::data::DataArgs;
use super::value;
use super::{database, logging};
use crate::clock::{Clock as _, SystemClock};
use crate::config::LogSettings;
use crate::keys::{Keys, KeysError, MacSecret, MasterKey, system_randomness};
use crate::storage::{By, KeyPurpose, KeyState, Organizer, SigningKeyRow, Slug, Storage};

/// See and change an organizer's signing keys.
///
/// A host may run beside: it takes a change over within ten seconds, and no ticket is signed with a
/// retired or revoked key in the meantime.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    List(list::ListArgs),
    CreateNext(create_next::CreateNextArgs),
    Rotate(rotate::RotateArgs),
    RotateMaster(rotate_master::RotateMasterArgs),
    Revoke(revoke::RevokeArgs),
}

pub(super) async fn run(command: &KeysCommand, form: Form) -> anyhow::Result<Outcome> {
    logging::start(&LogSettings::of_command());
    match command {
        KeysCommand::List(args) => list::run(args, form).await,
        KeysCommand::CreateNext(args) => create_next::run(args, form).await,
        KeysCommand::Rotate(args) => rotate::run(args, form).await,
        KeysCommand::RotateMaster(args) => rotate_master::run(args, form).await,
        KeysCommand::Revoke(args) => revoke::run(args, form).await,
    }
}

/// Whose keys, and where they are.
#[derive(Debug, Args)]
struct KeyholderArgs {
    /// The organizer.
    #[arg(long, value_name = "SLUG", value_parser = value::slug)]
    organizer: Slug,
    #[command(flatten)]
    data: DataArgs,
}

/// What a key is for, where this command may change it. The root key is left out: every scanner is
/// paired with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Purpose {
    /// Signs tickets.
    Ticket,
    /// Signs bundles and status lists.
    Bundle,
    /// Signs the heads of the audit chain.
    Audit,
}

impl From<Purpose> for KeyPurpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Ticket => Self::Ticket,
            Purpose::Bundle => Self::Bundle,
            Purpose::Audit => Self::Audit,
        }
    }
}

/// An organizer's keys in an open database.
struct Keyring {
    storage: Arc<dyn Storage>,
    keys: Keys,
    organizer: Organizer,
}

impl Keyring {
    async fn open(args: &KeyholderArgs) -> anyhow::Result<Self> {
        let config = args.data.config()?;
        let storage = database::open_existing(&config).await?;
        let secrets = config.all_secrets()?;
        let organizer = storage
            .organizer_by_slug(&args.organizer)
            .await?
            .ok_or_else(|| {
                let place = database::place(&config);
                let message = format!("there is no organizer {} in {place}", args.organizer);
                Refusal::new("ORGANIZER_NOT_FOUND", message)
            })?;
        let master = MasterKey::of(&secrets);
        let mac_secret = MacSecret::new(secrets.qr.expose().to_vec());
        Ok(Self {
            keys: Keys::new(Arc::clone(&storage), master, mac_secret),
            storage,
            organizer,
        })
    }

    async fn rows(&self) -> anyhow::Result<Vec<SigningKeyRow>> {
        Ok(self.storage.signing_keys(self.organizer.id).await?)
    }

    /// Makes a key that is next, or active at once where there is none.
    async fn create(&self, purpose: KeyPurpose) -> anyhow::Result<SigningKeyRow> {
        let made = self
            .keys
            .create_next(self.organizer.id, purpose, &mut system_randomness(), by())
            .await;
        made.map_err(refused)
    }

    /// Shows a changed key and closes the database.
    async fn conclude(
        self,
        form: Form,
        what: &str,
        row: &SigningKeyRow,
    ) -> anyhow::Result<Outcome> {
        self.storage.close().await;
        let KeyFacts {
            number,
            purpose,
            kid,
            ..
        } = KeyFacts::of(row);
        let text = format!("the {purpose} key {number} (kid {kid}) {what}");
        show(form, text, &KeyFacts::of(row).json())?;
        Ok(Outcome::Done)
    }
}

/// A wrong master key is the operator's to mend; the rest is what it is.
fn refused(error: KeysError) -> anyhow::Error {
    match error {
        KeysError::Open { .. } => Refusal::new("WRONG_MASTER_KEY", error.to_string()).into(),
        other => other.into(),
    }
}

fn by() -> By {
    By::new("cli", SystemClock.now())
}

/// What is shown of a key.
struct KeyFacts {
    number: u32,
    purpose: &'static str,
    state: KeyState,
    kid: String,
    public_key: String,
    since: Timestamp,
    verify_until: Option<Timestamp>,
}

impl KeyFacts {
    fn of(row: &SigningKeyRow) -> Self {
        Self {
            number: row.id.0,
            purpose: row.purpose.code(),
            state: row.state,
            kid: row.key_id.to_string(),
            public_key: row
                .public_key
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            since: row.state_at,
            verify_until: row.verify_until,
        }
    }

    fn json(&self) -> Value {
        json!({
            "key": self.number,
            "purpose": self.purpose,
            "state": self.state.code(),
            "kid": self.kid,
            "publicKey": self.public_key,
            "since": self.since.to_string(),
            "verifyUntil": self.verify_until.map(|at| at.to_string()),
        })
    }
}
