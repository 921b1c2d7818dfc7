//! Where spans go. The names are those of OpenTelemetry's "Environment Variable Specification".

use axum::http::{HeaderName, HeaderValue};
use url::Url;

use super::settings::parsed;
use super::{ConfigError, Environment};

/// A collector of traces.
#[derive(Clone, PartialEq)]
pub struct TraceSettings {
    /// Its address, without the path of traces.
    pub endpoint: Url,
    /// What each request to it says, such as a token.
    pub headers: Vec<(String, String)>,
    /// What this host is called there.
    pub service: String,
    /// Which share of requests is traced, 0 to 1, if their caller does not say.
    pub share: f64,
}

impl TraceSettings {
    const DEFAULT_SERVICE: &'static str = "guichet";

    /// Reads the section; `None` if no collector is named.
    ///
    /// # Errors
    /// The first setting that is wrong, by name, with the fix.
    pub fn read(environment: Environment<'_>) -> Result<Option<Self>, ConfigError> {
        const ADDRESS: &str = "give an address such as http://localhost:4318; /v1/traces is added";
        const SHARE: &str = "give a number from 0 to 1";
        let name = "OTEL_EXPORTER_OTLP_ENDPOINT";
        let endpoint: Option<Url> = parsed(environment, name, ADDRESS)?;
        let headers = headers(environment)?;
        let share: Option<f64> = parsed(environment, "OTEL_TRACES_SAMPLER_ARG", SHARE)?;
        if let Some(share) = share.filter(|share| !(0.0..=1.0).contains(share)) {
            return Err(ConfigError::Value {
                name: "OTEL_TRACES_SAMPLER_ARG",
                value: share.to_string(),
                fix: SHARE,
            });
        }
        let Some(endpoint) = endpoint else {
            return Ok(None);
        };
        if !matches!(endpoint.scheme(), "http" | "https") || !endpoint.has_host() {
            return Err(ConfigError::Value {
                name,
                value: endpoint.to_string(),
                fix: ADDRESS,
            });
        }
        Ok(Some(Self {
            endpoint,
            headers,
            service: environment("OTEL_SERVICE_NAME")
                .unwrap_or_else(|| Self::DEFAULT_SERVICE.to_owned()),
            share: share.unwrap_or(1.0),
        }))
    }

    /// Where spans are sent.
    pub fn address(&self) -> String {
        let base = self.endpoint.as_str().trim_end_matches('/');
        format!("{base}/v1/traces")
    }
}

/// The headers may be secret.
impl std::fmt::Debug for TraceSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("TraceSettings")
            .field("endpoint", &self.endpoint.as_str())
            .finish_non_exhaustive()
    }
}

/// `name=value,name=value`, values percent-encoded where need be.
fn headers(environment: Environment<'_>) -> Result<Vec<(String, String)>, ConfigError> {
    const NAME: &str = "OTEL_EXPORTER_OTLP_HEADERS";
    let text = environment(NAME).unwrap_or_default();
    let pairs = text.split(',').filter(|pair| !pair.trim().is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let (name, value) = (name.trim(), decoded(value.trim())?);
            HeaderName::from_bytes(name.as_bytes()).ok()?;
            HeaderValue::from_str(&value).ok()?;
            Some((name.to_owned(), value))
        })
        .collect::<Option<Vec<_>>>()
        .ok_or(ConfigError::Value {
            name: NAME,
            // It may be a secret that lacks its name.
            value: "…".to_owned(),
            fix: "give name=value, several with commas between them; write a comma in a value as %2C",
        })
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (hex, after) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(settings: &[(&str, &str)]) -> Result<Option<TraceSettings>, String> {
        let environment = |asked: &str| {
            let found = settings.iter().find(|(name, _)| *name == asked);
            found.map(|(_, value)| (*value).to_owned())
        };
        TraceSettings::read(&environment).map_err(|error| error.to_string())
    }

    #[test]
    fn a_collector_is_named_by_its_address() {
        assert_eq!(read(&[]).unwrap(), None);
        let read = read(&[
            (
                "OTEL_EXPORTER_OTLP_ENDPOINT",
                "https://collector.example/otlp/",
            ),
            (
                "OTEL_EXPORTER_OTLP_HEADERS",
                "authorization=Bearer%20x%2Cy, x-team = gates",
            ),
            ("OTEL_TRACES_SAMPLER_ARG", "0.25"),
        ]);
        let settings = read.unwrap().unwrap();
        assert_eq!(
            settings.address(),
            "https://collector.example/otlp/v1/traces"
        );
        assert_eq!(settings.service, "guichet");
        assert_eq!(settings.share, 0.25);
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            settings.headers,
            [pair("authorization", "Bearer x,y"), pair("x-team", "gates")]
        );
        assert!(!format!("{settings:?}").contains("Bearer"));
    }

    #[test]
    fn what_is_wrong_is_named_and_no_secret_is_shown() {
        let check = |name: &str, value: &str| {
            let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318");
            let error = read(&[(name, value), endpoint]).unwrap_err();
            assert!(error.contains(name), "{error}");
            error
        };
        for address in ["localhost:4318", "ftp://x", "unix:///run/x", "here"] {
            check("OTEL_EXPORTER_OTLP_ENDPOINT", address);
        }
        for share in ["2", "-0.1", "NaN", "half"] {
            check("OTEL_TRACES_SAMPLER_ARG", share);
        }
        for headers in ["secret-token", "a b=1", "a=%zz", "a=%0d%0a"] {
            let error = check("OTEL_EXPORTER_OTLP_HEADERS", headers);
            assert!(!error.contains("secret-token"), "{error}");
        }
    }
}
