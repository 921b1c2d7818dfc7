//! `guichet migrate`: the tables of this version, before or without starting a host, and the way from
//! an embedded database to a PostgreSQL server.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::{Value, json};

use super::answer::{Form, Outcome, Refusal, WrongUsage, show};
use super::data::{DataArgs, DataLock};
use super::{database, logging};
use crate::config::{DatabaseConfig, ServeConfig};
use crate::storage::sqlite::FILE_NAME;
use crate::storage::transfer::{self, Moved, TransferError};

/// Bring the tables of the database up to date; move a data folder to PostgreSQL.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  guichet migrate
  guichet migrate --from-data /var/lib/guichet

The database is the one that DATABASE_URL names, or the embedded one without it. `guichet serve` brings
tables up to date at its start, under a lock, so that hosts may start at once. The first command is for
those who let nothing but this step change tables, or want it done before the hosts are replaced. It needs no secrets, and waits up to a minute for a server that is not ready yet.

The second moves every row of the embedded database in that folder into an empty PostgreSQL database, all
or nothing, and compares what arrived. Stop the host first. The folder stays as it is.")]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Move the embedded database of this folder to the server that DATABASE_URL names.
    #[arg(long, value_name = "DIR")]
    from_data: Option<PathBuf>,
}

pub(super) async fn run(args: &MigrateArgs, form: Form) -> anyhow::Result<Outcome> {
    let config = args.data.config()?;
    logging::start(&config.log);
    let (text, object) = match &args.from_data {
        Some(folder) => move_here(folder, &config).await?,
        None => bring_up_to_date(&config).await?,
    };
    show(form, text, &object)?;
    Ok(Outcome::Done)
}

async fn bring_up_to_date(config: &ServeConfig) -> anyhow::Result<(String, Value)> {
    let storage = database::open(config, 1).await?;
    storage.close().await;
    let place = database::place(config);
    Ok((
        format!("the tables in {place} are up to date"),
        json!({ "database": place, "upToDate": true }),
    ))
}

async fn move_here(folder: &Path, config: &ServeConfig) -> anyhow::Result<(String, Value)> {
    let DatabaseConfig::Postgres(target) = &config.database else {
        let message = "--from-data moves to a PostgreSQL server; name it by DATABASE_URL, or DB_HOST \
                       and what belongs to it";
        return Err(WrongUsage(message.to_owned()).into());
    };
    if !folder.join(FILE_NAME).exists() {
        let message = format!(
            "there is no database in {}; check --from-data",
            folder.display()
        );
        return Err(Refusal::new("NO_DATABASE", message).into());
    }
    // No host sells tickets there while they are moved.
    let _lock = DataLock::take(folder)?;
    let place = database::place(config);
    let moved = match transfer::to_postgres(folder, target.url.expose(), database::PATIENCE).await {
        Ok(moved) => moved,
        Err(error @ TransferError::NotEmpty { .. }) => {
            let message = format!("{place}: {error}");
            return Err(Refusal::new("DATABASE_NOT_EMPTY", message).into());
        }
        Err(error) => {
            return Err(error).with_context(|| format!("nothing was moved to {place}"));
        }
    };
    let rows: u64 = moved.iter().map(|table| table.rows).sum();
    let folder = folder.display();
    let text = format!(
        "moved {rows} rows of {} tables from {folder} to {place}, and found them the same there\n\
         Give the secrets of that folder to the hosts of the new database, each by value or file:\n  \
         GUICHET_MASTER_KEY_FILE={folder}/master.key JWT_SECRET_FILE={folder}/jwt.secret \
         QR_SECRET_KEY_FILE={folder}/qr.secret\n\
         Start no host on the old database again: both would give out the same serials.",
        moved.len(),
    );
    let tables: serde_json::Map<String, Value> = moved
        .into_iter()
        .map(|Moved { table, rows }| (table, rows.into()))
        .collect();
    Ok((text, json!({ "database": place, "moved": tables })))
}
