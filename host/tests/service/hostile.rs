//! Hostile templates at the door of a running host: each is told what it did, by code, limit and
//! figure; nobody else notices; and nothing of them stays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bomb;
use crate::support::{Answer, Client, Folder, Host, token};

/// Ordinary requests of another organizer, over all clients.
const ORDINARY_PER_SECOND: u32 = 100;
const ORDINARY_CLIENTS: u32 = 4;
/// By so much a second round may leave the host larger than the first.
const GROWTH_KIB: u64 = 5 * 1024;

/// What a sin in `layout` is answered with.
enum Verdict {
    /// It is none.
    Harmless,
    /// 422 with this code and these words.
    Broken(&'static str, &'static str),
}
use Verdict::{Broken, Harmless};

const REFUSED: &str = "TEMPLATE_REFUSED";
const FAILED: &str = "TEMPLATE_FAILED";
const TRAPPED: &str = "TEMPLATE_TRAPPED";
const FUEL: &str = "TEMPLATE_OUT_OF_FUEL";
const MEMORY: &str = "TEMPLATE_OUT_OF_MEMORY";
const LAYOUT: &str = "TEMPLATE_BAD_LAYOUT";
const OVERLAP: &str = "reaches into the code slot of item 1, quiet zone included";
const FORGED: &str = "the text begins with `TK1:`, which only a signed ticket may";

/// Every sin of the guest `sinner`.
const SINS: &[(&str, Verdict)] = &[
    ("endless-loop", Broken(FUEL, "`fuel` = 100000000")),
    ("bulk-fill", Broken(FUEL, "`fuel` = 100000000")),
    ("grow-memory", Broken(MEMORY, "`memory_bytes` = 67108864")),
    ("million-items", Broken(MEMORY, "`memory_bytes` = 67108864")),
    ("deep-recursion", Broken(TRAPPED, "the stack of 512 KiB")),
    ("panic", Broken(TRAPPED, "unreachable")),
    (
        "wild-pointer",
        Broken(TRAPPED, "out of bounds memory access"),
    ),
    ("invalid-utf8", Broken(TRAPPED, "its answer cannot be read")),
    (
        "refuse",
        Broken(REFUSED, "a ticket of this type needs a seat"),
    ),
    (
        "fail",
        Broken(FAILED, "TypeError: undefined is not a function"),
    ),
    ("fail-at-length", Broken(FAILED, "üüü")),
    ("remember", Harmless),
    ("too-many-notes", Harmless),
    (
        "aliased-strings",
        Broken(LAYOUT, "`returned_bytes` = 25165824"),
    ),
    (
        "too-many-items",
        Broken(LAYOUT, "more than the limit `items` = 5000"),
    ),
    (
        "too-many-pages",
        Broken(LAYOUT, "21, more than the limit `pages` = 20"),
    ),
    (
        "too-much-text",
        Broken(LAYOUT, "300000, more than the limit `text_bytes` = 262144"),
    ),
    (
        "no-pages",
        Broken(LAYOUT, "a document has at least one page"),
    ),
    (
        "far-away",
        Broken(
            LAYOUT,
            "2147483647 EMU is out of range; allowed are -182880000",
        ),
    ),
    (
        "negative-size",
        Broken(LAYOUT, "-1 EMU is out of range; allowed are 0"),
    ),
    (
        "huge-page",
        Broken(LAYOUT, "2147483647 EMU is out of range; allowed are 360000"),
    ),
    ("many-faults", Broken(LAYOUT, "-1 EMU is out of range")),
    ("open-group", Broken(LAYOUT, "this group is never ended")),
    (
        "closed-group",
        Broken(LAYOUT, "ends a group where none is open"),
    ),
    (
        "deep-groups",
        Broken(LAYOUT, "nested deeper than `group_depth` = 16"),
    ),
    (
        "flat-group",
        Broken(LAYOUT, "0 is out of range; allowed are 1000 to 1000000000"),
    ),
    (
        "unknown-style",
        Broken(LAYOUT, "there is no style 7; there are 1"),
    ),
    (
        "unknown-family",
        Broken(LAYOUT, "there is no family `Comic`"),
    ),
    (
        "unknown-background",
        Broken(LAYOUT, "there is no background 3; there are 0"),
    ),
    (
        "unknown-asset",
        Broken(LAYOUT, "there is no asset `portrait`"),
    ),
    (
        "unknown-image-value",
        Broken(LAYOUT, "this request has no image value 4"),
    ),
    (
        "script-link",
        Broken(LAYOUT, "`javascript:alert(1)` does not begin with https:"),
    ),
    (
        "control-character",
        Broken(LAYOUT, "the control character U+0007"),
    ),
    ("empty-title", Broken(LAYOUT, "is empty; it names the file")),
    (
        "same-page-name",
        Broken(LAYOUT, "`front` names an earlier page too"),
    ),
    ("overfull-text", Broken(LAYOUT, "the box has 20 × 10 mm")),
    (
        "gradient",
        Broken(LAYOUT, "a gradient cannot be drawn by this version"),
    ),
    (
        "spot-colour",
        Broken(LAYOUT, "a spot colour cannot be drawn by this version"),
    ),
    (
        "stack",
        Broken(LAYOUT, "a stack cannot be drawn by this version"),
    ),
    (
        "aztec",
        Broken(LAYOUT, "an Aztec code cannot be drawn by this version"),
    ),
    ("code-missing", Broken(LAYOUT, "no page has a code slot")),
    (
        "code-too-small",
        Broken(LAYOUT, "0.306 mm; the least is 0.33 mm"),
    ),
    ("code-tight", Harmless),
    (
        "code-off-page",
        Broken(LAYOUT, "not wholly on the page of 105.0 × 148.0 mm"),
    ),
    (
        "code-moved-off-page",
        Broken(LAYOUT, "not wholly on the page of 105.0 × 148.0 mm"),
    ),
    (
        "code-scaled",
        Broken(LAYOUT, "scaled or mirrored by a group"),
    ),
    (
        "code-turned-askew",
        Broken(LAYOUT, "turned otherwise than by quarters"),
    ),
    ("code-turned-by-quarter", Harmless),
    (
        "code-transparent",
        Broken(LAYOUT, "made transparent by a group"),
    ),
    ("code-clipped", Broken(LAYOUT, "clipped by a group")),
    ("code-overlapped", Broken(LAYOUT, OVERLAP)),
    ("code-quiet-zone-overlapped", Broken(LAYOUT, OVERLAP)),
    ("code-overlapped-by-code", Broken(LAYOUT, OVERLAP)),
    ("code-on-a-panel", Harmless),
    (
        "code-pale",
        Broken(LAYOUT, "the contrast is 2.6 to 1; readers need 7 to 1"),
    ),
    (
        "code-low-correction",
        Broken(LAYOUT, "`low` is too little for a token"),
    ),
    ("code-forged", Broken(LAYOUT, FORGED)),
    ("code-forged-in-disguise", Broken(LAYOUT, FORGED)),
];

/// Settings that make `sinner` sin in `prepare`, with the code and words of its report.
const PREPARE_SINS: &[(&str, &str, &str)] = &[
    ("endless", FUEL, "`prepare_fuel` = 500000000"),
    ("panic", TRAPPED, "unreachable"),
    ("problem", "SETTINGS", "`blau` is not a colour"),
    ("no-problem", LAYOUT, "failed without naming a problem"),
    (
        "big-state",
        LAYOUT,
        "1048577, more than the limit `state_bytes` = 1048576",
    ),
];

/// The other guests, with the code and words of their reports.
const GUESTS: &[(&str, &str, &str)] = &[
    ("endless_start", FUEL, "`prepare_fuel` = 500000000"),
    ("greedy_start", MEMORY, "`memory_bytes` = 67108864"),
    ("lying_manifest", LAYOUT, "0 entries; allowed are 1 to 20"),
];

#[test]
fn hostile_templates_are_told_apart_harm_nobody_and_leave_nothing() {
    let folder = Folder::new();
    let hostile = token(&folder, "hostile", "admin");
    let ordinary = token(&folder, "ordinary", "admin");
    // The bomb would take longer than everything else; the bound holds whatever its figure. And fuel
    // shall decide, however busy the machine is.
    let limits = "compile_cpu_s=2,deadline_ms=60000,prepare_deadline_ms=120000";
    let host = Host::start_with(&folder, &[("TEMPLATE_LIMITS", limits)]);
    let client = host.client(&hostile);
    let round = || {
        let is_over = AtomicBool::new(false);
        thread::scope(|scope| {
            let ordinary: Vec<_> = (0..ORDINARY_CLIENTS)
                .map(|_| {
                    let client = host.client(&ordinary);
                    scope.spawn(|| serve_ordinary(client, &is_over))
                })
                .collect();
            // Also when an assertion fails: the others must end for it to be seen.
            let ending = Ending(&is_over);
            sin_by_settings(&client);
            sin_by_order(&client);
            upload_the_others(&client);
            drop(ending);
            let answered: u32 = ordinary.into_iter().map(|one| one.join().unwrap()).sum();
            eprintln!("{answered} ordinary requests were answered correctly");
            assert!(answered > 0);
        });
        host.resident_kib()
    };
    let (first, second) = (round(), round());
    eprintln!("{first} KiB after the first round, {second} KiB after the second");
    assert!(
        second <= first + GROWTH_KIB,
        "{first} KiB became {second} KiB"
    );
}

/// Says that a round is over, whichever way it ends.
struct Ending<'a>(&'a AtomicBool);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// One client's share of the ordinary requests, at an even pace. Gives how many were answered; each
/// answer is checked, none of them for its time.
fn serve_ordinary(client: Client, is_over: &AtomicBool) -> u32 {
    let order = json!({ "ticketData": { "attendeeName": "Zoë Kraus" } });
    let pause = Duration::from_secs(1) * ORDINARY_CLIENTS / ORDINARY_PER_SECOND;
    let begun = Instant::now();
    let mut ticket = Value::Null;
    for count in 0.. {
        if is_over.load(Ordering::SeqCst) {
            return count;
        }
        match count % 4 {
            0 => {
                let issued = client.post("/api/tickets/generate", &order);
                assert_eq!(issued.status, 201, "{}", issued.json());
                ticket = issued.data();
            }
            1 => {
                let id = ticket["ticketId"].as_str().unwrap();
                let read = client.get(&format!("/api/tickets/{id}"));
                assert_eq!(read.status, 200, "{}", read.json());
                assert_eq!(read.data()["qrText"], ticket["qrText"]);
            }
            2 => {
                let qr = json!({ "qr": ticket["qrText"] });
                let verdict = client.post("/api/tickets/validate", &qr);
                assert_eq!(verdict.status, 200, "{}", verdict.json());
                assert_eq!(verdict.data()["name"], "VALID");
            }
            _ => {
                let health = client.get("/health");
                assert_eq!(health.status, 200, "{}", health.json());
            }
        }
        // The pace is what is asked of the host; a host that is late gets no rest.
        let next = pause * (count + 1);
        thread::sleep(next.saturating_sub(begun.elapsed()));
    }
    0
}

/// Each sin as a template of its own, which the trials of its upload find out.
fn sin_by_settings(client: &Client) {
    let sinner = guest("sinner");
    for (sin, verdict) in SINS {
        let answer = client.upload(sin, &sinner, sin.as_bytes());
        match verdict {
            Harmless => assert_eq!(answer.status, 201, "{sin}: {}", answer.json()),
            Broken(code, words) => check_rejected(client, sin, &answer, code, words),
        }
    }
    for (sin, code, words) in PREPARE_SINS {
        let name = format!("prepare-{sin}");
        let answer = client.upload(&name, &sinner, format!("prepare:{sin}").as_bytes());
        check_rejected(client, &name, &answer, code, words);
    }
}

/// A template that behaves well in all trials and sins when an order tells it to.
fn sin_by_order(client: &Client) {
    activate(client, "sinner", &guest("sinner"));
    for (sin, verdict) in SINS {
        let answer = generate(client, sin);
        match verdict {
            Harmless => assert_eq!(answer.status, 201, "{sin}: {}", answer.json()),
            Broken(code, words) => check_broken(sin, &answer, code, words),
        }
        // Computing for ever ends with the same words each time, and so does everything else.
        let again = generate(client, sin);
        assert_eq!(again.status, answer.status, "{sin}");
        assert_eq!(
            again.json()["error"]["message"],
            answer.json()["error"]["message"]
        );
        assert_eq!(
            again.json()["error"]["details"],
            answer.json()["error"]["details"]
        );
        // Nothing of a sin is left, and a version that works now and then is not suspended.
        assert_eq!(generate(client, "none").status, 201, "after {sin}");
    }
    let trapped = generate(client, "panic").json()["error"]["details"].to_string();
    assert!(trapped.contains("function_that_panics"), "{trapped}");
}

fn upload_the_others(client: &Client) {
    for (name, code, words) in GUESTS {
        let answer = client.upload(&name.replace('_', "-"), &guest(name), b"");
        check_rejected(client, &name.replace('_', "-"), &answer, code, words);
    }
    let sinner = guest("sinner");
    // (module (import "wasi_snapshot_preview1" "fd_write" (func)))
    let mut importing = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x23\x01\x16".to_vec();
    importing.extend(b"wasi_snapshot_preview1\x08fd_write\0\0");
    let no_header = "does not begin with the bytes 00 61 73 6D";
    for (name, upload, code, words) in [
        ("empty", &b""[..], "NOT_WEBASSEMBLY", "it is empty"),
        (
            "garbage",
            &b"\x7fELF\x02\x01\x01 and so on"[..],
            "NOT_WEBASSEMBLY",
            no_header,
        ),
        (
            "text",
            &b"(component)"[..],
            "NOT_WEBASSEMBLY",
            "it is WebAssembly text",
        ),
        (
            "truncated",
            &sinner[..sinner.len() / 2],
            "INVALID_COMPONENT",
            "",
        ),
        (
            "importing",
            &importing,
            "IMPORTS",
            "`wasi_snapshot_preview1/fd_write`",
        ),
        ("bomb", &bomb::module(), "COMPILE_TOO_", "limits `compile_"),
    ] {
        let answer = client.upload(name, upload, b"");
        check_rejected(client, name, &answer, code, words);
    }
    // Too large to be looked at, and so to be kept.
    let answer = client.upload("too-large", &vec![0; (32 << 20) + 1], b"");
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (413, "PAYLOAD_TOO_LARGE"),
        "{}",
        answer.json()
    );
    assert!(answer.json().to_string().contains("33554432"));
    assert_eq!(client.get("/api/templates/too-large").status, 404);
}

#[test]
fn a_version_that_breaks_again_and_again_is_left_alone() {
    let folder = Folder::new();
    let token = token(&folder, "hostile", "admin");
    let host = Host::start(&folder);
    let client = host.client(&token);
    activate(&client, "sinner", &guest("sinner"));
    // A refusal by the author's own rule is no break.
    for sin in ["panic", "refuse", "panic"] {
        assert_eq!(generate(&client, sin).status, 422, "{sin}");
    }
    for round in 1..20 {
        assert_eq!(generate(&client, "panic").status, 422, "{round}");
    }
    // Whatever the ticket.
    let suspended = generate(&client, "none");
    let message = suspended.json()["error"]["message"].to_string();
    assert_eq!(
        (suspended.status, suspended.code().as_str()),
        (409, "TEMPLATE_SUSPENDED"),
        "{message}"
    );
    assert!(
        message.contains("version 1 of") && message.contains("broke 20 times in a row"),
        "{message}"
    );
    // Another version, though of the same component, is judged by itself; and so is the first again.
    activate(&client, "sinner", &guest("sinner"));
    assert_eq!(generate(&client, "none").status, 201);
    let path = "/api/templates/sinner/rollback";
    assert_eq!(client.post(path, &json!({})).status, 200);
    assert_eq!(generate(&client, "none").status, 409);
}

#[test]
fn a_template_that_the_host_has_no_time_for_is_not_blamed() {
    let folder = Folder::new();
    let token = token(&folder, "hostile", "admin");
    // All the fuel that there may be, which a fast machine burns in a second.
    let limits = "fuel=20000000000,deadline_ms=250";
    let host = Host::start_with(&folder, &[("TEMPLATE_LIMITS", limits)]);
    let client = host.client(&token);
    activate(&client, "sinner", &guest("sinner"));
    let answer = generate(&client, "endless-loop");
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (503, "OVERLOADED"),
        "{}",
        answer.json()
    );
    assert_eq!(answer.retry_after.as_deref(), Some("1"));
    let upload = client.upload("endless", &guest("sinner"), b"endless-loop");
    assert_eq!((upload.status, upload.code().as_str()), (503, "OVERLOADED"));
    assert_eq!(generate(&client, "none").status, 201);
}

#[test]
fn every_hostile_guest_has_its_verdict() {
    let known: BTreeSet<String> = GUESTS
        .iter()
        .map(|(name, ..)| (*name).to_owned())
        .chain(["sinner".to_owned()])
        .collect();
    let built: BTreeSet<String> = std::fs::read_dir(guests_folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wasm")
        })
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(built, known);

    let list = include_str!("../../../tests/hostile/src/sins/mod.rs");
    let named: BTreeSet<&str> = list
        .lines()
        .filter_map(|line| line.trim().strip_prefix("(\"")?.split_once('"'))
        .map(|(name, _)| name)
        .collect();
    let judged: BTreeSet<&str> = SINS.iter().map(|(sin, _)| *sin).collect();
    assert_eq!(named, judged);
}

fn guests_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/hostile")
}

fn guest(name: &str) -> Vec<u8> {
    let path = guests_folder().join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; run `cargo xtask build` first", path.display())
    })
}

fn activate(client: &Client, name: &str, component: &[u8]) {
    let uploaded = client.upload(name, component, b"");
    assert_eq!(uploaded.status, 201, "{}", uploaded.json());
    let version = uploaded.data()["version"].clone();
    let path = format!("/api/templates/{name}/versions/{version}/activate");
    assert_eq!(client.post(&path, &json!({})).status, 200);
}

fn generate(client: &Client, sin: &str) -> Answer {
    let order = json!({
        "ticketData": { "attendeeName": "Ada", "customFields": { "sin": sin } },
        "options": { "template": "sinner" },
    });
    client.post("/api/tickets/generate", &order)
}

fn check_broken(sin: &str, answer: &Answer, code: &str, words: &str) {
    let body = answer.json();
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (422, code),
        "{sin}: {body}"
    );
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.contains(words), "{sin}: {message}");
}

/// The version is stored, and its report can be read again under the number that the answer names.
fn check_rejected(client: &Client, name: &str, answer: &Answer, code: &str, words: &str) {
    let body = answer.json();
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (422, "TEMPLATE_REJECTED"),
        "{name}: {body}"
    );
    let report = &body["error"]["report"];
    assert_eq!(report["state"], "rejected", "{name}");
    let problems = report["problems"].as_array().unwrap();
    let is_told = problems.iter().any(|problem| {
        let says = |field: &str, words: &str| problem[field].as_str().unwrap().contains(words);
        says("code", code) && says("message", words)
    });
    assert!(is_told, "{name}: {problems:?}");
    let version = &body["error"]["version"];
    assert_eq!(body["error"]["templateId"], format!("{name}@{version}"));
    let stored = client.get(&format!("/api/templates/{name}/versions/{version}/report"));
    assert_eq!((stored.status, &stored.data()), (200, report), "{name}");
}
