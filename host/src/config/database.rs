//! Where the host keeps its data: a file of its own, or a PostgreSQL server.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use super::{ConfigError, Environment, Secret};

/// Where the host keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseConfig {
    /// SQLite, in the data folder.
    Embedded,
    /// A PostgreSQL server, which other hosts may use at the same time.
    Postgres(PostgresConfig),
}

/// A PostgreSQL server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresConfig {
    /// Its address.
    pub url: DatabaseUrl,
    /// Address of a replica, which answers lists and counts.
    pub read_url: Option<DatabaseUrl>,
    /// Connections that are kept open when nothing is to do.
    pub pool_min: u32,
    /// Connections at most.
    pub pool_max: u32,
}

/// The address of a database. It may hold a password, so it is wiped when dropped and never shown
/// whole.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Zeroizing<String>); // postgres://… or postgresql://…

const URL: &str = "DATABASE_URL";
const READ_URL: &str = "DATABASE_READ_URL";
/// The old service read both spellings.
const HOST: [&str; 2] = ["DB_HOST", "DATABASE_HOST"];
const PORT: [&str; 2] = ["DB_PORT", "DATABASE_PORT"];
const NAME: [&str; 2] = ["DB_NAME", "DATABASE_NAME"];
const USER: [&str; 2] = ["DB_USER", "DATABASE_USER"];
const PASSWORD: [&str; 2] = ["DB_PASSWORD", "DATABASE_PASSWORD"];
const SSL_MODE: &str = "DB_SSLMODE";

const DEFAULT_PORT: u16 = 5432;
const DEFAULT_NAME: &str = "guichet";
const DEFAULT_POOL_MAX: u32 = 10;
const POOL_BOUNDS: std::ops::RangeInclusive<u32> = 1..=1000;

impl DatabaseConfig {
    /// Reads `DATABASE_URL` or `DATABASE_URL_FILE`, else `DB_HOST` and what belongs to it, else the
    /// database is embedded.
    ///
    /// # Errors
    /// The first setting that is wrong, by name, with the fix.
    pub fn read(environment: Environment<'_>) -> Result<Self, ConfigError> {
        let given = secret_text(environment, URL)?;
        let url = match given {
            Some(url) => Some(DatabaseUrl::of_setting(URL, url)?),
            None => from_parts(environment)?,
        };
        let read_url = secret_text(environment, READ_URL)?
            .map(|url| DatabaseUrl::of_setting(READ_URL, url))
            .transpose()?;
        let Some(url) = url else {
            return match read_url {
                None => Ok(Self::Embedded),
                Some(url) => Err(ConfigError::Value {
                    name: READ_URL,
                    value: url.shown(),
                    fix: "give DATABASE_URL as well: a replica only answers lists",
                }),
            };
        };
        let pool_max = connections(environment, "DB_POOL_MAX")?.unwrap_or(DEFAULT_POOL_MAX);
        if !POOL_BOUNDS.contains(&pool_max) {
            return Err(ConfigError::Value {
                name: "DB_POOL_MAX",
                value: pool_max.to_string(),
                fix: "give a number from 1 to 1000",
            });
        }
        let pool_min = connections(environment, "DB_POOL_MIN")?.unwrap_or(0);
        if pool_min > pool_max {
            return Err(ConfigError::Value {
                name: "DB_POOL_MIN",
                value: pool_min.to_string(),
                fix: "give a number that is not above DB_POOL_MAX",
            });
        }
        Ok(Self::Postgres(PostgresConfig {
            url,
            read_url,
            pool_min,
            pool_max,
        }))
    }
}

impl DatabaseUrl {
    fn of_setting(name: &'static str, url: Zeroizing<String>) -> Result<Self, ConfigError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self(url));
        }
        Err(ConfigError::Value {
            name,
            // What is no address may be a password all the same.
            value: "(hidden)".to_owned(),
            fix: "give an address such as postgres://user:password@host:5432/guichet, or unset it \
                  (without DATABASE_URL the data are kept in embedded SQLite)",
        })
    }

    /// All of it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// It without user, password and options.
    #[must_use]
    pub fn shown(&self) -> String {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("postgres", ""));
        let before_options = rest.split_once('?').map_or(rest, |(before, _)| before);
        let place = before_options
            .rsplit_once('@')
            .map_or(before_options, |(_, place)| place);
        format!("{scheme}://{place}")
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "DatabaseUrl({})", self.shown())
    }
}

/// The address that the single settings make.
fn from_parts(environment: Environment<'_>) -> Result<Option<DatabaseUrl>, ConfigError> {
    let Some(host) = first(environment, HOST).map(|(_, host)| host) else {
        // Half an address is a mistake, and no wish for another database.
        let stray = [PORT, NAME, USER, PASSWORD]
            .into_iter()
            .find_map(|names| first(environment, names));
        return match stray {
            None => Ok(None),
            Some((name, _)) => Err(ConfigError::Incomplete {
                name,
                missing: "DB_HOST",
                fix: "give it, or DATABASE_URL instead of all, or unset both to keep the data in \
                      embedded SQLite",
            }),
        };
    };
    let port = match first(environment, PORT) {
        None => DEFAULT_PORT,
        Some((name, value)) => match u16::from_str(&value) {
            Ok(port) if port > 0 => port,
            _ => {
                let fix = "give a number from 1 to 65535";
                return Err(ConfigError::Value { name, value, fix });
            }
        },
    };
    let part =
        |names| first(environment, names).map_or(DEFAULT_NAME.to_owned(), |(_, value)| value);
    let password = match secret_text(environment, PASSWORD[0])? {
        Some(password) => Some(password),
        None => secret_text(environment, PASSWORD[1])?,
    };
    let mut url = Zeroizing::new(format!("postgres://{}", escaped(&part(USER))));
    if let Some(password) = password {
        url.push(':');
        url.push_str(&Zeroizing::new(escaped(&password)));
    }
    // An address of version 6 has colons of its own.
    let host = match host.contains(':') && !host.starts_with('[') {
        true => format!("[{host}]"),
        // A path is the folder of a socket.
        false if host.starts_with('/') => escaped(&host),
        false => host,
    };
    url.push_str(&format!("@{host}:{port}/{}", escaped(&part(NAME))));
    if let Some(mode) = environment(SSL_MODE) {
        url.push_str(&format!("?sslmode={}", escaped(&mode)));
    }
    Ok(Some(DatabaseUrl(url)))
}

/// The first of two spellings that is set, and which it is.
fn first(environment: Environment<'_>, names: [&'static str; 2]) -> Option<(&'static str, String)> {
    names
        .into_iter()
        .find_map(|name| environment(name).map(|value| (name, value)))
}

fn secret_text(
    environment: Environment<'_>,
    name: &'static str,
) -> Result<Option<Zeroizing<String>>, ConfigError> {
    Secret::text_from_environment(environment, name)
        .map_err(|source| ConfigError::Secret { name, source })
}

fn connections(
    environment: Environment<'_>,
    name: &'static str,
) -> Result<Option<u32>, ConfigError> {
    let Some(value) = environment(name) else {
        return Ok(None);
    };
    match value.parse() {
        Ok(number) => Ok(Some(number)),
        Err(_) => Err(ConfigError::Value {
            name,
            value,
            fix: "give a number of connections",
        }),
    }
}

/// What stands for a text in an address (RFC 3986, section 2.1).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            other => escaped.push_str(&format!("%{other:02X}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<DatabaseConfig, String> {
        let environment = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        DatabaseConfig::read(&environment).map_err(|error| error.to_string())
    }

    fn url(variables: &[(&str, &str)]) -> String {
        match read(variables) {
            Ok(DatabaseConfig::Postgres(config)) => config.url.expose().to_owned(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_address_is_given_whole_or_in_parts() {
        assert_eq!(read(&[]), Ok(DatabaseConfig::Embedded));
        let whole = "postgresql://a:b@db/x?sslmode=require";
        assert_eq!(url(&[("DATABASE_URL", whole), ("DB_HOST", "other")]), whole);
        assert_eq!(
            url(&[("DB_HOST", "db")]),
            "postgres://guichet@db:5432/guichet"
        );
        let parts = [
            ("DATABASE_HOST", "::1"),
            ("DB_PORT", "6543"),
            ("DB_NAME", "tickets"),
            ("DB_USER", "a b"),
            ("DATABASE_PASSWORD", "p@ss/?#ä"),
            ("DB_SSLMODE", "verify-full"),
        ];
        assert_eq!(
            url(&parts),
            "postgres://a%20b:p%40ss%2F%3F%23%C3%A4@[::1]:6543/tickets?sslmode=verify-full"
        );
        assert_eq!(
            url(&[("DB_HOST", "/run/postgresql")]),
            "postgres://guichet@%2Frun%2Fpostgresql:5432/guichet"
        );
    }

    #[test]
    fn a_bad_value_is_named_and_a_password_is_not() {
        let check = |variables: &[(&str, &str)], expected: &str| {
            let message = read(variables).unwrap_err();
            assert!(message.contains(expected), "{message}");
            assert!(!message.contains("geheim"), "{message}");
        };
        check(&[("DATABASE_URL", "mysql://u:geheim@h/d")], "DATABASE_URL");
        check(&[("DB_PASSWORD", "geheim")], "DB_HOST");
        let alone = [("DATABASE_READ_URL", "postgres://u:geheim@h/d")];
        check(&alone, "give DATABASE_URL as well");
        let bad = [("DB_HOST", "db"), ("DATABASE_READ_URL", "h:geheim")];
        check(&bad, "DATABASE_READ_URL");
        check(&[("DB_HOST", "db"), ("DB_PORT", "0")], "DB_PORT");
        check(&[("DB_HOST", "db"), ("DB_POOL_MAX", "0")], "1 to 1000");
        check(&[("DB_HOST", "db"), ("DB_POOL_MIN", "11")], "DB_POOL_MAX");
        check(&[("DB_HOST", "db"), ("DB_POOL_MIN", "some")], "DB_POOL_MIN");
        let hidden = read(&[("DATABASE_URL", "postgres://u:geheim@h:1/d?sslkey=geheim")]);
        let hidden = format!("{:?}", hidden.unwrap());
        assert!(hidden.contains("postgres://h:1/d"), "{hidden}");
        assert!(!hidden.contains("geheim"), "{hidden}");
    }
}
