//! Whatever a client sends, the answer is a 4xx that names the field, and never a 5xx.

mod cases;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Folder, Host, token};

/// A request that no honest client sends.
pub struct Case {
    /// Method and target.
    request: String,
    body: Body,
    status: u16,
    /// What an answer with 400 has to name.
    field: String,
}

impl Case {
    fn new(request: &str, body: Body, status: u16, field: &str) -> Self {
        let (request, field) = (request.to_owned(), field.to_owned());
        Self {
            request,
            body,
            status,
            field,
        }
    }
}

/// Bytes and what the client says of them.
pub struct Body {
    bytes: Vec<u8>,
    content_type: String,
    encoding: Option<&'static str>,
}

impl Body {
    fn none() -> Self {
        Self::of("", "")
    }

    fn json(bytes: impl AsRef<[u8]>) -> Self {
        Self::of(bytes, "application/json")
    }

    fn of(bytes: impl AsRef<[u8]>, content_type: &str) -> Self {
        Self {
            bytes: bytes.as_ref().to_vec(),
            content_type: content_type.to_owned(),
            encoding: None,
        }
    }

    fn packed(self, encoding: &'static str) -> Self {
        Self {
            encoding: Some(encoding),
            ..self
        }
    }
}

/// Sends it byte by byte as it stands, for no client library would, and gives status and body.
fn send(host: &Host, token: &str, case: &Case) -> Result<(u16, Value), String> {
    /// Longer than any of these takes on a busy machine; shorter than what the host gives a request.
    const PATIENCE: Duration = Duration::from_secs(20);
    let broken = |error: std::io::Error| error.to_string();
    let address = host.origin.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).map_err(broken)?;
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut head = format!(
        "{} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n",
        case.request,
        case.body.bytes.len()
    );
    for (name, value) in [
        ("Content-Type", Some(case.body.content_type.as_str())),
        ("Content-Encoding", case.body.encoding),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            head = format!("{head}{name}: {value}\r\n");
        }
    }
    stream
        .write_all(format!("{head}\r\n").as_bytes())
        .map_err(broken)?;
    // The host may have answered and closed before it was told all.
    let _ = stream.write_all(&case.body.bytes);
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer)
        && answer.is_empty()
    {
        return Err(error.to_string());
    }
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .ok_or("no head")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .ok_or("no status")?;
    let body = serde_json::from_slice(&answer[end + 4..]).unwrap_or(Value::Null);
    Ok((status, body))
}

#[test]
fn hundreds_of_bad_requests_are_answered_with_the_field_and_harm_nothing() {
    /// For what 10 MB bodies leave behind in the allocator.
    const GROWTH_KIB: u64 = 64 << 10;
    let folder = Folder::new();
    let token = token(&folder, "acme", "operator");
    let host = Host::start_with(&folder, &[("RATE_LIMIT_PRESET", "off")]);
    let client = host.client(&token);
    let fair = json!({ "id": "fair", "title": "Fair", "currency": "EUR" });
    assert_eq!(client.post("/api/events", &fair).status, 201);
    let sold = json!({ "ticketData": { "id": "sold", "eventId": "fair" } });
    assert_eq!(client.post("/api/tickets/generate", &sold).status, 201);
    let before = host.resident_kib();

    let cases = cases::all();
    assert!(cases.len() >= 200, "{}", cases.len());
    let mut faults = Vec::new();
    for case in &cases {
        if let Err(fault) = check(&host, &token, case) {
            let body: String = String::from_utf8_lossy(&case.body.bytes)
                .chars()
                .take(100)
                .collect();
            let request: String = case.request.chars().take(100).collect();
            faults.push(format!("{request} {body}\n    {fault}"));
        }
    }
    assert!(
        faults.is_empty(),
        "{} of {}:\n{}",
        faults.len(),
        cases.len(),
        faults.join("\n")
    );
    assert_eq!(client.get("/health").status, 200);
    assert_eq!(
        client.get("/api/tickets/sold").data()["status"],
        "generated"
    );
    let after = host.resident_kib();
    assert!(
        after <= before + GROWTH_KIB,
        "{before} KiB became {after} KiB"
    );
}

fn check(host: &Host, token: &str, case: &Case) -> Result<(), String> {
    let (status, body) = send(host, token, case)?;
    if status != case.status {
        let shown: String = body.to_string().chars().take(300).collect();
        return Err(format!("{status} and not {}: {shown}", case.status));
    }
    if status < 300 {
        return Ok(());
    }
    let error = &body["error"];
    let told = |text: &Value| text.as_str().is_some_and(|text| !text.is_empty());
    if !told(&error["code"]) || !told(&error["message"]) || !told(&error["requestId"]) {
        return Err(format!(
            "{status} without code, message or request id: {body}"
        ));
    }
    if status != 400 {
        return Ok(());
    }
    let details = error["details"].as_array().cloned().unwrap_or_default();
    if details.is_empty()
        || !details
            .iter()
            .all(|one| told(&one["field"]) && told(&one["message"]))
    {
        return Err(format!("a detail without field or message: {error}"));
    }
    if !details
        .iter()
        .any(|detail| detail["field"] == case.field.as_str())
    {
        return Err(format!("{} is not named: {error}", case.field));
    }
    if body.to_string().len() > 8 << 10 {
        return Err("the answer repeats what was sent".to_owned());
    }
    Ok(())
}

#[test]
fn malformed_bodies_are_answered_with_the_field() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let check = |body: Value, field: &str| {
        let answer = client.post("/api/tickets/generate", &body);
        let error = answer.json()["error"].clone();
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (400, "VALIDATION_ERROR"),
            "{body}: {error}"
        );
        let details = error["details"].as_array().unwrap().clone();
        let named = details.iter().any(|detail| detail["field"] == field);
        assert!(named, "{body}: {error}");
        assert!(error["requestId"].as_str().is_some_and(|id| !id.is_empty()));
    };
    check(
        json!({ "ticketData": { "colour": 1 } }),
        "ticketData.colour",
    );
    check(json!({ "ticketData": { "id": "a/b" } }), "ticketData.id");
    check(
        json!({ "ticketData": { "id": "generate" } }),
        "ticketData.id",
    );
    check(json!({ "ticketData": { "price": 10 } }), "ticketData.price");
    check(
        json!({ "ticketData": { "attendeeName": "x".repeat(201) } }),
        "ticketData.attendeeName",
    );
    check(
        json!({ "ticketData": { "attendeeName": "a\u{202E}b" } }),
        "ticketData.attendeeName",
    );
    check(
        json!({ "ticketData": { "language": "$(id)" } }),
        "ticketData.language",
    );
    check(
        json!({ "ticketData": { "customFields": { "a": { "b": 1 } } } }),
        "ticketData.customFields.a",
    );
    check(json!({ "quantity": 0 }), "quantity");
    check(
        json!({ "eventData": { "title": "x", "eventDate": "soon" } }),
        "eventData.eventDate",
    );
    check(json!({ "options": { "format": "exe" } }), "options.format");
    check(
        json!({ "options": { "qrOptions": { "width": 1 } } }),
        "options.qrOptions.width",
    );
    check(json!({ "ticketType": "x", "quantity": "many" }), "quantity");
    check(json!(7), "body");

    let raw = |body: &[u8]| {
        client
            .send("POST", "/api/tickets/generate", "application/json", body)
            .unwrap()
    };
    for body in [
        &b"{"[..],
        b"\xFF\xFE",
        b"",
        b"null null",
        &b"[".repeat(100_000),
    ] {
        assert_eq!(raw(body).status, 400);
    }
    assert_eq!(raw(&vec![b' '; (1 << 20) + 1]).status, 413);
    let text = client
        .send("POST", "/api/tickets/generate", "text/plain", b"{}")
        .unwrap();
    assert_eq!(text.status, 415);
    assert_eq!(client.get("/api/tickets/generate/nothing/here").status, 404);
    assert_eq!(client.delete("/api/events").status, 405);
    let unknown = client.post("/api/tickets/generate", &json!({ "eventId": "nowhere" }));
    assert_eq!(
        (unknown.status, unknown.code().as_str()),
        (404, "EVENT_NOT_FOUND")
    );
}

#[test]
fn a_declared_event_refuses_other_types_by_name() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let event = json!({ "id": "fair", "title": "Fair", "ticketTypes": [{ "name": "day" }, { "name": "week" }] });
    assert_eq!(client.post("/api/events", &event).status, 201);
    assert_eq!(client.post("/api/events", &event).code(), "EVENT_EXISTS");
    let order = json!({ "ticketData": { "id": "f", "eventId": "fair", "type": "vip" } });
    let refused = client.post("/api/tickets/generate", &order);
    assert_eq!(refused.status, 400);
    assert!(
        refused.json().to_string().contains("day, week"),
        "{}",
        refused.json()
    );
}
