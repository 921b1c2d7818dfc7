//! `guichet config`: the effective configuration, secrets hidden.

use clap::Args;
use serde_json::{Map, Value, json};

use super::answer::{Form, Outcome, show};
use super::serve::ServeArgs;
use crate::config::{DatabaseConfig, LogSettings, PostgresConfig, PriceUnit, ServeConfig};

/// Print the settings in effect, secrets hidden.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  guichet config --data /var/lib/guichet

The lines are environment variables: what is printed can be given back, but for the secrets, to which
the user and password in DATABASE_URL belong. Without DATABASE_URL, a secret that is not given is made in
the data folder by `guichet serve`; with it, all three have to be given.")]
pub(super) struct ConfigArgs {
    #[command(flatten)]
    serve: ServeArgs,
}

pub(super) fn run(args: &ConfigArgs, form: Form) -> anyhow::Result<Outcome> {
    let config = args.serve.config()?;
    let settings = settings(&config);
    let lines: Vec<_> = settings
        .iter()
        .map(|(name, value)| format!("{name}={}", plain(value)))
        .collect();
    let object: Map<String, Value> = settings
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    show(form, lines.join("\n"), &Value::Object(object))?;
    Ok(Outcome::Done)
}

/// Every setting, by the name of its variable. The patterns name every field, so that a new setting
/// cannot be forgotten here.
fn settings(config: &ServeConfig) -> Vec<(&'static str, Value)> {
    const HIDDEN: &str = "(hidden)";
    let ServeConfig {
        listen,
        data,
        database,
        public_url,
        auto_create_organizers,
        price_unit,
        template_limits,
        secrets: _,
        log: LogSettings { level, format },
    } = config;
    let price_unit = match price_unit {
        PriceUnit::Minor => "minor",
        PriceUnit::Major => "major",
    };
    let template_limits: Vec<String> = template_limits
        .changes()
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut settings = vec![
        ("HOST", json!(listen.ip().to_string())),
        ("PORT", json!(listen.port())),
        ("GUICHET_DATA", json!(data.display().to_string())),
        ("PUBLIC_URL", json!(public_url)),
        ("AUTO_CREATE_ORGANIZERS", json!(auto_create_organizers)),
        ("LEGACY_PRICE_UNIT", json!(price_unit)),
        ("TEMPLATE_LIMITS", json!(template_limits.join(","))),
        ("GUICHET_MASTER_KEY", json!(HIDDEN)),
        ("JWT_SECRET", json!(HIDDEN)),
        ("QR_SECRET_KEY", json!(HIDDEN)),
        ("LOG_LEVEL", json!(level)),
        ("LOG_FORMAT", json!(format.name())),
    ];
    match database {
        // An empty variable is one that is not set.
        DatabaseConfig::Embedded => settings.push(("DATABASE_URL", json!(""))),
        DatabaseConfig::Postgres(PostgresConfig {
            url,
            pool_min,
            pool_max,
        }) => settings.extend([
            ("DATABASE_URL", json!(url.shown())),
            ("DB_POOL_MIN", json!(pool_min)),
            ("DB_POOL_MAX", json!(pool_max)),
        ]),
    }
    settings
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
