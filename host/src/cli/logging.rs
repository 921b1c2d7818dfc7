//! The log on stderr, and spans to a collector of traces.

use std::io;

use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer, Registry};

use crate::config::{LogFormat, LogSettings, ServeConfig};
use crate::traces::{self, Exporter, StartError};

type AnyLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Begins to log. A second call changes nothing.
pub(super) fn start(settings: &LogSettings) {
    begin(vec![lines(settings)]);
}

/// Begins to log as the host does, and to send spans if a collector is configured. These end with what this
/// gives; it is to be dropped where nothing else waits.
///
/// # Errors
/// [`StartError`].
pub(super) fn start_traced(config: &ServeConfig) -> Result<Option<Exporter>, StartError> {
    let mut layers = vec![lines(&config.log)];
    let exporter = config.traces.as_ref().map(Exporter::start).transpose()?;
    if let Some(exporter) = &exporter {
        let spans = tracing_opentelemetry::layer()
            .with_tracer(exporter.tracer())
            .with_location(false)
            .with_threads(false)
            .with_filter(filter_fn(|of| {
                of.is_span() && of.target() == traces::TARGET
            }));
        layers.push(spans.boxed());
    }
    begin(layers);
    Ok(exporter)
}

fn begin(layers: Vec<AnyLayer>) {
    // Fails where it was begun before.
    let _ = tracing_subscriber::registry().with(layers).try_init();
}

fn lines(settings: &LogSettings) -> AnyLayer {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    match settings.format {
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_filter(settings.filter())
            .boxed(),
        LogFormat::Pretty => lines
            .with_ansi(false)
            .with_filter(settings.filter())
            .boxed(),
    }
}
