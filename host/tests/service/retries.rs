//! Requests that are sent twice act once.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::support::{Answer, Client, Folder, Host, token};

fn send(client: &Client, key: &str, method: &str, path: &str, body: &Value) -> Answer {
    client
        .send_with(method, path, &[("Idempotency-Key", key)], body)
        .unwrap()
}

#[test]
fn the_same_request_is_answered_alike_and_acts_once() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let twice = |key: &str, method: &str, path: &str, body: Value| {
        let first = send(&client, key, method, path, &body);
        assert!(first.status < 300, "{method} {path}: {}", first.json());
        let again = send(&client, key, method, path, &body);
        assert_eq!(
            again.status,
            first.status,
            "{method} {path}: {}",
            again.json()
        );
        assert_eq!(again.json(), first.json(), "{method} {path}");
        first.data()
    };
    let event = json!({ "id": "gala", "title": "Gala", "currency": "EUR" });
    twice("e-1", "POST", "/api/events", event);
    let revised = json!({ "title": "Great Gala", "currency": "EUR" });
    let revised = twice("e-2", "PUT", "/api/events/gala", revised);
    assert_eq!(revised["revision"], 2);

    // No id of the caller's own: only the key tells that the tickets exist.
    let order = json!({
        "ticketData": {
            "eventId": "gala", "type": "day", "attendeeName": "Zoë", "customFields": { "x": 1 },
        },
        "options": { "includePDF": true },
    });
    let sold = twice("t-1", "POST", "/api/tickets/generate", order.clone());
    let several = json!({ "eventId": "gala", "ticketType": "day", "quantity": 3 });
    twice("t-2", "POST", "/api/tickets/generate", several);
    let described =
        json!({ "ticketData": { "eventId": "gala" }, "userData": { "first_name": "A" } });
    twice("t-3", "POST", "/api/tickets/pdf", described);
    let code = json!({ "ticketData": { "id": "own", "eventId": "gala" } });
    twice("t-4", "POST", "/api/tickets/qr/generate", code);
    let stats = client.get("/api/tickets/events/gala/stats").data();
    assert_eq!(stats["totalTickets"], 6);

    let path = format!("/api/tickets/{}", sold["ticketId"].as_str().unwrap());
    let patched = twice("p-1", "PATCH", &path, json!({ "seat": "1" }));
    assert_eq!(patched["revision"], 2);
    let patched = twice("p-2", "PATCH", &path, json!({ "type": "vip" }));
    assert_eq!(
        (&patched["revision"], &patched["codeChanged"]),
        (&json!(3), &json!(true))
    );
    let renewed = json!({ "reason": "lost", "regeneratePDF": true });
    twice("p-3", "POST", &format!("{path}/regenerate"), renewed);
    twice(
        "s-1",
        "POST",
        &format!("{path}/suspend?reason=doubt"),
        json!({}),
    );
    twice("s-2", "POST", &format!("{path}/reinstate"), json!({}));
    // The answer of then, although the ticket has moved on since.
    let suspended = send(
        &client,
        "s-1",
        "POST",
        &format!("{path}/suspend?reason=doubt"),
        &json!({}),
    );
    assert_eq!(suspended.data()["status"], "suspended");
    assert_eq!(client.get(&path).data()["status"], "generated");
    let first = send(&client, "t-1", "POST", "/api/tickets/generate", &order);
    assert_eq!(first.data(), sold);
    twice("s-3", "DELETE", &format!("{path}?reason=refund"), json!({}));
    let all = json!({ "eventId": "gala", "reason": "cancelled" });
    let revoked = twice("s-4", "POST", "/api/tickets/revoke", all);
    assert_eq!(
        revoked,
        json!({ "matched": 6, "revoked": 5, "alreadyRevoked": 1 })
    );
    twice(
        "e-3",
        "POST",
        "/api/events",
        json!({ "id": "empty", "title": "Empty" }),
    );
    twice("e-4", "DELETE", "/api/events/empty", json!({}));
    assert_eq!(client.get("/api/events/empty").status, 404);

    let activate = "/api/templates/classic/versions/1/activate";
    twice("a-1", "POST", activate, json!({}));
}

#[test]
fn a_key_belongs_to_one_request_of_one_organizer() {
    let folder = Folder::new();
    let (ours, theirs) = (
        token(&folder, "acme", "service"),
        token(&folder, "other", "service"),
    );
    let host = Host::start(&folder);
    let (client, other) = (host.client(&ours), host.client(&theirs));
    let order = json!({ "ticketData": { "attendeeName": "Zoë" } });
    let path = "/api/tickets/generate";
    assert_eq!(send(&client, "k", "POST", path, &order).status, 201);
    for (path, body) in [
        (path, json!({ "ticketData": { "attendeeName": "Alice" } })),
        ("/api/tickets/qr/generate", order.clone()),
        ("/api/tickets/generate?x=1", order.clone()),
    ] {
        let refused = send(&client, "k", "POST", path, &body);
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (422, "IDEMPOTENCY_KEY_REUSED"),
            "{path}"
        );
    }
    // What is no route has nothing to do with keys.
    for (method, path) in [("PUT", path), ("POST", "/api/tickets/no/such/route")] {
        let refused = send(&client, "k", method, path, &order);
        assert!(matches!(refused.status, 404 | 405), "{}", refused.json());
    }
    assert_eq!(send(&other, "k", "POST", path, &order).status, 201);
    for key in ["", "\u{7f}", &"x".repeat(256)] {
        let Some(refused) = client.send_with("POST", path, &[("Idempotency-Key", key)], &order)
        else {
            continue; // The client itself refuses to send it.
        };
        assert_eq!(refused.code(), "VALIDATION_ERROR", "{key:?}");
    }

    // What was refused used no key up.
    let wrong = json!({ "ticketData": { "attendeeName": 7 } });
    assert_eq!(send(&client, "l", "POST", path, &wrong).status, 400);
    assert_eq!(send(&client, "l", "POST", path, &order).status, 201);
    assert_eq!(
        send(&host.client("bad"), "m", "POST", path, &order).status,
        401
    );
}

#[test]
fn the_same_request_from_many_at_once_makes_one_ticket() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "service");
    let host = Host::start(&folder);
    let order = json!({ "ticketData": { "attendeeName": "Zoë" } });
    let ids = Mutex::new(BTreeSet::new());
    thread::scope(|scope| {
        for _ in 0..12 {
            let client = host.client(&token);
            let (order, ids) = (&order, &ids);
            scope.spawn(move || {
                let answer = send(&client, "k", "POST", "/api/tickets/generate", order);
                match answer.status {
                    201 => {
                        let id = answer.data()["ticketId"].as_str().unwrap().to_owned();
                        ids.lock().unwrap().insert(id);
                    }
                    _ => {
                        assert_eq!(answer.code(), "IDEMPOTENCY_IN_PROGRESS");
                        assert!(answer.retry_after.is_some());
                    }
                }
            });
        }
    });
    assert_eq!(ids.into_inner().unwrap().len(), 1);
    let stats = host.client(&token).get("/api/tickets/events/default/stats");
    assert_eq!(stats.data()["totalTickets"], 1);
}

#[test]
fn keys_survive_kill_9() {
    const CLIENTS: usize = 6;
    const TICKETS_BEFORE_THE_CUT: usize = 30;
    let folder = Folder::new();
    let token = token(&folder, "acme", "service");
    let host = Host::start(&folder);
    let acknowledged = Mutex::new(Vec::new());
    let attempted = Mutex::new(Vec::new());
    let cut = AtomicBool::new(false);
    let order = json!({ "ticketData": { "attendeeName": "Zoë" } });
    let path = "/api/tickets/generate";
    thread::scope(|scope| {
        for number in 0..CLIENTS {
            let client = host.client(&token);
            let (acknowledged, attempted, cut, order) = (&acknowledged, &attempted, &cut, &order);
            scope.spawn(move || {
                for count in 0.. {
                    if cut.load(Ordering::SeqCst) {
                        return;
                    }
                    let key = format!("{number}-{count}");
                    attempted.lock().unwrap().push(key.clone());
                    let headers = [("Idempotency-Key", key.as_str())];
                    let Some(answer) = client.send_with("POST", path, &headers, order) else {
                        return;
                    };
                    assert_eq!(answer.status, 201, "{}", answer.json());
                    acknowledged.lock().unwrap().push((key, answer.data()));
                }
            });
        }
        while acknowledged.lock().unwrap().len() < TICKETS_BEFORE_THE_CUT {
            thread::yield_now();
        }
        host.kill();
        cut.store(true, Ordering::SeqCst);
    });

    let host = Host::start(&folder);
    let client = host.client(&token);
    for (key, data) in acknowledged.into_inner().unwrap() {
        let again = send(&client, &key, "POST", path, &order);
        let mut again = again.data();
        // The host has another port now, which stands in its addresses.
        for url in ["pdfUrl", "publicUrl"] {
            again[url] = data[url].clone();
        }
        assert_eq!(again, data, "{key}");
    }
    let attempted = attempted.into_inner().unwrap();
    let mut tickets = 0;
    for key in &attempted {
        let answer = send(&client, key, "POST", path, &order);
        match answer.status {
            201 => tickets += 1,
            // It was under way when the host died; its lease is not over.
            _ => assert_eq!(answer.code(), "IDEMPOTENCY_IN_PROGRESS"),
        }
    }
    let stats = client.get("/api/tickets/events/default/stats").data();
    assert_eq!(
        stats["totalTickets"], tickets,
        "no key has two tickets, and no ticket has no key"
    );
}
