//! Tickets and events that change after they were sold.

use serde_json::{Value, json};

use crate::support::{Client, Folder, Host, token};

fn verdict(client: &Client, qr: &Value) -> String {
    let answer = client.post("/api/tickets/validate", &json!({ "qr": qr }));
    answer.data()["name"].as_str().unwrap().to_owned()
}

fn patch(client: &Client, id: &str, body: &Value) -> crate::support::Answer {
    let path = format!("/api/tickets/{id}");
    let body = body.to_string();
    client
        .send("PATCH", &path, "application/json", body.as_bytes())
        .unwrap()
}

#[test]
fn a_change_keeps_the_code_unless_it_is_signed() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let order = json!({
        "ticketData": {
            "id": "t-1", "eventId": "gala", "type": "day", "orderId": "o-1", "seat": "12",
            "attendeeName": "Zoë", "customFields": { "table": "7", "menu": "fish" },
        },
        "eventData": { "title": "Gala", "currency": "EUR" },
    });
    let sold = client.post("/api/tickets/generate", &order).data();
    let qr = sold["qrText"].clone();
    let unread = "customFields.menu: the template classic does not read it";
    assert!(sold["notes"].to_string().contains(unread), "{sold}");
    let as_sold = client.get("/api/tickets/t-1/download").bytes;
    let public = sold["publicUrl"].as_str().unwrap();
    let public = public.strip_prefix(&client.origin).unwrap();

    // What is only printed: a new revision, the same code.
    let changed = patch(
        &client,
        "t-1",
        &json!({
            "attendeeName": "Alice", "seat": null, "orderId": "o-2", "price": 1250,
            "customFields": { "table": "8", "menu": null, "vegan": true },
        }),
    );
    assert_eq!(changed.status, 200, "{}", changed.json());
    let changed = changed.data();
    assert_eq!(changed["revision"], 2);
    assert_eq!(changed["codeChanged"], false);
    assert_eq!(changed["qrText"], qr);
    assert_eq!(changed["attendeeName"], "Alice");
    assert_eq!(changed["price"], 1250);
    assert_eq!(
        changed["customFields"],
        json!({ "table": "8", "vegan": true })
    );
    assert!(changed.get("seat").is_none());
    assert_eq!(verdict(&client, &qr), "VALID");
    assert_ne!(client.get("/api/tickets/t-1/download").bytes, as_sold);
    assert_eq!(client.get("/api/tickets/orders/o-1/download").status, 404);
    assert_eq!(client.get("/api/tickets/orders/o-2/download").status, 200);

    // The type is signed: another code, the same id, and the old code is revoked.
    let changed = patch(&client, "t-1", &json!({ "ticketData": { "type": "vip" } })).data();
    assert_eq!(changed["codeChanged"], true);
    assert_eq!(changed["revision"], 3);
    assert_eq!(changed["ticketType"], "vip");
    assert_eq!(changed["uuid"], sold["uuid"]);
    assert_eq!(changed["attendeeName"], "Alice");
    let new_qr = changed["qrText"].clone();
    assert_ne!(new_qr, qr);
    assert_eq!(verdict(&client, &qr), "REVOKED");
    assert_eq!(verdict(&client, &new_qr), "VALID");
    let uuid = sold["uuid"].as_str().unwrap();
    for id in ["t-1", uuid] {
        let found = client.get(&format!("/api/tickets/{id}")).data();
        assert_eq!(found["qrText"], new_qr, "{id}");
    }
    let newest = client.get("/api/tickets/t-1/download").bytes;
    assert_eq!(
        client.get(public).bytes,
        newest,
        "the holder's link leads to the new one"
    );
    let stats = client.get("/api/tickets/events/gala/stats").data();
    assert_eq!(stats["totalTickets"], 1);
    assert_eq!(stats["types"], json!({ "vip": stats["types"]["vip"] }));

    // The ticket as it was sold can still be seen.
    let issued = client.get("/api/tickets/t-1/download?as=issued").bytes;
    assert!(issued == as_sold, "the ticket as sold is the same bytes");
}

#[test]
fn a_patch_that_makes_no_sense_changes_nothing() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let order = json!({ "ticketData": { "id": "t-1", "attendeeName": "Zoë" } });
    client.post("/api/tickets/generate", &order);
    let refused = |body: Value, field: &str| {
        let answer = patch(&client, "t-1", &body);
        assert_eq!(
            answer.code(),
            "VALIDATION_ERROR",
            "{body}: {}",
            answer.json()
        );
        let details = answer.json()["error"]["details"].clone();
        let details = details.as_array().unwrap();
        assert!(
            details.iter().any(|detail| detail["field"] == field),
            "{details:?}"
        );
    };
    refused(json!({}), "body");
    refused(json!({ "colour": "red" }), "colour");
    refused(json!({ "id": "t-2" }), "id");
    refused(json!({ "attendeeName": "a\u{202E}b" }), "attendeeName");
    refused(json!({ "attendeeName": 7 }), "attendeeName");
    refused(json!({ "price": 10 }), "price");
    refused(json!({ "price": "much" }), "price");
    refused(json!({ "ticketData": 7 }), "ticketData");
    refused(
        json!({ "seat": "1", "ticketData": { "seat": "2" } }),
        "seat",
    );
    refused(json!({ "customFields": { "a": [1] } }), "customFields.a");
    assert_eq!(
        patch(&client, "t-1", &json!({ "template": "none" })).code(),
        "TEMPLATE_NOT_FOUND"
    );
    assert_eq!(
        patch(&client, "none", &json!({ "seat": "1" })).code(),
        "TICKET_NOT_FOUND"
    );
    let ticket = client.get("/api/tickets/t-1").data();
    assert_eq!(ticket["revision"], 1);
    client.delete("/api/tickets/t-1");
    assert_eq!(
        patch(&client, "t-1", &json!({ "seat": "1" })).code(),
        "STATE_CONFLICT"
    );
}

#[test]
fn a_lost_code_is_replaced() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "service");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let order = json!({ "ticketData": { "id": "t-1", "attendeeName": "Zoë" } });
    let sold = client.post("/api/tickets/generate", &order).data();
    let again = |body: Value| client.post("/api/tickets/t-1/regenerate", &body);
    let renewed = again(json!({ "reason": "lost", "regenerateQR": true, "regeneratePDF": true }));
    assert_eq!(renewed.status, 200, "{}", renewed.json());
    let renewed = renewed.data();
    assert_eq!(renewed["ticketId"], "t-1");
    assert_eq!(renewed["uuid"], sold["uuid"]);
    assert_ne!(renewed["ticketNumber"], sold["ticketNumber"]);
    assert!(renewed["pdfBase64"].is_string());
    assert_eq!(verdict(&client, &sold["qrText"]), "REVOKED");
    assert_eq!(verdict(&client, &renewed["qrText"]), "VALID");

    let file = again(json!({ "regenerateQR": false, "regeneratePDF": true })).data();
    assert_eq!(file["qrText"], renewed["qrText"]);
    assert_eq!(file["pdfBase64"], renewed["pdfBase64"]);
    let nothing = again(json!({ "regenerateQR": false }));
    assert_eq!(nothing.code(), "VALIDATION_ERROR");
}

#[test]
fn many_tickets_are_revoked_by_a_filter() {
    let folder = Folder::new();
    let ours = token(&folder, "acme", "organizer");
    let theirs = token(&folder, "other", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&ours);
    for number in 0..6 {
        let order = json!({
            "ticketData": {
                "id": format!("t-{number}"), "eventId": "gala",
                "type": if number < 3 { "vip" } else { "day" },
                "orderId": if number % 2 == 0 { "even" } else { "odd" },
            },
            "eventData": { "title": "Gala" },
        });
        assert_eq!(client.post("/api/tickets/generate", &order).status, 201);
    }
    let revoke = |body: Value| {
        let answer = client.post("/api/tickets/revoke", &body);
        assert_eq!(answer.status, 200, "{body}: {}", answer.json());
        let data = answer.data();
        ["matched", "revoked", "alreadyRevoked"].map(|name| data[name].as_u64().unwrap())
    };
    let foreign = host.client(&theirs);
    let nothing = foreign.post("/api/tickets/revoke", &json!({ "ticketIds": ["t-0"] }));
    assert_eq!(nothing.data()["notFound"], json!(["t-0"]));
    assert_eq!(
        foreign
            .post("/api/tickets/revoke", &json!({ "eventId": "gala" }))
            .code(),
        "EVENT_NOT_FOUND"
    );

    assert_eq!(
        revoke(json!({ "eventId": "gala", "type": "vip", "orderId": "even", "reason": "fraud" })),
        [2, 2, 0]
    );
    assert_eq!(
        client.get("/api/tickets/t-2").data()["statusReason"],
        "fraud"
    );
    assert_eq!(
        revoke(json!({ "ticketIds": ["t-0", "t-1", "t-1", "none"] })),
        [2, 1, 1]
    );
    assert_eq!(
        revoke(json!({ "ticketIds": ["t-5"], "orderId": "even" })),
        [0, 0, 0]
    );
    assert_eq!(
        revoke(json!({ "eventId": "gala", "type": "nobody-has-it" })),
        [0, 0, 0]
    );
    assert_eq!(revoke(json!({ "orderId": "even" })), [3, 1, 2]);
    assert_eq!(revoke(json!({ "eventId": "gala" })), [6, 2, 4]);
    for body in [
        json!({}),
        json!({ "type": "vip" }),
        json!({ "ticketIds": vec!["x"; 1001] }),
        json!({ "all": true }),
    ] {
        let answer = client.post("/api/tickets/revoke", &body);
        assert_eq!(answer.code(), "VALIDATION_ERROR");
    }
}

#[test]
fn an_event_is_deleted_only_before_its_first_ticket() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let make = |id: &str| client.post("/api/events", &json!({ "id": id, "title": id }));
    assert_eq!(make("fair").status, 201);
    assert_eq!(client.delete("/api/events/fair").status, 200);
    assert_eq!(client.get("/api/events/fair").status, 404);
    assert_eq!(client.delete("/api/events/fair").code(), "EVENT_NOT_FOUND");
    assert_eq!(
        client.delete("/api/events/default").code(),
        "BUILT_IN_EVENT"
    );
    let order = json!({ "ticketData": { "eventId": "fair" } });
    assert_eq!(
        client.post("/api/tickets/generate", &order).code(),
        "EVENT_NOT_FOUND"
    );
    assert_eq!(make("fair").status, 201, "the id is free again");
    assert_eq!(client.post("/api/tickets/generate", &order).status, 201);
    assert_eq!(
        client.delete("/api/events/fair").code(),
        "EVENT_HAS_TICKETS"
    );
}

#[test]
fn several_tickets_of_one_request_are_all_or_none() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let several = client.post(
        "/api/tickets/generate",
        &json!({ "ticketType": "day", "quantity": 3 }),
    );
    assert_eq!(several.status, 201, "{}", several.json());
    let several = several.data();
    let tickets = several["tickets"].as_array().unwrap();
    let numbers: std::collections::BTreeSet<_> = tickets
        .iter()
        .map(|ticket| ticket["ticketNumber"].as_str().unwrap())
        .collect();
    assert_eq!(numbers.len(), 3);
    let stats = client.get("/api/tickets/events/default/stats").data();
    assert_eq!(stats["totalTickets"], 3);
}
