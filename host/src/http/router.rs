//! Every route.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::{RequestBodyTimeoutLayer, TimeoutLayer};

use super::envelope::answer_errors;
use super::error::{ApiError, Missing};
use super::extract::MAX_JSON_BYTES;
use super::services::Shared;
use super::{
    api_keys, audit, events, front, health, idempotency, keys, organizers, templates, tickets,
    verifier, webhooks,
};

/// The routes, as `GET /api/tickets` lists them.
pub const ROUTES: &[&str] = &[
    "GET /health",
    "GET /health/live",
    "GET /health/ready",
    "GET /health/detailed",
    "GET /api/tickets/health",
    "GET /api/tickets",
    "POST /api/tickets/generate",
    "POST /api/tickets/qr/generate",
    "POST /api/tickets/pdf",
    "POST /api/tickets/revoke",
    "POST /api/tickets/erase",
    "POST /api/tickets/validate",
    "GET /api/tickets/events/{eventId}/tickets",
    "GET /api/tickets/events/{eventId}/stats",
    "GET /api/tickets/orders/{orderId}/download",
    "GET /api/tickets/{ticketId}",
    "PATCH /api/tickets/{ticketId}",
    "DELETE /api/tickets/{ticketId}",
    "DELETE /api/tickets/{ticketId}/holder",
    "GET /api/tickets/{ticketId}/download",
    "GET /api/tickets/{ticketId}/qrcode",
    "POST /api/tickets/{ticketId}/regenerate",
    "POST /api/tickets/{ticketId}/suspend",
    "POST /api/tickets/{ticketId}/reinstate",
    "GET /api/events",
    "POST /api/events",
    "GET /api/events/{eventId}",
    "PUT /api/events/{eventId}",
    "DELETE /api/events/{eventId}",
    "GET /api/templates",
    "POST /api/templates",
    "GET /api/templates/{name}",
    "POST /api/templates/{name}/preview",
    "POST /api/templates/{name}/rollback",
    "POST /api/templates/{name}/canary",
    "GET /api/templates/{name}/versions",
    "POST /api/templates/{name}/versions/{version}/activate",
    "GET /api/templates/{name}/versions/{version}/report",
    "GET /api/verifier/events/{eventId}/bundle",
    "GET /api/verifier/events/{eventId}/status",
    "GET /api/verifier/root-key",
    "GET /api/verifier/keys",
    "GET /api/keys",
    "POST /api/keys",
    "POST /api/keys/rotate",
    "POST /api/keys/{key}/revoke",
    "DELETE /api/keys/{key}",
    "GET /api/api-keys",
    "POST /api/api-keys",
    "DELETE /api/api-keys/{id}",
    "GET /api/audit",
    "GET /api/webhooks",
    "POST /api/webhooks",
    "GET /api/webhooks/{id}",
    "PATCH /api/webhooks/{id}",
    "DELETE /api/webhooks/{id}",
    "POST /api/webhooks/{id}/rotate-secret",
    "POST /api/webhooks/{id}/test",
    "GET /api/webhooks/{id}/deliveries",
    "POST /api/webhooks/{id}/deliveries/{deliveryId}/replay",
    "GET /api/organizers",
    "POST /api/organizers",
    "GET /api/organizers/{slug}",
    "PATCH /api/organizers/{slug}",
    "GET /t/{capability}",
];

/// A client that sends none of its body for so long has gone.
const BODY_PAUSE: Duration = Duration::from_secs(30);

/// The whole service.
pub fn router(services: Shared) -> Router {
    let tickets = Router::new()
        .route("/", get(tickets::service_info))
        .route("/health", get(health::read_health))
        .route("/generate", post(tickets::generate_ticket))
        .route("/qr/generate", post(tickets::generate_qr))
        .route("/pdf", post(tickets::generate_pdf))
        .route("/revoke", post(tickets::revoke_tickets))
        .route("/erase", post(tickets::erase_person))
        .route("/validate", post(tickets::validate_ticket))
        .route(
            "/events/{eventId}/tickets",
            get(tickets::list_event_tickets),
        )
        .route("/events/{eventId}/stats", get(tickets::read_event_stats))
        .route("/orders/{orderId}/download", get(tickets::download_order))
        .route(
            "/{ticketId}",
            get(tickets::read_ticket)
                .patch(tickets::patch_ticket)
                .delete(tickets::revoke_ticket),
        )
        .route("/{ticketId}/holder", delete(tickets::erase_holder))
        .route("/{ticketId}/download", get(tickets::download_ticket))
        .route("/{ticketId}/qrcode", get(tickets::draw_qrcode))
        .route("/{ticketId}/regenerate", post(tickets::regenerate_ticket))
        .route("/{ticketId}/suspend", post(tickets::suspend_ticket))
        .route("/{ticketId}/reinstate", post(tickets::reinstate_ticket));
    let events = Router::new()
        .route("/", get(events::list_events).post(events::create_event))
        .route(
            "/{eventId}",
            get(events::read_event)
                .put(events::revise_event)
                .delete(events::delete_event),
        );
    let max_upload_bytes = templates::max_upload_bytes(&services.library);
    let templates = Router::new()
        .route(
            "/",
            get(templates::list_templates)
                .post(templates::upload_template)
                .layer(DefaultBodyLimit::max(max_upload_bytes)),
        )
        .route("/{name}", get(templates::read_template))
        .route("/{name}/preview", post(templates::preview_template))
        .route("/{name}/rollback", post(templates::roll_back_template))
        .route("/{name}/canary", post(templates::set_canary))
        .route("/{name}/versions", get(templates::list_versions))
        .route(
            "/{name}/versions/{version}/activate",
            post(templates::activate_template),
        )
        .route(
            "/{name}/versions/{version}/report",
            get(templates::read_report),
        );
    let verifier = Router::new()
        .route("/root-key", get(verifier::read_root_key))
        .route("/keys", get(verifier::list_keys))
        .route("/events/{eventId}/bundle", get(verifier::read_bundle))
        .route("/events/{eventId}/status", get(verifier::read_status_list));
    let keys = Router::new()
        .route("/", get(keys::list_keys).post(keys::create_key))
        .route("/rotate", post(keys::rotate_key))
        .route("/{key}", delete(keys::revoke_key))
        .route("/{key}/revoke", post(keys::revoke_key));
    let api_keys = Router::new()
        .route(
            "/",
            get(api_keys::list_api_keys).post(api_keys::create_api_key),
        )
        .route("/{id}", delete(api_keys::revoke_api_key));
    let webhooks = Router::new()
        .route(
            "/",
            get(webhooks::list_webhooks).post(webhooks::create_webhook),
        )
        .route(
            "/{id}",
            get(webhooks::read_webhook)
                .patch(webhooks::change_webhook)
                .delete(webhooks::delete_webhook),
        )
        .route("/{id}/rotate-secret", post(webhooks::rotate_webhook_secret))
        .route("/{id}/test", post(webhooks::test_webhook))
        .route("/{id}/deliveries", get(webhooks::list_deliveries))
        .route(
            "/{id}/deliveries/{deliveryId}/replay",
            post(webhooks::replay_delivery),
        );
    let organizers = Router::new()
        .route(
            "/",
            get(organizers::list_organizers).post(organizers::create_organizer),
        )
        .route(
            "/{slug}",
            get(organizers::read_organizer).patch(organizers::change_organizer),
        );
    let routes = Router::new()
        .nest("/api/tickets", tickets)
        .nest("/api/events", events)
        .nest("/api/templates", templates)
        .nest("/api/verifier", verifier)
        .nest("/api/keys", keys)
        .nest("/api/api-keys", api_keys)
        .nest("/api/webhooks", webhooks)
        .nest("/api/organizers", organizers)
        .route("/api/audit", get(audit::list_audit))
        .route("/health", get(health::read_health))
        .route("/health/live", get(health::read_liveness))
        .route("/health/ready", get(health::read_health))
        .route("/health/detailed", get(health::read_health))
        .route("/t/{capability}", get(tickets::open_link))
        .fallback(async || ApiError::NotFound(Missing::Route));
    in_front_of(routes, &services).with_state(services)
}

/// What every request passes, from the inside out.
fn in_front_of(routes: Router<Shared>, services: &Shared) -> Router<Shared> {
    let counted = routes
        .layer(from_fn_with_state(
            Arc::clone(services),
            idempotency::act_once,
        ))
        .layer(DefaultBodyLimit::max(MAX_JSON_BYTES))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            services.request_timeout,
        ))
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
