//! `guichet restore`: a database out of an archive.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::answer::{Form, Outcome, Refusal, remark, show};
use super::data::{DataArgs, DataLock};
use super::{database, logging};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{DatabaseConfig, LogSettings, Secrets, ServeConfig};
use crate::keys::{Keys, MacSecret, MasterKey};
use crate::storage::Storage as _;
use crate::storage::sqlite::{FILE_NAME, SqliteStorage};
use crate::storage::transfer::archive::ArchiveError;
use crate::storage::transfer::{self, TransferError, Unpacked};

/// Make a database out of an archive, where there is none yet.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  guichet restore --from /backup/guichet-2027-05-01.db --data /var/lib/guichet
  DATABASE_URL=postgres://… guichet restore --from /backup/guichet-2027-05-01.db

Give the secrets of the lost host first, in the data folder or by the environment, as a host needs them. Any
other master key is refused before anything is written.

Tickets that were issued after the archive was made are not in it. So that no serial is given out twice, those
of the next --serial-gap tickets of each event are left out; give more if more may have been sold since.")]
pub(super) struct RestoreArgs {
    /// The archive.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Serials of each event that are not given out again.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    serial_gap: u32,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(args: &RestoreArgs, form: Form) -> anyhow::Result<Outcome> {
    logging::start(&LogSettings::of_command());
    let config = args.data.config()?;
    let secrets = present_secrets(&config)?;
    let _lock = DataLock::take(&config.data)?;
    if config.database == DatabaseConfig::Embedded && config.data.join(FILE_NAME).exists() {
        let message = format!("{} has a database already", config.data.display());
        return Err(Refusal::new("DATABASE_NOT_EMPTY", message).into());
    }
    let now = SystemClock.now();
    let unpacked = transfer::unpack(&args.from, &config.data, args.serial_gap, now)
        .await
        .map_err(refused)?;
    check_master(&unpacked, &secrets).await?;
    let (made_at, tables) = (unpacked.contents.made_at, unpacked.contents.tables.clone());
    put(unpacked, &config).await?;
    let rows: u64 = tables.iter().map(|(_, rows)| rows).sum();
    let place = database::place(&config);
    let text = format!(
        "restored {rows} rows of {} tables to {place}, as they were at {made_at:.0}\n\
         What was done after that is not there: tickets issued since are not known, and what was revoked, \
         suspended or erased since has to be revoked, suspended or erased again.\n\
         {} serials of each event are left out, so that none is given out twice. If more were sold since, \
         restore again with a larger --serial-gap.",
        tables.len(),
        args.serial_gap,
    );
    let object = json!({
        "database": place,
        "madeAt": made_at.to_string(),
        "serialGap": args.serial_gap,
        "rows": rows,
    });
    show(form, text, &object)?;
    Ok(Outcome::Done)
}

/// A master key that is made now would open nothing. The others can be made anew, at a price.
fn present_secrets(config: &ServeConfig) -> anyhow::Result<Secrets> {
    const MASTER: &str = "GUICHET_MASTER_KEY";
    let missing = config.missing_secrets();
    if missing.contains(&MASTER) {
        let message = format!(
            "{MASTER} is not there; give the one of the lost host, or put its master.key into {}",
            config.data.display()
        );
        return Err(Refusal::new("NO_MASTER_KEY", message).into());
    }
    for name in missing {
        remark(format_args!(
            "{name} is not there and is made anew: what the lost host's one signed does not hold any more"
        ));
    }
    Ok(config.all_secrets()?)
}

async fn check_master(unpacked: &Unpacked, secrets: &Secrets) -> anyhow::Result<()> {
    let storage = Arc::new(SqliteStorage::open(unpacked.folder(), 1).await?);
    let mac_secret = MacSecret::new(secrets.qr.expose().to_vec());
    let keys = Keys::new(storage.clone(), MasterKey::of(secrets), mac_secret);
    let checked = keys.check_master().await;
    storage.close().await;
    if let Err(error) = checked {
        let message = format!("GUICHET_MASTER_KEY is not the key of this archive: {error}");
        return Err(Refusal::new("WRONG_MASTER_KEY", message).into());
    }
    Ok(())
}

async fn put(unpacked: Unpacked, config: &ServeConfig) -> anyhow::Result<()> {
    let place = database::place(config);
    let put = match &config.database {
        DatabaseConfig::Embedded => unpacked.into_folder(&config.data).await,
        DatabaseConfig::Postgres(target) => {
            let url = target.url.expose();
            let moved = unpacked.into_postgres(url, database::PATIENCE).await;
            moved.map(drop)
        }
    };
    match put {
        Err(ArchiveError::Transfer(error @ TransferError::NotEmpty { .. })) => {
            Err(Refusal::new("DATABASE_NOT_EMPTY", format!("{place}: {error}")).into())
        }
        put => put
            .map_err(refused)
            .with_context(|| format!("nothing was restored to {place}")),
    }
}

/// What the operator can mend has a code.
pub(super) fn refused(error: ArchiveError) -> anyhow::Error {
    let code = match &error {
        ArchiveError::Exists { .. } => "FILE_EXISTS",
        ArchiveError::Damaged(_) => "BAD_ARCHIVE",
        ArchiveError::Newer { .. } => "NEWER_ARCHIVE",
        ArchiveError::File { .. } | ArchiveError::Transfer(_) | ArchiveError::Storage(_) => {
            return error.into();
        }
    };
    Refusal::new(code, error.to_string()).into()
}
