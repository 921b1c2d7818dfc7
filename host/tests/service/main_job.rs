//! Upload, issue, print, revoke, judge.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::support::{Folder, Host, token};

#[test]
fn a_ticket_is_issued_printed_judged_and_revoked() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&token);

    let order = json!({
        "ticketData": {
            "id": "order-1-1", "eventId": "gala", "type": "vip", "price": 9900,
            "attendeeName": "Zoë Kraus-Łukasiewicz", "seat": "12", "orderId": "order-1",
        },
        "eventData": {
            "title": "Gala", "eventDate": "2027-05-01T20:00", "timeZone": "Europe/Berlin",
            "locale": "de", "currency": "EUR", "location": "Stadthalle",
        },
        "options": { "includePDF": true },
    });
    let issued = client.post("/api/tickets/generate", &order);
    assert_eq!(issued.status, 201, "{}", issued.json());
    let ticket = issued.data();
    assert_eq!(ticket["ticketId"], "order-1-1");
    assert_eq!(ticket["eventId"], "gala");
    assert_eq!(ticket["status"], "generated");
    let qr_text = ticket["qrText"].as_str().unwrap();
    assert_eq!(qr_text.len(), 154, "a standard token fills version 6 at M");
    let pdf = STANDARD
        .decode(ticket["pdfBase64"].as_str().unwrap())
        .unwrap();
    assert!(pdf.starts_with(b"%PDF-"));

    // The same ticket again is the same bytes, in all formats, and knows its ETag.
    let download = client.get("/api/tickets/order-1-1/download");
    assert_eq!(download.bytes, pdf);
    for format in ["pdf", "png&dpi=100", "svg"] {
        let path = format!("/api/tickets/order-1-1/download?format={format}");
        let (first, second) = (client.get(&path), client.get(&path));
        assert_eq!(first.status, 200, "{format}: {}", first.json());
        assert!(first.bytes == second.bytes, "{format}");
        assert_eq!(first.etag, second.etag);
    }
    // By Guichet's own id as well.
    let uuid = ticket["uuid"].as_str().unwrap();
    assert_eq!(
        client.get(&format!("/api/tickets/{uuid}/download")).bytes,
        pdf
    );
    // A preview of the ticket is its download.
    let preview = client.post(
        "/api/templates/classic/preview",
        &json!({ "ticketId": "order-1-1" }),
    );
    assert!(preview.bytes == pdf, "the preview differs from the print");
    // The holder's link needs no token.
    let public = ticket["publicUrl"].as_str().unwrap();
    let path = public.split_once("/t/").unwrap().1;
    assert_eq!(client.get(&format!("/t/{path}")).bytes, pdf);
    let (all_but_last, last) = path.split_at(path.len() - 1);
    let other = if last == "A" { "Q" } else { "A" };
    assert_eq!(client.get(&format!("/t/{all_but_last}{other}")).status, 404);

    assert_eq!(
        client.post("/api/tickets/generate", &order).code(),
        "TICKET_EXISTS"
    );

    let verdict = |qr: &str| {
        client
            .post("/api/tickets/validate", &json!({ "qr": qr }))
            .data()
    };
    assert_eq!(verdict(qr_text)["name"], "VALID");
    assert_eq!(verdict("hello")["name"], "MALFORMED");
    let specimen = client.post("/api/templates/classic/preview", &json!({}));
    assert!(specimen.bytes.starts_with(b"%PDF-"));
    let revoked = client.delete("/api/tickets/order-1-1?reason=refund");
    assert_eq!(revoked.data()["status"], "revoked");
    assert_eq!(verdict(qr_text)["name"], "REVOKED");
    assert_eq!(verdict(qr_text)["advice"], "refuse");
}

#[test]
fn every_component_is_healthy() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "viewer");
    let host = Host::start(&folder);
    let health = host.client(&token).get("/health");
    assert_eq!(health.status, 200, "{}", health.json());
    let components = health.json()["components"].clone();
    for name in [
        "database",
        "storage",
        "qr_generator",
        "pdf_generator",
        "plugins",
    ] {
        assert_eq!(components[name]["status"], "healthy", "{components}");
    }
}

#[test]
fn a_rejected_template_says_what_to_change_and_is_never_used() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let sent = client
        .send(
            "POST",
            "/api/templates?name=mine",
            "application/wasm",
            b"not wasm",
        )
        .unwrap();
    assert_eq!(
        (sent.status, sent.code().as_str()),
        (422, "TEMPLATE_REJECTED"),
        "{}",
        sent.json()
    );
    let problems = sent.json()["error"]["report"]["problems"].clone();
    assert!(!problems.as_array().unwrap().is_empty(), "{problems}");
    let activated = client.post("/api/templates/mine/versions/1/activate", &json!({}));
    assert_eq!(
        (activated.status, activated.code().as_str()),
        (409, "STATE_CONFLICT")
    );
    let order = json!({ "ticketData": { "id": "x" }, "options": { "template": "mine" } });
    assert_eq!(
        client.post("/api/tickets/generate", &order).code(),
        "TEMPLATE_NOT_FOUND"
    );
    let name = client
        .send("POST", "/api/templates?name=No!", "application/wasm", b"")
        .unwrap();
    assert_eq!(
        (name.status, name.code().as_str()),
        (400, "VALIDATION_ERROR")
    );
}
