//! A delivery as JSON, and the one of an act.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Principal;
use crate::http::error::{ApiError, Missing};
use crate::http::idempotency::no_sense;
use crate::http::openapi::DeliveryStateWord;
use crate::http::services::Services;
use crate::storage::{
    AttemptResult, DeliveryId, DeliveryState, Done, LoggedDelivery, WebhookAttempt, WebhookId,
};

/// One message to an endpoint, and what was tried. What the endpoint answered beside its status is kept
/// nowhere.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "id": 1, "webhookId": "msg_0b9c7f4e2d6a4c5f8e1d3b5a7c9e0f12", "event": "webhook.test", "status": "pending",
        "attemptCount": 0, "attempts": [], "createdAt": "2027-03-01T09:00:00Z", "nextAttemptAt": "2027-03-01T09:00:00Z",
    }
))]
pub struct DeliveryJson {
    id: i64,
    /// The header `webhook-id`; the same in every attempt and replay.
    webhook_id: String,
    event: String,
    /// `pending`, `delivered`, `failed` or `cancelled`.
    #[schema(value_type = DeliveryStateWord, inline)]
    status: &'static str,
    /// Attempts that were begun; one that is not listed is under way, or was broken off with its host.
    attempt_count: u32,
    attempts: Vec<AttemptJson>,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<Timestamp>,
}

/// An attempt that is over.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AttemptJson {
    number: u32,
    at: Timestamp,
    duration_ms: u64,
    /// Status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_code: Option<u16>,
    /// Why there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
}

impl From<LoggedDelivery> for DeliveryJson {
    fn from(logged: LoggedDelivery) -> Self {
        let LoggedDelivery { delivery, attempts } = logged;
        let waits = delivery.state == DeliveryState::Pending;
        Self {
            id: delivery.id.0,
            webhook_id: delivery.message.message_id,
            event: delivery.message.event_type,
            status: delivery.state.code(),
            attempt_count: delivery.attempts,
            attempts: attempts.into_iter().map(AttemptJson::from).collect(),
            created_at: delivery.created_at,
            next_attempt_at: waits.then_some(delivery.next_attempt),
            finished_at: delivery.finished_at,
        }
    }
}

impl From<WebhookAttempt> for AttemptJson {
    fn from(attempt: WebhookAttempt) -> Self {
        let (status_code, error) = match attempt.result {
            AttemptResult::Answered(status) => (Some(status), None),
            AttemptResult::Failed(failure) => (None, Some(failure.code())),
        };
        Self {
            number: attempt.number,
            at: attempt.at,
            duration_ms: u64::try_from(attempt.duration.as_millis()).unwrap_or(u64::MAX),
            status_code,
            error,
        }
    }
}

/// The delivery of an act under an idempotency key.
///
/// # Errors
/// [`ApiError::NotFound`]: the log no longer has it.
pub async fn recalled_delivery(
    services: &Services,
    principal: &Principal,
    webhook: WebhookId,
    done: &Done,
) -> Result<LoggedDelivery, ApiError> {
    let number = done.details.get("delivery").and_then(|id| id.as_i64());
    let id = number.map(DeliveryId).ok_or_else(|| no_sense(done))?;
    let found = services
        .storage
        .webhook_delivery(principal.organizer, webhook, id)
        .await?;
    found.ok_or(ApiError::NotFound(Missing::Delivery))
}
