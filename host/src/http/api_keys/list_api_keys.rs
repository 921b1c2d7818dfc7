//! `GET /api/api-keys`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::api_key_json::ApiKeyJson;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::services::Shared;

/// All keys, oldest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyList {
    api_keys: Vec<ApiKeyJson>,
}

/// Lists an organizer's API keys, revoked ones too.
#[utoipa::path(
    get,
    path = "/api/api-keys",
    tag = "API keys",
    security(("bearer" = ["keys.write"])),
    responses((status = 200, description = "the API keys", body = Success<ApiKeyList>)),
)]
pub async fn list_api_keys(
    State(services): State<Shared>,
    caller: Caller,
) -> Result<Success<ApiKeyList>, ApiError> {
    let principal = caller.may(Permission::KeysWrite)?;
    let keys = services.storage.api_keys(principal.organizer).await?;
    let api_keys = keys.into_iter().map(ApiKeyJson::from).collect();
    Ok(Success::ok("the API keys", ApiKeyList { api_keys }))
}
