//! Bearer tokens of another signer, whose public keys are published under an address or in a file.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::support::{Folder, Host, command, token};

fn signers() -> Value {
    serde_json::from_str(include_str!("../../../tests/data/token-signers.json")).unwrap()
}

fn key_set(names: &[&str]) -> String {
    let all = signers();
    let keys: Vec<_> = names.iter().map(|name| all[*name]["jwk"].clone()).collect();
    json!({ "keys": keys }).to_string()
}

fn signed(name: &str, claims: &Value) -> String {
    let signer = &signers()[name];
    let private = STANDARD
        .decode(signer["private"].as_str().unwrap())
        .unwrap();
    let algorithm: Algorithm = signer["algorithm"].as_str().unwrap().parse().unwrap();
    let key = match algorithm {
        Algorithm::EdDSA => EncodingKey::from_ed_der(&private),
        Algorithm::ES256 => EncodingKey::from_ec_der(&private),
        _ => EncodingKey::from_rsa_der(&private),
    };
    let mut header = Header::new(algorithm);
    header.kid = signer["jwk"]["kid"].as_str().map(str::to_owned);
    encode(&header, claims, &key).unwrap()
}

fn claims(organizer: &str) -> Value {
    json!({ "sub": "shop", "org": organizer, "roles": ["viewer"], "exp": 9_999_999_999_i64 })
}

/// A signer's web server, which counts how often it is asked.
struct Publisher {
    url: String,
    asked: Arc<AtomicUsize>,
}

impl Publisher {
    fn start(set: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        let (count, set) = (Arc::clone(&asked), Mutex::new(set.to_owned()));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                count.fetch_add(1, Ordering::SeqCst);
                let set = set.lock().unwrap();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{set}",
                    set.len()
                );
            }
        });
        Self { url, asked }
    }
}

#[test]
fn tokens_of_a_published_key_are_accepted_and_invented_keys_do_not_flood_the_signer() {
    let folder = Folder::new();
    let own = token(&folder, "acme", "viewer");
    let publisher = Publisher::start(&key_set(&["eddsa", "es256"]));
    let host = Host::start_with(&folder, &[("JWKS_URL", &publisher.url)]);
    assert_eq!(host.client(&own).get("/api/events").status, 200);
    for name in ["eddsa", "es256"] {
        let client = host.client(&signed(name, &claims("acme")));
        assert_eq!(client.get("/api/events").status, 200, "{name}");
        let unknown = host.client(&signed(name, &claims("nobody")));
        assert_eq!(unknown.get("/api/events").status, 403, "{name}");
    }
    let stranger = host.client(&signed("rs256", &claims("acme")));
    for _ in 0..20 {
        assert_eq!(stranger.get("/api/events").status, 401);
    }
    assert_eq!(publisher.asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_key_set_in_a_file_has_to_be_right_at_the_start() {
    let folder = Folder::new();
    token(&folder, "acme", "viewer");
    let file = folder.path().join("jwks.json");
    let path = file.to_str().unwrap();
    std::fs::write(&file, key_set(&["rs256"])).unwrap();
    let environment = [("JWKS_FILE", path), ("JWT_AUDIENCE", "guichet")];
    let host = Host::start_with(&folder, &environment);
    let mut claims = claims("acme");
    let status = |claims: &Value| {
        host.client(&signed("rs256", claims))
            .get("/api/events")
            .status
    };
    assert_eq!(status(&claims), 401);
    claims["aud"] = json!("guichet");
    assert_eq!(status(&claims), 200);
    claims["exp"] = json!(1_000_000_000);
    assert_eq!(status(&claims), 401);
    drop(host);
    std::fs::write(&file, r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#).unwrap();
    let output = command()
        .env("JWKS_FILE", path)
        .args(["serve", "--port", "0", "--metrics-port", "0", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("JWKS_FILE"), "{message}");
    assert!(message.contains("holds no key"), "{message}");
}
