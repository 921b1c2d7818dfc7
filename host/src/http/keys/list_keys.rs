//! `GET /api/keys`.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::key_json::KeyJson;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::services::Shared;

/// All keys, oldest first.
#[derive(Serialize, ToSchema)]
pub struct KeyList {
    keys: Vec<KeyJson>,
}

/// Lists an organizer's signing keys in every state.
#[utoipa::path(
    get,
    path = "/api/keys",
    tag = "Keys",
    security(("bearer" = ["keys.write"])),
    responses((status = 200, description = "the keys", body = Success<KeyList>)),
)]
pub async fn list_keys(
    State(services): State<Shared>,
    caller: Caller,
) -> Result<Success<KeyList>, ApiError> {
    let principal = caller.may(Permission::KeysWrite)?;
    let rows = services.storage.signing_keys(principal.organizer).await?;
    let keys = rows.iter().map(KeyJson::of).collect();
    Ok(Success::ok("the keys", KeyList { keys }))
}
