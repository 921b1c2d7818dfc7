//! The database that the settings name, open.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::answer::Refusal;
use crate::config::{DatabaseConfig, ServeConfig};
use crate::storage::Storage;
use crate::storage::postgres::{PoolLimits, PostgresStorage};
use crate::storage::sqlite::{FILE_NAME, SqliteStorage};

/// How long a server may take to become ready: both are often started at once.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Opens the database and brings its tables up to date; an embedded one is made if there is none.
/// `readers` is how many reads an embedded one serves at a time.
///
/// # Errors
/// When it cannot be used.
pub(super) async fn open(config: &ServeConfig, readers: u32) -> anyhow::Result<Arc<dyn Storage>> {
    Ok(match &config.database {
        DatabaseConfig::Embedded => Arc::new(
            SqliteStorage::open(&config.data, readers)
                .await
                .with_context(|| format!("the database in {}", config.data.display()))?,
        ),
        DatabaseConfig::Postgres(database) => {
            let limits = PoolLimits {
                min: database.pool_min,
                max: database.pool_max,
            };
            let storage = PostgresStorage::open(database.url.expose(), limits, PATIENCE)
                .await
                .with_context(|| format!("the database {}", database.url.shown()))?;
            match &database.read_url {
                None => Arc::new(storage),
                Some(url) => Arc::new(
                    storage
                        .with_replica(url.expose(), limits)
                        .with_context(|| format!("the replica {}", url.shown()))?,
                ),
            }
        }
    })
}

/// As [`open`], where an embedded database has to be there already.
///
/// # Errors
/// [`Refusal`] `NO_DATABASE`, and as for [`open`].
pub(super) async fn open_existing(config: &ServeConfig) -> anyhow::Result<Arc<dyn Storage>> {
    if config.database == DatabaseConfig::Embedded && !config.data.join(FILE_NAME).exists() {
        let message = format!(
            "there is no database in {}; check --data",
            config.data.display()
        );
        return Err(Refusal::new("NO_DATABASE", message).into());
    }
    open(config, 1).await
}

/// Where the data are, for messages.
pub(super) fn place(config: &ServeConfig) -> String {
    match &config.database {
        DatabaseConfig::Embedded => config.data.display().to_string(),
        DatabaseConfig::Postgres(database) => database.url.shown(),
    }
}
