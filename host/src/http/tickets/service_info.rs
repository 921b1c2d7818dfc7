//! `GET /api/tickets`: what this service is.

use serde::Serialize;
use utoipa::ToSchema;

use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::openapi::document;

/// The service and its routes.
#[derive(Serialize, ToSchema)]
#[schema(example = json!(
    { "service": "guichet", "version": "0.1.0", "endpoints": ["GET /health", "POST /api/tickets/generate"] }
))]
pub struct ServiceInfo {
    service: &'static str,
    version: &'static str,
    /// Method and path of each route.
    endpoints: &'static [String],
}

/// Names the service, its version and its routes. Any good token may ask.
#[utoipa::path(
    get,
    path = "/api/tickets",
    tag = "Service",
    responses((status = 200, description = "the ticket service", body = Success<ServiceInfo>)),
)]
pub async fn service_info(_caller: Caller) -> Success<ServiceInfo> {
    Success::ok(
        "the ticket service",
        ServiceInfo {
            service: "guichet",
            version: env!("CARGO_PKG_VERSION"),
            endpoints: &document().routes,
        },
    )
}
