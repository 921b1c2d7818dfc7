//! `DELETE /api/api-keys/{id}`.

use axum::extract::State;

use super::api_key_json::ApiKeyJson;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::{ApiError, Missing};
use crate::http::extract::PathOf;
use crate::http::idempotency::Recalled;
use crate::http::services::Shared;

/// Revokes an API key for good, from the next request on.
#[utoipa::path(
    delete,
    path = "/api/api-keys/{id}",
    tag = "API keys",
    security(("bearer" = ["keys.write"])),
    responses((status = 200, description = "the API key is revoked", body = Success<ApiKeyJson>)),
    extensions(("x-errors" = json!(["API_KEY_NOT_FOUND"]))),
)]
pub async fn revoke_api_key(
    State(services): State<Shared>,
    caller: Caller,
    PathOf(id): PathOf<String>,
    Recalled(done): Recalled,
) -> Result<Success<ApiKeyJson>, ApiError> {
    let principal = caller.may(Permission::KeysWrite)?;
    let missing = || ApiError::NotFound(Missing::ApiKey);
    // What is no number names none.
    let id: i64 = id.parse().map_err(|_| missing())?;
    let organizer = principal.organizer;
    let revoked = match done {
        Some(_) => {
            let keys = services.storage.api_keys(organizer).await?;
            keys.into_iter().find(|key| key.id == id)
        }
        None => {
            let by = principal.by(services.clock.now());
            services.storage.revoke_api_key(organizer, id, by).await?
        }
    };
    let revoked = revoked.ok_or_else(missing)?;
    Ok(Success::ok("the API key is revoked", revoked.into()))
}
