//! `GET /api/verifier/root-key` and `/api/verifier/keys`: public keys.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::services::Shared;
use crate::keys::KeysError;
use crate::storage::KeyState;

/// What scanners are paired with.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RootKeyJson {
    organizer: String,
    root_key: String,
}

/// The organizer's root public key, hexadecimal. Any good token may ask.
pub async fn read_root_key(
    State(services): State<Shared>,
    caller: Caller,
) -> Result<Success<RootKeyJson>, ApiError> {
    let keys = services
        .keys
        .ring(caller.0.organizer, services.clock.now())
        .await?;
    let root = keys.root_key().ok_or(KeysError::NoKey)?;
    let root_key = root
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(Success::ok(
        "the root key",
        RootKeyJson {
            organizer: caller.0.organizer_slug,
            root_key,
        },
    ))
}

/// A JSON Web Key Set (RFC 7517) of Ed25519 keys (RFC 8037).
#[derive(Serialize)]
pub struct KeySet {
    keys: Vec<Key>,
}

/// One public key. Its `kid` is the token's, hexadecimal.
#[derive(Serialize)]
struct Key {
    kty: &'static str,
    crv: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    alg: &'static str,
    kid: String,
    x: String,
    /// `next`, `active` or `retired`; a private member, which other readers ignore.
    state: &'static str,
}

/// The organizer's ticket keys, but for revoked ones. Bare, not in the envelope, as JWKS readers
/// expect. Any good token may ask.
pub async fn list_keys(
    State(services): State<Shared>,
    caller: Caller,
) -> Result<Json<KeySet>, ApiError> {
    let keys = services
        .keys
        .ring(caller.0.organizer, services.clock.now())
        .await?;
    let listed = keys
        .ticket_keys()
        .iter()
        .filter(|known| known.state != KeyState::Revoked)
        .map(|known| Key {
            kty: "OKP",
            crv: "Ed25519",
            usage: "sig",
            alg: "EdDSA",
            kid: known.key.public_key().key_id().to_string(),
            x: URL_SAFE_NO_PAD.encode(known.key.public_key().as_bytes()),
            state: known.state.code(),
        });
    Ok(Json(KeySet {
        keys: listed.collect(),
    }))
}
