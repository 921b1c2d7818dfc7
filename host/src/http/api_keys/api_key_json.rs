//! An API key as JSON; without the key, which is kept nowhere.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::storage::ApiKey;

/// A stored key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "id": 1, "name": "box office", "hint": "gk_Xk3v", "permissions": ["tickets.create", "tickets.read"],
        "createdBy": "alice", "createdAt": "2027-03-01T09:00:00Z", "expiresAt": "2099-01-01T00:00:00Z",
    }
))]
pub struct ApiKeyJson {
    id: i64,
    name: String,
    /// The beginning of the key.
    hint: String,
    permissions: Vec<String>,
    created_by: String,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// To the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Timestamp>,
}

impl From<ApiKey> for ApiKeyJson {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id,
            name: key.name,
            hint: key.hint,
            permissions: key.permissions,
            created_by: key.created_by,
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used,
            revoked_at: key.revoked_at,
        }
    }
}
