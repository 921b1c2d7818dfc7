//! The record of what was done, sealed and checked.

use serde_json::{Value, json};

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
