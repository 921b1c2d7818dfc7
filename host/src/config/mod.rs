//! What the operator chose, read and checked once at start. Plain values.

mod addresses;
mod batches;
pub mod catalog;
mod database;
mod duration;
mod front;
mod limits;
mod log;
mod metrics;
mod objects;
mod secret;
mod secrets;
mod serve;
mod settings;
mod tokens;
mod traces;
mod webhooks;

pub use addresses::AddressList;
pub use batches::BatchSettings;
pub use database::{DatabaseConfig, DatabaseUrl, PostgresConfig};
pub use duration::{in_words, length_of_time};
pub use front::{CorsOrigins, FrontSettings, TlsFiles};
pub use limits::{RatePreset, RateSettings};
pub use log::{LogFormat, LogSettings};
pub use metrics::MetricsSettings;
pub use objects::{ObjectSettings, S3Addressing, S3Credentials, S3Settings};
pub use secret::{Secret, SecretError};
pub use secrets::{GivenSecrets, Secrets};
pub use serve::{PriceUnit, ServeConfig, ServeFlags, processors};
pub use settings::Settings;
pub use tokens::TokenSettings;
pub use traces::TraceSettings;
pub use webhooks::WebhookSettings;

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
    /// A number out of bounds, or none.
    #[error("{name}: \"{value}\" is not valid; give a whole number from {min} to {max}")]
    Range {
        /// Name of the setting.
        name: &'static str,
        /// What was given.
        value: String,
        /// The least that is right.
        min: u64,
        /// The most that is right.
        max: u64,
    },
    /// A file of settings that is not usable.
    #[error("the file of settings {path}: {reason}")]
    File {
        /// The file.
        path: String,
        /// What is wrong with it, and the fix.
        reason: String,
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

/// Reads one setting by the name of its environment variable; an empty one counts as not set. Where
/// it comes from is up to [`Settings`].
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;
