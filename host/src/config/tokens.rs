//! Which bearer tokens are accepted beside those of `JWT_SECRET`, and how long the host's own hold.

use std::net::IpAddr;
use std::path::PathBuf;

use jiff::SignedDuration;

use super::{ConfigError, Environment, length_of_time};
use crate::access::KeySource;

/// Bearer tokens.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// How long a token of `guichet token` holds unless it is told otherwise.
    pub life: SignedDuration,
    /// Public keys of another signer, if there is one.
    pub key_source: Option<KeySource>,
    /// What `iss` of its tokens must be, if it is checked.
    pub issuer: Option<String>,
    /// What `aud` of its tokens must name, if it is checked.
    pub audience: Option<String>,
}

impl TokenSettings {
    /// Reads the section.
    ///
    /// # Errors
    /// The first setting that is wrong, by name, with the fix.
    pub fn read(environment: Environment<'_>) -> Result<Self, ConfigError> {
        let settings = Self {
            life: life(environment)?,
            key_source: key_source(environment)?,
            issuer: environment("JWT_ISSUER"),
            audience: environment("JWT_AUDIENCE"),
        };
        if settings.key_source.is_some() {
            return Ok(settings);
        }
        for (name, value) in [
            ("JWT_ISSUER", &settings.issuer),
            ("JWT_AUDIENCE", &settings.audience),
        ] {
            if let Some(value) = value.clone() {
                let fix =
                    "it is checked of another signer's tokens: give JWKS_URL or JWKS_FILE too";
                return Err(ConfigError::Value { name, value, fix });
            }
        }
        Ok(settings)
    }
}

fn life(environment: Environment<'_>) -> Result<SignedDuration, ConfigError> {
    let name = "JWT_EXPIRES_IN";
    let value = environment(name).unwrap_or_else(|| "24h".to_owned());
    length_of_time(&value).map_err(|_| ConfigError::Value {
        name,
        value,
        fix: "give a whole number and a unit, such as 90s, 15m, 24h or 30d, up to ten years",
    })
}

fn key_source(environment: Environment<'_>) -> Result<Option<KeySource>, ConfigError> {
    let name = "JWKS_URL";
    match (environment(name), environment("JWKS_FILE")) {
        (None, None) => Ok(None),
        (None, Some(path)) => Ok(Some(KeySource::File(PathBuf::from(path)))),
        (Some(url), None) if is_confidential(&url) => Ok(Some(KeySource::Url(url))),
        (Some(value), None) => {
            let fix =
                "give an address that begins with https://; http:// is for this machine itself";
            Err(ConfigError::Value { name, value, fix })
        }
        (Some(value), Some(_)) => {
            let fix = "JWKS_FILE is set too; give one of them";
            Err(ConfigError::Value { name, value, fix })
        }
    }
}

/// Whoever can change the answer on its way can make tokens.
fn is_confidential(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return url.len() > "https://".len() && url.starts_with("https://");
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<TokenSettings, String> {
        let environment = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        TokenSettings::read(&environment).map_err(|error| error.to_string())
    }

    #[test]
    fn keys_come_over_a_wire_that_nobody_can_change() {
        for url in [
            "https://id.example/jwks.json",
            "http://127.0.0.1:8080/jwks",
            "http://[::1]:8080/jwks",
            "http://localhost/jwks",
        ] {
            assert!(read(&[("JWKS_URL", url)]).is_ok(), "{url}");
        }
        for url in [
            "http://id.example/jwks.json",
            "http://127.0.0.1@id.example/",
            "http://localhost.example/",
            "https://",
            "file:///etc/jwks",
        ] {
            assert!(read(&[("JWKS_URL", url)]).is_err(), "{url}");
        }
    }

    #[test]
    fn a_bad_value_is_named_with_the_fix() {
        let check = |variables: &[(&str, &str)], expected: &str| {
            let message = read(variables).unwrap_err();
            assert!(message.contains(expected), "{message}");
        };
        check(&[("JWT_EXPIRES_IN", "soon")], "JWT_EXPIRES_IN");
        check(&[("JWT_AUDIENCE", "guichet")], "JWKS_URL or JWKS_FILE");
        let both = [("JWKS_URL", "https://a.example"), ("JWKS_FILE", "b")];
        check(&both, "give one of them");
    }
}
