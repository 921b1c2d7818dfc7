//! One request to an endpoint.
//!
//! The name is looked up here, each of its addresses is checked, and the connection is made to one of
//! exactly these: nobody looks the name up a second time. Certificates are checked against the name.
//! No redirect is followed, no proxy of the environment is used, no connection is kept.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{
    CONTENT_TYPE, HOST, HeaderName, HeaderValue, InvalidHeaderValue, RETRY_AFTER, USER_AGENT,
};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ConfigBuilder};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Host;

use super::address::AddressPolicy;
use super::target::{Target, TargetError};
use crate::storage::AttemptFailure;

static WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
static WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
static WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// For one attempt, up to the status of its answer.
const WITHIN: Duration = Duration::from_secs(15);
/// For one address to take the connection, so that the next gets its turn.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// For the rest of an answer whose status is there.
const END_WITHIN: Duration = Duration::from_secs(2);
/// Most of an answer that is read. Nothing of it is kept: this only lets the endpoint end in peace.
const MAX_ANSWER_BYTES: usize = 64 << 10;
/// Most of the headers of an answer.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// Most addresses of a name that are tried.
const MAX_ADDRESSES: usize = 16;

/// Sends messages.
pub struct Poster {
    policy: AddressPolicy,
    tls: TlsConnector,
}

/// TLS cannot be spoken on this machine.
#[derive(Debug, thiserror::Error)]
#[error("certificates of webhook endpoints cannot be checked on this machine: {0}")]
pub struct PosterError(rustls::Error);

/// A signed message.
pub struct Envelope<'a> {
    /// Names the message.
    pub message_id: &'a str,
    /// Seconds since 1970.
    pub timestamp: i64,
    /// The signatures.
    pub signatures: &'a str,
    /// What is signed.
    pub body: &'a str,
}

/// What an endpoint answered.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
}

impl Poster {
    /// Makes TLS ready; certificates are checked as the machine does.
    ///
    /// # Errors
    /// [`PosterError`].
    pub fn new(policy: AddressPolicy) -> Result<Self, PosterError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(ConfigBuilder::with_platform_verifier)
            .map_err(PosterError)?
            .with_no_client_auth();
        Ok(Self {
            policy,
            tls: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Sends a message to a URL, and answers how the endpoint took it.
    ///
    /// # Errors
    /// [`AttemptFailure`]: there was no answer.
    pub async fn post(&self, url: &str, envelope: &Envelope<'_>) -> Result<Reply, AttemptFailure> {
        let answer = timeout(WITHIN, self.exchange(url, envelope))
            .await
            .map_err(|_| AttemptFailure::TimedOut)??;
        Ok(answer.ended().await)
    }

    async fn exchange(&self, url: &str, envelope: &Envelope<'_>) -> Result<Answer, AttemptFailure> {
        // What the operator allows may have changed since the URL was taken.
        let target = Target::parse(url, &self.policy).map_err(|error| match error {
            TargetError::Address | TargetError::Scheme => AttemptFailure::AddressNotAllowed,
            TargetError::TooLong { .. }
            | TargetError::NoUrl
            | TargetError::Credentials
            | TargetError::Fragment => AttemptFailure::NameNotResolved,
        })?;
        let request = request(&target, envelope).map_err(|_| AttemptFailure::NotSigned)?;
        let addresses = self.checked_addresses(&target).await?;
        let stream = connect(&addresses).await?;
        if !target.is_tls() {
            return converse(stream, request).await;
        }
        let name = server_name(&target).ok_or(AttemptFailure::TlsFailed)?;
        let stream = self.tls.connect(name, stream).await;
        converse(stream.map_err(|_| AttemptFailure::TlsFailed)?, request).await
    }

    /// The addresses of the target, if messages may go to each of them: with one good address and a bad
    /// one, a name would lead there by and by.
    async fn checked_addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, AttemptFailure> {
        let port = target.port();
        let host = target.host().ok_or(AttemptFailure::NameNotResolved)?;
        let addresses: Vec<SocketAddr> = match host {
            Host::Ipv4(address) => vec![SocketAddr::new(address.into(), port)],
            Host::Ipv6(address) => vec![SocketAddr::new(address.into(), port)],
            Host::Domain(name) => tokio::net::lookup_host((name, port))
                .await
                .map_err(|_| AttemptFailure::NameNotResolved)?
                .collect(),
        };
        let may = |address: IpAddr| match target.is_tls() {
            true => self.policy.lets_through(address),
            false => self.policy.is_listed(address),
        };
        match addresses.as_slice() {
            [] => Err(AttemptFailure::NameNotResolved),
            addresses if addresses.iter().all(|address| may(address.ip())) => {
                Ok(addresses.iter().copied().take(MAX_ADDRESSES).collect())
            }
            _ => Err(AttemptFailure::AddressNotAllowed),
        }
    }
}

async fn connect(addresses: &[SocketAddr]) -> Result<TcpStream, AttemptFailure> {
    let mut failure = AttemptFailure::ConnectionFailed;
    for address in addresses {
        match timeout(CONNECT_WITHIN, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(_)) => failure = AttemptFailure::ConnectionFailed,
            Err(_) => failure = AttemptFailure::TimedOut,
        }
    }
    Err(failure)
}

/// What the certificate has to be for.
fn server_name(target: &Target) -> Option<ServerName<'static>> {
    match target.host()? {
        Host::Ipv4(address) => Some(ServerName::IpAddress(IpAddr::V4(address).into())),
        Host::Ipv6(address) => Some(ServerName::IpAddress(IpAddr::V6(address).into())),
        Host::Domain(name) => ServerName::try_from(name.to_owned()).ok(),
    }
}

fn request(
    target: &Target,
    envelope: &Envelope<'_>,
) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let value = |text: &str| -> Result<HeaderValue, InvalidHeaderValue> { text.parse() };
    Request::post(target.path_and_query().as_str())
        .header(HOST, value(&target.authority())?)
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .header(
            USER_AGENT,
            HeaderValue::from_static(concat!("guichet/", env!("CARGO_PKG_VERSION"))),
        )
        .header(&WEBHOOK_ID, value(envelope.message_id)?)
        .header(&WEBHOOK_TIMESTAMP, HeaderValue::from(envelope.timestamp))
        .header(&WEBHOOK_SIGNATURE, value(envelope.signatures)?)
        .body(Full::from(envelope.body.to_owned()))
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    request: Request<Full<Bytes>>,
) -> Result<Answer, AttemptFailure> {
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|_| AttemptFailure::ConnectionFailed)?;
    let driving = Driving(tokio::spawn(async move {
        // What breaks here breaks the exchange below.
        let _ = connection.await;
    }));
    let response = sender.send_request(request).await.map_err(|error| {
        if error.is_parse() || error.is_parse_too_large() {
            AttemptFailure::BadAnswer
        } else {
            AttemptFailure::ConnectionFailed
        }
    })?;
    Ok(Answer {
        response,
        _driving: driving,
    })
}

/// An answer that has begun.
struct Answer {
    response: Response<Incoming>,
    _driving: Driving,
}

impl Answer {
    /// What it says. Lets the endpoint end it, within bounds; its status was the answer.
    async fn ended(self) -> Reply {
        let headers = self.response.headers();
        let retry_after = headers.get(RETRY_AFTER);
        let reply = Reply {
            status: self.response.status().as_u16(),
            retry_after: retry_after
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
        };
        let mut body = self.response.into_body();
        let read = async {
            let mut read = 0;
            while let Some(Ok(frame)) = body.frame().await {
                read += frame.data_ref().map_or(0, Bytes::len);
                if read >= MAX_ANSWER_BYTES {
                    return;
                }
            }
        };
        // Whether it came to its end changes nothing.
        let _ = timeout(END_WITHIN, read).await;
        reply
    }
}

/// The task that moves the bytes; it ends with the exchange.
struct Driving(JoinHandle<()>);

impl Drop for Driving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A name is checked by what it leads to at the moment of sending, whatever was known of it before.
    #[tokio::test]
    async fn a_name_that_leads_to_loopback_is_refused() {
        let check = async |allowed: &str, url: &str, expected: Result<(), AttemptFailure>| {
            let policy = AddressPolicy::new(allowed.parse().unwrap());
            let poster = Poster::new(policy).unwrap();
            let target = Target::of_test(url);
            let found = poster.checked_addresses(&target).await;
            assert_eq!(found.map(drop), expected, "{url}, {allowed}");
        };
        let refused = Err(AttemptFailure::AddressNotAllowed);
        check("", "https://localhost/", refused).await;
        check("10.0.0.0/8", "http://localhost/", refused).await;
        check("", "https://[::ffff:10.0.0.1]/", refused).await;
        check("", "http://8.8.8.8/", refused).await;
        check("", "https://8.8.8.8/", Ok(())).await;
        check("loopback", "https://localhost/", Ok(())).await;
    }
}
