//! `GET /api/tickets`: what this service is.

use serde::Serialize;

use crate::http::authorize::Caller;
use crate::http::envelope::Success;

/// The service and its routes.
#[derive(Serialize)]
pub struct ServiceInfo {
    service: &'static str,
    version: &'static str,
    endpoints: &'static [&'static str],
}

/// Names the service, its version and its routes. Any good token may ask.
pub async fn service_info(_caller: Caller) -> Success<ServiceInfo> {
    Success::ok(
        "the ticket service",
        ServiceInfo {
            service: "guichet",
            version: env!("CARGO_PKG_VERSION"),
            endpoints: crate::http::router::ROUTES,
        },
    )
}
