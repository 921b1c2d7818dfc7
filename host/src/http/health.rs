//! Health: every component is really exercised, and the result is kept for five seconds.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use tokio::fs;
use tokio::sync::Mutex;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::services::{Services, Shared};
use crate::issue::{Format, specimen_code};

/// How long a result is shown again.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// The last result.
pub struct Health {
    started: Instant,
    /// Where compiled templates are kept.
    folder: PathBuf,
    last: Mutex<Option<(Instant, Checked)>>,
}

#[derive(Clone)]
struct Checked {
    healthy: bool,
    components: BTreeMap<&'static str, Component>,
}

/// One component.
#[derive(Clone, Serialize, ToSchema)]
pub struct Component {
    status: &'static str,
    milliseconds: f64,
}

impl Health {
    /// Nothing is checked yet.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            started: Instant::now(),
            folder,
            last: Mutex::new(None),
        }
    }
}

/// The process answers.
#[derive(Serialize, ToSchema)]
#[schema(example = json!(
    { "status": "healthy" }
))]
pub struct Liveness {
    status: &'static str,
}

/// What works and what does not.
#[derive(Serialize, ToSchema)]
#[schema(example = json!(
    {
        "status": "healthy", "timestamp": "2027-03-01T10:00:00Z", "service": "guichet", "version": "0.1.0",
        "uptime": 4711, "components": { "database": { "status": "healthy", "milliseconds": 0.4 } },
    }
))]
pub struct HealthJson {
    /// `healthy` or `unhealthy`.
    status: &'static str,
    timestamp: Timestamp,
    service: &'static str,
    version: &'static str,
    /// Seconds since the process began.
    uptime: u64,
    /// The database, the data folder and the object store, the code's printer and reader, plugins, and PDFs.
    components: BTreeMap<&'static str, Component>,
}

/// The routes.
pub fn routes() -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .routes(routes!(read_health))
        .routes(routes!(read_liveness))
        .routes(routes!(read_readiness))
        .routes(routes!(read_detailed_health))
        .routes(routes!(read_ticket_health))
}

/// The process answers.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "Service",
    security(()),
    responses((status = 200, description = "the process answers", body = Liveness)),
)]
pub async fn read_liveness() -> Json<Liveness> {
    Json(Liveness { status: "healthy" })
}

/// 200 when every component works, else 503. No token is needed, so it says no more than that.
#[utoipa::path(
    get,
    path = "/health",
    tag = "Service",
    security(()),
    responses(
        (status = 200, description = "every component works", body = HealthJson),
        (status = 503, description = "a component does not work", body = HealthJson),
    ),
)]
pub async fn read_health(State(services): State<Shared>) -> Response {
    let checked = {
        let mut last = services.health.last.lock().await;
        match last.as_ref() {
            Some((at, checked)) if at.elapsed() < KEPT_FOR => checked.clone(),
            _ => {
                let checked = check(&services).await;
                *last = Some((Instant::now(), checked.clone()));
                checked
            }
        }
    };
    let status = if checked.healthy {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    let body = HealthJson {
        status: if checked.healthy {
            "healthy"
        } else {
            "unhealthy"
        },
        timestamp: services.clock.now(),
        service: "guichet",
        version: env!("CARGO_PKG_VERSION"),
        uptime: services.health.started.elapsed().as_secs(),
        components: checked.components,
    };
    (status, Json(body)).into_response()
}

/// As `/health`, for an orchestrator that asks whether to send requests.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "Service",
    security(()),
    responses(
        (status = 200, description = "every component works", body = HealthJson),
        (status = 503, description = "a component does not work", body = HealthJson),
    ),
)]
pub async fn read_readiness(services: State<Shared>) -> Response {
    read_health(services).await
}

/// As `/health`, under the name that clients of the old service ask.
#[utoipa::path(
    get,
    path = "/health/detailed",
    tag = "Service",
    security(()),
    responses(
        (status = 200, description = "every component works", body = HealthJson),
        (status = 503, description = "a component does not work", body = HealthJson),
    ),
)]
pub async fn read_detailed_health(services: State<Shared>) -> Response {
    read_health(services).await
}

/// As `/health`, under the name that clients of the old service ask.
#[utoipa::path(
    get,
    path = "/api/tickets/health",
    tag = "Service",
    security(()),
    responses(
        (status = 200, description = "every component works", body = HealthJson),
        (status = 503, description = "a component does not work", body = HealthJson),
    ),
)]
pub async fn read_ticket_health(services: State<Shared>) -> Response {
    read_health(services).await
}

async fn check(services: &Services) -> Checked {
    let mut components = BTreeMap::new();
    let mut healthy = true;
    let mut record = |name, started: Instant, result: Result<(), String>| {
        if let Err(reason) = &result {
            tracing::warn!(component = name, reason, "a component is not healthy");
        }
        healthy &= result.is_ok();
        let status = if result.is_ok() {
            "healthy"
        } else {
            "unhealthy"
        };
        let milliseconds = started.elapsed().as_secs_f64() * 1e3;
        components.insert(
            name,
            Component {
                status,
                milliseconds,
            },
        );
    };
    let started = Instant::now();
    let database = services.storage.check_health().await;
    record(
        "database",
        started,
        database.map_err(|error| error.to_string()),
    );

    let started = Instant::now();
    record("storage", started, check_storage(services).await);

    let started = Instant::now();
    record("qr_generator", started, qr_round_trip());

    let started = Instant::now();
    match services.organizers.built_in_template().await {
        Err(error) => {
            record("plugins", started, Err(format!("{error:#}")));
            record(
                "pdf_generator",
                started,
                Err("the built-in template does not load".to_owned()),
            );
        }
        Ok(template) => {
            let order = template.sample_order();
            let laid_out = services
                .library
                .lay_out(&template, order, specimen_code(), drop)
                .await;
            record(
                "plugins",
                started,
                laid_out.map_err(|error| error.to_string()),
            );
            let started = Instant::now();
            let page = services.issuer.sample(&template, Format::Pdf).await;
            record(
                "pdf_generator",
                started,
                page.map(|_| ()).map_err(|error| error.to_string()),
            );
        }
    }
    Checked {
        healthy,
        components,
    }
}

/// The data folder, where compiled templates are kept, and the place for what batches make.
async fn check_storage(services: &Services) -> Result<(), String> {
    let written = file_round_trip(&services.health.folder).await;
    written.map_err(|error| format!("the data folder: {error}"))?;
    let artifacts = services.artifacts.check().await;
    artifacts.map_err(|error| error.to_string())
}

/// Writes a file to the data folder, reads it again and takes it away. A full disk and one that was
/// mounted for reading only show here.
async fn file_round_trip(folder: &Path) -> io::Result<()> {
    // Processes on one folder must not take each other's file away.
    let path = folder.join(format!(".health-{}", std::process::id()));
    let text = b"health";
    fs::write(&path, text).await?;
    let read = fs::read(&path).await?;
    fs::remove_file(&path).await?;
    if read == text {
        Ok(())
    } else {
        Err(io::Error::other("the file says something else"))
    }
}

/// Encodes a symbol and decodes its text again.
fn qr_round_trip() -> Result<(), String> {
    use ticket_render::codes::qr::{self, ErrorCorrection};
    let text = "TK1:HEALTH";
    let symbol = qr::encode(text, ErrorCorrection::Medium).map_err(|error| error.to_string())?;
    let scale = 4;
    let quiet = 4;
    let side = (usize::from(symbol.width()) + 2 * quiet) * scale;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
        let module = |at: usize| {
            (at / scale)
                .checked_sub(quiet)
                .and_then(|at| u8::try_from(at).ok())
        };
        match (module(x), module(y)) {
            (Some(x), Some(y)) if symbol.is_dark(x, y) => 0,
            _ => 255,
        }
    });
    let grid = image
        .detect_grids()
        .pop()
        .ok_or("the code is not found again")?;
    let (_, read) = grid.decode().map_err(|error| error.to_string())?;
    if read == text {
        Ok(())
    } else {
        Err("the code says something else".to_owned())
    }
}
