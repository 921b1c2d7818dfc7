//! `GET /api/webhooks/{id}/deliveries`.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::delivery_json::DeliveryJson;
use super::webhook_json::{found_webhook, webhook_id};
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::{Pagination, Success};
use crate::http::error::ApiError;
use crate::http::events::checked_page;
use crate::http::extract::{PathOf, QueryOf};
use crate::http::openapi::DeliveryStateWord;
use crate::http::services::Shared;
use crate::storage::DeliveryState;

/// Which deliveries.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    /// `pending`, `delivered`, `failed` or `cancelled`; all if not given.
    #[param(value_type = Option<DeliveryStateWord>, inline)]
    pub status: Option<String>,
    /// From 1.
    #[param(minimum = 1)]
    pub page: Option<u32>,
    /// 1 to 100; 20 if not given.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<u32>,
}

/// A page of deliveries.
#[derive(Serialize, ToSchema)]
pub struct DeliveryList {
    deliveries: Vec<DeliveryJson>,
    pagination: Pagination,
}

/// Lists what was and is sent to an endpoint, newest first.
#[utoipa::path(
    get,
    path = "/api/webhooks/{id}/deliveries",
    tag = "Webhooks",
    security(("bearer" = ["webhooks.write"])),
    params(DeliveryQuery),
    responses((status = 200, description = "the deliveries", body = Success<DeliveryList>)),
    extensions(("x-errors" = json!(["WEBHOOK_NOT_FOUND"]))),
)]
pub async fn list_deliveries(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    QueryOf(query): QueryOf<DeliveryQuery>,
) -> Result<Success<DeliveryList>, ApiError> {
    let principal = caller.may(Permission::WebhooksWrite)?;
    let webhook = found_webhook(&services, &principal, webhook_id(&id)?).await?;
    let request = checked_page(query.page, query.limit)?;
    let state = query.status.as_deref().map(checked_state).transpose()?;
    let page = services
        .storage
        .webhook_deliveries(principal.organizer, webhook.id, state, request)
        .await?;
    let deliveries = page.items.into_iter().map(DeliveryJson::from).collect();
    let pagination = Pagination::new(request.page, request.limit, page.total);
    Ok(Success::ok(
        "the deliveries",
        DeliveryList {
            deliveries,
            pagination,
        },
    ))
}

fn checked_state(name: &str) -> Result<DeliveryState, ApiError> {
    DeliveryState::from_code(name).ok_or_else(|| {
        let names = DeliveryState::ALL.map(DeliveryState::code);
        ApiError::field("status", format!("must be one of {}", names.join(", ")))
    })
}
