//! `guichet worker`: works on jobs, and answers no requests.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;
use tokio::sync::{Notify, watch};

use super::answer::{Form, Outcome, WrongUsage, show};
use super::serve::{Host, StopSignals};
use super::{database, heap, logging};
use crate::config::{DatabaseConfig, ServeConfig, ServeFlags, Settings};

/// Work on jobs of the database that DATABASE_URL names.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet worker --concurrency 8

Any number of workers, on any number of machines, share one PostgreSQL database and one object store. A
worker that is killed leaves nothing behind: another takes its chunks over. SIGTERM ends it when the
chunks under way are done. With an embedded database, `guichet serve` works on its jobs itself.")]
pub(super) struct WorkerArgs {
    /// Chunks at a time [default: $BATCH_CONCURRENCY, else the processors of this machine].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    concurrency: Option<u32>,
    /// Folder of the compiled templates [default: $GUICHET_DATA, else guichet-data].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// File of settings in TOML [default: $GUICHET_CONFIG, else none].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

pub(super) fn run(args: &WorkerArgs, form: Form) -> anyhow::Result<Outcome> {
    let flags = ServeFlags {
        data: args.data.clone(),
        ..ServeFlags::default()
    };
    let settings = Settings::of_process(args.config.as_deref())?;
    let config = ServeConfig::read(&flags, &settings.reader())?;
    if config.database == DatabaseConfig::Embedded {
        return Err(WrongUsage(
            "a worker needs DATABASE_URL: an embedded database has one process, `guichet serve`, which works on its jobs itself"
                .to_owned(),
        )
        .into());
    }
    let concurrency = match args.concurrency.unwrap_or(config.batches.concurrency) {
        0 => {
            return Err(WrongUsage(
                "BATCH_CONCURRENCY is 0, which leaves a worker nothing to do; give --concurrency"
                    .to_owned(),
            )
            .into());
        }
        concurrency => concurrency,
    };
    let _traces = logging::start_traced(&config)?;
    for notice in settings.notices() {
        tracing::warn!("{notice}");
    }
    heap::return_large_blocks();
    super::block_on(work(config, concurrency, form))
}

async fn work(mut config: ServeConfig, concurrency: u32, form: Form) -> anyhow::Result<Outcome> {
    let mut stop = StopSignals::listen().context("signals cannot be listened for")?;
    let secrets = config.all_secrets()?;
    config.batches.concurrency = concurrency;
    let host = tokio::select! {
        host = Host::open(&config, &secrets) => host?,
        () = stop.wait() => return Ok(Outcome::Done),
    };
    let worker = host.worker(&config.batches, concurrency, Arc::new(Notify::new()))?;
    let keeping = tokio::spawn(host.keeper(&config.batches).run());
    let sealer = Arc::new(host.sealer());
    let sealing = tokio::spawn(Arc::clone(&sealer).run());
    let (begin_stop, stops) = watch::channel(false);
    let mut working = tokio::spawn(Arc::new(worker).run(stops));
    show(
        form,
        format!("working on jobs, {concurrency} chunks at a time"),
        &json!({ "concurrency": concurrency }),
    )?;
    tracing::info!(
        data = database::place(&config),
        concurrency,
        "the worker is ready"
    );
    tokio::select! {
        () = stop.wait() => {
            tracing::info!("stopping: no new chunks, waiting for those under way");
            let _ = begin_stop.send(true);
            working.await.context("the worker broke")?;
        }
        ended = &mut working => ended.context("the worker broke")?,
    }
    keeping.abort();
    sealing.abort();
    if let Err(error) = sealer.seal_all().await {
        tracing::warn!(%error, "audit entries wait to be sealed by another process");
    }
    host.storage.close().await;
    tracing::info!("stopped");
    Ok(Outcome::Done)
}
