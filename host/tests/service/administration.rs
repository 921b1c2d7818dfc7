//! Keys and organizers, by their administrators.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Folder, Host, token};

fn patch(client: &Client, path: &str, body: &Value) -> Answer {
    client.send_with("PATCH", path, &[], body).unwrap()
}

#[test]
fn keys_are_listed_rotated_and_revoked() {
    let folder = Folder::new();
    let admin = token(&folder, "acme", "admin");
    let seller = token(&folder, "acme", "organizer");
    let foreign = token(&folder, "other", "admin");
    let host = Host::start(&folder);
    let client = host.client(&admin);
    let sell = |id: &str| {
        let order = json!({ "ticketData": { "id": id } });
        client.post("/api/tickets/generate", &order).data()["qrText"].clone()
    };
    let verdict = |qr: &Value| {
        let answer = client.post("/api/tickets/validate", &json!({ "qr": qr }));
        answer.data()["name"].as_str().unwrap().to_owned()
    };
    let states = || -> Vec<String> {
        let keys = client.get("/api/keys").data()["keys"].clone();
        let tickets = keys.as_array().unwrap().iter();
        tickets
            .filter(|key| key["purpose"] == "ticket")
            .map(|key| key["state"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(states(), ["active"]);
    let first = sell("t-1");

    // Scanners learn a key ahead of its use.
    let next = client.post("/api/keys", &json!({}));
    assert_eq!(next.status, 201, "{}", next.json());
    assert_eq!(client.post("/api/keys", &json!({})).code(), "KEY_EXISTS");
    assert_eq!(states(), ["active", "next"]);
    let key = [("Idempotency-Key", "r")];
    let rotated = client
        .send_with("POST", "/api/keys/rotate", &key, &json!({}))
        .unwrap();
    assert_eq!(rotated.data()["kid"], next.data()["kid"]);
    let again = client
        .send_with("POST", "/api/keys/rotate", &key, &json!({}))
        .unwrap();
    assert_eq!(again.data(), rotated.data());
    assert_eq!(states(), ["retired", "active"], "it was rotated once");
    let second = sell("t-2");
    assert_eq!(
        (verdict(&first), verdict(&second)),
        ("VALID".to_owned(), "VALID".to_owned())
    );

    let kid = rotated.data()["kid"].as_str().unwrap().to_owned();
    let path = format!("/api/keys/{kid}/revoke");
    assert_eq!(
        host.client(&foreign).post(&path, &json!({})).code(),
        "KEY_NOT_FOUND"
    );
    assert_eq!(host.client(&seller).post(&path, &json!({})).status, 403);
    let revoked = client.post(&path, &json!({}));
    assert_eq!(revoked.data()["state"], "revoked", "{}", revoked.json());
    assert_eq!(
        states(),
        ["retired", "revoked", "active"],
        "selling goes on"
    );
    let third = sell("t-3");
    assert_eq!(verdict(&first), "VALID");
    assert_eq!(verdict(&second), "KEY_REVOKED");
    assert_eq!(verdict(&third), "VALID");
    // A ticket of the revoked key is worth something again under a new code.
    let renewed = client
        .post("/api/tickets/t-2/regenerate", &json!({}))
        .data();
    assert_eq!(verdict(&renewed["qrText"]), "VALID");

    let keys = client.get("/api/keys").data()["keys"].clone();
    let root = keys
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["purpose"] == "root")
        .unwrap();
    let path = format!("/api/keys/{}/revoke", root["key"]);
    assert_eq!(client.post(&path, &json!({})).code(), "ROOT_KEY");
    let wrong = client.post("/api/keys/rotate", &json!({ "purpose": "root" }));
    assert_eq!(wrong.code(), "VALIDATION_ERROR");
}

#[test]
fn public_keys_are_given_as_json_and_as_cbor() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "viewer");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let set = client.get("/api/verifier/keys").json();
    let kid = set["keys"][0]["kid"].as_str().unwrap().to_owned();
    let accept = [("Accept", "application/cose-key-set, application/json;q=0.5")];
    let cose = client
        .send_with("GET", "/api/verifier/keys", &accept, &json!({}))
        .unwrap();
    // One map of five: kty 1, kid, alg -8, crv 6, x of 32 bytes.
    let (head, key) = cose.bytes.split_at(12);
    assert_eq!(head[..4], [0x81, 0xA5, 0x01, 0x01]);
    assert_eq!(head[4..6], [0x02, 0x44]);
    let in_hex: String = head[6..10]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(in_hex, kid);
    assert_eq!(head[10..], [0x03, 0x27]);
    assert_eq!(key[..5], [0x20, 0x06, 0x21, 0x58, 0x20]);
    assert_eq!(key.len(), 5 + 32);
}

#[test]
fn organizers_are_made_by_the_operator_and_changed_by_their_admins() {
    let folder = Folder::new();
    let operator = token(&folder, "host", "operator");
    let admin = token(&folder, "acme", "admin");
    let seller = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let (operator, admin) = (host.client(&operator), host.client(&admin));
    let body = json!({ "slug": "fair", "name": "The Fair", "settings": { "website": "https://fair.example" } });
    let key = [("Idempotency-Key", "o")];
    let made = operator
        .send_with("POST", "/api/organizers", &key, &body)
        .unwrap();
    assert_eq!(made.status, 201, "{}", made.json());
    assert_eq!(made.data()["defaultTemplate"], "classic");
    let again = operator
        .send_with("POST", "/api/organizers", &key, &body)
        .unwrap();
    assert_eq!(again.json(), made.json());
    assert_eq!(
        operator.post("/api/organizers", &body).code(),
        "ORGANIZER_EXISTS"
    );
    let listed = operator.get("/api/organizers?limit=2").data();
    assert_eq!(listed["pagination"]["total"], 3);
    assert_eq!(listed["organizers"].as_array().unwrap().len(), 2);

    assert_eq!(admin.post("/api/organizers", &body).status, 403);
    assert_eq!(admin.get("/api/organizers").status, 403);
    assert_eq!(
        admin.get("/api/organizers/fair").code(),
        "ORGANIZER_NOT_FOUND"
    );
    let renamed = patch(&admin, "/api/organizers/fair", &json!({ "name": "Ours" }));
    assert_eq!(renamed.code(), "ORGANIZER_NOT_FOUND");
    assert_eq!(host.client(&seller).get("/api/organizers/acme").status, 403);

    let own = "/api/organizers/acme";
    let changed = patch(
        &admin,
        own,
        &json!({ "name": "Acme", "settings": { "email": "hello@acme.example" } }),
    );
    assert_eq!(
        changed.data()["settings"],
        json!({ "email": "hello@acme.example" }),
        "{}",
        changed.json()
    );
    let changed = patch(
        &admin,
        own,
        &json!({ "settings": { "email": null }, "defaultTemplate": "classic" }),
    );
    assert_eq!(changed.data()["settings"], json!({}));
    assert_eq!(admin.get(own).data()["name"], "Acme");
    for (body, field) in [
        (json!({}), "body"),
        (json!({ "slug": "other" }), "slug"),
        (
            json!({ "settings": { "colour": "red" } }),
            "settings.colour",
        ),
        (
            json!({ "settings": { "website": "javascript:alert(1)" } }),
            "settings.website",
        ),
        (
            json!({ "settings": { "email": "nobody" } }),
            "settings.email",
        ),
        (json!({ "name": "" }), "name"),
    ] {
        let refused = patch(&admin, own, &body);
        assert_eq!(refused.code(), "VALIDATION_ERROR", "{body}");
        assert_eq!(
            refused.json()["error"]["details"][0]["field"],
            field,
            "{body}"
        );
    }
    let missing = patch(&admin, own, &json!({ "defaultTemplate": "none" }));
    assert_eq!(missing.code(), "TEMPLATE_NOT_FOUND");
}

#[test]
fn api_keys_do_what_they_were_made_for_until_they_are_revoked() {
    let folder = Folder::new();
    let admin = token(&folder, "acme", "admin");
    let foreign = token(&folder, "other", "admin");
    let host = Host::start(&folder);
    let client = host.client(&admin);
    let path = "/api/api-keys";
    let body = json!({ "name": "the till", "permissions": ["tickets.create", "tickets.read"] });
    let key = [("Idempotency-Key", "till-1")];
    let made = client.send_with("POST", path, &key, &body).unwrap();
    assert_eq!(made.status, 201, "{}", made.json());
    let again = client.send_with("POST", path, &key, &body).unwrap();
    assert_eq!(again.json(), made.json(), "a lost answer can be had again");
    let other = client.post(path, &body).data();
    let made = made.data();
    let secret = made["apiKey"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("gk_") && secret.len() == 46, "{secret}");
    assert_ne!(other["apiKey"], made["apiKey"]);

    let till = host.client(&secret);
    let order = json!({ "ticketData": { "id": "t-1" } });
    assert_eq!(till.post("/api/tickets/generate", &order).status, 201);
    assert_eq!(till.get("/api/tickets/t-1").status, 200);
    assert_eq!(till.delete("/api/tickets/t-1").status, 403);
    assert_eq!(till.get(path).status, 403);
    let listed = client.get(path);
    let listed_text = listed.json().to_string();
    assert!(!listed_text.contains(&secret[9..]), "it is shown once");
    let keys = listed.data()["apiKeys"].clone();
    assert_eq!(keys.as_array().unwrap().len(), 2);
    assert!(keys[0]["lastUsedAt"].is_string());
    assert!(keys[1].get("lastUsedAt").is_none());

    let one = format!("{path}/{}", made["id"]);
    assert_eq!(
        host.client(&foreign).delete(&one).code(),
        "API_KEY_NOT_FOUND"
    );
    assert_eq!(
        client.delete("/api/api-keys/none").code(),
        "API_KEY_NOT_FOUND"
    );
    assert!(client.delete(&one).data()["revokedAt"].is_string());
    assert_eq!(till.get("/api/tickets/t-1").status, 401);
    assert_eq!(
        host.client(&format!("{secret}x"))
            .get("/api/tickets")
            .status,
        401
    );

    let refused = |body: Value, status: u16| {
        let answer = client.post(path, &body);
        assert_eq!(answer.status, status, "{body}: {}", answer.json());
    };
    refused(json!({ "name": "x" }), 400);
    refused(json!({ "permissions": ["tickets.read"] }), 400);
    refused(json!({ "name": "x", "permissions": ["everything"] }), 400);
    refused(json!({ "name": "x", "role": "king" }), 400);
    refused(
        json!({ "name": "x", "role": "viewer", "expiresAt": "2020-01-01T00:00:00Z" }),
        400,
    );
    // Nobody gives away more than they have.
    refused(json!({ "name": "x", "role": "operator" }), 403);
    refused(
        json!({ "name": "x", "role": "viewer", "expiresAt": "2999-01-01T00:00:00Z" }),
        201,
    );
}
