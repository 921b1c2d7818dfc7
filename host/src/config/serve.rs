//! The settings of `guichet serve`, and of the commands that open its data folder.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use jiff::SignedDuration;

use super::settings::{parsed, switch};
use super::{
    BatchSettings, ConfigError, DatabaseConfig, Environment, FrontSettings, GivenSecrets,
    LogSettings, MetricsSettings, ObjectSettings, RateSettings, Secrets, TokenSettings,
    TraceSettings, WebhookSettings,
};
use crate::templates::limits::TemplateLimits;

/// Command line flags; a flag wins over the environment.
#[derive(Clone, Debug, Default)]
pub struct ServeFlags {
    /// `--demo`.
    pub demo: bool,
    /// `--data DIR`.
    pub data: Option<PathBuf>,
    /// `--port N`.
    pub port: Option<u16>,
    /// `--host ADDR`.
    pub host: Option<IpAddr>,
    /// `--metrics-port N`.
    pub metrics_port: Option<u16>,
    /// `--tls-cert FILE`.
    pub tls_certificate: Option<PathBuf>,
    /// `--tls-key FILE`.
    pub tls_key: Option<PathBuf>,
}

/// In what a `price` of an order is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceUnit {
    /// Integers in the smallest unit of the currency.
    Minor,
    /// Decimals in the currency's main unit, as clients of the old service send them.
    Major,
}

/// Checked settings.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Folder of the compiled templates, and of the embedded database and its secrets.
    pub data: PathBuf,
    /// Where the data are kept.
    pub database: DatabaseConfig,
    /// Where the files that batches make are kept.
    pub objects: ObjectSettings,
    /// Address under which clients reach this host, without a slash at its end.
    pub public_url: String,
    /// An unknown organizer in a good token is created.
    pub auto_create_organizers: bool,
    /// In what prices are counted.
    pub price_unit: PriceUnit,
    /// Bounds of every template.
    pub template_limits: TemplateLimits,
    /// For how long after its event a ticket says who its holder is; `None`: for ever.
    pub holders_kept_for: Option<SignedDuration>,
    /// Bearer tokens.
    pub tokens: TokenSettings,
    /// Keys that everything else is protected by.
    pub secrets: GivenSecrets,
    /// What meets a request before any route does.
    pub front: FrontSettings,
    /// How often callers may ask.
    pub rates: RateSettings,
    /// Messages to organizers' systems.
    pub webhooks: WebhookSettings,
    /// Jobs and who works on them.
    pub batches: BatchSettings,
    /// Where the operator's figures are to be read.
    pub metrics: MetricsSettings,
    /// What is logged, and how.
    pub log: LogSettings,
    /// Who is told where the time of requests goes.
    pub traces: Option<TraceSettings>,
}

impl ServeConfig {
    const DEFAULT_PORT: u16 = 3004;
    const DEFAULT_DATA: &'static str = "guichet-data";

    /// Reads flags and environment. Nothing is made: see [`Self::all_secrets`].
    ///
    /// # Errors
    /// The first setting that is wrong, by name, with the fix.
    pub fn read(flags: &ServeFlags, environment: Environment<'_>) -> Result<Self, ConfigError> {
        let port = match flags.port {
            Some(port) => port,
            None => parsed(environment, "PORT", "give a number from 0 to 65535")?
                .unwrap_or(Self::DEFAULT_PORT),
        };
        let host = match flags.host {
            Some(host) => host,
            None => parsed(environment, "HOST", "give an IP address such as 0.0.0.0")?
                .unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        };
        let listen = SocketAddr::new(host, port);
        let data = data_folder(flags.data.clone(), environment);
        let auto_create_organizers =
            flags.demo || switch(environment, "AUTO_CREATE_ORGANIZERS")?.unwrap_or(false);
        let price_unit = match environment("LEGACY_PRICE_UNIT").as_deref() {
            None | Some("minor") => PriceUnit::Minor,
            Some("major") => PriceUnit::Major,
            Some(other) => {
                return Err(ConfigError::Value {
                    name: "LEGACY_PRICE_UNIT",
                    value: other.to_owned(),
                    fix: "give minor or major",
                });
            }
        };
        let tls_flags = (flags.tls_certificate.clone(), flags.tls_key.clone());
        let front = FrontSettings::read(tls_flags, environment)?;
        let public_url = environment("PUBLIC_URL").unwrap_or_else(|| front.origin(listen));
        if !(public_url.starts_with("https://") || public_url.starts_with("http://")) {
            return Err(ConfigError::Value {
                name: "PUBLIC_URL",
                value: public_url,
                fix: "give an address that begins with https:// or http://",
            });
        }
        let database = DatabaseConfig::read(environment)?;
        let objects = ObjectSettings::read(&data, environment)?;
        let rates = RateSettings::read(environment)?;
        if rates.shared && database == DatabaseConfig::Embedded {
            return Err(ConfigError::Value {
                name: "RATE_LIMIT_SHARED",
                value: "true".to_owned(),
                fix: "set DATABASE_URL as well, or leave it out: an embedded database has one host, which has nobody to share with",
            });
        }
        Ok(Self {
            listen,
            data,
            database,
            objects,
            public_url: public_url.trim_end_matches('/').to_owned(),
            auto_create_organizers,
            price_unit,
            template_limits: template_limits(environment)?,
            holders_kept_for: holders_kept_for(environment)?,
            tokens: TokenSettings::read(environment)?,
            secrets: GivenSecrets::read(environment)?,
            front,
            rates,
            webhooks: WebhookSettings::read(environment)?,
            batches: BatchSettings::read(environment, processors())?,
            metrics: MetricsSettings::read(flags.metrics_port, host, environment)?,
            log: LogSettings::read(environment)?,
            traces: TraceSettings::read(environment)?,
        })
    }

    /// Secrets that a host would make at its start.
    pub fn missing_secrets(&self) -> Vec<&'static str> {
        match self.database {
            DatabaseConfig::Embedded => self.secrets.missing(&self.data),
            // They have to be given: the start would stop.
            DatabaseConfig::Postgres(_) => Vec::new(),
        }
    }

    /// All secrets, and the data folder. With the embedded database, secrets that were not given come
    /// from files beside it, which are made if need be; with a shared one, they have to be given.
    ///
    /// # Errors
    /// See [`GivenSecrets::complete`] and [`GivenSecrets::all`].
    pub fn all_secrets(&self) -> Result<Secrets, ConfigError> {
        match self.database {
            DatabaseConfig::Embedded => self.secrets.complete(&self.data),
            DatabaseConfig::Postgres(_) => self.secrets.all(&self.data),
        }
    }
}

/// Processors of this machine that this process may use.
pub fn processors() -> u32 {
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get());
    u32::try_from(processors).unwrap_or(u32::MAX)
}

/// `fuel=200000000,pages=40`: what differs from the defaults.
fn template_limits(environment: Environment<'_>) -> Result<TemplateLimits, ConfigError> {
    const NAME: &str = "TEMPLATE_LIMITS";
    let mut limits = TemplateLimits::default();
    let given = environment(NAME).unwrap_or_default();
    for entry in given.split(',').filter(|entry| !entry.trim().is_empty()) {
        let parsed = entry.split_once('=').and_then(|(name, value)| {
            let value = value.trim().parse().ok()?;
            Some((name.trim(), value))
        });
        let Some((name, value)) = parsed else {
            return Err(ConfigError::Value {
                name: NAME,
                value: entry.to_owned(),
                fix: "give names and whole numbers, such as fuel=200000000,pages=40",
            });
        };
        limits.set(name, value)?;
    }
    Ok(limits)
}

fn holders_kept_for(environment: Environment<'_>) -> Result<Option<SignedDuration>, ConfigError> {
    const NAME: &str = "RETENTION_DAYS";
    const LONGEST: u32 = 36_500;
    let Some(value) = environment(NAME) else {
        return Ok(None);
    };
    match value.parse() {
        Ok(0) => Ok(None),
        Ok(days @ 1..=LONGEST) => Ok(Some(SignedDuration::from_hours(i64::from(days) * 24))),
        _ => Err(ConfigError::Range {
            name: NAME,
            value,
            min: 0,
            max: LONGEST.into(),
        }),
    }
}

fn data_folder(flag: Option<PathBuf>, environment: Environment<'_>) -> PathBuf {
    flag.or_else(|| environment("GUICHET_DATA").map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(ServeConfig::DEFAULT_DATA))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<ServeConfig, String> {
        let environment = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        ServeConfig::read(&ServeFlags::default(), &environment).map_err(|error| error.to_string())
    }

    #[test]
    fn without_settings_it_listens_on_loopback() {
        let config = read(&[]).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:3004");
        assert_eq!(config.public_url, "http://127.0.0.1:3004");
        assert!(!config.auto_create_organizers);
    }

    #[test]
    fn a_bad_value_stops_the_start_with_its_name_and_the_fix() {
        let check = |variable: (&str, &str), expected: &str| {
            let message = read(&[variable]).unwrap_err();
            assert!(message.contains(variable.0), "{message}");
            assert!(message.contains(expected), "{message}");
        };
        check(("PORT", "many"), "0 to 65535");
        check(("HOST", "localhost"), "IP address");
        check(("JWT_SECRET", "short"), "at least 32 bytes");
        check(("LEGACY_PRICE_UNIT", "cents"), "minor or major");
        check(("PUBLIC_URL", "tickets.example"), "https://");
        check(("AUTO_CREATE_ORGANIZERS", "maybe"), "true or false");
        check(("JWT_EXPIRES_IN", "soon"), "24h or 30d");
        check(("DATABASE_URL", "mysql://x"), "postgres://");
        check(("WEBHOOK_ALLOWED_NETWORKS", "intranet"), "10.0.0.0/8");
        check(("RATE_LIMIT_SHARED", "true"), "DATABASE_URL");
        check(("RATE_LIMIT_SHARED", "maybe"), "true or false");
        check(("STORAGE_TYPE", "ftp"), "local or s3");
        check(("RETENTION_DAYS", "ten"), "0 to 36500");
        check(("RETENTION_DAYS", "36501"), "0 to 36500");
        check(("TEMPLATE_LIMITS", "fuel"), "names and whole numbers");
        check(("TEMPLATE_LIMITS", "pages=501"), "between 1 and 500");
        check(("TEMPLATE_LIMITS", "colour=1"), "no template limit");
    }

    #[test]
    fn template_limits_are_changed_by_name() {
        let config = read(&[("TEMPLATE_LIMITS", "pages=40, fuel = 200000000")]).unwrap();
        assert_eq!(config.template_limits.get("pages"), Some(40));
        assert_eq!(config.template_limits.get("fuel"), Some(200_000_000));
        assert_eq!(
            config.template_limits.changes(),
            [("fuel", 200_000_000), ("pages", 40)]
        );
    }
}
