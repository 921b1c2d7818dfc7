//! What is kept for a time only.

use serde_json::{Value, json};

use crate::support::{Folder, Host, token};

#[test]
fn holders_are_erased_some_days_after_their_event() {
    let folder = Folder::new();
    let admin = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&admin);
    for (event, date) in [("past", "2020-05-01T20:00"), ("future", "2099-05-01T20:00")] {
        for number in 0..3 {
            let order = json!({
                "ticketData": {
                    "id": format!("{event}-{number}"), "eventId": event,
                    "attendeeName": "Zoë", "attendeeEmail": "zoe@example.org",
                },
                "eventData": { "id": event, "title": event, "eventDate": date },
            });
            let issued = client.post("/api/tickets/generate", &order);
            assert_eq!(issued.status, 201, "{}", issued.json());
        }
    }
    let qr = client.get("/api/tickets/past-2").data()["qrText"].clone();
    host.stop();

    let host = Host::start_with(&folder, &[("RETENTION_DAYS", "30")]);
    let client = host.client(&admin);
    let shown = |id: &str| client.get(&format!("/api/tickets/{id}")).data();
    for number in 0..3 {
        let id = format!("past-{number}");
        while shown(&id)["holderErased"] != true {
            std::thread::yield_now();
        }
        assert_eq!(shown(&id)["attendeeEmail"], Value::Null);
        assert_eq!(shown(&format!("future-{number}"))["attendeeName"], "Zoë");
    }
    let verdict = client.post("/api/tickets/validate", &json!({ "qr": qr }));
    assert_eq!(verdict.data()["name"], "VALID");
    host.stop();
    let verified = folder.guichet(&["audit", "verify"]);
    assert!(verified.status.success());
}
