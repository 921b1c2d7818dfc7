//! `GET /api/webhooks` and `GET /api/webhooks/{id}`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::webhook_json::{WebhookJson, found_webhook, webhook_id};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::PathOf;
use crate::http::services::Shared;

/// All endpoints, oldest first.
#[derive(Serialize, ToSchema)]
pub struct WebhookList {
    webhooks: Vec<WebhookJson>,
}

/// Lists an organizer's endpoints.
#[utoipa::path(
    get,
    path = "/api/webhooks",
    tag = "Webhooks",
    security(("bearer" = ["webhooks.write"])),
    responses((status = 200, description = "the webhooks", body = Success<WebhookList>)),
)]
pub async fn list_webhooks(
    State(services): State<Shared>,
    caller: Caller,
) -> Result<Success<WebhookList>, ApiError> {
    let principal = caller.may(Permission::WebhooksWrite)?;
    let webhooks = services.storage.webhooks(principal.organizer).await?;
    let webhooks = webhooks.into_iter().map(WebhookJson::from).collect();
    Ok(Success::ok("the webhooks", WebhookList { webhooks }))
}

/// One endpoint.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}",
    tag = "Webhooks",
    security(("bearer" = ["webhooks.write"])),
    responses((status = 200, description = "the webhook", body = Success<WebhookJson>)),
    extensions(("x-errors" = json!(["WEBHOOK_NOT_FOUND"]))),
)]
pub async fn read_webhook(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
) -> Result<Success<WebhookJson>, ApiError> {
    let principal = caller.may(Permission::WebhooksWrite)?;
    let webhook = found_webhook(&services, &principal, webhook_id(&id)?).await?;
    Ok(Success::ok("the webhook", webhook.into()))
}
