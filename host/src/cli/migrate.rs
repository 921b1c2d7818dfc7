//! `guichet migrate`: the tables of this version, before or without starting a host.

use clap::Args;
use serde_json::json;

use super::answer::{Form, Outcome, show};
use super::data::DataArgs;
use super::{database, logging};

/// Bring the tables of the database up to date.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  DATABASE_URL=postgres://guichet@db/guichet guichet migrate

`guichet serve` does the same at its start, under a lock, so that hosts may start at once. The command is
for those who let nothing but this step change tables, or want it done before the hosts are replaced.
It needs no secrets, and waits up to a minute for a server that is not ready yet.")]
pub(super) struct MigrateArgs {
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn run(args: &MigrateArgs, form: Form) -> anyhow::Result<Outcome> {
    let config = args.data.config()?;
    logging::start(&config.log);
    let storage = database::open(&config, 1).await?;
    storage.close().await;
    let place = database::place(&config);
    show(
        form,
        format!("the tables in {place} are up to date"),
        &json!({ "database": place, "upToDate": true }),
    )?;
    Ok(Outcome::Done)
}
