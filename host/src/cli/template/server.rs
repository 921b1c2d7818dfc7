//! A host that is spoken to over HTTP.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use serde::Deserialize;
use serde_json::Value;
use ureq::tls::{RootCerts, TlsConfig};

use crate::cli::answer::{Refusal, WrongUsage};

/// A host compiles and tries out an upload before it answers, which may take it two minutes.
const ANSWER_LIMIT: Duration = Duration::from_secs(180);
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// An answer is a report at most; anything longer is not from a host of ours.
const MAX_ANSWER_BYTES: u64 = 16 << 20;

/// Which host, and by what right.
#[derive(Debug, Args)]
pub(super) struct ServerArgs {
    /// The host's address.
    #[arg(
        long,
        value_name = "U",
        env = "GUICHET_URL",
        default_value = "http://127.0.0.1:3004"
    )]
    url: String,
    /// A bearer token, as `guichet token` prints; better given by the variable than on the command
    /// line, where other users see it.
    #[arg(long, value_name = "T", env = "GUICHET_TOKEN", hide_env_values = true)]
    token: String,
}

/// The body of a request.
pub(super) struct Body {
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Body {
    /// No body where one may be.
    pub fn none() -> Self {
        Self {
            media_type: "application/json".to_owned(),
            bytes: Vec::new(),
        }
    }

    /// A value as JSON.
    pub fn json(value: &Value) -> Self {
        Self {
            bytes: value.to_string().into_bytes(),
            ..Self::none()
        }
    }
}

/// One host.
pub(super) struct Server {
    agent: ureq::Agent,
    origin: String,
    authorization: String,
}

/// What a host answered, when it did what was asked.
#[derive(Debug, Deserialize)]
pub(super) struct Answer {
    /// A sentence.
    pub message: String,
    /// The data.
    pub data: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorEnvelope {
    error: ErrorBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorBody {
    code: String,
    message: String,
    #[serde(default)]
    details: Vec<ErrorDetail>,
    report: Option<Value>,
}

#[derive(Deserialize)]
struct ErrorDetail {
    field: String,
    message: String,
}

impl Server {
    /// A host to be spoken to.
    ///
    /// # Errors
    /// [`WrongUsage`] when the address is none.
    pub fn new(args: &ServerArgs) -> Result<Self, WrongUsage> {
        let known = args.url.starts_with("http://") || args.url.starts_with("https://");
        if !known {
            let url = &args.url;
            return Err(WrongUsage(format!(
                "--url {url}: give an address that begins with https:// or http://"
            )));
        }
        // The machine's own roots: a self-hosted service often has a certificate of its own authority.
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .root_certs(RootCerts::PlatformVerifier)
            .build();
        let agent = ureq::Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            // A redirected POST would arrive as a GET.
            .max_redirects(0)
            .timeout_connect(Some(CONNECT_LIMIT))
            .timeout_global(Some(ANSWER_LIMIT))
            .user_agent(concat!("guichet/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Self {
            agent,
            origin: args.url.trim_end_matches('/').to_owned(),
            authorization: format!("Bearer {}", args.token),
        })
    }

    /// Sends a GET.
    ///
    /// # Errors
    /// [`Refusal`] for what the host says in its error envelope, and whatever keeps it from answering.
    pub fn get(&self, path: &str) -> anyhow::Result<Answer> {
        let request = self
            .agent
            .get(format!("{}{path}", self.origin))
            .header("Authorization", &self.authorization);
        let (status, bytes) = self.read(request.call())?;
        Ok(read_answer(&self.origin, status, &bytes)?)
    }

    /// Sends a POST.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn post(&self, path: &str, query: &[(&str, &str)], body: &Body) -> anyhow::Result<Answer> {
        let (status, bytes) = self.send(path, query, body)?;
        Ok(read_answer(&self.origin, status, &bytes)?)
    }

    /// Sends a POST that is answered with a file.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn post_for_bytes(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: &Body,
    ) -> anyhow::Result<Vec<u8>> {
        match self.send(path, query, body)? {
            (200, bytes) => Ok(bytes),
            (status, bytes) => Err(read_refusal(&self.origin, status, &bytes).into()),
        }
    }

    fn send(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: &Body,
    ) -> anyhow::Result<(u16, Vec<u8>)> {
        let mut request = self
            .agent
            .post(format!("{}{path}", self.origin))
            .header("Authorization", &self.authorization)
            .header("Content-Type", &body.media_type);
        for (name, value) in query {
            request = request.query(*name, *value);
        }
        self.read(request.send(body.bytes.as_slice()))
    }

    fn read(
        &self,
        answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> anyhow::Result<(u16, Vec<u8>)> {
        let mut response =
            answered.with_context(|| format!("the host at {} does not answer", self.origin))?;
        let status = response.status().as_u16();
        let mut bytes = Vec::new();
        response
            .body_mut()
            .as_reader()
            .take(MAX_ANSWER_BYTES)
            .read_to_end(&mut bytes)
            .with_context(|| format!("the answer of {} broke off", self.origin))?;
        Ok((status, bytes))
    }
}

fn read_answer(origin: &str, status: u16, bytes: &[u8]) -> Result<Answer, Refusal> {
    if (200..300).contains(&status)
        && let Ok(answer) = serde_json::from_slice(bytes)
    {
        return Ok(answer);
    }
    Err(read_refusal(origin, status, bytes))
}

fn read_refusal(origin: &str, status: u16, bytes: &[u8]) -> Refusal {
    match serde_json::from_slice::<ErrorEnvelope>(bytes) {
        Ok(ErrorEnvelope { error }) => Refusal {
            code: error.code,
            message: error.message,
            details: error
                .details
                .into_iter()
                .map(|detail| (detail.field, detail.message))
                .collect(),
            report: error.report,
        },
        Err(_) => {
            let message =
                format!("{origin} answered {status}, and not as a Guichet host does; check --url");
            Refusal::new("NOT_A_HOST", message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_a_host_are_told_from_others() {
        let read = |status, body: &str| read_answer("http://host", status, body.as_bytes());
        let good = r#"{"success":true,"message":"ready","data":{"version":3}}"#;
        assert_eq!(read(201, good).unwrap().data["version"], 3);
        let bad = r#"{"success":false,"error":{"code":"TEMPLATE_REJECTED","message":"no","details":[{"field":"a","message":"b"}],"requestId":"x","report":{"ok":false}}}"#;
        let refusal = read(422, bad).unwrap_err();
        assert_eq!(refusal.code, "TEMPLATE_REJECTED");
        assert_eq!(refusal.details, [("a".to_owned(), "b".to_owned())]);
        assert_eq!(refusal.report.unwrap()["ok"], false);
        for (status, body) in [(200, "<html>"), (502, ""), (301, ""), (200, "{}")] {
            assert_eq!(
                read(status, body).unwrap_err().code,
                "NOT_A_HOST",
                "{status} {body}"
            );
        }
    }

    #[test]
    fn an_address_without_a_scheme_is_wrong_usage() {
        let server = |url: &str| {
            Server::new(&ServerArgs {
                url: url.to_owned(),
                token: "t".to_owned(),
            })
        };
        assert!(server("tickets.example").is_err());
        assert_eq!(
            server("https://tickets.example/").unwrap().origin,
            "https://tickets.example"
        );
    }
}
