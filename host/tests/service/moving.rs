//! From a data folder to a PostgreSQL server.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::support::{Client, Folder, Host, token};

/// The secrets of the old folder, which the hosts of the new database are to be given.
fn secrets(old: &Path) -> [(&'static str, String); 3] {
    [
        ("GUICHET_MASTER_KEY", "master.key"),
        ("JWT_SECRET", "jwt.secret"),
        ("QR_SECRET_KEY", "qr.secret"),
    ]
    .map(|(name, file)| (name, std::fs::read_to_string(old.join(file)).unwrap()))
}

fn migrate(new: &Folder, old: &Path) -> Output {
    new.guichet(&["migrate", "--json", "--from-data", old.to_str().unwrap()])
}

fn issue(client: &Client, id: &str) -> String {
    let order = json!({
        "ticketData": {"id": id, "eventId": "gala", "attendeeName": "Zoë Ångström", "seat": "A 12"},
        "eventData": {"title": "Gala", "eventDate": "2027-05-01T20:00", "timeZone": "Europe/Berlin"},
    });
    let answer = client.post("/api/tickets/generate", &order);
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.data()["qrText"].as_str().unwrap().to_owned()
}

#[test]
fn a_data_folder_moves_to_a_server_and_its_tickets_stay_as_they_were() {
    let old = Folder::embedded();
    let Some(new) = Folder::on_server() else {
        return;
    };
    let bearer = token(&old, "lakeside", "admin");
    let host = Host::start(&old);
    let client = host.client(&bearer);
    let good = issue(&client, "a-1");
    let revoked = issue(&client, "a-2");
    assert_eq!(client.delete("/api/tickets/a-2").status, 200);
    let pdf = client.get("/api/tickets/a-1/download");
    assert_eq!(pdf.status, 200);
    let root = client.get("/api/verifier/root-key").bytes;

    // Not while a host sells tickets there.
    assert_eq!(migrate(&new, old.path()).status.code(), Some(1));
    host.kill();
    let moved = migrate(&new, old.path());
    let error = String::from_utf8_lossy(&moved.stderr).into_owned();
    assert!(moved.status.success(), "{error}");
    let moved: Value = serde_json::from_slice(&moved.stdout).unwrap();
    assert_eq!(moved["moved"]["tickets"], 2, "{moved}");

    let secrets = secrets(old.path());
    let secrets = secrets
        .each_ref()
        .map(|(name, secret)| (*name, secret.as_str()));
    let host = Host::start_with(&new, &secrets);
    // The token that the old host trusted, the same page, the same code.
    let client = host.client(&bearer);
    let again = client.get("/api/tickets/a-1/download");
    assert_eq!(again.status, 200);
    assert!(pdf.bytes == again.bytes, "the PDF is another one");
    assert_eq!(client.get("/api/verifier/root-key").bytes, root);
    let verdict = |qr: &str| {
        let answer = client.post("/api/tickets/validate", &json!({ "qr": qr }));
        answer.data()["name"].clone()
    };
    assert_eq!(verdict(&good), "VALID");
    assert_eq!(verdict(&revoked), "REVOKED");
    // A bundle of the new host, and the code that the old one printed, with no host at all.
    let file = |name: &str, path: &str| {
        let whole = new.path().join(name);
        std::fs::write(&whole, client.get(path).bytes).unwrap();
        whole.to_str().unwrap().to_owned()
    };
    let bundle = file("bundle", "/api/verifier/events/gala/bundle");
    let status = file("status", "/api/verifier/events/gala/status");
    let judge = |qr: &str| {
        let files = ["--bundle", &bundle, "--status", &status];
        let judged = new.guichet(&[&["verify", qr][..], &files].concat());
        judged.status.code()
    };
    assert_eq!((judge(&good), judge(&revoked)), (Some(0), Some(1)));
    // Serials go on after those that were given out.
    let later = issue(&client, "a-3");
    assert_eq!(verdict(&later), "VALID");

    let refused = migrate(&new, old.path());
    assert_eq!(refused.status.code(), Some(1));
    let message = String::from_utf8_lossy(&refused.stderr).into_owned()
        + &String::from_utf8_lossy(&refused.stdout);
    assert!(message.contains("DATABASE_NOT_EMPTY"), "{message}");
}

#[test]
fn a_move_needs_a_server_and_a_folder_with_a_database() {
    let old = Folder::embedded();
    let nowhere = migrate(&old, old.path());
    assert_eq!(nowhere.status.code(), Some(2));
    let message = String::from_utf8_lossy(&nowhere.stderr).into_owned();
    assert!(message.contains("DATABASE_URL"), "{message}");
    let Some(new) = Folder::on_server() else {
        return;
    };
    let empty = migrate(&new, old.path());
    assert_eq!(empty.status.code(), Some(1));
}
