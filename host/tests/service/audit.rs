//! The record of what was done, sealed and checked.

use serde_json::{Value, json};

use crate::receiver::wait_until;
use crate::support::{Folder, Host, token};

fn verify(folder: &Folder, more: &[&str]) -> (bool, Value) {
    let output = folder.guichet(&[&["audit", "verify", "--json"], more].concat());
    let answer = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("{}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.success(), answer)
}

#[test]
fn every_act_is_sealed_and_the_record_verifies() {
    let folder = Folder::new();
    let acme = token(&folder, "acme", "admin");
    let other = token(&folder, "other", "admin");
    let host = Host::start(&folder);
    for number in 0..20 {
        let order = json!({ "ticketData": { "id": format!("t-{number}") } });
        assert_eq!(
            host.client(&acme)
                .post("/api/tickets/generate", &order)
                .status,
            201
        );
    }
    assert_eq!(host.client(&acme).delete("/api/tickets/t-3").status, 200);
    let order = json!({ "ticketData": { "id": "t-1" } });
    host.client(&other).post("/api/tickets/generate", &order);
    host.stop();

    let (holds, before) = verify(&folder, &[]);
    assert!(holds, "{before}");
    let records = before["records"].as_array().unwrap();
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!(record["unsealed"], 0, "{record}");
    }
    let acme_before = &records[0];
    assert!(
        acme_before["entries"].as_u64().unwrap() > 21,
        "{acme_before}"
    );

    // What was done at one time is in the record for ever after.
    let host = Host::start(&folder);
    host.client(&acme).delete("/api/tickets/t-4");
    host.kill();
    Host::start(&folder).stop();
    let head = acme_before["head"].as_str().unwrap();
    let (holds, after) = verify(&folder, &["--organizer", "acme", "--head", head]);
    assert!(holds, "{after}");
    assert_eq!(after["records"][0]["unsealed"], 0);
    let entries = |record: &Value| record["entries"].as_u64().unwrap();
    assert_eq!(entries(&after["records"][0]), entries(acme_before) + 1);
    let unknown = "00".repeat(32);
    let (holds, answer) = verify(&folder, &["--organizer", "acme", "--head", &unknown]);
    assert!(!holds, "{answer}");
}

#[test]
fn the_record_is_read_in_pages_by_administrators() {
    let folder = Folder::new();
    let acme = token(&folder, "acme", "admin");
    let other = token(&folder, "other", "admin");
    let host = Host::start(&folder);
    let (acme, other) = (host.client(&acme), host.client(&other));
    for number in 0..4 {
        let order =
            json!({ "ticketData": { "id": format!("t-{number}"), "attendeeName": "Zoë Kraus" } });
        assert_eq!(acme.post("/api/tickets/generate", &order).status, 201);
    }
    let revoked = acme.delete("/api/tickets/t-0?reason=Kraus+asked");
    assert_eq!(revoked.status, 200);
    let sealed = wait_until(|| {
        let newest = acme.get("/api/audit?limit=3").data();
        newest["entries"][0]["seal"].is_object().then_some(newest)
    });
    let newest = &sealed["entries"][0];
    assert_eq!(newest["act"], "ticket.revoked", "{newest}");
    assert_eq!(newest["digest"].as_str().unwrap().len(), 64);
    let total = sealed["pagination"]["total"].as_u64().unwrap();
    assert_eq!(newest["seal"]["position"], total);
    assert_eq!(sealed["head"]["entries"], total);
    assert_eq!(sealed["head"]["seal"], newest["seal"]["number"]);
    assert!(sealed["head"]["signed"].as_str().unwrap().len() > 100);
    assert_eq!(sealed["entries"].as_array().unwrap().len(), 3);
    let record = acme.get("/api/audit?limit=100");
    assert!(!record.json().to_string().contains("Kraus"));

    let issued = acme
        .get("/api/audit?act=ticket.issued&limit=2&page=2")
        .data();
    assert_eq!(issued["pagination"]["total"], 4);
    assert_eq!(issued["entries"].as_array().unwrap().len(), 2);
    let theirs = other.get("/api/audit?act=ticket.issued").data();
    assert_eq!(theirs["pagination"]["total"], 0);
    let at = newest["at"].as_str().unwrap();
    let since = acme.get(&format!("/api/audit?from={at}")).data();
    assert_eq!(since["entries"], json!([newest]));
    let before = acme.get(&format!("/api/audit?to={at}")).data();
    assert_eq!(before["pagination"]["total"], total - 1);
    for (wrong, field) in [
        ("act=ticket.stolen", "act"),
        ("from=yesterday", "from"),
        ("to=2027-01-31", "to"),
        ("from=2027-01-31T00:00:00Z&to=2027-01-30T00:00:00Z", "to"),
        ("page=0", "page"),
        ("limit=1000", "limit"),
    ] {
        let refused = acme.get(&format!("/api/audit?{wrong}"));
        assert_eq!(refused.code(), "VALIDATION_ERROR", "{wrong}");
        let named = &refused.json()["error"]["details"][0]["field"];
        assert_eq!(named, field, "{wrong}");
    }

    // The head that a program kept is the one that the command goes by.
    let head = sealed["head"]["hash"].as_str().unwrap().to_owned();
    host.stop();
    let (holds, answer) = verify(&folder, &["--organizer", "acme", "--head", &head]);
    assert!(holds, "{answer}");
}
