//! `DELETE /api/webhooks/{id}`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::webhook_json::webhook_id;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::PathOf;
use crate::http::idempotency::Recalled;
use crate::http::services::Shared;

/// An endpoint that is gone.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "id": 1, "deleted": true }))]
pub struct DeletedWebhook {
    id: i64,
    deleted: bool,
}

/// Removes an endpoint and its log; what waits is not sent.
#[utoipa::path(
    delete,
    path = "/api/webhooks/{id}",
    tag = "Webhooks",
    security(("bearer" = ["webhooks.write"])),
    responses((status = 200, description = "the webhook was deleted", body = Success<DeletedWebhook>)),
    extensions(("x-errors" = json!(["WEBHOOK_NOT_FOUND"]))),
)]
pub async fn delete_webhook(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    Recalled(done): Recalled,
) -> Result<Success<DeletedWebhook>, ApiError> {
    let principal = caller.may(Permission::WebhooksWrite)?;
    let id = webhook_id(&id)?;
    if done.is_none() {
        let by = principal.by(services.clock.now());
        let deleted = services
            .storage
            .delete_webhook(principal.organizer, id, by)
            .await?;
        if !deleted {
            return Err(ApiError::NotFound(Missing::Webhook));
        }
    }
    let deleted = DeletedWebhook {
        id: id.0,
        deleted: true,
    };
    Ok(Success::ok("the webhook was deleted", deleted))
}
