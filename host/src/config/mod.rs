//! What the operator chose, read and checked once at start. Plain values.

mod database;
mod log;
mod secret;
mod secrets;
mod serve;

pub use database::{DatabaseConfig, DatabaseUrl, PostgresConfig};
pub use log::{LogFormat, LogSettings};
pub use secret::{Secret, SecretError};
pub use secrets::{GivenSecrets, Secrets};
pub use serve::{PriceUnit, ServeConfig, ServeFlags};

use crate::templates::limits::LimitError;

/// A setting that stops the start.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value that is not valid.
    #[error("{name}: \"{value}\" is not valid; {fix}")]
    Value {
        /// Name of the setting.
        name: &'static str,
        /// What was given.
        value: String,
        /// What would be right.
        fix: &'static str,
    },
    /// A bound of templates that cannot be set so.
    #[error("TEMPLATE_LIMITS: {0}")]
    TemplateLimit(#[from] LimitError),
    /// A secret that is not usable.
    #[error("{name}: {source}")]
    Secret {
        /// Name of the setting.
        name: &'static str,
        /// What is wrong with it.
        source: SecretError,
    },
    /// A setting that means nothing without another.
    #[error("{name} is set, but {missing} is not; {fix}")]
    Incomplete {
        /// Name of the setting.
        name: &'static str,
        /// Name of the one that is missing.
        missing: &'static str,
        /// What to do.
        fix: &'static str,
    },
    /// A secret that has to be given.
    #[error(
        "{name} is not set, and hosts that share a PostgreSQL database need the same one; give it, or \
         {name}_FILE, on each of them, such as the output of: openssl rand -hex 32"
    )]
    NoSecret {
        /// Name of the setting.
        name: &'static str,
    },
    /// The data folder cannot be used.
    #[error("the data folder {path}: {source}")]
    DataFolder {
        /// The folder.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Reads one environment variable; an empty one counts as not set.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The process's own environment.
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
