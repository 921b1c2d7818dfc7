//! Sending spans: OTLP 1 over HTTP, as protocol buffers.

use std::sync::Arc;
use std::time::Duration;

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use rustls::{ClientConfig, ConfigBuilder};
use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::config::TraceSettings;

/// For one request to the collector.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);
/// For what is left when the host stops.
const FLUSH_WITHIN: Duration = Duration::from_secs(3);
/// The name of this library in what is sent.
const SCOPE: &str = "guichet";

/// Why no spans can be sent.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its client cannot be made.
    #[error("the client of the collector of traces cannot be made")]
    Client(#[from] reqwest::Error),
    /// TLS cannot be set up.
    #[error("TLS to the collector of traces cannot be set up")]
    Tls(#[from] rustls::Error),
    /// The exporter refuses its settings.
    #[error("the exporter of traces cannot be made")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
}

/// Sends spans in batches, on a thread of its own. A collector that is away costs the spans, nothing else.
pub struct Exporter(SdkTracerProvider);

impl Exporter {
    /// Begins. Not to be called, nor dropped, on a thread that waits for others' work: it waits itself.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn start(settings: &TraceSettings) -> Result<Self, StartError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(ConfigBuilder::with_platform_verifier)?
            .with_no_client_auth();
        let client = reqwest::blocking::Client::builder()
            .tls_backend_preconfigured(tls)
            // A redirect would take the headers of the settings elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .timeout(REQUEST_WITHIN)
            .user_agent(concat!("guichet/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(settings.address())
            .with_headers(settings.headers.iter().cloned().collect())
            .with_timeout(REQUEST_WITHIN)
            .build()?;
        let resource = Resource::builder()
            .with_service_name(settings.service.clone())
            .build();
        // A caller that is traced decides; of the others, a share.
        let share = Sampler::TraceIdRatioBased(settings.share);
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(share)))
            .with_resource(resource)
            .build();
        Ok(Self(provider))
    }

    /// What makes the spans.
    pub fn tracer(&self) -> SdkTracer {
        self.0.tracer(SCOPE)
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        if let Err(error) = self.0.shutdown_with_timeout(FLUSH_WITHIN) {
            tracing::warn!(%error, "the last spans did not reach the collector of traces");
        }
    }
}
