//! The stores that settings name.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::client::{ClientOptions, HttpClient, HttpConnector};
use object_store::local::LocalFileSystem;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};
use rustls::{ClientConfig, ConfigBuilder};
use rustls_platform_verifier::BuilderVerifierExt as _;

use super::ArtifactError;
use crate::config::{S3Addressing, S3Settings};

/// For one request, its answer included: 8 MiB at 7 Mbit/s.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// For the store to take a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(3);
/// No request is sent again later than this. With the last one's own time it is less than a worker's lease; but
/// to give an upload up takes further requests, so a worker renews its lease meanwhile.
const RETRY_WITHIN: Duration = Duration::from_secs(12);
const RETRIES: usize = 6;
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// A folder, made for nobody else to read. What is written survives a power cut.
pub(super) fn folder(path: &Path) -> Result<Arc<dyn ObjectStore>, ArtifactError> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| ArtifactError::Open(format!("{}: {error}", path.display()).into()))?;
    let store = LocalFileSystem::new_with_prefix(path).map_err(ArtifactError::of_store)?;
    Ok(Arc::new(
        store.with_fsync(true).with_automatic_cleanup(true),
    ))
}

/// A bucket. Nothing is sent yet.
pub(super) fn s3(settings: &S3Settings) -> Result<Arc<dyn ObjectStore>, ArtifactError> {
    let open = |error| ArtifactError::Open(Box::new(error));
    let retry = RetryConfig {
        backoff: BackoffConfig {
            init_backoff: FIRST_WAIT,
            max_backoff: LONGEST_WAIT,
            base: 2.0,
        },
        max_retries: RETRIES,
        retry_timeout: RETRY_WITHIN,
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_virtual_hosted_style_request(settings.addressing == S3Addressing::Host)
        .with_retry(retry)
        // Settings let no address without TLS through but those of networks of one's own.
        .with_allow_http(true)
        // One at a time is how we delete, and not every store takes them by the list.
        .with_disable_bulk_delete(true)
        .with_http_connector(Connector);
    if let Some(credentials) = &settings.credentials {
        builder = builder
            .with_access_key_id(&credentials.key_id)
            .with_secret_access_key(&*credentials.secret);
    }
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint_of(endpoint, settings));
    }
    let store = builder.build().map_err(open)?;
    Ok(match settings.prefix.as_str() {
        "" => Arc::new(store),
        prefix => Arc::new(PrefixStore::new(store, prefix)),
    })
}

/// The client wants an endpoint with the bucket in it, where the bucket is in the host's name.
fn endpoint_of(endpoint: &str, settings: &S3Settings) -> String {
    match (settings.addressing, endpoint.split_once("://")) {
        (S3Addressing::Host, Some((scheme, host))) => {
            format!("{scheme}://{}.{host}", settings.bucket)
        }
        _ => endpoint.to_owned(),
    }
}

/// Makes connections with the TLS that the rest of the host speaks, which checks certificates as the
/// machine does.
#[derive(Debug)]
struct Connector;

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        client().map(HttpClient::new)
    }
}

pub(super) fn client() -> object_store::Result<reqwest::Client> {
    let generic = |source| object_store::Error::Generic {
        store: "S3",
        source,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(ConfigBuilder::with_platform_verifier)
        .map_err(|error| generic(error.into()))?
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .http1_only()
        // A redirect would take the signature elsewhere.
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_WITHIN)
        .timeout(REQUEST_WITHIN)
        .user_agent(concat!("guichet/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| generic(error.into()))
}
