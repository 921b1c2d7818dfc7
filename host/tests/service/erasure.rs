//! A person is erased from tickets, and the tickets go on.

use serde_json::{Value, json};

use crate::support::{Client, Folder, Host, token};

fn order(id: &str, name: &str, email: &str) -> Value {
    json!({
        "ticketData": {
            "id": id, "eventId": "gala", "type": "vip", "orderId": "order-1", "seat": "A-12",
            "attendeeName": name, "attendeeEmail": email,
            "customFields": { "company": format!("{name} & Sons") },
        },
        "userData": { "phone": "+420 601 222 333" },
        "eventData": { "id": "gala", "title": "Gala" },
    })
}

fn verdict(client: &Client, qr: &Value) -> Value {
    let answer = client.post("/api/tickets/validate", &json!({ "qr": qr }));
    answer.data()["name"].clone()
}

fn patch(client: &Client, id: &str, body: &Value) -> Value {
    let path = format!("/api/tickets/{id}");
    client.send_with("PATCH", &path, &[], body).unwrap().data()
}

/// The words of a page: an SVG has them as outlines, so two pages are compared.
fn page(client: &Client, id: &str, more: &str) -> Vec<u8> {
    let answer = client.get(&format!("/api/tickets/{id}/download?format=svg{more}"));
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.bytes
}

#[test]
fn a_holder_is_erased_from_every_revision_and_the_ticket_stays_valid() {
    let folder = Folder::new();
    let admin = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&admin);
    let issued = client.post(
        "/api/tickets/generate",
        &order("t-1", "Zoë", "zoe@example.org"),
    );
    let qr = issued.data()["qrText"].clone();
    patch(
        &client,
        "t-1",
        &json!({ "attendeeName": "Yannick", "attendeeEmail": "yan@example.org" }),
    );
    // A new serial: what the old one said is erased as well.
    let again = client.post("/api/tickets/t-1/regenerate", &json!({}));
    let qr_again = again.data()["qrText"].clone();
    let before = client.get("/api/tickets/t-1/download");
    let (named, as_sold) = (page(&client, "t-1", ""), page(&client, "t-1", "&as=issued"));

    let erased = client.delete("/api/tickets/t-1/holder").data();
    assert_eq!(erased, json!({ "ticketId": "t-1", "revisions": 3 }));
    let shown = client.get("/api/tickets/t-1").data();
    for gone in [
        "attendeeName",
        "attendeeEmail",
        "attendeePhone",
        "customFields",
    ] {
        assert_eq!(shown[gone], Value::Null, "{gone}");
    }
    assert_eq!(shown["holderErased"], true);
    assert_eq!(
        (&shown["seat"], &shown["orderId"]),
        (&json!("A-12"), &json!("order-1"))
    );
    assert_eq!(shown["qrText"], qr_again);
    assert_eq!(verdict(&client, &qr_again), "VALID");
    assert_eq!(verdict(&client, &qr), "REVOKED");
    // It is printed without a name, and nobody is told that the old print is still good.
    let after = client.get("/api/tickets/t-1/download");
    assert_eq!(after.status, 200);
    assert_ne!(before.etag, after.etag);
    assert_ne!(page(&client, "t-1", ""), named);
    assert_ne!(page(&client, "t-1", "&as=issued"), as_sold);

    let again = client.delete("/api/tickets/t-1/holder").data();
    assert_eq!(again["revisions"], 0);
    assert_eq!(
        client.delete("/api/tickets/nobody/holder").code(),
        "TICKET_NOT_FOUND"
    );
    // A change of something else says nothing of a holder; another holder is a new one.
    let moved = patch(&client, "t-1", &json!({ "seat": "B-1" }));
    assert_eq!(moved["holderErased"], true);
    let passed_on = patch(&client, "t-1", &json!({ "attendeeName": "Xenia" }));
    assert_eq!(passed_on["holderErased"], Value::Null);
    host.stop();
    let verified = folder.guichet(&["audit", "verify"]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
}

#[test]
fn a_person_is_found_in_earlier_revisions_and_others_are_left_alone() {
    let folder = Folder::new();
    let (acme, other) = (
        token(&folder, "acme", "admin"),
        token(&folder, "other", "admin"),
    );
    let host = Host::start(&folder);
    let (client, stranger) = (host.client(&acme), host.client(&other));
    for (client, id, name, email) in [
        (&client, "t-1", "Zoë", "zoe@example.org"),
        (&client, "t-2", "Zoë", "Zoe@Example.org"),
        (&client, "t-3", "Yannick", "yan@example.org"),
        (&stranger, "t-1", "Zoë", "zoe@example.org"),
    ] {
        let issued = client.post("/api/tickets/generate", &order(id, name, email));
        assert_eq!(issued.status, 201, "{}", issued.json());
    }
    // Passed on to Yannick: it is his now, and was hers.
    patch(
        &client,
        "t-2",
        &json!({ "attendeeName": "Yannick", "attendeeEmail": "yan@example.org" }),
    );
    let erase = |body: Value| client.post("/api/tickets/erase", &body);

    let counted = erase(json!({ "email": " ZOE@example.org ", "dryRun": true })).data();
    let expected = json!({ "dryRun": true, "tickets": 2, "revisions": 2, "more": false });
    assert_eq!(counted, expected);
    assert_eq!(client.get("/api/tickets/t-1").data()["attendeeName"], "Zoë");

    let body = json!({ "email": "zoe@example.org" });
    let key = [("Idempotency-Key", "an erasure")];
    let send = || {
        client
            .send_with("POST", "/api/tickets/erase", &key, &body)
            .unwrap()
    };
    let (first, second) = (send().data(), send().data());
    let expected = json!({ "dryRun": false, "tickets": 2, "revisions": 2, "more": false });
    assert_eq!((&first, &second), (&expected, &expected));
    assert_eq!(erase(body).data()["tickets"], 0);

    assert_eq!(client.get("/api/tickets/t-1").data()["holderErased"], true);
    assert_eq!(
        client.get("/api/tickets/t-2").data()["attendeeName"],
        "Yannick"
    );
    assert_eq!(
        client.get("/api/tickets/t-3").data()["attendeeName"],
        "Yannick"
    );
    assert_eq!(
        stranger.get("/api/tickets/t-1").data()["attendeeName"],
        "Zoë"
    );
    let yannicks = json!({ "email": "yan@example.org" });
    assert_eq!(erase(yannicks).data()["tickets"], 2);
    assert_eq!(
        client.get("/api/tickets/t-2").data()["attendeeName"],
        Value::Null
    );

    for bad in [
        json!({}),
        json!({ "email": "" }),
        json!({ "email": "zoe" }),
        json!({ "email": 7 }),
        json!({ "email": format!("{}@example.org", "z".repeat(300)) }),
        json!({ "email": "a@b\u{0}" }),
        json!({ "email": "zoe@example.org", "all": true }),
    ] {
        let refused = erase(bad.clone());
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "VALIDATION_ERROR"),
            "{bad}"
        );
    }
}

#[test]
fn an_erasure_is_repeated_under_its_key() {
    let folder = Folder::new();
    let admin = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&admin);
    client.post(
        "/api/tickets/generate",
        &order("t-1", "Zoë", "zoe@example.org"),
    );
    let key = [("Idempotency-Key", "an erasure")];
    let erase = || {
        let path = "/api/tickets/t-1/holder";
        client.send_with("DELETE", path, &key, &json!({})).unwrap()
    };
    let (first, second) = (erase(), erase());
    assert_eq!(first.status, 200, "{}", first.json());
    assert_eq!(first.data()["revisions"], 1);
    assert_eq!(first.data(), second.data());
}

#[test]
fn a_code_that_says_a_name_gives_way_to_one_that_does_not() {
    let folder = Folder::new();
    let admin = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&admin);
    let guest = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/hostile/sinner.wasm");
    let guest = std::fs::read(guest).expect("run `cargo xtask build` first");
    let uploaded = client.upload("named", &guest, b"good:named");
    assert_eq!(uploaded.status, 201, "{}", uploaded.json());
    client
        .post("/api/templates/named/versions/1/activate", &json!({}))
        .data();
    let name = "Wilhelmina Quetzal";
    let order = json!({
        "ticketData": { "id": "t-1", "attendeeName": name, "seat": "A-1" },
        "options": { "template": "named" },
    });
    let issued = client.post("/api/tickets/generate", &order);
    assert_eq!(issued.status, 201, "{}", issued.json());
    let printed = issued.data()["qrText"].clone();
    // The code is drawn and shown as it was signed, though it is stored encrypted.
    assert_eq!(client.get("/api/tickets/t-1").data()["qrText"], printed);
    let moved = patch(&client, "t-1", &json!({ "seat": "B-2" }));
    assert_eq!(
        (&moved["codeChanged"], &moved["qrText"]),
        (&json!(false), &printed)
    );
    let stored = folder.tokens();
    assert_eq!(stored.len(), 2);
    let says_name = |token: &Vec<u8>| {
        let mut windows = token.windows(name.len());
        windows.any(|window| window == name.as_bytes())
    };
    assert!(!stored.iter().any(says_name), "a name is stored in clear");

    assert_eq!(
        client.delete("/api/tickets/t-1/holder").data()["revisions"],
        2
    );
    let nameless = client.get("/api/tickets/t-1").data()["qrText"].clone();
    assert_ne!(nameless, printed);
    let judged = [&nameless, &printed].map(|code| {
        let verdict = client.post("/api/tickets/validate", &json!({ "qr": code }));
        let verdict = verdict.data();
        assert_eq!(verdict["name"], "VALID");
        verdict["serial"].clone()
    });
    assert_eq!(judged[0], judged[1], "they are one ticket");
    // It is printed although the template cannot do without a name.
    for path in ["download", "download?as=issued"] {
        let printed = client.get(&format!("/api/tickets/t-1/{path}"));
        assert_eq!(printed.status, 200, "{path}: {}", printed.json());
    }
    let moved = patch(&client, "t-1", &json!({ "seat": "C-3" }));
    assert_eq!(
        (&moved["codeChanged"], &moved["qrText"]),
        (&json!(false), &nameless)
    );
    assert_eq!(moved["holderErased"], true);
}

#[test]
fn all_of_a_persons_many_tickets_are_reached() {
    let folder = Folder::new();
    let admin = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&admin);
    let order = json!({
        "eventId": "default", "ticketType": "standard", "quantity": 20,
        "userData": { "first_name": "Zoë", "last_name": "Kraus", "email": "zoe@example.org" },
    });
    let mut ids = Vec::new();
    for _ in 0..6 {
        let tickets = client.post("/api/tickets/generate", &order).data()["tickets"].clone();
        ids.extend(
            tickets
                .as_array()
                .unwrap()
                .iter()
                .map(|ticket| ticket["ticketId"].clone()),
        );
    }
    let erase = |dry_run: bool| {
        let body = json!({ "email": "zoe@example.org", "dryRun": dry_run });
        let erased = client.post("/api/tickets/erase", &body).data();
        (erased["tickets"].clone(), erased["more"].clone())
    };
    assert_eq!(erase(true), (json!(120), json!(false)));
    assert_eq!(erase(false), (json!(120), json!(false)));
    assert_eq!(erase(false), (json!(0), json!(false)));
    for id in [&ids[0], &ids[119]] {
        let path = format!("/api/tickets/{}", id.as_str().unwrap());
        assert_eq!(client.get(&path).data()["holderErased"], true);
    }
}

#[test]
fn a_change_that_is_under_way_does_not_bring_a_holder_back() {
    let folder = Folder::new();
    let admin = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&admin);
    client
        .post(
            "/api/tickets/generate",
            &order("t-1", "Zoë", "zoe@example.org"),
        )
        .data();
    let seat = |number: u32| json!({ "seat": format!("A-{number}") });
    std::thread::scope(|scope| {
        let mover = client.clone();
        scope.spawn(move || {
            for number in 0..30 {
                let moved = mover
                    .send_with("PATCH", "/api/tickets/t-1", &[], &seat(number))
                    .unwrap();
                let is_outdated = moved.code() == "REVISION_CONFLICT";
                assert!(moved.status == 200 || is_outdated, "{}", moved.json());
            }
        });
        let eraser = client.clone();
        scope.spawn(move || {
            // Only who always comes second is told so.
            while eraser.delete("/api/tickets/t-1/holder").status == 409 {}
        });
    });
    let shown = client.get("/api/tickets/t-1").data();
    assert_eq!(
        (&shown["attendeeName"], &shown["holderErased"]),
        (&Value::Null, &json!(true))
    );
    let as_sold = client.get("/api/tickets/t-1/download?as=issued");
    assert_eq!(as_sold.status, 200);
}
