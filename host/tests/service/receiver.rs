//! A system of an organizer that gets webhooks.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use ureq::http::{HeaderMap, HeaderName, HeaderValue};

/// On a busy machine, with an act, its seal, its message and perhaps a second attempt in between.
const PATIENCE: Duration = Duration::from_secs(90);

/// What to answer.
#[derive(Clone)]
pub enum Reply {
    /// A status, and further headers as they stand.
    Status(u16, &'static str),
    /// Nothing at all; the connection stays open.
    Silence,
}

/// A message as it came.
#[derive(Clone, Debug)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The message, if its signature is good by the library of Standard Webhooks.
    pub fn verified(&self, secret: &str) -> Option<Value> {
        let library = standardwebhooks::Webhook::new(secret).unwrap();
        library
            .verify(self.body.as_bytes(), &self.headers)
            .ok()
            .map(|()| serde_json::from_str(&self.body).unwrap())
    }

    pub fn kind(&self) -> String {
        let message: Value = serde_json::from_str(&self.body).unwrap();
        message["type"].as_str().unwrap().to_owned()
    }
}

#[derive(Default)]
struct Shared {
    received: Mutex<Vec<Received>>,
    came: Condvar,
    replies: Mutex<VecDeque<Reply>>,
    silent: Mutex<Vec<TcpStream>>,
}

/// Listens on loopback. Answers what it was told to, one after the other, then 204.
pub struct Receiver {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Receiver {
    pub fn start(replies: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        shared.replies.lock().unwrap().extend(replies.to_vec());
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { address, shared }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// All that came so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.received.lock().unwrap().clone()
    }

    /// Waits for so many messages.
    pub fn wait_for(&self, count: usize) -> Vec<Received> {
        let deadline = Instant::now() + PATIENCE;
        let mut received = self.shared.received.lock().unwrap();
        while received.len() < count {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "{} of {count}: {received:?}",
                received.len()
            );
            received = self.shared.came.wait_timeout(received, left).unwrap().0;
        }
        received.clone()
    }
}

/// Asks until the answer is good.
pub fn wait_until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask() {
            return found;
        }
        assert!(Instant::now() < deadline, "it took too long");
        thread::sleep(Duration::from_millis(100));
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) {
    let Some(received) = read(&stream) else {
        return;
    };
    let reply = shared.replies.lock().unwrap().pop_front();
    let reply = reply.unwrap_or(Reply::Status(204, ""));
    match reply {
        Reply::Status(status, headers) => {
            let head = format!(
                "HTTP/1.1 {status} x\r\n{headers}Content-Length: 0\r\nConnection: close\r\n\r\n"
            );
            let _ = stream.write_all(head.as_bytes());
        }
        Reply::Silence => shared.silent.lock().unwrap().push(stream),
    }
    shared.received.lock().unwrap().push(received);
    shared.came.notify_all();
}

fn read(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = HeaderMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            break;
        };
        let name: HeaderName = name.parse().ok()?;
        let value: HeaderValue = value.parse().ok()?;
        headers.append(name, value);
    }
    let length = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received {
        path,
        headers,
        body: String::from_utf8(body).ok()?,
    })
}
