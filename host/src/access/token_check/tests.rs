//! Which tokens pass, and every known way to sneak one in.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

use super::*;
use crate::access::{KeySource, Permission, Role};

const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

fn signers() -> Value {
    let text = include_str!("../../../../tests/data/token-signers.json");
    serde_json::from_str(text).unwrap()
}

/// A token of one of the signers.
fn token(signer: &str, header: &Value, claims: &Value) -> String {
    let signer = &signers()[signer];
    let private = STANDARD
        .decode(signer["private"].as_str().unwrap())
        .unwrap();
    let mut header: Header = serde_json::from_value(header.clone()).unwrap();
    header.alg = signer["algorithm"].as_str().unwrap().parse().unwrap();
    let key = match header.alg {
        Algorithm::EdDSA => EncodingKey::from_ed_der(&private),
        Algorithm::ES256 => EncodingKey::from_ec_der(&private),
        _ => EncodingKey::from_rsa_der(&private),
    };
    encode(&header, claims, &key).unwrap()
}

fn header(kid: &str) -> Value {
    json!({ "alg": "HS256", "kid": kid })
}

fn claims() -> Value {
    json!({ "sub": "shop", "org": "acme", "roles": ["service"], "exp": 1_800_000_060,
        "iss": "https://id.example", "aud": ["other", "guichet"] })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

/// A key set in a file that a test may change.
struct Published(tempfile::TempDir);

impl Published {
    fn new(names: &[&str]) -> Self {
        let published = Self(tempfile::tempdir().unwrap());
        published.change(names);
        published
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("jwks.json")
    }

    fn change(&self, names: &[&str]) {
        let all = signers();
        let mut keys: Vec<Value> = names.iter().map(|name| all[*name]["jwk"].clone()).collect();
        keys.extend(all["unusable"].as_array().unwrap().clone());
        fs::write(self.path(), json!({ "keys": keys }).to_string()).unwrap();
    }

    fn check(&self) -> TokenCheck {
        let signer = ForeignSigner {
            keys: ForeignKeys::new(KeySource::File(self.path())),
            issuer: Some("https://id.example".to_owned()),
            audience: Some("guichet".to_owned()),
        };
        TokenCheck::new(BearerKey::new(SECRET), Some(signer))
    }
}

fn own() -> TokenCheck {
    TokenCheck::new(BearerKey::new(SECRET), None)
}

#[tokio::test]
async fn a_token_of_the_host_carries_its_organizer_and_role_until_it_expires() {
    let token = BearerKey::new(SECRET)
        .issue("acme", Role::Service, NOW, SignedDuration::from_hours(1))
        .unwrap();
    let claims = own().check(&token, NOW).await.unwrap();
    assert_eq!(claims.org, "acme");
    assert!(claims.allowed().contains(Permission::TicketsCreate));
    assert!(!claims.allowed().contains(Permission::KeysWrite));
    let later = NOW + SignedDuration::from_hours(1);
    assert_eq!(own().check(&token, later).await, Err(TokenRefused::Expired));
    let published = Published::new(&["eddsa"]);
    let both = published.check();
    assert!(both.check(&token, NOW).await.is_ok());
}

#[tokio::test]
async fn tokens_of_each_algorithm_pass_by_their_own_key() {
    let published = Published::new(&["eddsa", "es256", "rs256"]);
    let check = published.check();
    for (signer, kid) in [("eddsa", "ed-1"), ("es256", "ec-1"), ("rs256", "rsa-1")] {
        let good = token(signer, &header(kid), &claims());
        assert_eq!(
            check.check(&good, NOW).await.unwrap().org,
            "acme",
            "{signer}"
        );
        let unnamed = token(signer, &json!({ "alg": "HS256" }), &claims());
        assert!(check.check(&unnamed, NOW).await.is_ok(), "{signer}");
        for kid in ["ed-2", "shared", "weak", ""] {
            let wrong = token(signer, &header(kid), &claims());
            assert_eq!(
                check.check(&wrong, NOW).await,
                Err(TokenRefused::Invalid),
                "{kid}"
            );
        }
        // Without a named signer, its tokens mean nothing.
        assert_eq!(own().check(&good, NOW).await, Err(TokenRefused::Invalid));
    }
}

#[tokio::test]
async fn a_key_is_good_for_its_own_algorithm_only() {
    let published = Published::new(&["eddsa", "es256", "rs256"]);
    let check = published.check();
    let refused = async |token: String, what: &str| {
        assert_eq!(
            check.check(&token, NOW).await,
            Err(TokenRefused::Invalid),
            "{what}"
        );
    };
    let all = signers();
    // The public key taken for a secret, in every form in which it is published.
    let jwk = &all["rs256"]["jwk"];
    let modulus = jwk["n"].as_str().unwrap();
    for secret in [
        modulus.as_bytes().to_vec(),
        URL_SAFE_NO_PAD.decode(modulus).unwrap(),
        jwk.to_string().into_bytes(),
        b"".to_vec(),
    ] {
        for kid in ["rsa-1", "shared"] {
            let mut header = Header::new(Algorithm::HS256);
            header.kid = Some(kid.to_owned());
            let token = encode(&header, &claims(), &EncodingKey::from_secret(&secret)).unwrap();
            refused(token, "HS256 by a public key").await;
        }
    }
    let shared = EncodingKey::from_secret(SECRET);
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = encode(&Header::new(algorithm), &claims(), &shared).unwrap();
        refused(token, "another MAC").await;
    }
    let good = token("eddsa", &header("ed-1"), &claims());
    let (_, rest) = good.split_once('.').unwrap();
    let (payload, _) = rest.split_once('.').unwrap();
    for head in [
        json!({ "alg": "none" }),
        json!({ "alg": "None", "typ": "JWT" }),
        json!({ "alg": "" }),
        json!({ "typ": "JWT" }),
        json!({ "alg": "RS256", "kid": "rsa-1" }),
        json!({ "alg": "ES256", "kid": "ed-1" }),
    ] {
        let head64 = URL_SAFE_NO_PAD.encode(head.to_string());
        refused(format!("{head64}.{payload}."), "unsigned").await;
        refused(format!("{head64}.{rest}"), "another header").await;
    }
    let extended = json!({ "alg": "HS256", "kid": "ed-1", "crit": ["b64"], "b64": true });
    refused(token("eddsa", &extended, &claims()), "crit").await;
    for text in ["", ".", "..", "a.b.c", &"x".repeat(10_000)] {
        refused(text.to_owned(), "no token").await;
    }
}

#[tokio::test]
async fn time_issuer_audience_and_organizer_count() {
    let published = Published::new(&["eddsa"]);
    let check = published.check();
    let verdict = async |claims: Value| {
        let token = token("eddsa", &header("ed-1"), &claims);
        check.check(&token, NOW).await.map(|_| ())
    };
    let without = |name: &str| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    let now = NOW.as_second();
    assert_eq!(
        verdict(with("exp", json!(now))).await,
        Err(TokenRefused::Expired)
    );
    assert_eq!(verdict(with("nbf", json!(now + 60))).await, Ok(()));
    assert_eq!(verdict(with("aud", json!("guichet"))).await, Ok(()));
    for claims in [
        with("nbf", json!(now + 61)),
        with("iss", json!("https://other.example")),
        with("aud", json!("other")),
        with("aud", json!([])),
        with("org", json!(7)),
        with("exp", json!("later")),
        without("org"),
        without("sub"),
        without("exp"),
        without("iss"),
        without("aud"),
    ] {
        assert_eq!(
            verdict(claims.clone()).await,
            Err(TokenRefused::Invalid),
            "{claims}"
        );
    }
}

#[tokio::test]
async fn an_unknown_key_makes_the_set_be_read_again_but_not_at_every_try() {
    let published = Published::new(&["eddsa"]);
    let check = published.check();
    let [old, new] = [("eddsa", "ed-1"), ("es256", "ec-1")]
        .map(|(signer, kid)| token(signer, &header(kid), &with("exp", json!(1_900_000_000))));
    let after = |seconds| NOW + SignedDuration::from_secs(seconds);
    assert!(check.check(&old, NOW).await.is_ok());
    published.change(&["es256"]);
    assert!(check.check(&new, after(29)).await.is_err());
    assert!(check.check(&old, after(29)).await.is_ok());
    assert!(check.check(&new, after(30)).await.is_ok());
    assert!(check.check(&old, after(31)).await.is_err());
    // A withdrawn key dies though nobody asks for another, and a broken file changes nothing.
    published.change(&["eddsa"]);
    assert!(check.check(&new, after(629)).await.is_ok());
    assert!(check.check(&new, after(630)).await.is_err());
    fs::write(published.path(), "{}").unwrap();
    assert!(check.check(&old, after(2_000)).await.is_ok());
}

#[tokio::test]
async fn while_no_set_could_be_read_nothing_is_decided() {
    let published = Published::new(&["eddsa"]);
    fs::remove_file(published.path()).unwrap();
    let check = published.check();
    let good = token("eddsa", &header("ed-1"), &claims());
    assert_eq!(check.check(&good, NOW).await, Err(TokenRefused::Undecided));
    published.change(&["eddsa"]);
    let later = NOW + SignedDuration::from_secs(30);
    assert!(check.check(&good, later).await.is_ok());
}
