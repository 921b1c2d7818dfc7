//! Keys change beside a running host.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

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

/// The master key is replaced while the command that does it is killed in the middle.
#[test]
fn the_master_key_is_replaced_though_the_command_is_killed() {
    const OLD: &str = "the master key of yesterday, 32 bytes";
    const NEW: &str = "the master key of today, over 32 bytes";
    let folder = Folder::new();
    let with = |environment: &[(&str, &str)], arguments: &[&str]| {
        let mut command = folder.command();
        command.env("JWT_SECRET", "a secret of the tests, for JWT_SECRET");
        command
            .envs(environment.iter().copied())
            .args(arguments)
            .output()
            .unwrap()
    };
    let old = [("GUICHET_MASTER_KEY", OLD)];
    let new = [("GUICHET_MASTER_KEY", NEW)];
    let both = [new[0], ("GUICHET_MASTER_KEY_PREVIOUS", OLD)];
    let mut bearer = String::new();
    for number in 0..6 {
        let organizer = format!("org-{number}");
        let made = with(
            &old,
            &["token", "--organizer", &organizer, "--role", "admin"],
        );
        assert!(made.status.success());
        bearer = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    }
    let host = |environment: &[(&str, &str)]| {
        let jwt = ("JWT_SECRET", "a secret of the tests, for JWT_SECRET");
        Host::start_with(&folder, &[&[jwt], environment].concat())
    };
    let running = host(&old);
    let order = json!({ "ticketData": { "id": "t-1", "attendeeName": "Zoë" } });
    let issued = running
        .client(&bearer)
        .post("/api/tickets/generate", &order)
        .data();
    running.stop();
    let rotate = ["keys", "rotate-master", "--json"];
    let without = with(&new, &rotate);
    assert_eq!(without.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&without.stdout).contains("NO_PREVIOUS_KEY"));

    // Hosts that know both keys run on meanwhile.
    let running = host(&both);
    let client = running.client(&bearer);
    let check = || {
        let shown = client.get("/api/tickets/t-1").data();
        assert_eq!(shown["attendeeName"], "Zoë");
        assert_eq!(shown["qrText"], issued["qrText"]);
        let verdict = client.post("/api/tickets/validate", &json!({ "qr": issued["qrText"] }));
        assert_eq!(verdict.data()["name"], "VALID");
    };
    check();
    let mut command = folder.command();
    let mut rotating = command
        .envs(both)
        .args(rotate)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(rotating.stderr.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("is sealed with the new key"), "{first}");
    rotating.kill().unwrap();
    rotating.wait().unwrap();
    check();
    let again = with(&both, &rotate);
    let answer: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert!(again.status.success(), "{answer}");
    assert_eq!(answer["organizers"], 6);
    assert!(answer["sealedAnew"].as_u64().unwrap() < 6, "{answer}");
    check();
    running.stop();

    let refused = with(&old, &["audit", "verify"]);
    assert_eq!(refused.status.code(), Some(1));
    let running = host(&new);
    let shown = running.client(&bearer).get("/api/tickets/t-1").data();
    assert_eq!(shown["attendeeName"], "Zoë");
    running.stop();
    assert!(with(&new, &["audit", "verify"]).status.success());
}
