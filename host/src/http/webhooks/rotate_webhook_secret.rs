//! `POST /api/webhooks/{id}/rotate-secret`.

use axum::extract::State;

use super::webhook_json::{WebhookWithSecret, found_webhook, webhook_id};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::PathOf;
use crate::http::idempotency::{Recalled, figure};
use crate::http::services::Shared;
use crate::webhooks::OLD_SECRET_SIGNS_FOR;

/// Gives an endpoint another secret; the one before signs along for a day.
#[utoipa::path(
    post,
    path = "/api/webhooks/{id}/rotate-secret",
    tag = "Webhooks",
    security(("bearer" = ["webhooks.write"])),
    responses((status = 200, description = "the webhook has another secret, which is not shown again; the one before signs along for 24 hours", body = Success<WebhookWithSecret>)),
    extensions(("x-errors" = json!(["WEBHOOK_NOT_FOUND"]))),
)]
pub async fn rotate_webhook_secret(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    Recalled(done): Recalled,
) -> Result<Success<WebhookWithSecret>, ApiError> {
    let principal = caller.may(Permission::WebhooksWrite)?;
    let id = webhook_id(&id)?;
    let (webhook, generation) = match done {
        Some(done) => {
            let webhook = found_webhook(&services, &principal, id).await?;
            (webhook, figure(&done, "generation")?)
        }
        None => {
            let now = services.clock.now();
            let old_until = now.saturating_add(OLD_SECRET_SIGNS_FOR).unwrap_or(now);
            let webhook = services
                .storage
                .rotate_webhook_secret(principal.organizer, id, old_until, principal.by(now))
                .await?
                .ok_or(ApiError::NotFound(Missing::Webhook))?;
            let generation = webhook.secret.generation;
            (webhook, generation)
        }
    };
    let rotated = WebhookWithSecret::of(&services, webhook, generation).await?;
    Ok(Success::ok(
        "the webhook has another secret, which is not shown again; the one before signs along for 24 hours",
        rotated,
    ))
}
