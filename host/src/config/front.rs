//! Who may connect, how, and for how long.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::settings::parsed;
use super::{AddressList, ConfigError, Environment};

/// What meets a request before any route does.
#[derive(Clone, Debug)]
pub struct FrontSettings {
    /// Pages of which origins may read answers.
    pub cors: CorsOrigins,
    /// Peers whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    pub trusted_proxies: AddressList,
    /// Clients that may call; all if there is no list.
    pub allowed_ips: Option<AddressList>,
    /// Longest time for one request.
    pub request_timeout: Duration,
    /// Most connections at a time; further ones wait.
    pub max_connections: usize,
    /// Certificate and key, where this host speaks TLS itself.
    pub tls: Option<TlsFiles>,
}

/// Pages of which origins may read answers (CORS).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CorsOrigins {
    /// None: browsers keep answers from pages of other origins.
    None,
    /// Any. No cookies are used, so that a page can only send a token that it has.
    Any,
    /// These, such as `https://shop.example`.
    Listed(Vec<String>),
}

/// A certificate chain and its private key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the host's own certificate first.
    pub certificate: PathBuf,
    /// The key, PKCS #8, SEC1 or PKCS #1.
    pub key: PathBuf,
}

impl FrontSettings {
    /// Reads the section; `flags` are the files of `--tls-cert` and `--tls-key`.
    ///
    /// # Errors
    /// The first setting that is wrong, by name, with the fix.
    pub fn read(
        flags: (Option<PathBuf>, Option<PathBuf>),
        environment: Environment<'_>,
    ) -> Result<Self, ConfigError> {
        const LIST: &str = "give IP addresses and networks, such as 10.0.0.0/8,::1, or the words loopback and private";
        let milliseconds = bounded(environment, "REQUEST_TIMEOUT_MS", 1_000, 3_600_000)?;
        let max_connections = bounded(environment, "MAX_CONNECTIONS", 1, 1_000_000)?;
        Ok(Self {
            cors: CorsOrigins::read(environment)?,
            trusted_proxies: parsed(environment, "TRUSTED_PROXIES", LIST)?.unwrap_or_default(),
            allowed_ips: parsed(environment, "ALLOWED_IPS", LIST)?,
            request_timeout: Duration::from_millis(milliseconds.unwrap_or(120_000)),
            max_connections: max_connections
                .and_then(|count| usize::try_from(count).ok())
                .unwrap_or(10_000),
            tls: tls_files(flags, environment)?,
        })
    }
}

impl FrontSettings {
    /// How clients that reach this address name it.
    pub fn origin(&self, listen: SocketAddr) -> String {
        match self.tls {
            None => format!("http://{listen}"),
            Some(_) => format!("https://{listen}"),
        }
    }
}

/// A whole number within bounds that are named in the fix.
fn bounded(
    environment: Environment<'_>,
    name: &'static str,
    min: u64,
    max: u64,
) -> Result<Option<u64>, ConfigError> {
    let Some(value) = environment(name) else {
        return Ok(None);
    };
    match value.parse() {
        Ok(number) if (min..=max).contains(&number) => Ok(Some(number)),
        _ => Err(ConfigError::Range {
            name,
            value,
            min,
            max,
        }),
    }
}

fn tls_files(
    (certificate, key): (Option<PathBuf>, Option<PathBuf>),
    environment: Environment<'_>,
) -> Result<Option<TlsFiles>, ConfigError> {
    let certificate = certificate.or_else(|| environment("TLS_CERT").map(PathBuf::from));
    let key = key.or_else(|| environment("TLS_KEY").map(PathBuf::from));
    let alone = |name, value: PathBuf, fix| {
        Err(ConfigError::Value {
            name,
            value: value.display().to_string(),
            fix,
        })
    };
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (Some(file), None) => alone("TLS_CERT", file, "give the private key too, by TLS_KEY"),
        (None, Some(file)) => alone("TLS_KEY", file, "give the certificate too, by TLS_CERT"),
    }
}

impl CorsOrigins {
    fn read(environment: Environment<'_>) -> Result<Self, ConfigError> {
        let name = "CORS_ORIGIN";
        let Some(value) = environment(name) else {
            return Ok(Self::None);
        };
        let entries: Vec<_> = value
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
            .map(str::to_owned)
            .collect();
        if entries.iter().any(|entry| entry == "*") {
            return Ok(Self::Any);
        }
        if !entries.iter().all(|entry| is_origin(entry)) {
            return Err(ConfigError::Value {
                name,
                value,
                fix: "give origins such as https://shop.example,http://localhost:5173, without a path, or *",
            });
        }
        Ok(Self::Listed(entries))
    }

    /// As it is given.
    pub fn shown(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Any => "*".to_owned(),
            Self::Listed(origins) => origins.join(","),
        }
    }
}

/// A scheme, a host and perhaps a port, as browsers send it: no path, not even a slash.
fn is_origin(text: &str) -> bool {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    host.is_some_and(|host| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]_".contains(&byte);
        !host.is_empty() && host.bytes().all(plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<FrontSettings, String> {
        let environment = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        FrontSettings::read((None, None), &environment).map_err(|error| error.to_string())
    }

    #[test]
    fn without_settings_no_page_and_no_proxy_is_trusted() {
        let front = read(&[]).unwrap();
        assert_eq!(front.cors, CorsOrigins::None);
        assert_eq!(front.trusted_proxies, AddressList::default());
        assert_eq!(front.allowed_ips, None);
        assert_eq!(front.tls, None);
    }

    #[test]
    fn origins_are_listed_or_any() {
        let listed = read(&[("CORS_ORIGIN", "https://a.example, http://localhost:5173")]).unwrap();
        assert_eq!(
            listed.cors.shown(),
            "https://a.example,http://localhost:5173"
        );
        assert_eq!(
            read(&[("CORS_ORIGIN", "*")]).unwrap().cors,
            CorsOrigins::Any
        );
    }

    #[test]
    fn a_bad_value_is_named_with_the_fix() {
        let check = |variable: (&str, &str), expected: &str| {
            let message = read(&[variable]).unwrap_err();
            assert!(message.contains(variable.0), "{message}");
            assert!(message.contains(expected), "{message}");
        };
        check(("CORS_ORIGIN", "shop.example"), "https://");
        check(("CORS_ORIGIN", "https://shop.example/"), "without a path");
        check(("TRUSTED_PROXIES", "proxy"), "10.0.0.0/8");
        check(("ALLOWED_IPS", "10.1.1.1/8"), "10.0.0.0/8");
        check(("REQUEST_TIMEOUT_MS", "0"), "1000 to 3600000");
        check(("MAX_CONNECTIONS", "lots"), "1 to 1000000");
        check(("TLS_CERT", "a.pem"), "TLS_KEY");
        check(("TLS_KEY", "a.pem"), "TLS_CERT");
    }
}
