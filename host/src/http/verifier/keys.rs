//! `GET /api/verifier/root-key` and `/api/verifier/keys`: public keys.

use axum::Json;
use axum::extract::State;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use ticket_token::PublicKey;
use ticket_token::cbor::Writer;
use utoipa::ToSchema;

use crate::http::authorize::Caller;
use crate::http::envelope::Success;
use crate::http::error::ApiError;
use crate::http::openapi::Binary;
use crate::http::services::Shared;
use crate::keys::KeysError;
use crate::storage::KeyState;

const COSE_KEY_SET: &str = "application/cose-key-set";

/// What scanners are paired with.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!(
    { "organizer": "demo", "rootKey": "3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29" }
))]
pub struct RootKeyJson {
    organizer: String,
    root_key: String,
}

/// The organizer's root public key, hexadecimal. Any good token may ask.
#[utoipa::path(
    get,
    path = "/api/verifier/root-key",
    tag = "Verifier",
    responses((status = 200, description = "the root key", body = Success<RootKeyJson>)),
)]
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
#[derive(Serialize, ToSchema)]
#[schema(example = json!(
    { "keys": [{
        "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": "1f3c5a77",
        "x": "O2onvM62pC1io6jQKm8Nc2UyFXcd4kOmOsBIoYtZ2ik", "state": "active",
    }] }
))]
pub struct KeySet {
    keys: Vec<Key>,
}

/// One public key. Its `kid` is the token's, hexadecimal.
#[derive(Serialize, ToSchema)]
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

/// The organizer's ticket keys, but for revoked ones: a JWKS, or a COSE_KeySet (RFC 9052 section 7)
/// for who accepts `application/cose-key-set`. Bare, not in the envelope, as readers of either
/// expect. Any good token may ask.
#[utoipa::path(
    get,
    path = "/api/verifier/keys",
    operation_id = "list_verifier_keys",
    tag = "Verifier",
    responses((
        status = 200,
        description = "the keys",
        content((KeySet = "application/json"), (inline(Binary) = "application/cose-key-set")),
    )),
)]
pub async fn list_keys(
    State(services): State<Shared>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let keys = services
        .keys
        .ring(caller.0.organizer, services.clock.now())
        .await?;
    let listed = keys
        .ticket_keys()
        .iter()
        .filter(|known| known.state != KeyState::Revoked);
    let wants_cose = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(|range| range.split(';').next())
        .any(|range| range.trim().eq_ignore_ascii_case(COSE_KEY_SET));
    let vary = (VARY, HeaderValue::from_static("accept"));
    if wants_cose {
        let keys: Vec<_> = listed.map(|known| *known.key.public_key()).collect();
        let media_type = (CONTENT_TYPE, HeaderValue::from_static(COSE_KEY_SET));
        return Ok(([vary, media_type], cose_key_set(&keys)).into_response());
    }
    let keys = listed
        .map(|known| Key {
            kty: "OKP",
            crv: "Ed25519",
            usage: "sig",
            alg: "EdDSA",
            kid: known.key.public_key().key_id().to_string(),
            x: URL_SAFE_NO_PAD.encode(known.key.public_key().as_bytes()),
            state: known.state.code(),
        })
        .collect();
    Ok(([vary], Json(KeySet { keys })).into_response())
}

/// One COSE_Key for each: kty OKP, kid, alg EdDSA, crv Ed25519, x (RFC 9053 section 7.2), in the
/// order of the encoded labels (RFC 8949 section 4.2.1).
fn cose_key_set(keys: &[PublicKey]) -> Vec<u8> {
    const OKP: u64 = 1;
    const EDDSA: i64 = -8;
    const ED25519: u64 = 6;
    let mut set = Writer::new();
    set.array(keys.len());
    for key in keys {
        set.map(5);
        set.unsigned(1).unsigned(OKP);
        set.unsigned(2).bytes(&key.key_id().0);
        set.unsigned(3).integer(EDDSA);
        set.integer(-1).unsigned(ED25519);
        set.integer(-2).bytes(key.as_bytes());
    }
    set.into_bytes()
}
