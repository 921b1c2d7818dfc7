//! An archive of a host that goes on selling, and a host out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::support::{Client, Folder, Host, token};

const SECRETS: [(&str, &str); 3] = [
    ("GUICHET_MASTER_KEY", "master.key"),
    ("JWT_SECRET", "jwt.secret"),
    ("QR_SECRET_KEY", "qr.secret"),
];
/// So many tickets before the archive is begun, and as many while it is made.
const TICKETS: usize = 20;

/// What a host out of the archive is to be given.
fn secrets(folder: &Folder) -> Vec<(&'static str, String)> {
    let given = |(name, file)| {
        let made = std::fs::read_to_string(folder.path().join(file));
        (
            name,
            made.unwrap_or_else(|_| format!("a secret of the tests, for {name}")),
        )
    };
    SECRETS.map(given).to_vec()
}

fn back_up(folder: &Folder, archive: &Path) -> Output {
    folder.guichet(&["backup", "--json", "--to", archive.to_str().unwrap()])
}

fn restore(folder: &Folder, secrets: &[(&str, String)], archive: &Path) -> Output {
    let mut command = folder.command();
    let secrets = secrets
        .iter()
        .map(|(name, secret)| (*name, secret.as_str()));
    let archive = archive.to_str().unwrap();
    command
        .envs(secrets)
        .args(["restore", "--json", "--from", archive])
        .output()
        .unwrap()
}

fn refusal(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1));
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    answer["error"]["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn issue(client: &Client, id: &str) -> Option<String> {
    let order = json!({
        "ticketData": { "id": id, "eventId": "gala", "attendeeName": "Zoë Ångström", "seat": "A 12" },
        "eventData": { "id": "gala", "title": "Gala", "eventDate": "2027-05-01T20:00" },
    });
    let body = order.to_string();
    let path = "/api/tickets/generate";
    let answer = client.send("POST", path, "application/json", body.as_bytes())?;
    assert_eq!(answer.status, 201, "{}", answer.json());
    Some(answer.data()["qrText"].as_str().unwrap().to_owned())
}

fn judged(client: &Client, qr: &str) -> (Value, u64) {
    let verdict = client
        .post("/api/tickets/validate", &json!({ "qr": qr }))
        .data();
    (
        verdict["name"].clone(),
        verdict["serial"].as_u64().unwrap_or_default(),
    )
}

/// What the lost host knew when the archive was begun, and all serials that it ever gave out.
struct Lost {
    codes: BTreeMap<String, String>,
    serials: BTreeSet<u64>,
    pdf: Vec<u8>,
    root_key: Vec<u8>,
}

/// Sells tickets on all the time while the archive is made, and some more after it.
fn sell_and_back_up(folder: &Folder, bearer: &str, archive: &Path) -> Lost {
    let host = Host::start(folder);
    let codes = Mutex::new(BTreeMap::new());
    let enough = AtomicBool::new(false);
    let sold = |at_least| {
        while codes.lock().unwrap().len() < at_least {
            thread::yield_now();
        }
        codes.lock().unwrap().clone()
    };
    let before = thread::scope(|scope| {
        for seller in 0..2 {
            let client = host.client(bearer);
            let (codes, enough) = (&codes, &enough);
            scope.spawn(move || {
                for count in 0.. {
                    if enough.load(Ordering::SeqCst) {
                        return;
                    }
                    let id = format!("t-{seller}-{count}");
                    let code = issue(&client, &id).unwrap();
                    codes.lock().unwrap().insert(id, code);
                }
            });
        }
        let before = sold(TICKETS);
        let made = back_up(folder, archive);
        let error = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(made.status.success(), "{error}");
        sold(before.len() + TICKETS);
        enough.store(true, Ordering::SeqCst);
        before
    });
    let client = host.client(bearer);
    let all = codes.into_inner().unwrap();
    let serials = all.values().map(|code| judged(&client, code).1).collect();
    let lost = Lost {
        codes: before,
        serials,
        pdf: client.get("/api/tickets/t-0-0/download").bytes,
        root_key: client.get("/api/verifier/root-key").bytes,
    };
    assert!(lost.serials.len() >= lost.codes.len() + TICKETS);
    host.kill();
    lost
}

fn check_restored(new: &Folder, secrets: &[(&str, String)], bearer: &str, lost: &Lost) {
    let secrets: Vec<_> = secrets
        .iter()
        .map(|(name, secret)| (*name, secret.as_str()))
        .collect();
    let host = Host::start_with(new, &secrets);
    let client = host.client(bearer);
    assert_eq!(client.get("/api/verifier/root-key").bytes, lost.root_key);
    for (id, code) in &lost.codes {
        assert_eq!(judged(&client, code).0, "VALID", "{id}");
    }
    let again = client.get("/api/tickets/t-0-0/download").bytes;
    assert!(again == lost.pdf, "the PDF is another one");
    let shown = client.get("/api/tickets/t-0-0").data();
    assert_eq!(shown["attendeeName"], "Zoë Ångström");
    // What was sold after the archive was made is lost, and its serials are not sold again.
    for count in 0..40 {
        let code = issue(&client, &format!("new-{count}")).unwrap();
        let (verdict, serial) = judged(&client, &code);
        assert_eq!(verdict, "VALID");
        assert!(
            !lost.serials.contains(&serial),
            "serial {serial} was given out twice"
        );
    }
    host.stop();
    let mut command = new.command();
    let verified = command
        .envs(secrets)
        .args(["audit", "verify"])
        .output()
        .unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
}

#[test]
fn an_archive_of_a_busy_host_becomes_a_host_on_either_engine() {
    let old = Folder::new();
    let bearer = token(&old, "acme", "admin");
    let files = Folder::embedded();
    let archive = files.path().join("archive.db");
    let lost = sell_and_back_up(&old, &bearer, &archive);
    let secrets = secrets(&old);
    let mode = std::os::unix::fs::PermissionsExt::mode(&archive.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    // Nothing else is left beside it, and it is not written over.
    assert_eq!(std::fs::read_dir(files.path()).unwrap().count(), 1);
    assert_eq!(refusal(&back_up(&old, &archive)), "FILE_EXISTS");

    for new in [Some(Folder::embedded()), Folder::on_server()]
        .into_iter()
        .flatten()
    {
        let restored = restore(&new, &secrets, &archive);
        let error = String::from_utf8_lossy(&restored.stderr).into_owned();
        assert!(restored.status.success(), "{error}");
        check_restored(&new, &secrets, &bearer, &lost);
        // Now there is something to lose.
        let again = restore(&new, &secrets, &archive);
        assert_eq!(refusal(&again), "DATABASE_NOT_EMPTY");
        let left: Vec<_> = std::fs::read_dir(new.path())
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with(".guichet"))
            .collect();
        assert_eq!(left, Vec::<String>::new());
    }
}

#[test]
fn what_is_no_whole_archive_or_has_another_key_is_refused() {
    let old = Folder::new();
    let bearer = token(&old, "acme", "admin");
    let host = Host::start(&old);
    issue(&host.client(&bearer), "t-1").unwrap();
    let files = Folder::embedded();
    let archive = files.path().join("archive.db");
    assert!(back_up(&old, &archive).status.success());
    host.kill();
    let bytes = std::fs::read(&archive).unwrap();
    let secrets = secrets(&old);
    let new = Folder::new();
    let nothing_there = |new: &Folder| {
        let mut files = std::fs::read_dir(new.path()).unwrap();
        files.all(|file| file.unwrap().file_name() == "guichet.lock")
    };
    let changed = |change: &dyn Fn(&mut Vec<u8>)| -> PathBuf {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        let path = files.path().join("changed.db");
        std::fs::write(&path, bytes).unwrap();
        path
    };
    // The text of the record, in the pages of its table.
    let found = bytes.windows(13).enumerate();
    let places: Vec<_> = found
        .filter(|(_, window)| window == b"ticket.issued")
        .map(|(place, _)| place)
        .collect();
    assert!(!places.is_empty());
    type Change<'c> = &'c dyn Fn(&mut Vec<u8>);
    let changes: [Change; 5] = [
        &|bytes| bytes.clear(),
        &|bytes| bytes.truncate(bytes.len() / 2),
        &|bytes| bytes.truncate(bytes.len() - 1),
        &|bytes| places.iter().for_each(|place| bytes[*place] = b'T'),
        &|bytes| bytes[0] ^= 1,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let refused = restore(&new, &secrets, &changed(change));
        assert_eq!(refusal(&refused), "BAD_ARCHIVE", "{number}");
        assert!(nothing_there(&new), "{number}");
    }
    let other = [(
        "GUICHET_MASTER_KEY",
        "another key, which is 32 bytes long".to_owned(),
    )];
    let other: Vec<_> = other
        .into_iter()
        .chain(secrets[1..].iter().cloned())
        .collect();
    assert_eq!(
        refusal(&restore(&new, &other, &archive)),
        "WRONG_MASTER_KEY"
    );
    assert!(nothing_there(&new));
    let embedded = Folder::embedded();
    let keyless = restore(&embedded, &[], &archive);
    assert_eq!(refusal(&keyless), "NO_MASTER_KEY");
    assert!(nothing_there(&embedded));
    // A database is no archive, though it is of the same kind.
    if old.path().join("guichet.db").exists() {
        let database = old.path().join("guichet.db");
        assert_eq!(refusal(&restore(&new, &secrets, &database)), "BAD_ARCHIVE");
    }
    assert!(restore(&new, &secrets, &archive).status.success());
}
