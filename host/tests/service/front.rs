//! What meets a request before any route does: proxies, pages of other origins, TLS, the log.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use crate::support::{Folder, Host, guichet, token};

#[test]
fn answers_tell_browsers_to_be_careful() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let bearer = format!("Bearer {token}");
    for (path, status) in [
        ("/api/tickets", 200),
        ("/nowhere", 404),
        ("/api/events", 200),
    ] {
        let answer = host.raw("GET", path, &[("Authorization", &bearer)]);
        assert_eq!(answer.status(), status, "{path}");
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options").unwrap(), "nosniff");
        assert_eq!(answer.header("x-frame-options").unwrap(), "DENY");
        assert_eq!(answer.header("cache-control").unwrap(), "no-store");
        assert_eq!(answer.header("strict-transport-security"), None);
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    let order = json!({ "ticketData": { "id": "t" } });
    host.client(&token)
        .post("/api/tickets/generate", &order)
        .data();
    let path = "/api/tickets/t/download?format=svg";
    let drawing = host.raw("GET", path, &[("Authorization", &bearer)]);
    let policy = drawing.header("content-security-policy").unwrap();
    assert!(policy.contains("sandbox"), "{policy}");
    assert_eq!(
        drawing.header("cache-control").unwrap(),
        "private, no-cache"
    );
}

#[test]
fn pages_of_listed_origins_may_read_answers_and_errors() {
    let folder = Folder::new();
    let environment = [("CORS_ORIGIN", "https://shop.example,http://localhost:5173")];
    let host = Host::start_with(&folder, &environment);
    let allowed = |origin: &str| {
        let answer = host.raw("GET", "/api/tickets", &[("Origin", origin)]);
        assert_eq!(answer.status(), 401);
        answer.header("access-control-allow-origin")
    };
    assert_eq!(
        allowed("https://shop.example").unwrap(),
        "https://shop.example"
    );
    assert_eq!(
        allowed("http://localhost:5173").unwrap(),
        "http://localhost:5173"
    );
    assert_eq!(allowed("https://shop.example.evil"), None);
    assert_eq!(allowed("null"), None);
    let preflight = host.raw(
        "OPTIONS",
        "/api/tickets/generate",
        &[
            ("Origin", "https://shop.example"),
            ("Access-Control-Request-Method", "POST"),
            (
                "Access-Control-Request-Headers",
                "authorization,idempotency-key",
            ),
        ],
    );
    assert_eq!(preflight.status(), 200);
    let headers = preflight.header("access-control-allow-headers").unwrap();
    assert!(headers.contains("authorization"), "{headers}");
    assert!(headers.contains("idempotency-key"), "{headers}");
    let any = Host::start_with(&Folder::new(), &[("CORS_ORIGIN", "*")]);
    let answer = any.raw("GET", "/health", &[("Origin", "https://a.example")]);
    assert_eq!(answer.header("access-control-allow-origin").unwrap(), "*");
}

#[test]
fn only_a_trusted_proxy_speaks_for_its_clients() {
    let folder = Folder::new();
    let forwarded = [
        ("X-Forwarded-For", "203.0.113.9"),
        ("X-Forwarded-Proto", "https"),
    ];
    let behind = [("TRUSTED_PROXIES", "loopback"), ("ALLOWED_IPS", "loopback")];
    let host = Host::start_with(&folder, &behind);
    let refused = host.raw("GET", "/health/live", &forwarded);
    assert_eq!(
        (refused.status(), refused.code().as_str()),
        (403, "ADDRESS_NOT_ALLOWED")
    );
    let secure = host.raw("GET", "/health/live", &[("X-Forwarded-Proto", "https")]);
    assert_eq!(secure.status(), 200);
    let hsts = secure.header("strict-transport-security").unwrap();
    assert!(hsts.starts_with("max-age="), "{hsts}");
    drop(host);
    let alone = Host::start_with(&folder, &[("ALLOWED_IPS", "loopback")]);
    let answer = alone.raw("GET", "/health/live", &forwarded);
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.header("strict-transport-security"), None);
}

#[test]
fn each_request_is_one_line_of_json_with_its_id_and_nobodys_name() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let path = folder.path().join("log");
    let log = Stdio::from(File::create(&path).unwrap());
    let host = Host::start_logging(&folder, &[], log);
    let order = json!({
        "ticketData": {
            "id": "order-1", "attendeeName": "Zoë Kraus", "attendeeEmail": "zoe@example.org",
        },
    });
    host.client(&token)
        .post("/api/tickets/generate", &order)
        .data();
    let bearer = format!("Bearer {token}");
    let headers = [
        ("Authorization", bearer.as_str()),
        ("X-Request-Id", "shop-17"),
    ];
    let answer = host.raw("GET", "/api/tickets/zoe@example.org?q=Kraus", &headers);
    assert_eq!(answer.header("x-request-id").unwrap(), "shop-17");
    drop(host);
    let log = std::fs::read_to_string(path).unwrap();
    for secret in ["Zo", "zoe", "Kraus", "127.0.0.1\"", &token] {
        let found = log
            .lines()
            .find(|line| line.contains(secret) && line.contains("route"));
        assert_eq!(found, None);
    }
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let mine: Vec<_> = lines
        .iter()
        .filter(|line| line["request_id"] == "shop-17")
        .collect();
    let [line] = mine.as_slice() else {
        panic!("{log}");
    };
    assert_eq!(line["route"], "/api/tickets/{ticketId}");
    assert_eq!(line["method"], "GET");
    assert!(
        line["status"].is_u64() && line["milliseconds"].is_f64(),
        "{line}"
    );
}

#[test]
fn tls_is_spoken_with_the_certificate_given() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/tls");
    let file = |name: &str| data.join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (file("certificate.pem"), file("key.pem"));
    let folder = Folder::new();
    let environment = [
        ("TLS_CERT", certificate.as_str()),
        ("TLS_KEY", key.as_str()),
    ];
    let host = Host::start_with(&folder, &environment);
    assert!(
        host.origin.starts_with("https://127.0.0.1:"),
        "{}",
        host.origin
    );
    let pem = std::fs::read(&certificate).unwrap();
    let roots: Vec<Certificate<'static>> = parse_pem(&pem)
        .filter_map(|item| match item.unwrap() {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(rustls::crypto::ring::default_provider().into())
        .root_certs(RootCerts::from(roots))
        .build();
    let agent: ureq::Agent = ureq::Agent::config_builder().tls_config(tls).build().into();
    let answer = agent
        .get(format!("{}/health/live", host.origin))
        .call()
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("strict-transport-security"));
    drop(host);

    let refused = |certificate: &str, key: &str, expected: &str| {
        let output = crate::support::command()
            .args(["serve", "--port", "0", "--metrics-port", "0", "--data"])
            .arg(folder.path())
            .args(["--tls-cert", certificate, "--tls-key", key])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(expected), "{message}");
    };
    refused(&key, &key, "TLS_CERT");
    refused(&certificate, &certificate, "TLS_KEY");
    refused("/nowhere", &key, "TLS_CERT");
}

#[test]
fn a_command_tells_whether_a_host_is_well() {
    let folder = Folder::new();
    let host = Host::start(&folder);
    let origin = host.origin.clone();
    let ask = || {
        let output = guichet(&["health", "--json", "--url", &origin]);
        let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        (output.status.code(), answer)
    };
    let (code, answer) = ask();
    assert_eq!(
        (code, &answer["healthy"]),
        (Some(0), &json!(true)),
        "{answer}"
    );
    host.kill();
    let (code, answer) = ask();
    assert_eq!(
        (code, &answer["healthy"]),
        (Some(1), &Value::Null),
        "{answer}"
    );
}

#[test]
fn who_is_refused_may_go_on_with_the_connection() {
    let folder = Folder::new();
    let host = Host::start(&folder);
    let address = host.origin.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    let mut write = |text: String| connection.write_all(text.as_bytes()).unwrap();
    // No token, so the body is of no interest; it comes later.
    write(format!(
        "POST /api/tickets/generate HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: 2\r\n\r\n"
    ));
    std::thread::sleep(Duration::from_millis(300));
    write(format!(
        "{{}}GET /health/live HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    ));
    let mut answers = String::new();
    connection.read_to_string(&mut answers).unwrap();
    assert!(answers.starts_with("HTTP/1.1 401 "), "{answers}");
    assert!(answers.contains("HTTP/1.1 200 "), "{answers}");
}
