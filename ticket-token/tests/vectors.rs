//! The vector files: read here as any reader in any language would.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use ticket_token::{
    DecodeError, Extra, KeyId, MacKey, ParsedToken, Profile, PublicKey, VerifyingKey,
    decode_qr_text, parse,
};

#[path = "../examples/make_vectors/main.rs"]
#[expect(dead_code, reason = "only the example uses its main")]
mod make_vectors;

#[test]
fn foreign_vectors_are_judged_as_they_say() {
    check_file(include_str!("../vectors/foreign.json"), 80);
}

#[test]
fn own_vectors_are_judged_as_they_say() {
    check_file(include_str!("../vectors/own.json"), 60);
}

#[test]
fn own_vectors_are_current() {
    // Compared as values: the order of keys in the text depends on a feature of serde_json.
    let committed: Value =
        serde_json::from_str(include_str!("../vectors/own.json")).expect("the file is JSON");
    assert!(
        make_vectors::vectors() == committed,
        "run: cargo run -p ticket-token --example make_vectors > ticket-token/vectors/own.json"
    );
}

fn check_file(text: &str, at_least: usize) {
    let file: Value = serde_json::from_str(text).expect("the file is JSON");
    assert_eq!(file["format"], 1);
    let cases = file["cases"].as_array().expect("cases");
    assert!(cases.len() >= at_least, "{} cases", cases.len());
    for case in cases {
        check(case);
    }
}

fn check(case: &Value) {
    let name = case["name"].as_str().expect("name");
    let text = case["qr_text"].as_str().expect("qr_text");
    let decoded = decode_qr_text(text);
    match case["cose_hex"].as_str() {
        Some(hex) => assert_eq!(decoded, Ok(unhex(hex)), "{name}: base45"),
        None => assert!(decoded.is_err(), "{name}: base45"),
    }
    let parsed = decoded.and_then(|cose| parse(&cose));
    let outcome = match &parsed {
        Err(DecodeError::Malformed(_)) => "malformed",
        Err(DecodeError::Unsupported(_)) => "unsupported",
        Ok(token) => judge(token, case),
    };
    assert_eq!(
        case["expect"], outcome,
        "{name} ({}): {parsed:?}",
        case["about"]
    );
    match (&parsed, case.get("claims")) {
        (Ok(token), Some(claims)) => assert_eq!(&claims_json(token), claims, "{name}: claims"),
        (Err(_), None) => {}
        _ => panic!("{name}: claims are given exactly for what can be read"),
    }
}

fn judge(token: &ParsedToken, case: &Value) -> &'static str {
    let (known, signed) = if token.profile() == Profile::Server {
        let keys: Vec<_> = mac_key(case)
            .into_iter()
            .filter(|key| key.key_id() == token.key_id)
            .collect();
        (
            !keys.is_empty(),
            keys.iter().any(|key| token.verify_mac(key)),
        )
    } else {
        let keys: Vec<_> = public_keys(case)
            .into_iter()
            .filter(|key| key.key_id() == token.key_id)
            .collect();
        let signed = keys.iter().any(|key| token.verify(&VerifyingKey::new(key)));
        (!keys.is_empty(), signed)
    };
    match (known, signed, token.proof_required) {
        (false, _, _) => "unknown_key",
        (true, false, _) => "bad_signature",
        (true, true, true) => "proof_required",
        (true, true, false) => "ok",
    }
}

/// The usable keys of the case's JWK set (RFC 8037); the others are no keys.
fn public_keys(case: &Value) -> Vec<PublicKey> {
    let keys = case["keys"]["keys"].as_array().expect("a JWK set");
    keys.iter()
        .filter_map(|jwk| {
            assert_eq!(
                (&jwk["kty"], &jwk["crv"]),
                (&json!("OKP"), &json!("Ed25519"))
            );
            let x = URL_SAFE_NO_PAD.decode(jwk["x"].as_str()?).ok()?;
            let key = PublicKey::from_bytes(x.as_slice().try_into().ok()?).ok()?;
            assert_eq!(jwk["kid"], KeyId::of(&key).to_string());
            Some(key)
        })
        .collect()
}

fn mac_key(case: &Value) -> Option<MacKey> {
    let mac = case.get("mac")?;
    let secret = unhex(mac["secret_hex"].as_str()?);
    Some(MacKey::derive(&secret, mac["organizer"].as_str()?))
}

fn claims_json(token: &ParsedToken) -> Value {
    let claims = &token.claims;
    let mut json = Map::new();
    let profile = match token.profile() {
        Profile::Standard => "standard",
        Profile::Dated => "dated",
        Profile::Named => "named",
        Profile::Server => "server",
    };
    json.insert("profile".into(), profile.into());
    json.insert("kid".into(), token.key_id.to_string().into());
    json.insert("event".into(), claims.event.0.into());
    json.insert("serial".into(), claims.serial.0.into());
    json.insert("ticket_type".into(), claims.ticket_type.0.into());
    json.insert("expires".into(), claims.expires.0.into());
    match &claims.extra {
        Extra::None => {}
        Extra::NotBefore(time) => drop(json.insert("not_before".into(), time.0.into())),
        Extra::Holder(name) => drop(json.insert("holder".into(), name.as_str().into())),
    }
    Value::Object(json)
}

fn unhex(hex: &str) -> Vec<u8> {
    let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
    assert!(rest.is_empty(), "hex has two digits a byte");
    pairs
        .iter()
        .map(|pair| {
            let digits = std::str::from_utf8(pair).expect("ASCII");
            u8::from_str_radix(digits, 16).expect("hex")
        })
        .collect()
}
