//! An endpoint as JSON, and the one that a path names.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Principal;
use crate::http::error::{ApiError, Missing};
use crate::http::idempotency::no_sense;
use crate::http::openapi::DisabledWord;
use crate::http::services::Services;
use crate::storage::{Done, Webhook, WebhookId};
use crate::webhooks::WebhookSecret;

/// A stored endpoint, without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "id": 1, "url": "https://hooks.example.org/guichet", "events": ["ticket.issued", "ticket.revoked"],
        "description": "mailing", "enabled": true, "createdAt": "2027-03-01T09:00:00Z",
    }
))]
pub struct WebhookJson {
    id: i64,
    url: String,
    /// Types of messages that it gets; `null` is all.
    #[schema(required)]
    events: Option<Vec<String>>,
    #[schema(required)]
    description: Option<String>,
    enabled: bool,
    /// Why nothing is sent: `asked`, `gone` or `failing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DisabledWord>, inline)]
    disabled_because: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    disabled_at: Option<Timestamp>,
    /// The first attempt that failed since one succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<Timestamp>,
    /// Until then, the secret before the newest signs along.
    #[serde(skip_serializing_if = "Option::is_none")]
    old_secret_until: Option<Timestamp>,
    created_at: Timestamp,
}

impl From<Webhook> for WebhookJson {
    fn from(webhook: Webhook) -> Self {
        Self {
            id: webhook.id.0,
            url: webhook.url,
            events: webhook.events,
            description: webhook.description,
            enabled: webhook.disabled.is_none(),
            disabled_because: webhook.disabled.map(|disabled| disabled.because.code()),
            disabled_at: webhook.disabled.map(|disabled| disabled.at),
            failing_since: webhook.failing_since,
            old_secret_until: webhook.secret.old_until,
            created_at: webhook.created_at,
        }
    }
}

/// An endpoint with its secret, which is shown this once.
#[derive(Serialize, ToSchema)]
pub struct WebhookWithSecret {
    /// `whsec_` and the base64 of 32 bytes.
    #[schema(example = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDqNVHmPdNRkM=")]
    secret: String,
    #[serde(flatten)]
    webhook: WebhookJson,
}

impl WebhookWithSecret {
    /// With the secret of this generation.
    ///
    /// # Errors
    /// When the organizer's keys cannot be read.
    pub async fn of(
        services: &Services,
        webhook: Webhook,
        generation: u32,
    ) -> Result<Self, ApiError> {
        let ring = services
            .keys
            .ring(webhook.organizer, services.clock.now())
            .await?;
        Ok(Self {
            secret: WebhookSecret::derive(&ring, &webhook, generation).reveal(),
            webhook: webhook.into(),
        })
    }
}

/// The number that a path names. What is no number names none.
///
/// # Errors
/// [`ApiError::NotFound`].
pub fn webhook_id(text: &str) -> Result<WebhookId, ApiError> {
    let id = text.parse().map(WebhookId);
    id.map_err(|_| ApiError::NotFound(Missing::Webhook))
}

/// The endpoint that a path names.
///
/// # Errors
/// [`ApiError::NotFound`].
pub async fn found_webhook(
    services: &Services,
    principal: &Principal,
    id: WebhookId,
) -> Result<Webhook, ApiError> {
    let found = services.storage.webhook(principal.organizer, id).await?;
    found.ok_or(ApiError::NotFound(Missing::Webhook))
}

/// The endpoint of an act, `webhook 7`.
///
/// # Errors
/// When the row makes no sense.
pub fn webhook_of(done: &Done) -> Result<WebhookId, ApiError> {
    let number = done.subject.strip_prefix("webhook ");
    number
        .and_then(|number| number.parse().ok())
        .map(WebhookId)
        .ok_or_else(|| no_sense(done))
}
