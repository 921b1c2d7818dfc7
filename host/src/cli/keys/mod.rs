//! `guichet keys`: an organizer's signing keys, directly in the data folder.

mod create_next;
mod list;
mod revoke;
mod rotate;

use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::{Form, Outcome, Refusal, show};
use super::data::{DataArgs, DataLock};
use super::logging::LogSettings;
use super::value;
use crate::clock::{Clock as _, SystemClock};
use crate::keys::{DataKey, Entropy, MasterKey, next_signing_key};
use crate::storage::sqlite::{FILE_NAME, SqliteStorage};
use crate::storage::{By, KeyPurpose, KeyState, Organizer, SigningKeyRow, Slug, Storage};

/// See and change an organizer's signing keys.
///
/// All but `list` need the data folder to themselves: a running host keeps opened keys in memory, and
/// would go on with the old ones. Stop it first; it takes over the change when it starts again.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    List(list::ListArgs),
    CreateNext(create_next::CreateNextArgs),
    Rotate(rotate::RotateArgs),
    Revoke(revoke::RevokeArgs),
}

pub(super) async fn run(command: &KeysCommand, form: Form) -> anyhow::Result<Outcome> {
    LogSettings::of_command().start();
    match command {
        KeysCommand::List(args) => list::run(args, form).await,
        KeysCommand::CreateNext(args) => create_next::run(args, form).await,
        KeysCommand::Rotate(args) => rotate::run(args, form).await,
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
}

impl From<Purpose> for KeyPurpose {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Ticket => Self::Ticket,
            Purpose::Bundle => Self::Bundle,
        }
    }
}

/// An organizer's keys in an open database.
struct Keyring {
    storage: Arc<dyn Storage>,
    master: MasterKey,
    organizer: Organizer,
    /// Held while keys may change.
    _lock: Option<DataLock>,
}

impl Keyring {
    /// Opens the keys to look at them; a host may run beside.
    async fn to_read(args: &KeyholderArgs) -> anyhow::Result<Self> {
        Self::open(args, None).await
    }

    /// Opens the keys to change them.
    ///
    /// # Errors
    /// When a host uses the data folder.
    async fn to_change(args: &KeyholderArgs) -> anyhow::Result<Self> {
        let lock = DataLock::take(&args.data.config()?.data)?;
        Self::open(args, Some(lock)).await
    }

    async fn open(args: &KeyholderArgs, lock: Option<DataLock>) -> anyhow::Result<Self> {
        let config = args.data.config()?;
        if !config.data.join(FILE_NAME).exists() {
            let message = format!(
                "there is no database in {}; check --data",
                config.data.display()
            );
            return Err(Refusal::new("NO_DATABASE", message).into());
        }
        let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(&config.data, 1).await?);
        let organizer = storage
            .organizer_by_slug(&args.organizer)
            .await?
            .ok_or_else(|| {
                let folder = config.data.display();
                let message = format!("there is no organizer {} in {folder}", args.organizer);
                Refusal::new("ORGANIZER_NOT_FOUND", message)
            })?;
        let master = MasterKey::from_secret(config.secrets.master.expose());
        Ok(Self {
            storage,
            master,
            organizer,
            _lock: lock,
        })
    }

    async fn rows(&self) -> anyhow::Result<Vec<SigningKeyRow>> {
        Ok(self.storage.signing_keys(self.organizer.id).await?)
    }

    /// Makes a key that is next, or active at once where there is none.
    async fn create(&self, purpose: KeyPurpose) -> anyhow::Result<SigningKeyRow> {
        let entropy = Entropy::system();
        let key = next_signing_key(purpose, &self.data_key()?, &entropy)?;
        Ok(self
            .storage
            .create_signing_key(self.organizer.id, key, by())
            .await?)
    }

    fn data_key(&self) -> anyhow::Result<DataKey> {
        let Organizer { slug, data_key, .. } = &self.organizer;
        self.master.unwrap(slug, data_key).map_err(|_| {
            let message = format!("the keys of {slug} were sealed with another master key");
            Refusal::new("WRONG_MASTER_KEY", message).into()
        })
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

fn by() -> By {
    By {
        actor: "cli".to_owned(),
        at: SystemClock.now(),
    }
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
