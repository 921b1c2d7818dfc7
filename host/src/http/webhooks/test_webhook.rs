//! `POST /api/webhooks/{id}/test`.

use axum::extract::State;

use super::delivery_json::{DeliveryJson, recalled_delivery};
use super::webhook_json::webhook_id;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::PathOf;
use crate::http::idempotency::Recalled;
use crate::http::services::Shared;
use crate::storage::LoggedDelivery;
use crate::webhooks::test_message;

/// Sends an endpoint a message of the type `webhook.test`, whatever types it wants.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/test",
    tag = "Webhooks",
    security(("bearer" = ["webhooks.write"])),
    responses((status = 201, description = "the test message is queued; its delivery tells what comes of it", body = Success<DeliveryJson>)),
    extensions(("x-errors" = json!(["WEBHOOK_NOT_FOUND"]))),
)]
pub async fn test_webhook(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    Recalled(done): Recalled,
) -> Result<Success<DeliveryJson>, ApiError> {
    let principal = caller.may(Permission::WebhooksWrite)?;
    let id = webhook_id(&id)?;
    let logged = match done {
        Some(done) => recalled_delivery(&services, &principal, id, &done).await?,
        None => {
            let now = services.clock.now();
            let delivery = services
                .storage
                .test_webhook(
                    principal.organizer,
                    id,
                    test_message(id, now),
                    principal.by(now),
                )
                .await?
                .ok_or(ApiError::NotFound(Missing::Webhook))?;
            LoggedDelivery {
                delivery,
                attempts: Vec::new(),
            }
        }
    };
    Ok(Success::created(
        "the test message is queued; its delivery tells what comes of it",
        logged.into(),
    ))
}
