//! Files that jobs make: PDFs, archives, lists, and links to them.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::batches::{accepted, open_event, over, totals};
use crate::support::{Answer, Client, Folder, Host, agent, token};

fn files(client: &Client, job: &str) -> Vec<Value> {
    let result = client.get(&format!("/api/tickets/job/{job}/result"));
    assert_eq!(result.status, 200, "{}", result.json());
    result.data()["files"].as_array().unwrap().clone()
}

fn download(client: &Client, job: &str, file: &Value) -> Answer {
    let answer = client.get(&format!("/api/tickets/job/{job}/files/{}", file["id"]));
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert_eq!(answer.bytes.len() as u64, file["bytes"].as_u64().unwrap());
    answer
}

/// What a program of poppler prints of a PDF.
fn poppler(program: &str, pdf: &[u8], arguments: &[&str]) -> String {
    let path = std::env::temp_dir().join(format!("guichet-{}.pdf", uuid::Uuid::new_v4()));
    std::fs::write(&path, pdf).unwrap();
    let output = Command::new(program)
        .arg(&path)
        .args(arguments)
        .stderr(Stdio::null())
        .output()
        .unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

fn pages(pdf: &[u8]) -> usize {
    let info = poppler("pdfinfo", pdf, &[]);
    let line = info.lines().find(|line| line.starts_with("Pages:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok())
        .unwrap()
}

const GUESTS: &str = "id,type,attendeeName,seat\nt-1,vip,Zo\u{eb},10\nt-2,vip,Ann,9\nt-3,vip,\u{c5}ke,1\nt-4,day,bert,2\n";

#[test]
fn all_tickets_are_bound_into_one_file_in_the_order_that_was_asked_for() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&token);
    open_event(&client, "gala");
    let path = "/api/tickets/full-batch?eventId=gala&orderBy=name&splitEvery=3&list=csv";
    let job = accepted(
        &client
            .send("POST", path, "text/csv", GUESTS.as_bytes())
            .unwrap(),
    );
    let done = over(&client, &job);
    assert_eq!(totals(&done), [4, 4, 0], "{done}");
    assert_eq!(
        (&done["type"], &done["results"]["pdfsGenerated"]),
        (&json!("full"), &json!(4))
    );
    let files = files(&client, &job);
    let names: Vec<_> = files
        .iter()
        .map(|file| file["fileName"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "tickets-0000001-0000003.pdf",
            "tickets-0000004-0000004.pdf",
            "tickets.csv"
        ]
    );
    let first = download(&client, &job, &files[0]).bytes;
    assert_eq!(pages(&first), 3);
    let texts: Vec<_> = ["1", "2", "3"]
        .map(|page| poppler("pdftotext", &first, &["-f", page, "-l", page, "-"]))
        .to_vec();
    for (text, name) in texts.iter().zip(["\u{c5}ke", "Ann", "bert"]) {
        assert!(text.contains(name), "{name}: {text}");
    }
    let second = download(&client, &job, &files[1]).bytes;
    assert!(poppler("pdftotext", &second, &["-"]).contains("Zo\u{eb}"));
    let list = String::from_utf8(download(&client, &job, &files[2]).bytes).unwrap();
    let lines: Vec<_> = list.lines().collect();
    assert_eq!(lines.len(), 5, "{list}");
    assert!(
        lines[1].contains("t-1") && lines[1].contains("TK1:"),
        "{list}"
    );

    // The same bytes by a link that needs no token, and parts of them.
    let url = files[0]["url"].as_str().unwrap();
    let link = url.split_once("/f/").unwrap().1;
    let part = host.raw("GET", &format!("/f/{link}"), &[("Range", "bytes=0-4")]);
    assert_eq!((part.status(), part.body.as_str()), (206, "%PDF-"));
    let whole = format!("bytes 0-4/{}", first.len());
    assert_eq!(part.header("content-range"), Some(whole));
    let etag = part.header("etag").unwrap();
    let known = host.raw("GET", &format!("/f/{link}"), &[("If-None-Match", &etag)]);
    assert_eq!(known.status(), 304);
    let beyond = host.raw(
        "GET",
        &format!("/f/{link}"),
        &[("Range", "bytes=99999999-")],
    );
    assert_eq!(beyond.status(), 416);
    let mut forged = link.to_owned();
    forged.replace_range(0..1, if link.starts_with('B') { "C" } else { "B" });
    for wrong in [forged.as_str(), "x"] {
        let answer = host.raw("GET", &format!("/f/{wrong}"), &[]);
        assert_eq!(
            (answer.status(), answer.code()),
            (404, "ARTIFACT_NOT_FOUND".to_owned())
        );
    }
    // Nothing of it is on the disk in clear.
    let mut found = 0;
    let mut folders = vec![folder.path().to_owned()];
    while let Some(path) = folders.pop() {
        for entry in std::fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains("artifacts") {
                found += 1;
                let bytes = std::fs::read(&path).unwrap();
                assert!(
                    !bytes
                        .windows(5)
                        .any(|window| window == b"%PDF-" || window == b"bert,")
                );
            }
        }
    }
    assert!(found >= 3, "{found}");
    // With the job its files go.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let cleaned = client.post("/api/tickets/queue/clean", &json!({ "olderThan": "1s" }));
    assert_eq!(cleaned.data()["cleanedCount"], 1);
    assert_eq!(host.raw("GET", &format!("/f/{link}"), &[]).status(), 404);
}

#[test]
fn tickets_that_are_there_are_printed_upon_sheets_and_into_archives() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&token);
    open_event(&client, "gala");
    let made = client.send(
        "POST",
        "/api/tickets/batch?eventId=gala",
        "text/csv",
        GUESTS.as_bytes(),
    );
    over(&client, &accepted(&made.unwrap()));
    assert_eq!(client.delete("/api/tickets/t-2?reason=refund").status, 200);
    let print = |options: Value| {
        let ids = ["t-1", "t-2", "t-3", "t-4", "t-5"];
        let body = json!({ "ticketIds": ids, "options": options });
        client.post("/api/tickets/batch-pdf", &body)
    };
    let sheets = json!({ "imposition": { "widthMm": 700, "heightMm": 700, "columns": 2, "rows": 1, "gutterMm": 6, "cropMarks": true, "cutStacks": true } });
    let job = accepted(&print(sheets));
    let done = over(&client, &job);
    // One was revoked, and one is none.
    assert_eq!(done["status"], "completed", "{done}");
    assert_eq!(done["results"]["pdfsGenerated"], 3, "{done}");
    let files_of = files(&client, &job);
    assert_eq!(files_of[0]["tickets"], 3);
    assert_eq!(pages(&download(&client, &job, &files_of[0]).bytes), 2);
    let items = client
        .get(&format!("/api/tickets/job/{job}/items?status=failed"))
        .data();
    assert_eq!(items["items"][0]["error"]["code"], "TICKET_NOT_FOUND");

    let archive = |options: Value, ending: &str| {
        let job = accepted(&print(options));
        assert_eq!(over(&client, &job)["status"], "completed");
        let files = files(&client, &job);
        let bytes = download(&client, &job, &files[0]).bytes;
        assert!(bytes.starts_with(b"PK\x03\x04"));
        let names = bytes
            .windows(ending.len())
            .filter(|window| *window == ending.as_bytes())
            .count();
        // Each stands before its file and in the directory.
        assert_eq!(names, 6, "{ending}");
    };
    archive(json!({ "mergeIntoSingle": false }), ".pdf");
    archive(json!({ "format": "png", "dpi": 72 }), ".png");
    let odd = print(json!({ "imposition": { "sheet": "A4", "columns": 50, "rows": 50 } }));
    let job = accepted(&odd);
    let done = over(&client, &job);
    assert_eq!(done["status"], "failed", "{done}");
}

/// Names a server that speaks S3, to which anybody may write.
const S3: &str = "GUICHET_TEST_S3_ENDPOINT";

#[test]
fn files_are_kept_encrypted_in_a_bucket_and_go_with_their_job() {
    let Ok(endpoint) = std::env::var(S3) else {
        eprintln!("{S3} is not set: nothing was kept in a bucket");
        return;
    };
    let bucket = format!("service-{}", uuid::Uuid::new_v4().simple());
    let store = |method: &str, path: &str| {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{endpoint}/{bucket}{path}"))
            // Objects are given to nobody who is unknown; who it is, is not looked at.
            .header("authorization", "AWS anybody:nothing")
            .body(())
            .unwrap();
        let mut answer = agent().run(request).unwrap();
        assert!(answer.status().is_success(), "{method} {path}");
        answer.body_mut().read_to_vec().unwrap()
    };
    let keys = || {
        let listed = String::from_utf8(store("GET", "?list-type=2")).unwrap();
        let parts = listed.split("<Key>").skip(1);
        let keys = parts.filter_map(|part| Some(part.split_once("</Key>")?.0.to_owned()));
        keys.collect::<Vec<_>>()
    };
    store("PUT", "");
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start_with(
        &folder,
        &[
            ("STORAGE_TYPE", "s3"),
            ("AWS_ENDPOINT_URL", &endpoint),
            ("AWS_S3_BUCKET", &bucket),
            ("AWS_S3_PREFIX", "box-office"),
            ("AWS_ACCESS_KEY_ID", "anybody"),
            ("AWS_SECRET_ACCESS_KEY", "nothing"),
        ],
    );
    let client = host.client(&token);
    open_event(&client, "gala");
    let path = "/api/tickets/full-batch?eventId=gala&splitEvery=2&list=ndjson";
    let job = accepted(
        &client
            .send("POST", path, "text/csv", GUESTS.as_bytes())
            .unwrap(),
    );
    assert_eq!(totals(&over(&client, &job)), [4, 4, 0]);
    let files = files(&client, &job);
    assert_eq!(files.len(), 3);
    let first = download(&client, &job, &files[0]).bytes;
    assert_eq!(pages(&first), 2);
    let kept = keys();
    assert_eq!(kept.len(), 3, "{kept:?}");
    for key in kept {
        assert!(key.starts_with("box-office/"), "{key}");
        let bytes = store("GET", &format!("/{key}"));
        let has = |words: &[u8]| bytes.windows(words.len()).any(|window| window == words);
        assert!(!has(b"%PDF-") && !has(b"TK1:"), "{key} can be read");
    }
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let clean = json!({ "olderThan": "1s", "status": ["completed"] });
    let cleaned = client.post("/api/tickets/queue/clean", &clean);
    assert_eq!(cleaned.status, 200, "{}", cleaned.json());
    assert_eq!(keys(), [""; 0]);
}
