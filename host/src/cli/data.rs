//! The data folder: where it is, and that one host uses it.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::config::{ConfigError, ServeConfig, ServeFlags, Settings};

/// Which data folder.
#[derive(Clone, Debug, Args)]
pub(super) struct DataArgs {
    /// Folder of the database and the secrets [default: $GUICHET_DATA, else guichet-data].
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// File of settings in TOML [default: $GUICHET_CONFIG, else none].
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

impl DataArgs {
    /// The settings of the host that keeps its data there.
    ///
    /// # Errors
    /// As [`ServeConfig::read`].
    pub fn config(&self) -> Result<ServeConfig, ConfigError> {
        let flags = ServeFlags {
            data: self.data.clone(),
            ..ServeFlags::default()
        };
        let settings = Settings::of_process(self.config.as_deref())?;
        ServeConfig::read(&flags, &settings.reader())
    }
}

const LOCK_FILE: &str = "guichet.lock";

/// Why a data folder is not to be had.
#[derive(Debug, thiserror::Error)]
pub(super) enum LockError {
    /// Another process holds it.
    #[error("the data folder {folder} is in use by process {holder}; stop it first")]
    Held {
        /// The folder.
        folder: PathBuf,
        /// Process id of its holder, as it wrote it.
        holder: String,
    },
    /// The lock file cannot be used.
    #[error("the file {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// A data folder that no other host uses, until this is dropped or the process dies.
///
/// Two hosts on one embedded database would only get in each other's way. Commands that change
/// something take no lock: they run beside a host, which sees the change within seconds.
#[derive(Debug)]
pub(super) struct DataLock {
    _file: File,
}

impl DataLock {
    /// Takes the folder, or says who has it.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join(LOCK_FILE);
        let failed = |source| LockError::File {
            path: path.clone(),
            source,
        };
        let mut file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = io::read_to_string(&file).unwrap_or_default();
                let holder = if holder.is_empty() {
                    "(unknown)".to_owned()
                } else {
                    holder
                };
                return Err(LockError::Held {
                    folder: folder.to_owned(),
                    holder,
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed(source)),
        }
        file.set_len(0).map_err(failed)?;
        file.write_all(std::process::id().to_string().as_bytes())
            .map_err(failed)?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_holder_at_a_time() {
        let folder = std::env::temp_dir().join(format!("guichet-lock-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&folder).unwrap();
        let first = DataLock::take(&folder).unwrap();
        let refused = DataLock::take(&folder).unwrap_err().to_string();
        assert!(
            refused.contains(&format!("process {}", std::process::id())),
            "{refused}"
        );
        drop(first);
        DataLock::take(&folder).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }
}
