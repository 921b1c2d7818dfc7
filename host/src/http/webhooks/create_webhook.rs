//! `POST /api/webhooks`.

use axum::extract::State;
use rand_core::Rng as _;
use serde::Deserialize;
use utoipa::ToSchema;

use super::webhook_body::{checked_description, checked_events, checked_url};
use super::webhook_json::{WebhookWithSecret, found_webhook, webhook_of};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::extract::JsonBody;
use crate::http::idempotency::Recalled;
use crate::http::openapi::{HookAboutWord, HookWord, MessageTypeWord};
use crate::http::services::Shared;
use crate::keys::system_randomness;
use crate::storage::NewWebhook;

/// Endpoints of one organizer at most.
const MOST_WEBHOOKS: u32 = 50;
/// The secret that an endpoint begins with.
const FIRST_GENERATION: u32 = 1;

/// A new endpoint.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    { "url": "https://hooks.example.org/guichet", "events": ["ticket.issued", "ticket.revoked"], "description": "mailing" }
))]
pub struct NewWebhookBody {
    /// Where messages are sent; begins with `https://`.
    #[schema(value_type = HookWord, inline, required)]
    pub url: Option<String>,
    /// Types of messages that it gets; all if not given.
    #[schema(value_type = Option<Vec<MessageTypeWord>>, inline, min_items = 1)]
    pub events: Option<Vec<String>>,
    /// What it is for, 1 to 200 characters.
    #[schema(value_type = Option<HookAboutWord>, inline)]
    pub description: Option<String>,
}

/// Makes an endpoint, which is told what is done from then on.
#[utoipa::path(
    post,
    path = "/api/webhooks",
    tag = "Webhooks",
    security(("bearer" = ["webhooks.write"])),
    request_body = NewWebhookBody,
    responses((status = 201, description = "the webhook was made; its secret is not shown again", body = Success<WebhookWithSecret>)),
    extensions(("x-errors" = json!(["TOO_MANY_WEBHOOKS"]))),
)]
pub async fn create_webhook(
    State(services): State<Shared>,
    caller: Caller,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<NewWebhookBody>,
) -> Result<Success<WebhookWithSecret>, ApiError> {
    let principal = caller.may(Permission::WebhooksWrite)?;
    let webhook = match done {
        Some(done) => found_webhook(&services, &principal, webhook_of(&done)?).await?,
        None => {
            let url = body.url.as_deref().ok_or_else(|| {
                ApiError::field("url", "is missing: say where messages are to be sent")
            })?;
            let mut nonce = [0; 16];
            system_randomness().fill_bytes(&mut nonce);
            let events = body.events.as_deref().map(checked_events);
            let description = body.description.as_deref().map(checked_description);
            let new = NewWebhook {
                url: checked_url(url, &services.webhook_addresses)?,
                events: events.transpose()?,
                description: description.transpose()?,
                nonce,
            };
            let by = principal.by(services.clock.now());
            services
                .storage
                .create_webhook(principal.organizer, new, MOST_WEBHOOKS, by)
                .await?
        }
    };
    let made = WebhookWithSecret::of(&services, webhook, FIRST_GENERATION).await?;
    Ok(Success::created(
        "the webhook was made; its secret is not shown again",
        made,
    ))
}
