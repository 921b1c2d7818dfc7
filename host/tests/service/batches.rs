//! Jobs: batches as JSON and as streams, what becomes of each item, and the queue.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Answer, Client, Folder, Host, token};

/// Longer than any job of these tests takes on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn accepted(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{}", answer.json());
    answer.data()["jobId"].as_str().unwrap().to_owned()
}

pub fn status(client: &Client, job: &str) -> Value {
    let answer = client.get(&format!("/api/tickets/job/{job}/status"));
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.data()
}

/// Waits until a job says so.
pub fn job_that(client: &Client, job: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let now = status(client, job);
        if is_so(&now) {
            return now;
        }
        assert!(begun.elapsed() < PATIENCE, "{now}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub fn over(client: &Client, job: &str) -> Value {
    job_that(client, job, |job| job.get("completedAt").is_some())
}

pub fn open_event(client: &Client, id: &str) {
    let made = client.post("/api/events", &json!({ "id": id, "title": "Gala" }));
    assert_eq!(made.status, 201, "{}", made.json());
}

/// All tickets of an event, in pages.
fn tickets_of(client: &Client, event: &str) -> Vec<Value> {
    let mut tickets = Vec::new();
    for page in 1.. {
        let path = format!("/api/tickets/events/{event}/tickets?limit=100&page={page}");
        let list = client.get(&path).data();
        let items = list["tickets"].as_array().unwrap();
        if items.is_empty() {
            break;
        }
        tickets.extend(items.iter().cloned());
    }
    tickets
}

pub fn totals(job: &Value) -> [u64; 3] {
    ["total", "completed", "failed"].map(|name| job["progress"][name].as_u64().unwrap())
}

#[test]
fn a_batch_of_each_kind_of_entry_is_issued() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let batch = json!({
        "eventId": "gala",
        "eventData": { "title": "Gala", "ticketTypes": [{ "name": "vip" }, { "name": "day" }] },
        "tickets": [
            { "id": "first", "type": "vip", "attendeeName": "Zoë Kraus", "seat": "12", "orderId": "o-1" },
            { "type": "day", "quantity": 40 },
            { "ticketType": "vip", "attendeeName": "Ann" },
        ],
        "options": { "priority": "high", "includeQR": true },
    });
    let answer = client.post("/api/tickets/batch", &batch);
    let job = accepted(&answer);
    let data = answer.data();
    assert_eq!(
        (&data["totalTickets"], &data["ticketsCount"]),
        (&json!(42), &json!(42))
    );
    assert!(data["estimatedTime"].as_u64().unwrap() >= 1);

    let done = over(&client, &job);
    assert_eq!(done["status"], "completed");
    assert_eq!(totals(&done), [42, 42, 0]);
    assert_eq!(done["progress"]["percentage"], 100.0);
    assert_eq!(done["results"]["ticketsGenerated"], 42);
    assert_eq!(
        (&done["eventId"], &done["type"]),
        (&json!("gala"), &json!("tickets"))
    );
    let tickets = tickets_of(&client, "gala");
    let numbers: HashSet<_> = tickets
        .iter()
        .map(|ticket| ticket["ticketNumber"].to_string())
        .collect();
    assert_eq!((tickets.len(), numbers.len()), (42, 42));
    let stats = client.get("/api/tickets/events/gala/stats").data();
    assert_eq!(stats["types"]["day"]["totalTickets"], 40);

    // Such a ticket is like any other: it is found, downloaded and holds at the gate.
    let first = client.get("/api/tickets/first").data();
    assert_eq!(first["attendeeName"], "Zoë Kraus");
    let order = client.get("/api/tickets/orders/o-1/download");
    assert!(order.status == 200 && order.bytes.starts_with(b"%PDF"));
    let qr = first["qrText"].as_str().unwrap();
    let verdict = client
        .post("/api/tickets/validate", &json!({ "qr": qr }))
        .data();
    assert_eq!(verdict["name"], "VALID", "{verdict}");

    // What became of each item.
    let items = client
        .get(&format!("/api/tickets/job/{job}/items?limit=100"))
        .data();
    let items = items["items"].as_array().unwrap();
    assert_eq!(items.len(), 42);
    assert_eq!(items[0]["ticketId"], "first");
    assert!(items.iter().all(|item| item["status"] == "done"));
    let second = client
        .get(&format!("/api/tickets/job/{job}/items?limit=5&page=9"))
        .data();
    assert_eq!(second["items"].as_array().unwrap().len(), 2);
    let list = client
        .get("/api/tickets/jobs?status=completed&eventId=gala&type=tickets")
        .data();
    assert_eq!(list["jobs"][0]["id"], json!(job));
    assert_eq!(
        client.get("/api/tickets/jobs?status=failed").data()["pagination"]["total"],
        0
    );
}

#[test]
fn a_batch_that_makes_no_sense_is_refused_before_anything_is_promised() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start_with(&folder, &[("BATCH_MAX_SIZE", "3")]);
    let client = host.client(&token);
    let declared = json!({ "id": "fair", "title": "Fair", "ticketTypes": [{ "name": "day" }] });
    assert_eq!(client.post("/api/events", &declared).status, 201);
    let check = |batch: Value, status: u16, code: &str, field: &str| {
        let answer = client.post("/api/tickets/batch", &batch);
        assert_eq!(
            (answer.status, answer.code()),
            (status, code.to_owned()),
            "{}",
            answer.json()
        );
        let named = answer.json()["error"]["details"].to_string();
        assert!(named.contains(field), "{field}: {}", answer.json());
    };
    let wrong = "VALIDATION_ERROR";
    check(json!({ "tickets": [] }), 400, wrong, "tickets");
    // What a stream says in its query would be lost here.
    let path = "/api/tickets/batch?eventId=fair&list=csv";
    let beside = client.post(path, &json!({ "tickets": [{}] }));
    assert_eq!(beside.status, 400, "{}", beside.json());
    let named = beside.json()["error"]["details"].to_string();
    assert!(
        named.contains("eventId") && named.contains("list"),
        "{named}"
    );
    check(
        json!({ "tickets": [{}, {}, {}, {}] }),
        400,
        wrong,
        "BATCH_MAX_SIZE = 3",
    );
    check(
        json!({ "tickets": [{}, { "seat": 7 }] }),
        400,
        wrong,
        "tickets[1].seat",
    );
    check(
        json!({ "tickets": [{ "quantity": 0 }] }),
        400,
        wrong,
        "tickets[0].quantity",
    );
    check(
        json!({ "tickets": [{ "id": "a", "quantity": 2 }] }),
        400,
        wrong,
        "tickets[0].id",
    );
    check(
        json!({ "tickets": [{ "colour": "red" }] }),
        400,
        wrong,
        "tickets[0].colour",
    );
    check(
        json!({ "eventId": "fair", "tickets": [{ "type": "day" }, { "type": "vip" }] }),
        400,
        wrong,
        "tickets[1].type",
    );
    check(
        json!({ "tickets": [{}], "options": { "priority": "mad" } }),
        400,
        wrong,
        "options.priority",
    );
    check(
        json!({ "tickets": [{}], "options": { "attempts": 11 } }),
        400,
        wrong,
        "options.attempts",
    );
    check(
        json!({ "tickets": [{}], "options": { "delay": 2_592_001 } }),
        400,
        wrong,
        "options.delay",
    );
    check(
        json!({ "eventId": "nowhere", "tickets": [{}] }),
        404,
        "EVENT_NOT_FOUND",
        "",
    );
    check(
        json!({ "tickets": [{ "template": "nobody" }] }),
        404,
        "TEMPLATE_NOT_FOUND",
        "",
    );
    assert_eq!(
        client.get("/api/tickets/jobs").data()["pagination"]["total"],
        0
    );
    for path in ["status", "items", "events"] {
        for id in ["x", "6f1c2b1e-8d0a-4c55-9d0e-3f2f6a0c9b11"] {
            let answer = client.get(&format!("/api/tickets/job/{id}/{path}"));
            assert_eq!(
                (answer.status, answer.code()),
                (404, "JOB_NOT_FOUND".to_owned())
            );
        }
    }
}

#[test]
fn bad_rows_of_a_table_are_named_and_repaired_alone() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&token);
    open_event(&client, "gala");
    const ROWS: usize = 2_500;
    let mut table = "\u{feff}id,Type,Attendee Name,seat,table\r\n".to_owned();
    for row in 0..ROWS {
        let seat = match row % 100 {
            // One in a hundred is too long.
            50 => "x".repeat(101),
            _ => row.to_string(),
        };
        write!(
            table,
            "row-{row},vip,\"Guest, {row}\",{seat},{}\r\n",
            row % 9
        )
        .unwrap();
    }
    let send = |body: &str| {
        client
            .send(
                "POST",
                "/api/tickets/batch?eventId=gala&priority=high",
                "text/csv",
                body.as_bytes(),
            )
            .unwrap()
    };
    let job = accepted(&send(&table));
    let done = over(&client, &job);
    assert_eq!(totals(&done), [2_500, 2_475, 25], "{done}");
    assert_eq!(done["status"], "completed");
    let ticket = client.get("/api/tickets/row-7").data();
    assert_eq!(ticket["attendeeName"], "Guest, 7");
    assert_eq!(ticket["customFields"]["table"], "7", "{ticket}");
    let path = format!("/api/tickets/job/{job}/items?status=failed&limit=100");
    let failed = client.get(&path).data();
    let failed = failed["items"].as_array().unwrap();
    assert_eq!(failed.len(), 25);
    // The first row holds the names, so the row of index 50 is line 52.
    assert_eq!(
        (&failed[0]["index"], &failed[0]["line"]),
        (&json!(50), &json!(52))
    );
    assert_eq!(failed[0]["error"]["code"], "VALIDATION_ERROR");
    let words = failed[0]["error"]["message"].as_str().unwrap();
    assert!(words.contains("seat") && words.contains("100"), "{words}");

    let retry = |body: Value| client.post(&format!("/api/tickets/job/{job}/retry"), &body);
    let repaired = |index: u64| {
        json!({ "index": index, "ticket": {
            "id": format!("row-{index}"), "eventId": "gala", "type": "vip", "seat": "repaired" } })
    };
    let wrong = retry(json!({ "items": [repaired(51)] }));
    assert_eq!(
        (wrong.status, wrong.code()),
        (400, "VALIDATION_ERROR".to_owned())
    );
    let some: Vec<_> = (0..10).map(|row| repaired(row * 100 + 50)).collect();
    let again = retry(json!({ "items": some }));
    assert_eq!(again.status, 200, "{}", again.json());
    let done = over(&client, &job);
    assert_eq!(totals(&done), [2_500, 2_485, 15], "{done}");
    assert_eq!(client.get("/api/tickets/row-50").data()["seat"], "repaired");
    let stats = client.get("/api/tickets/events/gala/stats").data();
    assert_eq!(stats["totalTickets"], 2_485);

    // Sent once more, every id is taken.
    let second = accepted(&send(&table));
    let done = over(&client, &second);
    assert_eq!(totals(&done), [2_500, 0, 2_500], "{done}");
    assert_eq!(
        (&done["status"], &done["error"]),
        (&json!("failed"), &json!("GENERATION_FAILED"))
    );
    let items = client
        .get(&format!("/api/tickets/job/{second}/items?limit=1"))
        .data();
    assert_eq!(items["items"][0]["error"]["code"], "TICKET_EXISTS");
    assert_eq!(
        client.get("/api/tickets/events/gala/stats").data()["totalTickets"],
        2_485
    );
}

#[test]
fn a_stream_of_json_is_read_line_by_line() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&token);
    open_event(&client, "gala");
    let lines = "{\"type\":\"vip\",\"attendeeName\":\"Zoë\"}\n\nnonsense\n{\"quantity\":1500}\n{\"seat\":[]}\n";
    let send = |query: &str, body: &str| {
        let path = format!("/api/tickets/batch{query}");
        client
            .send("POST", &path, "application/x-ndjson", body.as_bytes())
            .unwrap()
    };
    let job = accepted(&send("?eventId=gala", lines));
    let done = over(&client, &job);
    assert_eq!(totals(&done), [1_503, 1_501, 2], "{done}");
    let failed = client
        .get(&format!("/api/tickets/job/{job}/items?status=failed"))
        .data();
    let lines: Vec<_> = failed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["line"].clone())
        .collect();
    assert_eq!(lines, [3, 5]);
    for (query, body, status) in [
        ("?eventId=nowhere", "{}\n", 404),
        ("?eventId=gala", "", 400),
        ("?colour=red", "{}\n", 400),
        ("?priority=mad", "{}\n", 400),
        ("?attempts=0", "{}\n", 400),
    ] {
        let answer = send(query, body);
        assert_eq!(answer.status, status, "{query}: {}", answer.json());
    }
}

#[test]
fn a_batch_that_is_sent_twice_is_one_job() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&token);
    open_event(&client, "gala");
    let key = [("Idempotency-Key", "batch-1")];
    let send = |body: &Value| {
        client
            .send_with("POST", "/api/tickets/batch", &key, body)
            .unwrap()
    };
    let batch = json!({ "eventId": "gala", "tickets": [{ "type": "vip", "quantity": 30 }] });
    let job = accepted(&send(&batch));
    over(&client, &job);
    assert_eq!(accepted(&send(&batch)), job);
    let other = send(&json!({ "eventId": "gala", "tickets": [{ "type": "day", "quantity": 30 }] }));
    assert_eq!(
        (other.status, other.code()),
        (422, "IDEMPOTENCY_KEY_REUSED".to_owned())
    );

    // A stream is known again by its bytes.
    let stream = |body: &str| {
        let mut request = ureq::post(format!("{}/api/tickets/batch?eventId=gala", host.origin))
            .config()
            .http_status_as_error(false)
            .build()
            .header("Authorization", format!("Bearer {token}"))
            .header("Content-Type", "text/csv")
            .header("Idempotency-Key", "batch-2")
            .send(body)
            .unwrap();
        let status = request.status().as_u16();
        let text = request.body_mut().read_to_string().unwrap();
        let body: Value = serde_json::from_str(&text).unwrap();
        (status, body)
    };
    let (status, first) = stream("type\nvip\nvip\n");
    assert_eq!(status, 202, "{first}");
    let (_, second) = stream("type\nvip\nvip\n");
    assert_eq!(second["data"]["jobId"], first["data"]["jobId"]);
    let (status, other) = stream("type\nvip\nday\n");
    assert_eq!(status, 422, "{other}");
    over(&client, first["data"]["jobId"].as_str().unwrap());
    let stats = client.get("/api/tickets/events/gala/stats").data();
    assert_eq!(stats["totalTickets"], 32);
    assert_eq!(
        client.get("/api/tickets/jobs").data()["pagination"]["total"],
        2
    );
}

#[test]
fn a_job_waits_until_it_is_processed_and_is_paused_and_cancelled() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&token);
    open_event(&client, "gala");
    let made = client.post(
        "/api/tickets/jobs",
        &json!({ "type": "batch_generation", "eventId": "gala", "ticketData": [{ "type": "vip" }] }),
    );
    assert_eq!(made.status, 201, "{}", made.json());
    let waiting = made.data()["jobId"].as_str().unwrap().to_owned();
    let sized = client.post(
        "/api/tickets/jobs",
        &json!({ "jobType": "batch_generation", "priority": "low",
                 "parameters": { "eventId": "gala", "ticketCount": 200_000, "ticketType": "day" } }),
    );
    assert_eq!(sized.status, 201, "{}", sized.json());
    let large = sized.data()["jobId"].as_str().unwrap().to_owned();
    assert_eq!(sized.data()["progress"]["total"], 200_000);
    for body in [
        json!({}),
        json!({ "type": "pdf_generation", "ticketData": [{}] }),
        json!({ "ticketData": [{}], "parameters": { "ticketCount": 1 } }),
        json!({ "ticketData": [{ "seat": 1 }] }),
    ] {
        assert_eq!(
            client.post("/api/tickets/jobs", &body).status,
            400,
            "{body}"
        );
    }
    assert_eq!(status(&client, &waiting)["status"], "pending");
    let step = |job: &str, step: &str| match step {
        "cancel" => client.delete(&format!("/api/tickets/job/{job}/cancel")),
        "process" => client.post(&format!("/api/tickets/jobs/{job}/process"), &json!({})),
        step => client.post(&format!("/api/tickets/job/{job}/{step}"), &json!({})),
    };
    assert_eq!(step(&waiting, "process").status, 200);
    assert_eq!(over(&client, &waiting)["status"], "completed");
    assert_eq!(step(&waiting, "pause").code(), "STATE_CONFLICT");

    assert_eq!(step(&large, "process").status, 200);
    job_that(&client, &large, |job| {
        job["progress"]["completed"].as_u64() > Some(0)
    });
    let paused = step(&large, "pause");
    assert_eq!(paused.data()["status"], "paused");
    // The chunks that were under way are ended.
    std::thread::sleep(Duration::from_secs(2));
    let held = status(&client, &large);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(status(&client, &large)["progress"], held["progress"]);
    assert_eq!(step(&large, "resume").data()["status"], "processing");
    let at_pause = held["progress"]["completed"].as_u64();
    job_that(&client, &large, |job| {
        job["progress"]["completed"].as_u64() > at_pause
    });
    let cancelled = step(&large, "cancel");
    assert_eq!(cancelled.status, 200, "{}", cancelled.json());
    assert_eq!(
        (&cancelled.data()["cancelled"], &cancelled.data()["status"]),
        (&json!(true), &json!("cancelled"))
    );
    let left = status(&client, &large);
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(status(&client, &large), left);
    // Progress is what is there, to the ticket.
    let stats = client.get("/api/tickets/events/gala/stats").data();
    assert_eq!(
        stats["types"]["day"]["totalTickets"],
        left["progress"]["completed"]
    );
    assert_eq!(step(&large, "resume").code(), "STATE_CONFLICT");
    let retried = client.post(&format!("/api/tickets/job/{large}/retry"), &json!({}));
    assert_eq!(retried.code(), "STATE_CONFLICT");

    let stats = client.get("/api/tickets/queue/stats").data();
    assert_eq!(
        [
            "pendingJobs",
            "processingJobs",
            "completedJobs",
            "failedJobs",
            "cancelledJobs"
        ]
        .map(|name| stats[name].as_u64().unwrap()),
        [0, 0, 1, 0, 1]
    );
    let clean = |body: Value| client.post("/api/tickets/queue/clean", &body);
    assert_eq!(
        clean(json!({ "olderThan": "1d", "status": ["completed"] })).data()["cleanedCount"],
        0
    );
    std::thread::sleep(Duration::from_millis(1_100));
    let cleaned = clean(json!({ "olderThan": "1s", "status": ["completed", "cancelled"] }));
    assert_eq!(cleaned.data()["cleanedCount"], 2);
    assert_eq!(
        client
            .get(&format!("/api/tickets/job/{large}/status"))
            .code(),
        "JOB_NOT_FOUND"
    );
    assert_eq!(clean(json!({ "status": ["processing"] })).status, 400);
    assert_eq!(clean(json!({ "olderThan": "soon" })).status, 400);
    // The tickets stay.
    assert!(client.get("/api/tickets/events/gala/stats").data()["totalTickets"].as_u64() > Some(1));
}

#[test]
fn progress_is_told_as_it_comes() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start(&folder);
    let client = host.client(&token);
    open_event(&client, "gala");
    let batch = json!({ "eventId": "gala", "tickets": [{ "type": "vip", "quantity": 20_000 }] });
    let job = accepted(&client.post("/api/tickets/batch", &batch));
    // The stream ends with the job.
    let answer = client.get(&format!("/api/tickets/job/{job}/events"));
    let text = String::from_utf8(answer.bytes).unwrap();
    let events: Vec<_> = text
        .split("\n\n")
        .filter(|event| event.contains("data:"))
        .collect();
    let field = |event: &str, name: &str| {
        event
            .lines()
            .find_map(|line| line.strip_prefix(name).map(|rest| rest.trim().to_owned()))
    };
    let last = events.last().unwrap();
    assert_eq!(field(last, "event:").as_deref(), Some("end"));
    let data: Value = serde_json::from_str(&field(last, "data:").unwrap()).unwrap();
    assert_eq!(data["progress"]["completed"], 20_000);
    let ids: Vec<u64> = events
        .iter()
        .map(|event| field(event, "id:").unwrap().parse().unwrap())
        .collect();
    assert!(ids.is_sorted_by(|one, other| one < other), "{ids:?}");

    // Who comes back later is told only how it ended.
    let again = host.raw(
        "GET",
        &format!("/api/tickets/job/{job}/events"),
        &[
            ("Authorization", &format!("Bearer {token}")),
            ("Last-Event-ID", &ids[0].to_string()),
        ],
    );
    assert_eq!(
        again.header("content-type").as_deref(),
        Some("text/event-stream")
    );
    assert_eq!(again.body.matches("data:").count(), 1);
}

#[test]
fn a_template_that_takes_nothing_stops_the_job_at_once() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&token);
    open_event(&client, "gala");
    // It wants a value that no ticket here has.
    let batch = json!({ "eventId": "gala", "tickets": [{ "type": "vip", "quantity": 5_000, "template": "nobody" }] });
    assert_eq!(
        client.post("/api/tickets/batch", &batch).code(),
        "TEMPLATE_NOT_FOUND"
    );
    let rows = "type,template\n".to_owned() + &"vip,nobody\n".repeat(5_000);
    let answer = client
        .send(
            "POST",
            "/api/tickets/batch?eventId=gala",
            "text/csv",
            rows.as_bytes(),
        )
        .unwrap();
    let job = accepted(&answer);
    let done = over(&client, &job);
    assert_eq!(
        (&done["status"], &done["error"]),
        (&json!("failed"), &json!("TEMPLATE_NOT_FOUND"))
    );
    // Not five thousand times.
    assert_eq!(totals(&done), [5_000, 0, 20], "{done}");
    assert_eq!(
        client.get("/api/tickets/events/gala/stats").data()["totalTickets"],
        0
    );
}

#[test]
fn what_a_job_does_is_on_record_and_the_record_holds() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&token);
    open_event(&client, "gala");
    let batch = json!({ "eventId": "gala", "tickets": [{ "type": "vip", "quantity": 1_100, "attendeeName": "Zacharias Unverkennbar" }] });
    let job = accepted(&client.post("/api/tickets/batch", &batch));
    over(&client, &job);
    let acts = |act: &str| {
        let entries = client
            .get(&format!("/api/audit?act={act}&limit=100"))
            .data();
        entries["entries"].as_array().unwrap().clone()
    };
    assert_eq!(acts("job.created").len(), 1);
    assert_eq!(acts("job.finished")[0]["details"]["completed"], 1_100);
    let chunks = acts("tickets.issued");
    let issued: u64 = chunks
        .iter()
        .map(|chunk| chunk["details"]["count"].as_u64().unwrap())
        .sum();
    // The sample of 20, then chunks of 1,000 on a server and of 250 in an embedded database.
    let expected = if folder.database_url().is_some() {
        3
    } else {
        6
    };
    assert_eq!((chunks.len(), issued), (expected, 1_100));
    assert!(
        chunks
            .iter()
            .all(|chunk| chunk["details"]["root"].as_str().unwrap().len() == 64)
    );
    // Nothing of it is kept in clear.
    let mut dump = folder.dump_of_server();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        if let Ok(bytes) = std::fs::read(entry.unwrap().path()) {
            dump.extend(bytes);
        }
    }
    assert!(!String::from_utf8_lossy(&dump).contains("Unverkennbar"));
    host.stop();
    let verified = folder.guichet(&["audit", "verify", "--organizer", "acme"]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stderr)
    );
}

#[test]
fn a_host_that_is_killed_goes_on_where_it_was() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let mut host = Host::start(&folder);
    let client = host.client(&token);
    open_event(&client, "gala");
    let batch = json!({ "eventId": "gala", "tickets": [{ "type": "vip", "quantity": 30_000 }] });
    let job = accepted(&client.post("/api/tickets/batch", &batch));
    for _ in 0..3 {
        let client = host.client(&token);
        let before = status(&client, &job)["progress"]["completed"]
            .as_u64()
            .unwrap();
        job_that(&client, &job, |job| {
            job["progress"]["completed"].as_u64() > Some(before) || job.get("completedAt").is_some()
        });
        host.kill();
        host = Host::start(&folder);
    }
    let client = host.client(&token);
    let done = over(&client, &job);
    assert_eq!(totals(&done), [30_000, 30_000, 0], "{done}");
    let stats = client.get("/api/tickets/events/gala/stats").data();
    assert_eq!(stats["totalTickets"], 30_000);
    // SIGTERM ends what is under way, and loses nothing either.
    let second = accepted(&client.post("/api/tickets/batch", &batch));
    job_that(&client, &second, |job| {
        job["progress"]["completed"].as_u64() > Some(0)
    });
    host.stop();
    let host = Host::start(&folder);
    let client = host.client(&token);
    assert_eq!(totals(&over(&client, &second)), [30_000, 30_000, 0]);
    let stats = client.get("/api/tickets/events/gala/stats").data();
    assert_eq!(stats["totalTickets"], 60_000);
}

#[test]
fn a_full_queue_says_so() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start_with(
        &folder,
        &[("QUEUE_MAX_TICKETS", "100"), ("BATCH_CONCURRENCY", "0")],
    );
    let client = host.client(&token);
    open_event(&client, "gala");
    let batch = |quantity: u32| {
        let tickets = json!([{ "type": "vip", "quantity": quantity }]);
        client.post(
            "/api/tickets/batch",
            &json!({ "eventId": "gala", "tickets": tickets }),
        )
    };
    accepted(&batch(60));
    let full = batch(60);
    assert_eq!((full.status, full.code()), (503, "QUEUE_FULL".to_owned()));
    assert!(full.retry_after.is_some());
    accepted(&batch(40));
    let stats = client.get("/api/tickets/queue/stats").data();
    assert_eq!(
        (&stats["queueLength"], &stats["pendingJobs"]),
        (&json!(100), &json!(2))
    );
}
