//! kill -9 loses nothing that was acknowledged and doubles nothing.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;

use crate::support::{Folder, Host, token};

const CLIENTS: usize = 8;
const TICKETS_BEFORE_THE_CUT: usize = 60;

#[test]
fn acknowledged_tickets_survive_kill_9_and_retries_make_none_twice() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let acknowledged = Mutex::new(BTreeSet::new());
    let attempted = Mutex::new(BTreeSet::new());
    let cut = AtomicBool::new(false);
    let order = |id: &str| json!({ "ticketData": { "id": id, "attendeeName": "Zoë" } });

    thread::scope(|scope| {
        for client_number in 0..CLIENTS {
            let client = host.client(&token);
            let (acknowledged, attempted, cut) = (&acknowledged, &attempted, &cut);
            scope.spawn(move || {
                for count in 0.. {
                    if cut.load(Ordering::SeqCst) {
                        return;
                    }
                    let id = format!("t-{client_number}-{count}");
                    attempted.lock().unwrap().insert(id.clone());
                    let body = order(&id).to_string();
                    let sent = client.send(
                        "POST",
                        "/api/tickets/generate",
                        "application/json",
                        body.as_bytes(),
                    );
                    match sent {
                        Some(answer) if answer.status == 201 => {
                            acknowledged.lock().unwrap().insert(id);
                        }
                        _ => return,
                    }
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
    let mut serials = BTreeSet::new();
    for id in attempted.into_inner().unwrap() {
        let retried = client.post("/api/tickets/generate", &order(&id));
        let was_acknowledged = acknowledged.lock().unwrap().contains(&id);
        match retried.status {
            409 => assert_eq!(retried.code(), "TICKET_EXISTS"),
            201 => assert!(!was_acknowledged, "{id} was acknowledged and is lost"),
            other => panic!("{id}: {other} {}", retried.json()),
        }
        let qr = client.get(&format!("/api/tickets/{id}")).data()["qrText"].clone();
        let verdict = client
            .post("/api/tickets/validate", &json!({ "qr": qr }))
            .data();
        assert_eq!(verdict["name"], "VALID", "{id}");
        assert!(
            serials.insert(verdict["serial"].as_u64().unwrap()),
            "{id} has another's serial"
        );
    }
}
