//! Whatever a client sends, the answer is a 4xx that names the field, and never a 5xx.

use serde_json::{Value, json};

use crate::support::{Folder, Host, token};

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
    check(json!({ "ticketData": { "price": 10 } }), "price");
    check(
        json!({ "ticketData": { "attendeeName": "x".repeat(201) } }),
        "attendeeName",
    );
    check(
        json!({ "ticketData": { "attendeeName": "a\u{202E}b" } }),
        "attendeeName",
    );
    check(json!({ "ticketData": { "language": "$(id)" } }), "language");
    check(
        json!({ "ticketData": { "customFields": { "a": { "b": 1 } } } }),
        "customFields.a",
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
    check(json!(7), "");

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
