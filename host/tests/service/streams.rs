//! Rows that come slowly.

use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::SendBody;

use crate::batches::{accepted, open_event, over, totals};
use crate::support::{Folder, Host, agent, token};

/// Gives a piece, and waits before each further one.
struct Slowly<'p> {
    pieces: std::slice::Iter<'p, &'p str>,
    pause: Duration,
    is_first: bool,
}

impl Read for Slowly<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let Some(piece) = self.pieces.next() else {
            return Ok(0);
        };
        if !std::mem::take(&mut self.is_first) {
            thread::sleep(self.pause);
        }
        into[..piece.len()].copy_from_slice(piece.as_bytes());
        Ok(piece.len())
    }
}

#[test]
fn rows_may_take_longer_than_a_request() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start_with(&folder, &[("REQUEST_TIMEOUT_MS", "1000")]);
    let client = host.client(&token);
    open_event(&client, "gala");
    let rows = ["type,seat\n", "vip,1\n", "vip,2\n", "vip,3\n"];
    let mut body = Slowly {
        pieces: rows.iter(),
        pause: Duration::from_millis(700),
        is_first: true,
    };
    let mut answer = agent()
        .post(format!("{}/api/tickets/batch?eventId=gala", host.origin))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "text/csv")
        .send(SendBody::from_reader(&mut body))
        .unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    assert_eq!(answer.status(), 202, "{text}");
    let answer: Value = serde_json::from_str(&text).unwrap();
    let job = answer["data"]["jobId"].as_str().unwrap();
    assert_eq!(totals(&over(&client, job)), [3, 3, 0]);

    // All else is bounded: this body does not come to its end.
    let address = host.origin.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).unwrap();
    let head = format!(
        "POST /api/tickets/generate HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{{\"seat\":"
    );
    connection.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("OVERLOADED"), "{answer}");
}

#[test]
fn every_bad_row_of_many_is_named() {
    const GOOD: usize = 100;
    const BAD: usize = 1_150;
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let event = json!({ "id": "gala", "title": "Gala", "ticketTypes": [{ "name": "vip" }] });
    assert_eq!(client.post("/api/events", &event).status, 201);
    let rows = format!("type\n{}{}", "vip\n".repeat(GOOD), "nope\n".repeat(BAD));
    let path = "/api/tickets/batch?eventId=gala";
    let job = accepted(
        &client
            .send("POST", path, "text/csv", rows.as_bytes())
            .unwrap(),
    );
    let done = over(&client, &job);
    assert_eq!(
        totals(&done),
        [(GOOD + BAD) as u64, GOOD as u64, BAD as u64]
    );
    let mut lines = Vec::new();
    for page in 1..=12 {
        let path = format!("/api/tickets/job/{job}/items?status=failed&limit=100&page={page}");
        let list = client.get(&path).data();
        assert_eq!(list["pagination"]["total"], BAD);
        let items = list["items"].as_array().unwrap();
        assert!(
            items
                .iter()
                .all(|item| item["error"]["message"].as_str().unwrap().contains("nope"))
        );
        lines.extend(
            items
                .iter()
                .map(|item| item["line"].as_u64().unwrap() as usize),
        );
    }
    // The names of the columns are line 1.
    assert_eq!(lines, Vec::from_iter(GOOD + 2..GOOD + BAD + 2));
}
