//! Every route.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use utoipa_axum::router::OpenApiRouter;

use super::envelope::answer_errors;
use super::error::{ApiError, Missing};
use super::extract::MAX_JSON_BYTES;
use super::services::Shared;
use super::{
    api_keys, audit, events, front, health, idempotency, jobs, keys, openapi, organizers,
    templates, tickets, verifier, webhooks,
};

/// A client that sends none of its body for so long has gone.
const BODY_PAUSE: Duration = Duration::from_secs(30);

/// The whole service.
pub fn router(services: Shared) -> Router {
    let max_upload_bytes = templates::max_upload_bytes(&services.library);
    let routes = Router::from(routes(max_upload_bytes))
        .fallback(async || ApiError::NotFound(Missing::Route));
    in_front_of(routes, &services).with_state(services)
}

/// Every route with its description. What a route is, it says at its handler.
pub fn routes(max_upload_bytes: usize) -> OpenApiRouter<Shared> {
    OpenApiRouter::new()
        .merge(health::routes())
        .merge(openapi::routes())
        .merge(tickets::routes())
        .merge(jobs::routes())
        .merge(events::routes())
        .merge(templates::routes(max_upload_bytes))
        .merge(verifier::routes())
        .merge(keys::routes())
        .merge(api_keys::routes())
        .merge(webhooks::routes())
        .merge(audit::routes())
        .merge(organizers::routes())
}

/// What every request passes, from the inside out.
fn in_front_of(routes: Router<Shared>, services: &Shared) -> Router<Shared> {
    let counted = routes
        .layer(from_fn_with_state(
            Arc::clone(services),
            idempotency::act_once,
        ))
        .layer(DefaultBodyLimit::max(MAX_JSON_BYTES))
        .layer(from_fn(front::read_small_body))
        .layer(from_fn_with_state(Arc::clone(services), front::limit_time))
        .layer(RequestBodyTimeoutLayer::new(BODY_PAUSE))
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(from_fn_with_state(Arc::clone(services), front::limit_rate));
    let readable = match front::cors_layer(&services.cors) {
        Some(cors) => counted.layer(cors),
        None => counted,
    };
    readable
        .layer(from_fn(front::add_security_headers))
        .layer(from_fn_with_state(
            Arc::clone(services),
            front::identify_client,
        ))
        .layer(from_fn(answer_errors))
}

/// A panic is a fault of the host, told to the log.
fn answer_panic(panic: Box<dyn Any + Send>) -> Response {
    let message = panic
        .downcast_ref::<String>()
        .cloned()
        .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default();
    ApiError::from(anyhow::anyhow!("panic: {message}")).into_response()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// What `routes!` takes is described. Whoever calls the framework's own method leaves it out.
    #[test]
    fn no_route_is_left_out_of_the_description() {
        fn check(folder: &Path) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    check(&path);
                    continue;
                }
                // Figures are served on a port of their own.
                if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("metrics.rs")
                {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let call = concat!(".rou", "te(");
                    assert!(!text.contains(call), "{}: {call}", path.display());
                }
            }
        }
        check(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src/http")));
    }
}
