//! `GET /api/keys`.

use axum::extract::State;
use serde::Serialize;

use super::key_json::KeyJson;
use crate::access::Permission;
use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::services::Shared;

/// All keys, oldest first.
#[derive(Serialize)]
pub struct KeyList {
    keys: Vec<KeyJson>,
}

/// Lists an organizer's signing keys in every state.
pub async fn list_keys(
    State(services): State<Shared>,
    caller: Caller,
) -> Result<Success<KeyList>, ApiError> {
    let principal = caller.may(Permission::KeysWrite)?;
    let rows = services.storage.signing_keys(principal.organizer).await?;
    let keys = rows.iter().map(KeyJson::of).collect();
    Ok(Success::ok("the keys", KeyList { keys }))
}
