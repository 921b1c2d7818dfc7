//! `POST /api/webhooks/{id}/deliveries/{deliveryId}/replay`.

use axum::extract::State;

use super::delivery_json::{DeliveryJson, recalled_delivery};
use super::webhook_json::{found_webhook, webhook_id};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::PathOf;
use crate::http::idempotency::Recalled;
use crate::http::services::Shared;
use crate::storage::{DeliveryId, LoggedDelivery};

/// Sends the message of a delivery once more, as a delivery of its own with the same `webhook-id`.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/deliveries/{deliveryId}/replay",
    tag = "Webhooks",
    security(("bearer" = ["webhooks.write"])),
    responses((status = 201, description = "the message is queued again", body = Success<DeliveryJson>)),
    extensions(("x-errors" = json!(["WEBHOOK_NOT_FOUND", "DELIVERY_NOT_FOUND"]))),
)]
pub async fn replay_delivery(
    State(services): State<Shared>,
    caller: Caller,
    PathOf((id, delivery)): PathOf<(String, String)>,
    Recalled(done): Recalled,
) -> Result<Success<DeliveryJson>, ApiError> {
    let principal = caller.may(Permission::WebhooksWrite)?;
    let webhook = found_webhook(&services, &principal, webhook_id(&id)?).await?;
    let missing = || ApiError::NotFound(Missing::Delivery);
    let logged = match done {
        Some(done) => recalled_delivery(&services, &principal, webhook.id, &done).await?,
        None => {
            let delivery = delivery.parse().map(DeliveryId).map_err(|_| missing())?;
            let by = principal.by(services.clock.now());
            let delivery = services
                .storage
                .replay_webhook_delivery(principal.organizer, webhook.id, delivery, by)
                .await?
                .ok_or_else(missing)?;
            LoggedDelivery {
                delivery,
                attempts: Vec::new(),
            }
        }
    };
    Ok(Success::created(
        "the message is queued again",
        logged.into(),
    ))
}
