//! `guichet backup`: an archive of the database, while hosts serve.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::answer::{Form, Outcome, Refusal, show};
use super::data::DataArgs;
use super::restore::refused;
use super::{database, logging};
use crate::clock::{Clock as _, SystemClock};
use crate::config::{DatabaseConfig, LogSettings};
use crate::storage::sqlite::FILE_NAME;
use crate::storage::transfer;

/// Make an archive of the database, while hosts go on serving.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet backup --to /backup/guichet-2027-05-01.db

The archive is one file of one moment, whichever engine keeps the data, and can be restored into either. It
holds everything but the secrets: keep the master key, the JWT secret and the QR secret somewhere else.
Without the master key nobody can use the archive, you included.")]
pub(super) struct BackupArgs {
    /// The file to make; it must not be there yet.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(args: &BackupArgs, form: Form) -> anyhow::Result<Outcome> {
    logging::start(&LogSettings::of_command());
    let config = args.data.config()?;
    let now = SystemClock.now();
    let contents = match &config.database {
        DatabaseConfig::Embedded => {
            if !config.data.join(FILE_NAME).exists() {
                let message = format!(
                    "there is no database in {}; check --data",
                    config.data.display()
                );
                return Err(Refusal::new("NO_DATABASE", message).into());
            }
            transfer::of_sqlite(&config.data, &args.to, now).await
        }
        DatabaseConfig::Postgres(source) => {
            let url = source.url.expose();
            transfer::of_postgres(url, database::PATIENCE, &args.to, now).await
        }
    };
    let contents = contents.map_err(refused)?;
    let rows: u64 = contents.tables.iter().map(|(_, rows)| rows).sum();
    let file = args.to.display().to_string();
    let text = format!(
        "{file} holds {rows} rows of {} tables, as they were in {} at {now:.0}\n\
         No secret is in it. Keep the master key, the JWT secret and the QR secret elsewhere: without the \
         master key the archive cannot be restored.",
        contents.tables.len(),
        database::place(&config),
    );
    let tables: serde_json::Map<String, Value> = contents
        .tables
        .into_iter()
        .map(|(table, rows)| (table, rows.into()))
        .collect();
    let object = json!({ "file": file, "madeAt": contents.made_at.to_string(), "tables": tables });
    show(form, text, &object)?;
    Ok(Outcome::Done)
}
