//! Keys change beside a running host.

use serde_json::json;

use crate::support::{Folder, Host, token};

#[test]
fn keys_change_under_a_running_host_and_no_sold_ticket_dies_of_it() {
    let folder = Folder::new();
    let host_token = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&host_token);
    let keys = |arguments: &[&str]| {
        let (verb, rest) = arguments.split_first().unwrap();
        let command = ["keys", verb, "--organizer", "acme", "--json"];
        let output = folder.guichet(&[&command, rest].concat());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{error}");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    let sell = |id: &str| {
        let answer = client.post("/api/tickets/generate", &json!({"ticketData": {"id": id}}));
        assert_eq!(answer.status, 201, "{}", answer.json());
        answer.data()["qrText"].as_str().unwrap().to_owned()
    };
    let verdict = |qr: &str| {
        let answer = client.post("/api/tickets/validate", &json!({ "qr": qr }));
        answer.data()["name"].as_str().unwrap().to_owned()
    };
    let kids = || {
        let set = client.get("/api/verifier/keys").json();
        set["keys"].as_array().unwrap().len()
    };

    let first = sell("a-1");
    assert_eq!((verdict(&first).as_str(), kids()), ("VALID", 1));
    let rotated = keys(&["rotate"]);
    assert_eq!(rotated["state"], "active");

    // The host still has the old key in memory; storage refuses what it signs, so it reads anew.
    let second = sell("a-2");
    assert_eq!(verdict(&first), "VALID");
    assert_eq!(verdict(&second), "VALID");
    assert_eq!(kids(), 2);

    let revoked = keys(&["revoke", rotated["kid"].as_str().unwrap(), "--yes"]);
    assert_eq!(revoked["state"], "revoked");
    let third = sell("a-3");
    assert_eq!(verdict(&first), "VALID");
    assert_eq!(verdict(&second), "KEY_REVOKED");
    assert_eq!(verdict(&third), "VALID");
}

#[test]
fn many_first_requests_at_once_all_succeed() {
    let folder = Folder::new();
    let tokens: Vec<_> = ["one", "two", "three"]
        .map(|organizer| token(&folder, organizer, "organizer"))
        .into();
    let host = Host::start(&folder);
    std::thread::scope(|scope| {
        for (index, token) in tokens.iter().cycle().take(12).enumerate() {
            let client = host.client(token);
            scope.spawn(move || {
                let event = json!({"id": "night", "title": "Night", "eventDate": "2027-01-01"});
                let order = json!({
                    "ticketData": {"id": format!("t-{index}"), "eventId": "night"},
                    "eventData": event,
                });
                let answer = client.post("/api/tickets/generate", &order);
                assert_eq!(answer.status, 201, "{}", answer.json());
                let bundle = client.get("/api/verifier/events/night/bundle");
                assert_eq!(bundle.status, 200, "{}", bundle.json());
            });
        }
    });
}

#[test]
fn looking_at_the_configuration_makes_nothing() {
    let folder = Folder::new();
    let data = folder.path().join("none");
    let output = folder.guichet(&["config", "--data", data.to_str().unwrap()]);
    assert!(output.status.success());
    let refused = folder.guichet(&[
        "serve",
        "--demo",
        "--host",
        "0.0.0.0",
        "--data",
        data.to_str().unwrap(),
    ]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(!data.exists());
}
