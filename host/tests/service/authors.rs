//! An author's way, by the commands of `guichet template`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{Folder, Host, token};

fn classic() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/dist/templates/classic.wasm")
}

/// What a command printed as JSON, and its exit code.
fn said(folder: &Folder, arguments: &[&str]) -> (i32, Value) {
    let output = folder.guichet(&[arguments, &["--json"]].concat());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let value = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!(
            "{arguments:?}: {error}: {text} {}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    (output.status.code().unwrap(), value)
}

#[test]
fn a_new_project_has_its_name_and_is_never_written_over() {
    let folder = Folder::embedded();
    let project = folder.path().join("summer");
    let project = project.to_str().unwrap();
    let (code, made) = said(&folder, &["template", "new", "summer", "--folder", project]);
    assert_eq!(code, 0);
    for file in made["files"].as_array().unwrap() {
        let path = Path::new(project).join(file.as_str().unwrap());
        assert!(path.is_file(), "{}", path.display());
    }
    let code = fs::read_to_string(Path::new(project).join("src/lib.rs")).unwrap();
    assert!(code.contains("Manifest::new(\"summer\"") || code.contains("\"summer\","));
    let again = folder.guichet(&["template", "new", "summer", "--folder", project]);
    assert_eq!(again.status.code(), Some(2), "there is something already");
    let build = folder.guichet(&["template", "build", folder.path().to_str().unwrap()]);
    assert_eq!(build.status.code(), Some(2), "no project is there");
}

#[test]
fn pages_are_compared_with_those_that_were_accepted() {
    let folder = Folder::embedded();
    let golden = folder.path().join("golden");
    let (component, pages) = (classic(), golden.to_str().unwrap());
    let component = component.to_str().unwrap();
    let test = ["template", "test", component, "--golden", pages];
    let missing = folder.guichet(&test);
    assert_eq!(missing.status.code(), Some(2), "there is no such folder");
    fs::create_dir(&golden).unwrap();
    fs::write(
        golden.join("zoe.json"),
        r#"{"ticketData":{"attendeeName":"Zoë Kraus"}}"#,
    )
    .unwrap();
    let (code, first) = said(&folder, &test);
    assert_eq!((code, first["pages"].as_u64()), (1, Some(2)), "{first}");
    let accept = [&test[..], &["--accept"]].concat();
    assert_eq!(said(&folder, &accept).0, 0);
    let (code, same) = said(&folder, &test);
    assert_eq!((code, &same["changed"]), (0, &json!([])));
    // Other settings draw other pages.
    let settings = folder.path().join("settings.json");
    fs::write(&settings, r##"{"accent":"#7a1f1f"}"##).unwrap();
    let red = [&test[..], &["--settings", settings.to_str().unwrap()]].concat();
    let (code, other) = said(&folder, &red);
    assert_eq!(code, 1);
    assert_eq!(other["changed"].as_array().unwrap().len(), 2, "{other}");
    assert!(golden.join("zoe.1.new.svg").is_file());
    // What differed is cleared away once it does not.
    assert_eq!(said(&folder, &test).0, 0);
    assert!(!golden.join("zoe.1.new.svg").exists());
    fs::remove_file(golden.join("zoe.json")).unwrap();
    let (code, gone) = said(&folder, &test);
    assert_eq!(
        (code, &gone["changed"][0]["page"]),
        (1, &json!("zoe.1.svg"))
    );
}

#[test]
fn the_fuel_of_a_ticket_is_the_same_here_and_on_a_host() {
    let folder = Folder::new();
    let admin = token(&folder, "authors", "admin");
    let host = Host::start(&folder);
    let component = classic();
    let component = component.to_str().unwrap();
    let (code, measured) = said(&folder, &["template", "bench", component, "--tickets", "5"]);
    assert_eq!(code, 0);
    let bytes = fs::read(component).unwrap();
    let uploaded = host.client(&admin).upload("lakeside", &bytes, b"");
    let sample = &uploaded.data()["report"]["figures"]["layouts"]["sample"];
    assert_eq!(measured["fuel"]["used"], sample["fuel"]);
    assert_eq!(measured["memoryBytes"]["used"], sample["peakMemoryBytes"]);
    assert!(measured["ticketMicroseconds"]["p50"].as_u64() > Some(0));
}

#[test]
fn versions_are_compared_tried_used_and_taken_back() {
    let folder = Folder::new();
    let admin = token(&folder, "authors", "admin");
    let host = Host::start(&folder);
    let target = ["--url", &host.origin, "--token", &admin];
    let command = |arguments: &[&str]| said(&folder, &[&["template"], arguments, &target].concat());
    let component = classic();
    let component = component.to_str().unwrap();
    let settings = folder.path().join("settings.json");
    fs::write(&settings, r##"{"accent":"#7a1f1f"}"##).unwrap();
    let settings = ["--settings", settings.to_str().unwrap()];
    let push = ["push", component, "--name", "lakeside"];
    assert_eq!(command(&push).1["version"], 1);
    assert_eq!(command(&[&push[..], &settings].concat()).1["version"], 2);
    assert_eq!(command(&["activate", "lakeside", "1"]).0, 0);

    let pictures = folder.path().join("diff");
    let out = ["--out", pictures.to_str().unwrap()];
    let (code, diff) = command(&[&["diff", "lakeside", "1", "2"], &out[..]].concat());
    assert_eq!(code, 0);
    assert_eq!(diff["manifest"], json!([]), "only the colour differs");
    assert!(
        diff["pages"][0]["changedPermille"].as_u64() > Some(0),
        "{diff}"
    );
    for file in [
        "index.html",
        "page-1-version-1.png",
        "page-1-version-2.png",
        "page-1-difference.png",
    ] {
        assert!(pictures.join(file).is_file(), "{file}");
    }
    let (_, same) = command(&["diff", "lakeside", "2", "2"]);
    assert_eq!(same["pages"][0]["changedPermille"], 0);

    let trial = ["canary", "lakeside", "2", "--share", "100%"];
    assert_eq!(command(&trial).0, 0);
    let (_, versions) = command(&["versions", "lakeside"]);
    assert_eq!(versions["template"]["activeVersion"], 1);
    assert_eq!(
        versions["template"]["canary"],
        json!({ "version": 2, "permille": 1000 })
    );
    assert_eq!(versions["versions"].as_array().unwrap().len(), 2);
    assert_eq!(command(&["canary", "lakeside", "2", "--share", "0"]).0, 0);

    assert_eq!(command(&["activate", "lakeside", "2"]).0, 0);
    let (code, back) = command(&["rollback", "lakeside"]);
    assert_eq!((code, &back["activeVersion"]), (0, &json!(1)));
    let (code, refused) = command(&["diff", "lakeside", "1", "9"]);
    assert_eq!(
        (code, &refused["error"]["code"]),
        (1, &json!("TEMPLATE_NOT_FOUND"))
    );
}

/// The same component in more bytes: a section by a name of its own, which nobody reads.
fn padded(component: &[u8], bytes: usize) -> Vec<u8> {
    let leb = |mut value: usize| {
        let mut out = Vec::new();
        loop {
            let low = u8::try_from(value & 0x7F).unwrap();
            value >>= 7;
            if value == 0 {
                out.push(low);
                return out;
            }
            out.push(low | 0x80);
        }
    };
    let mut section = vec![3];
    section.extend(b"pad");
    section.resize(bytes, 0);
    let mut padded = component.to_vec();
    padded.push(0);
    padded.extend(leb(section.len()));
    padded.extend(section);
    padded
}

#[test]
fn a_large_upload_is_answered_at_once_and_decided_later_also_by_the_next_host() {
    let folder = Folder::new();
    let admin = token(&folder, "authors", "admin");
    let large = padded(&fs::read(classic()).unwrap(), 5 << 20);
    let host = Host::start(&folder);
    // So busy with another upload that this one waits for its turn.
    let answers: Vec<_> = std::thread::scope(|scope| {
        let uploads: Vec<_> = (0..3)
            .map(|number| {
                let (client, large) = (host.client(&admin), &large);
                scope.spawn(move || {
                    let mut bytes = large.clone();
                    bytes.extend([0, 2, 1, b'0' + number]);
                    client.upload("lakeside", &bytes, b"")
                })
            })
            .collect();
        uploads.into_iter().map(|one| one.join().unwrap()).collect()
    });
    for answer in &answers {
        assert!(
            [201, 202].contains(&answer.status),
            "{}: {}",
            answer.status,
            answer.json()
        );
    }
    let waiting = answers.iter().filter(|answer| answer.status == 202).count();
    // In the middle of it, unless this machine is very fast.
    drop(host);
    let host = Host::start(&folder);
    let client = host.client(&admin);
    let begun = std::time::Instant::now();
    for answer in &answers {
        let number = answer.data()["version"].clone();
        let path = format!("/api/templates/lakeside/versions/{number}/report");
        let decided = loop {
            let report = client.get(&path).data();
            if report["state"].is_string() {
                break report;
            }
            assert!(
                begun.elapsed().as_secs() < 120,
                "version {number} of {waiting} that waited is not decided"
            );
            std::thread::sleep(std::time::Duration::from_millis(50));
        };
        assert_eq!(decided["state"], "ready", "{decided}");
    }
}

/// A command that runs until this is dropped.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail where it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_preview_follows_the_file_and_keeps_the_last_good_pages() {
    let folder = Folder::embedded();
    let component = folder.path().join("work.wasm");
    fs::copy(classic(), &component).unwrap();
    let mut command = folder.command();
    command
        .args(["template", "preview", component.to_str().unwrap()])
        .args(["--port", "0", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = Running(command.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let told: Value = serde_json::from_str(&line).unwrap();
    let url = told["url"].as_str().unwrap();
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .into();
    let get = |path: &str| {
        let mut answer = agent.get(format!("{url}{path}")).call().unwrap();
        (
            answer.status().as_u16(),
            answer.body_mut().read_to_vec().unwrap(),
        )
    };
    let state = |after: u64| -> Value {
        serde_json::from_slice(&get(&format!("state?after={after}")).1).unwrap()
    };

    let first = state(0);
    assert_eq!(
        (&first["ready"], &first["generation"]),
        (&json!(true), &json!(1))
    );
    let names: Vec<_> = first["trials"].as_array().unwrap().iter().collect();
    assert_eq!(names[0]["name"], "sample");
    assert!(names.iter().any(|trial| trial["name"] == "longest values"));
    assert!(get("").1.starts_with(b"<!doctype html>"));
    assert!(
        get("page?trial=0&format=png&dpi=72")
            .1
            .starts_with(b"\x89PNG")
    );
    assert!(get("page?trial=2&format=pdf").1.starts_with(b"%PDF"));
    let (status, refusal) = get("page?trial=0&format=png&page=9");
    let refusal: Value = serde_json::from_slice(&refusal).unwrap();
    assert_eq!((status, &refusal["code"]), (422, &json!("PAGE_NOT_FOUND")));
    // A page of elsewhere whose name was pointed here.
    let foreign = agent
        .get(url)
        .header("Host", "evil.example")
        .call()
        .unwrap();
    assert_eq!(foreign.status(), 403);

    fs::write(&component, b"no component").unwrap();
    let broken = state(1);
    assert_eq!(
        (&broken["ready"], &broken["stale"]),
        (&json!(false), &json!(true))
    );
    assert_eq!(broken["report"]["problems"][0]["code"], "NOT_WEBASSEMBLY");
    assert_eq!(
        broken["trials"], first["trials"],
        "the last good pages stay"
    );
    assert_eq!(get("page?trial=0&format=svg").0, 200);

    fs::copy(classic(), &component).unwrap();
    let mended = state(broken["generation"].as_u64().unwrap());
    assert_eq!(mended["ready"], true);
}
