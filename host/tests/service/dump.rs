//! Who steals the database learns nothing of anybody.

use std::path::Path;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::{Folder, Host, token};

/// What nobody but its holder would say.
const PERSONAL: [&str; 7] = [
    "Wilhelmina Quetzal-Ostrowska",
    "w.quetzal@unmistakable.example",
    "+420 777 123 987",
    "severe peanut allergy, row nearest the exit",
    "Order-Zephyr-4711",
    "Balcony-Zephyr-77",
    "Yevgenia Other-Holder",
];

/// Each way in which a text could stand in a dump.
fn forms(text: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![text.as_bytes().to_vec(), text.to_lowercase().into_bytes()];
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.push(hex.to_uppercase().into_bytes());
    forms.push(hex.into_bytes());
    // In base64 a text looks different for each place in its group of three: its edges are cut off.
    for shift in 0..3 {
        let shifted = [&b"   "[..shift], text.as_bytes()].concat();
        for encoded in [
            STANDARD_NO_PAD.encode(&shifted),
            URL_SAFE_NO_PAD.encode(&shifted),
        ] {
            let inner = encoded.as_bytes();
            forms.push(inner[4..inner.len() - 3].to_vec());
        }
    }
    forms
}

/// The first of these forms that stands in the dump, which is gone through once.
fn found<'f>(dump: &[u8], forms: &'f [Vec<u8>]) -> Option<&'f [u8]> {
    let place = |pair: &[u8]| usize::from(pair[0]) << 8 | usize::from(pair[1]);
    let mut beginning_so = vec![Vec::new(); 1 << 16];
    for form in forms {
        beginning_so[place(form)].push(form.as_slice());
    }
    let mut pairs = dump.windows(2).enumerate();
    pairs.find_map(|(at, pair)| {
        let mut candidates = beginning_so[place(pair)].iter();
        candidates
            .find(|form| dump[at..].starts_with(form))
            .copied()
    })
}

fn all_files(folder: &Path, dump: &mut Vec<u8>) {
    let Ok(files) = std::fs::read_dir(folder) else {
        return;
    };
    for file in files {
        let path = file.unwrap().path();
        if path.is_dir() {
            all_files(&path, dump);
        } else if path.file_name().is_some_and(|name| name != "guichet") {
            dump.extend(std::fs::read(&path).unwrap_or_default());
        }
    }
}

/// Whatever a thief could carry off: the data folder, and the server's tables and files.
fn dump(folder: &Folder) -> Vec<u8> {
    let mut dump = folder.dump_of_server();
    all_files(folder.path(), &mut dump);
    dump
}

#[test]
fn a_stolen_database_says_nothing_of_anybody_and_forgets_who_is_erased() {
    let folder = Folder::new();
    let admin = token(&folder, "acme", "admin");
    let log = folder.path().join("log");
    let stderr = Stdio::from(std::fs::File::create(&log).unwrap());
    let host = Host::start_logging(&folder, &[], stderr);
    let client = host.client(&admin);
    let [name, email, phone, allergy, order, seat, other] = PERSONAL;
    let body = json!({
        "ticketData": {
            "id": "t-1", "eventId": "gala", "orderId": order, "seat": seat,
            "attendeeName": name, "attendeeEmail": email,
            "customFields": { "note": allergy },
        },
        "userData": { "phone": phone },
        "eventData": { "id": "gala", "title": "Gala" },
    });
    let key = [("Idempotency-Key", "the first")];
    let path = "/api/tickets/generate";
    let issued = client.send_with("POST", path, &key, &body).unwrap();
    assert_eq!(issued.status, 201, "{}", issued.json());
    let qr = issued.data()["qrText"].clone();
    let patch = json!({ "attendeeName": other });
    let patched = client
        .send_with("PATCH", "/api/tickets/t-1", &key[..0], &patch)
        .unwrap();
    assert_eq!(patched.status, 200, "{}", patched.json());
    client.get("/api/tickets/t-1/download");
    client.get(&format!("/api/tickets/orders/{order}/download"));
    client
        .post(
            "/api/tickets/erase",
            &json!({ "email": email, "dryRun": true }),
        )
        .data();

    let check = |dump: &[u8], when: &str| {
        assert!(
            found(dump, &[b"ticket.issued".to_vec()]).is_some(),
            "{when}: the dump does not hold the record"
        );
        let forms: Vec<_> = PERSONAL.into_iter().flat_map(forms).collect();
        let said = found(dump, &forms).map(String::from_utf8_lossy);
        assert_eq!(said, None, "{when}: it stands in the dump");
    };
    check(&dump(&folder), "while the host runs");
    let archive = folder.path().join("archive.db");
    let backed_up = folder.guichet(&["backup", "--to", archive.to_str().unwrap()]);
    assert!(backed_up.status.success());
    check(&std::fs::read(&archive).unwrap(), "in an archive");
    std::fs::remove_file(&archive).unwrap();

    let sealed = folder.sealed_values();
    assert_eq!(sealed.len(), 2);
    assert!(found(&dump(&folder), &sealed).is_some());
    let erased = client.delete("/api/tickets/t-1/holder").data();
    assert_eq!(erased["revisions"], 2);
    let left = found(&dump(&folder), &sealed).is_some();
    assert!(!left, "what was erased is there still, encrypted");
    let verdict = client
        .post("/api/tickets/validate", &json!({ "qr": qr }))
        .data();
    assert_eq!(verdict["name"], "VALID");
    let shown = client.get("/api/tickets/t-1").data();
    assert_eq!(shown["attendeeName"], Value::Null);
    host.stop();
    check(&dump(&folder), "after the host stopped");
    let verified = folder.guichet(&["audit", "verify"]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
}
