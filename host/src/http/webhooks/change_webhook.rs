//! `PATCH /api/webhooks/{id}`.

use axum::extract::State;
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::webhook_body::{checked_description, checked_events, checked_url};
use super::webhook_json::{WebhookJson, found_webhook, webhook_id};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::{JsonBody, PathOf};
use crate::http::idempotency::Recalled;
use crate::http::openapi::{HookAboutWord, HookWord, MessageTypeWord};
use crate::http::services::Shared;
use crate::storage::{Switch, WebhookEdit};
use crate::webhooks::AddressPolicy;

/// What changes; what is not given stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!({ "description": "mailing list", "enabled": true }))]
pub struct WebhookPatch {
    /// Where messages are sent.
    #[schema(value_type = Option<HookWord>, inline)]
    pub url: Option<String>,
    /// Types of messages that it gets; `null` is all.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<MessageTypeWord>>, inline, min_items = 1)]
    pub events: Option<Option<Vec<String>>>,
    /// What it is for; `null` takes it away.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<HookAboutWord>, inline)]
    pub description: Option<Option<String>>,
    /// False sends nothing and cancels what waits; true goes on with what is done from then on.
    pub enabled: Option<bool>,
}

/// Tells `null` from what is not there.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

impl WebhookPatch {
    fn checked(self, policy: &AddressPolicy) -> Result<WebhookEdit, ApiError> {
        let url = self.url.map(|url| checked_url(&url, policy)).transpose()?;
        let events = match self.events {
            Some(Some(names)) => Some(Some(checked_events(&names)?)),
            other => other,
        };
        let description = match self.description {
            Some(Some(text)) => Some(Some(checked_description(&text)?)),
            other => other,
        };
        let edit = WebhookEdit {
            url,
            events,
            description,
            switch: self.enabled.map(|enabled| match enabled {
                true => Switch::On,
                false => Switch::Off,
            }),
        };
        if edit == WebhookEdit::default() {
            return Err(ApiError::body("names nothing to change"));
        }
        Ok(edit)
    }
}

/// Changes an endpoint.
#[utoipa::path(
    patch,
    path = "/api/webhooks/{id}",
    tag = "Webhooks",
    security(("bearer" = ["webhooks.write"])),
    request_body = WebhookPatch,
    responses((status = 200, description = "the webhook was changed", body = Success<WebhookJson>)),
    extensions(("x-errors" = json!(["WEBHOOK_NOT_FOUND"]))),
)]
pub async fn change_webhook(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    Recalled(done): Recalled,
    JsonBody(body): JsonBody<WebhookPatch>,
) -> Result<Success<WebhookJson>, ApiError> {
    let principal = caller.may(Permission::WebhooksWrite)?;
    let id = webhook_id(&id)?;
    let webhook = match done {
        Some(_) => found_webhook(&services, &principal, id).await?,
        None => {
            let edit = body.checked(&services.webhook_addresses)?;
            let by = principal.by(services.clock.now());
            services
                .storage
                .change_webhook(principal.organizer, id, edit, by)
                .await?
                .ok_or(ApiError::NotFound(Missing::Webhook))?
        }
    };
    Ok(Success::ok("the webhook was changed", webhook.into()))
}
