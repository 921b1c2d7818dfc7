//! The token vectors of `ticket-token/vectors/`, judged by a gate whose bundle lists their keys. The
//! bundles are kept in `vectors/token_bundles.json`, so that the verifier in JavaScript, which cannot
//! sign, judges the same tokens.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use ticket_gate::*;
use ticket_token::{EventNumber, Extra, PublicKey, UnixTime};

use crate::fixture::*;

const TOKENS: [&str; 2] = [
    concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../ticket-token/vectors/foreign.json"
    ),
    concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../ticket-token/vectors/own.json"
    ),
];
const BUNDLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/token_bundles.json");

/// What a gate must know to judge a case: its event, and the `x` of its keys.
type Setting = (u32, Vec<String>);

#[test]
fn token_vectors_are_judged_as_they_say() {
    let keys = keys();
    for case in cases() {
        let (event, jwks) = setting(&case);
        let gate = Gate::pair(&bundle_for(event, &jwks, &keys), &keys.root.public_key()).unwrap();
        let now = Moment(1000 * case["now"].as_u64().unwrap());
        let judgement = gate.verify(case["qr_text"].as_str().unwrap(), &Question::entry_at(now));
        assert_eq!(judgement.verdict, expected(&case), "{}", case["name"]);
        if let Some(read) = &judgement.ticket {
            let claims = &case["claims"];
            assert_eq!(json!(read.event.0), claims["event"], "{}", case["name"]);
            assert_eq!(json!(read.serial.0), claims["serial"], "{}", case["name"]);
            assert_eq!(
                json!(read.ticket_type.0),
                claims["ticket_type"],
                "{}",
                case["name"]
            );
            assert_eq!(json!(read.expires.0), claims["expires"], "{}", case["name"]);
            let holder = match &read.extra {
                Extra::Holder(name) => json!(name.as_str()),
                Extra::None | Extra::NotBefore(_) => Value::Null,
            };
            assert_eq!(holder, claims["holder"], "{}", case["name"]);
        }
    }
}

#[test]
fn the_bundles_for_token_vectors_are_those_in_the_file() {
    let keys = keys();
    let settings: BTreeSet<Setting> = cases().iter().map(setting).collect();
    let lines: Vec<String> = settings
        .iter()
        .map(|(event, jwks)| {
            let bundle = hex(&bundle_for(*event, jwks, &keys));
            format!(
                "    {}",
                json!({"event": event, "keys": jwks, "bundle": bundle})
            )
        })
        .collect();
    let made = format!(
        "{{\n  \"about\": {},\n  \"rootKey\": {},\n  \"bundles\": [\n{}\n  ]\n}}\n",
        json!("Made by ticket-gate/tests/gate/token_vectors.rs."),
        json!(hex(keys.root.public_key().as_bytes())),
        lines.join(",\n")
    );
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(BUNDLES, &made).unwrap();
    }
    let committed = std::fs::read_to_string(BUNDLES).unwrap();
    assert!(
        committed == made,
        "run again with UPDATE_VECTORS=1, and look at the difference"
    );
}

fn cases() -> Vec<Value> {
    let read = |path: &&str| {
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        file["cases"].as_array().unwrap().clone()
    };
    TOKENS.iter().flat_map(read).collect()
}

/// A token that is not sound has no event; any will do.
fn setting(case: &Value) -> Setting {
    let event = case["claims"]["event"].as_u64().unwrap_or(EVENT.0.into());
    let jwks = case["keys"]["keys"].as_array().unwrap();
    let jwks = jwks.iter().map(|jwk| jwk["x"].as_str().unwrap().to_owned());
    (u32::try_from(event).unwrap(), jwks.collect())
}

fn bundle_for(event: u32, jwks: &[String], keys: &Keys) -> Vec<u8> {
    let usable = jwks.iter().filter_map(|x| {
        let bytes = URL_SAFE_NO_PAD.decode(x).unwrap();
        // A key of small order is no key.
        PublicKey::from_bytes(&bytes.try_into().unwrap()).ok()
    });
    // A bundle lists at least one key; this one signs none of the vectors.
    let listed = usable.chain([keys.next.public_key()]).map(|key| ListedKey {
        key,
        state: KeyState::Active,
        sign_until: BUNDLE_EXPIRES,
        verify_until: UnixTime(u32::MAX),
    });
    let mut content = bundle_content(keys);
    content.event.number = EventNumber(event);
    content.keys = listed.collect();
    sign_bundle(&content, &delegation(keys), &keys.bundle).unwrap()
}

fn expected(case: &Value) -> Verdict {
    if case["claims"]["profile"] == "server" {
        return Verdict::OnlineRequired;
    }
    match case["expect"].as_str().unwrap() {
        "ok" => Verdict::Valid,
        "malformed" => Verdict::Malformed,
        "unsupported" => Verdict::Unsupported,
        "unknown_key" => Verdict::UnknownKey,
        "bad_signature" => Verdict::BadSignature,
        "proof_required" => Verdict::ProofRequired,
        other => panic!("unknown expectation {other}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
