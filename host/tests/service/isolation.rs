//! Organizers never see each other, and a token does only what its role allows.

use serde_json::json;

use crate::support::{Folder, Host, token};

#[test]
fn another_organizers_ids_are_not_found() {
    let folder = Folder::new();
    let ours = token(&folder, "ours", "admin");
    let theirs = token(&folder, "theirs", "admin");
    let host = Host::start(&folder);
    let (ours, theirs) = (host.client(&ours), host.client(&theirs));
    let order = json!({
        "ticketData": { "id": "secret-1", "eventId": "secret" },
        "eventData": { "title": "Secret" },
    });
    let ticket = ours.post("/api/tickets/generate", &order).data();
    let uuid = ticket["uuid"].as_str().unwrap();
    for path in [
        "/api/tickets/secret-1".to_owned(),
        format!("/api/tickets/{uuid}"),
        "/api/tickets/secret-1/download".to_owned(),
        "/api/tickets/secret-1/qrcode".to_owned(),
        "/api/events/secret".to_owned(),
        "/api/verifier/events/secret/bundle".to_owned(),
        "/api/verifier/events/secret/status".to_owned(),
    ] {
        assert_eq!(ours.get(&path).status, 200, "{path}");
        assert_eq!(theirs.get(&path).status, 404, "{path}");
    }
    assert_eq!(theirs.delete("/api/tickets/secret-1").status, 404);
    let listed = theirs.get("/api/events").json().to_string();
    assert!(!listed.contains("Secret"), "{listed}");
    let qr = ticket["qrText"].as_str().unwrap();
    let verdict = theirs
        .post("/api/tickets/validate", &json!({ "qr": qr }))
        .data();
    assert_eq!(verdict["name"], "UNKNOWN_KEY");
}

#[test]
fn tokens_do_what_their_role_allows() {
    let folder = Folder::new();
    let viewer = token(&folder, "acme", "viewer");
    let scanner = token(&folder, "acme", "scanner");
    let host = Host::start(&folder);
    let order = json!({ "ticketData": { "id": "t" } });
    let refused = host.client(&viewer).post("/api/tickets/generate", &order);
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (403, "INSUFFICIENT_PERMISSIONS")
    );
    assert!(
        refused.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("tickets.create")
    );
    assert_eq!(host.client(&scanner).get("/api/events/default").status, 200);
    assert_eq!(host.client(&scanner).get("/api/templates").status, 403);
    assert_eq!(host.client("nonsense").get("/api/events").status, 401);
}
