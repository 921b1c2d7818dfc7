//! Webhooks: what is done reaches the systems of its organizer, signed, and nobody else's.

use serde_json::{Value, json};

use crate::receiver::{Receiver, Reply, wait_until};
use crate::support::{Answer, Client, Folder, Host, token};

/// These tests' receivers are on loopback.
const ALLOWED: (&str, &str) = ("WEBHOOK_ALLOWED_NETWORKS", "loopback");

fn patch(client: &Client, path: &str, body: &Value) -> Answer {
    client.send_with("PATCH", path, &[], body).unwrap()
}

fn send(client: &Client, key: &str, path: &str, body: &Value) -> Answer {
    let key = [("Idempotency-Key", key)];
    client.send_with("POST", path, &key, body).unwrap()
}

fn create(client: &Client, body: &Value) -> (String, String) {
    let made = client.post("/api/webhooks", body);
    assert_eq!(made.status, 201, "{}", made.json());
    let made = made.data();
    let path = format!("/api/webhooks/{}", made["id"]);
    (path, made["secret"].as_str().unwrap().to_owned())
}

fn deliveries(client: &Client, path: &str) -> Vec<Value> {
    let listed = client.get(&format!("{path}/deliveries?limit=100")).data();
    listed["deliveries"].as_array().unwrap().clone()
}

/// Waits until the newest delivery has been tried, and gives it.
fn tried(client: &Client, path: &str) -> Value {
    wait_until(|| {
        let newest = deliveries(client, path).first()?.clone();
        let is_tried = !newest["attempts"].as_array().unwrap().is_empty();
        is_tried.then_some(newest)
    })
}

fn sell(client: &Client, id: &str) -> Value {
    let order = json!({
        "ticketData": { "id": id, "eventId": "gala", "attendeeName": "Zoë Kraus" },
        "eventData": { "title": "Gala" },
    });
    let sold = client.post("/api/tickets/generate", &order);
    assert_eq!(sold.status, 201, "{}", sold.json());
    sold.data()
}

#[test]
fn what_is_done_arrives_signed_and_names_no_person() {
    let folder = Folder::new();
    let ours = token(&folder, "acme", "admin");
    let theirs = token(&folder, "other", "admin");
    let host = Host::start_with(&folder, &[ALLOWED]);
    let (client, theirs) = (host.client(&ours), host.client(&theirs));
    let (everything, picky, foreign) = (
        Receiver::start(&[]),
        Receiver::start(&[]),
        Receiver::start(&[]),
    );
    let gala = json!({ "id": "gala", "title": "Gala" });
    assert_eq!(client.post("/api/events", &gala).status, 201);
    let (path, secret) = create(&client, &json!({ "url": everything.url("/a?key=1") }));
    let (_, picky_secret) = create(
        &client,
        &json!({ "url": picky.url("/"), "events": ["ticket.revoked"], "description": "the till" }),
    );
    create(&theirs, &json!({ "url": foreign.url("/") }));

    let sold = sell(&client, "t-1");
    assert_eq!(
        patch(&client, "/api/tickets/t-1", &json!({ "seat": "7" })).status,
        200
    );
    let moved = patch(&client, "/api/tickets/t-1", &json!({ "type": "vip" }));
    assert_eq!(moved.status, 200, "{}", moved.json());
    for step in ["suspend", "reinstate"] {
        let path = format!("/api/tickets/t-1/{step}?reason=doubt");
        assert_eq!(client.post(&path, &json!({})).status, 200);
    }
    assert_eq!(client.delete("/api/tickets/t-1").status, 200);
    sell(&client, "t-2");
    sell(&client, "t-3");
    let all = client.post("/api/tickets/revoke", &json!({ "eventId": "gala" }));
    assert_eq!(all.data()["revoked"], 2);
    let fair = json!({ "id": "fair", "title": "Fair" });
    assert_eq!(client.post("/api/events", &fair).status, 201);
    let renamed = json!({ "title": "The Fair" });
    let renamed = client.send_with("PUT", "/api/events/fair", &[], &renamed);
    assert_eq!(renamed.unwrap().status, 200);
    assert_eq!(client.delete("/api/events/fair").status, 200);
    assert_eq!(client.post("/api/keys/rotate", &json!({})).status, 200);

    let received = everything.wait_for(14);
    let messages: Vec<Value> = received
        .iter()
        .map(|message| message.verified(&secret).expect("a good signature"))
        .collect();
    let mut kinds: Vec<_> = received.iter().map(|message| message.kind()).collect();
    kinds.sort();
    assert_eq!(
        kinds,
        [
            "event.created",
            "event.deleted",
            "event.revised",
            "key.created",
            "key.rotated",
            "ticket.issued",
            "ticket.issued",
            "ticket.issued",
            "ticket.reinstated",
            "ticket.replaced",
            "ticket.revised",
            "ticket.revoked",
            "ticket.suspended",
            "tickets.revoked",
        ]
    );
    let of = |kind: &str| {
        let found = messages.iter().find(|message| message["type"] == kind);
        found.unwrap()["data"].clone()
    };
    let revised = of("ticket.revised");
    assert_eq!(
        (
            &revised["ticketId"],
            &revised["eventId"],
            &revised["revision"]
        ),
        (&json!("t-1"), &json!("gala"), &json!(2))
    );
    assert_eq!(revised["uuid"], sold["uuid"]);
    let revoked = of("tickets.revoked");
    assert_eq!(revoked["eventId"], "gala");
    assert_eq!(revoked["tickets"].as_array().unwrap().len(), 2);
    assert_eq!(of("event.deleted")["eventId"], "fair");
    assert_eq!(of("key.rotated")["purpose"], "ticket");
    for message in &received {
        assert_eq!(message.path, "/a?key=1");
        assert_eq!(message.header("content-type"), "application/json");
        assert!(message.header("webhook-id").starts_with("msg_"));
        for personal in ["Zoë", "Kraus", "doubt"] {
            assert!(!message.body.contains(personal), "{}", message.body);
        }
    }
    let mut ids: Vec<_> = received
        .iter()
        .map(|message| message.header("webhook-id"))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 14, "each message has its own id");

    let only = picky.wait_for(1);
    assert_eq!(
        only[0].verified(&picky_secret).unwrap()["data"]["ticketId"],
        "t-1"
    );
    assert!(only[0].verified(&secret).is_none());
    let log = wait_until(|| {
        let log = deliveries(&client, &path);
        let done = log.iter().all(|delivery| delivery["status"] == "delivered");
        done.then_some(log)
    });
    assert_eq!(log.len(), 14);
    assert_eq!(log[0]["attempts"][0]["statusCode"], 204, "{}", log[0]);
    let page = client
        .get(&format!(
            "{path}/deliveries?status=delivered&limit=5&page=3"
        ))
        .data();
    assert_eq!(page["deliveries"].as_array().unwrap().len(), 4);
    assert_eq!(page["pagination"]["total"], 14);
    assert_eq!((picky.received().len(), foreign.received().len()), (1, 0));
    let figures = host.figures();
    for line in [
        r#"webhook_attempts_total{outcome="delivered"} 15"#,
        r#"generation_queue_size{queue_name="webhooks"} 0"#,
    ] {
        wait_until(|| host.figures().contains(line).then_some(()));
    }
    assert!(figures.contains("webhook_attempt_duration_seconds_count"));
}

#[test]
fn what_fails_is_tried_again_and_holds_nobody_up() {
    let folder = Folder::new();
    let bearer = token(&folder, "acme", "admin");
    let host = Host::start_with(&folder, &[ALLOWED]);
    let client = host.client(&bearer);
    let mute = Receiver::start(&[Reply::Silence]);
    let (mute_path, _) = create(&client, &json!({ "url": mute.url("/") }));
    assert_eq!(
        client.post(&format!("{mute_path}/test"), &json!({})).status,
        201
    );

    let flaky = Receiver::start(&[Reply::Status(500, "")]);
    let (path, secret) = create(&client, &json!({ "url": flaky.url("/") }));
    let queued = client.post(&format!("{path}/test"), &json!({}));
    assert_eq!(queued.status, 201, "{}", queued.json());
    let received = flaky.wait_for(2);
    assert_eq!(
        received[0].header("webhook-id"),
        received[1].header("webhook-id")
    );
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(
        received[1].verified(&secret).unwrap()["type"],
        "webhook.test"
    );
    let delivered = wait_until(|| {
        let newest = deliveries(&client, &path)[0].clone();
        (newest["status"] == "delivered").then_some(newest)
    });
    let codes: Vec<_> = delivered["attempts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["statusCode"].clone())
        .collect();
    assert_eq!(codes, [500, 204]);

    // Where a redirect leads nobody has checked.
    let inside = Receiver::start(&[]);
    let location = format!("Location: {}\r\n", inside.url("/secret"));
    let redirecting = Receiver::start(&[Reply::Status(302, location.leak())]);
    let (path, _) = create(&client, &json!({ "url": redirecting.url("/") }));
    client.post(&format!("{path}/test"), &json!({})).data();
    let failed = tried(&client, &path);
    assert_eq!(failed["attempts"][0]["statusCode"], 302, "{failed}");
    assert_eq!(failed["status"], "pending");
    assert_eq!(inside.received().len(), 0);
    assert!(client.get(&path).data()["failingSince"].is_string());

    let busy = Receiver::start(&[Reply::Status(503, "Retry-After: 3600\r\n")]);
    let (path, _) = create(&client, &json!({ "url": busy.url("/") }));
    client.post(&format!("{path}/test"), &json!({})).data();
    let failed = tried(&client, &path);
    let at = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    let wait = at(&failed["nextAttemptAt"]).duration_since(at(&failed["attempts"][0]["at"]));
    assert!(wait.as_secs() >= 3600, "{failed}");

    // A port where nobody listens.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", closed.local_addr().unwrap());
    drop(closed);
    let (path, _) = create(&client, &json!({ "url": url }));
    client.post(&format!("{path}/test"), &json!({})).data();
    let failed = tried(&client, &path);
    assert_eq!(failed["attempts"][0]["error"], "connection_failed");

    let failed = tried(&client, &mute_path);
    assert_eq!(failed["attempts"][0]["error"], "timed_out", "{failed}");
}

#[test]
fn an_endpoint_that_is_gone_gets_nothing_more() {
    let folder = Folder::new();
    let bearer = token(&folder, "acme", "admin");
    let host = Host::start_with(&folder, &[ALLOWED]);
    let client = host.client(&bearer);
    let receiver = Receiver::start(&[Reply::Status(410, "")]);
    let (path, _) = create(&client, &json!({ "url": receiver.url("/") }));
    let test = format!("{path}/test");
    client.post(&test, &json!({})).data();
    let failed = tried(&client, &path);
    assert_eq!(failed["status"], "failed");
    let disabled = client.get(&path).data();
    assert_eq!(
        (&disabled["enabled"], &disabled["disabledBecause"]),
        (&json!(false), &json!("gone"))
    );
    assert_eq!(client.post(&test, &json!({})).code(), "STATE_CONFLICT");
    let replay = format!("{path}/deliveries/{}/replay", failed["id"]);
    assert_eq!(client.post(&replay, &json!({})).code(), "STATE_CONFLICT");
    sell(&client, "while-it-was-off");

    let enabled = patch(&client, &path, &json!({ "enabled": true })).data();
    assert_eq!(enabled["enabled"], true);
    assert!(enabled.get("disabledBecause").is_none());
    sell(&client, "after");
    let received = receiver.wait_for(2);
    assert!(
        received[1].body.contains("\"after\""),
        "{}",
        received[1].body
    );

    let replayed = send(&client, "once", &replay, &json!({}));
    assert_eq!(replayed.status, 201, "{}", replayed.json());
    assert_eq!(
        send(&client, "once", &replay, &json!({})).data()["id"],
        replayed.data()["id"]
    );
    let received = receiver.wait_for(3);
    assert_eq!(
        received[2].header("webhook-id"),
        received[0].header("webhook-id")
    );
    assert_eq!(received[2].body, received[0].body);

    assert_eq!(client.delete(&path).data()["deleted"], true);
    assert_eq!(client.get(&path).code(), "WEBHOOK_NOT_FOUND");
    assert_eq!(
        client.get(&format!("{path}/deliveries")).code(),
        "WEBHOOK_NOT_FOUND"
    );
}

#[test]
fn a_replaced_secret_signs_along() {
    let folder = Folder::new();
    let bearer = token(&folder, "acme", "admin");
    let host = Host::start_with(&folder, &[ALLOWED]);
    let client = host.client(&bearer);
    let receiver = Receiver::start(&[]);
    let body = json!({ "url": receiver.url("/") });
    let made = send(&client, "make", "/api/webhooks", &body);
    assert_eq!(
        send(&client, "make", "/api/webhooks", &body).json(),
        made.json(),
        "a lost answer can be had again"
    );
    let made = made.data();
    let path = format!("/api/webhooks/{}", made["id"]);
    let listed = client.get("/api/webhooks").json().to_string();
    assert!(!listed.contains("whsec_") && !listed.contains("secret\""));
    let rotate = format!("{path}/rotate-secret");
    let rotated = send(&client, "turn", &rotate, &json!({}));
    assert_eq!(
        send(&client, "turn", &rotate, &json!({})).json(),
        rotated.json()
    );
    let rotated = rotated.data();
    let secret = |value: &Value| value["secret"].as_str().unwrap().to_owned();
    let (old, new) = (secret(&made), secret(&rotated));
    assert_ne!(old, new);
    assert!(rotated["oldSecretUntil"].is_string());
    // Still the secret that the endpoint began with.
    let again = send(&client, "make", "/api/webhooks", &body).data();
    assert_eq!(secret(&again), old);

    client.post(&format!("{path}/test"), &json!({})).data();
    let received = receiver.wait_for(1);
    assert_eq!(
        received[0].header("webhook-signature").split(' ').count(),
        2
    );
    assert!(received[0].verified(&old).is_some());
    assert!(received[0].verified(&new).is_some());
    // Only two at a time.
    let newest = secret(&client.post(&rotate, &json!({})).data());
    client.post(&format!("{path}/test"), &json!({})).data();
    let received = receiver.wait_for(2);
    assert!(received[1].verified(&old).is_none());
    assert!(received[1].verified(&new).is_some());
    assert!(received[1].verified(&newest).is_some());
}

#[test]
fn kill_9_between_act_and_delivery_loses_nothing() {
    let folder = Folder::new();
    let bearer = token(&folder, "acme", "admin");
    // The first answer never comes: the host is killed while it waits for it.
    let receiver = Receiver::start(&[Reply::Silence]);
    let host = Host::start_with(&folder, &[ALLOWED]);
    let client = host.client(&bearer);
    let (_, secret) = create(
        &client,
        &json!({ "url": receiver.url("/"), "events": ["ticket.issued"] }),
    );
    let tickets: Vec<String> = (0..5).map(|number| format!("t-{number}")).collect();
    for id in &tickets {
        sell(&client, id);
    }
    host.kill();
    let host = Host::start_with(&folder, &[ALLOWED]);
    let first = receiver.wait_for(1)[0].clone();
    host.kill();
    let host = Host::start_with(&folder, &[ALLOWED]);
    let arrived = |id: &str| {
        let received = receiver.received();
        let of_ticket = received.iter().filter(|message| {
            message.verified(&secret).expect("a good signature")["data"]["ticketId"] == id
        });
        let ids: Vec<_> = of_ticket
            .map(|message| message.header("webhook-id").to_owned())
            .collect();
        ids
    };
    for id in &tickets {
        wait_until(|| (!arrived(id).is_empty()).then_some(()));
        let ids = arrived(id);
        assert!(ids.iter().all(|other| *other == ids[0]), "{id}: {ids:?}");
    }
    // What was under way is sent again when its lease has ended, under its id.
    wait_until(|| {
        let received = receiver.received();
        let same = received
            .iter()
            .filter(|message| message.header("webhook-id") == first.header("webhook-id"));
        (same.count() > 1).then_some(())
    });
    drop(host);
}

#[test]
fn messages_go_to_public_addresses_only() {
    let folder = Folder::new();
    let bearer = token(&folder, "acme", "admin");
    let receiver = Receiver::start(&[]);
    let host = Host::start_with(&folder, &[ALLOWED]);
    let client = host.client(&bearer);
    let (path, _) = create(&client, &json!({ "url": receiver.url("/") }));
    let port = receiver.port();
    let (named, _) = create(
        &client,
        &json!({ "url": format!("http://localhost:{port}/named") }),
    );
    client.post(&format!("{named}/test"), &json!({})).data();
    assert_eq!(receiver.wait_for(1)[0].path, "/named");
    let (tls, _) = create(
        &client,
        &json!({ "url": format!("https://localhost:{port}/") }),
    );
    client.post(&format!("{tls}/test"), &json!({})).data();
    let failed = tried(&client, &tls);
    assert_eq!(failed["attempts"][0]["error"], "tls_failed", "{failed}");
    let refused = client.post("/api/webhooks", &json!({ "url": "http://10.0.0.1/" }));
    assert_eq!(refused.status, 400);
    host.stop();

    // What was allowed once is not any more.
    let host = Host::start(&folder);
    let client = host.client(&bearer);
    for path in [&path, &named, &tls] {
        client.post(&format!("{path}/test"), &json!({})).data();
        let failed = tried(&client, path);
        assert_eq!(
            failed["attempts"].as_array().unwrap().last().unwrap()["error"],
            "address_not_allowed",
            "{failed}"
        );
    }
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "localhost",
        "a.localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::a00:1]",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0",
    ] {
        let url = format!("https://{host}:{port}/");
        let refused = client.post("/api/webhooks", &json!({ "url": url }));
        assert_eq!(refused.code(), "VALIDATION_ERROR", "{url}");
        let error = &refused.json()["error"]["details"][0];
        assert_eq!(error["field"], "url");
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("address not allowed"), "{message}");
    }
    assert_eq!(receiver.received().len(), 1);
}

/// Another host stands for the endpoint: it speaks TLS, and knows no such route.
#[test]
fn certificates_are_checked_against_the_machines_roots() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/tls");
    let certificate = format!("{data}/certificate.pem");
    let key = format!("{data}/key.pem");
    let endpoint_folder = Folder::new();
    let endpoint = Host::start_with(
        &endpoint_folder,
        &[("TLS_CERT", &certificate), ("TLS_KEY", &key)],
    );
    let folder = Folder::new();
    let bearer = token(&folder, "acme", "admin");
    let first = |environment: &[(&str, &str)], key: &str| {
        let host = Host::start_with(&folder, environment);
        let client = host.client(&bearer);
        let (path, _) = create(
            &client,
            &json!({ "url": format!("{}/hooks", endpoint.origin) }),
        );
        client.post(&format!("{path}/test"), &json!({})).data();
        let attempt = tried(&client, &path)["attempts"][0].clone();
        host.stop();
        attempt[key].clone()
    };
    let trusted = [ALLOWED, ("SSL_CERT_FILE", certificate.as_str())];
    assert_eq!(first(&trusted, "statusCode"), 404);
    assert_eq!(first(&[ALLOWED], "error"), "tls_failed");
}

#[test]
fn webhooks_are_checked() {
    let folder = Folder::new();
    let bearer = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&bearer);
    let good = "https://shop.example/hooks";
    let refused = |body: Value, field: &str| {
        let answer = client.post("/api/webhooks", &body);
        assert_eq!(
            answer.code(),
            "VALIDATION_ERROR",
            "{body}: {}",
            answer.json()
        );
        let named = &answer.json()["error"]["details"][0]["field"];
        assert_eq!(named, field, "{body}");
    };
    refused(json!({}), "url");
    refused(json!({ "url": null }), "url");
    refused(json!({ "url": 7 }), "url");
    for url in [
        "",
        "shop.example",
        "http://shop.example/",
        "ftp://shop.example/",
        "https://user@shop.example/",
        "https://shop.example/#x",
        "https://shop.example:99999/",
        "javascript:alert(1)",
    ] {
        refused(json!({ "url": url }), "url");
    }
    refused(
        json!({ "url": format!("{good}{}", "x".repeat(3_000)) }),
        "url",
    );
    refused(json!({ "url": good, "events": [] }), "events");
    refused(
        json!({ "url": good, "events": ["ticket.issued", "ticket.stolen"] }),
        "events[1]",
    );
    refused(json!({ "url": good, "events": "all" }), "events");
    refused(json!({ "url": good, "description": "" }), "description");
    refused(
        json!({ "url": good, "description": "a\u{0}b" }),
        "description",
    );
    refused(json!({ "url": good, "secret": "whsec_x" }), "secret");

    let (path, secret) = create(&client, &json!({ "url": good }));
    assert!(
        secret.starts_with("whsec_") && secret.len() == 50,
        "{secret}"
    );
    for (body, field) in [
        (json!({}), "body"),
        (json!({ "enabled": "no" }), "enabled"),
        (json!({ "url": "https://127.0.0.1/" }), "url"),
        (json!({ "events": ["webhook.test"] }), "events[0]"),
    ] {
        let answer = patch(&client, &path, &body);
        assert_eq!(answer.code(), "VALIDATION_ERROR", "{body}");
        assert_eq!(
            answer.json()["error"]["details"][0]["field"],
            field,
            "{body}"
        );
    }
    let changed = patch(
        &client,
        &path,
        &json!({ "events": ["ticket.revoked", "ticket.issued", "ticket.revoked"], "description": "x" }),
    );
    assert_eq!(
        changed.data()["events"],
        json!(["ticket.issued", "ticket.revoked"])
    );
    let changed = patch(
        &client,
        &path,
        &json!({ "events": null, "description": null, "enabled": false }),
    );
    let changed = changed.data();
    assert_eq!(
        (
            &changed["events"],
            &changed["description"],
            &changed["disabledBecause"]
        ),
        (&Value::Null, &Value::Null, &json!("asked"))
    );
    for wrong in ["?status=lost", "?page=0", "?limit=101", "?colour=red"] {
        let answer = client.get(&format!("{path}/deliveries{wrong}"));
        assert_eq!(answer.code(), "VALIDATION_ERROR", "{wrong}");
    }
    for missing in ["/api/webhooks/99", "/api/webhooks/x", "/api/webhooks/-1"] {
        assert_eq!(client.get(missing).code(), "WEBHOOK_NOT_FOUND");
    }
    let replay = format!("{path}/deliveries/99/replay");
    assert_eq!(
        client.post(&replay, &json!({})).code(),
        "DELIVERY_NOT_FOUND"
    );
    for _ in 1..50 {
        create(&client, &json!({ "url": good }));
    }
    let one_more = client.post("/api/webhooks", &json!({ "url": good }));
    assert_eq!(one_more.code(), "TOO_MANY_WEBHOOKS");
}
