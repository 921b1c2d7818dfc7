//! A signing key as JSON; never its private half.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::http::error::ApiError;
use crate::http::idempotency::no_sense;
use crate::http::openapi::KeyStateWord;
use crate::storage::{Done, KeyState, SigningKeyRow};

/// A stored key.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    {
        "key": 3, "purpose": "ticket", "state": "active", "kid": "1f3c5a77",
        "publicKey": "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29",
        "createdAt": "2027-03-01T09:00:00Z",
    }
))]
pub struct KeyJson {
    /// Its number in this host, which no other key has.
    key: u32,
    purpose: &'static str,
    #[schema(value_type = KeyStateWord, inline)]
    state: &'static str,
    /// Its short name in tokens, hexadecimal; two keys may share one.
    kid: String,
    /// Hexadecimal.
    public_key: String,
    created_at: Timestamp,
    /// It signs nothing from this time on.
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_until: Option<Timestamp>,
    /// What it signed does not hold from this time on.
    #[serde(skip_serializing_if = "Option::is_none")]
    verify_until: Option<Timestamp>,
}

impl KeyJson {
    /// A key as it is.
    pub fn of(row: &SigningKeyRow) -> Self {
        Self {
            key: row.id.0,
            purpose: row.purpose.code(),
            state: row.state.code(),
            kid: row.key_id.to_string(),
            public_key: row
                .public_key
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect(),
            created_at: row.created_at,
            sign_until: row.sign_until,
            verify_until: row.verify_until,
        }
    }

    /// The key of an act, as the act left it.
    ///
    /// # Errors
    /// When the row makes no sense.
    pub fn recalled(rows: &[SigningKeyRow], done: &Done) -> Result<Self, ApiError> {
        let number = done.subject.strip_prefix("key ");
        let row = number
            .and_then(|number| rows.iter().find(|row| row.id.0.to_string() == number))
            .ok_or_else(|| no_sense(done))?;
        let code = done.details.get("state").and_then(Value::as_str);
        let state = code
            .and_then(KeyState::from_code)
            .ok_or_else(|| no_sense(done))?;
        let mut row = row.clone();
        row.state = state;
        match state {
            // Their ends are set when they leave this state.
            KeyState::Next | KeyState::Active => {
                row.sign_until = None;
                row.verify_until = None;
            }
            KeyState::Retired | KeyState::Revoked => {}
        }
        Ok(Self::of(&row))
    }
}
