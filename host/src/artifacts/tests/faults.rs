//! A proxy before a store that speaks S3, which lets requests fail as networks and stores do.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Begin,
    Part,
    Complete,
    Abort,
    Put,
    Get,
    Other,
}

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// The connection breaks in the middle of what is sent.
    CutRequest,
    /// The store does what it is asked, and the connection breaks after so many bytes of its answer.
    CutAnswer(usize),
    /// The store is not asked; this is the answer.
    Answer(u16, &'static str),
}

/// Requests that go wrong: those of a kind, by their number from one, which counts repeated ones too.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub kind: Kind,
    pub first: usize,
    pub last: usize,
    pub fault: Fault,
}

/// The proxy. It ends with the runtime of the test.
pub(super) struct Proxy {
    pub endpoint: String,
    seen: Arc<Mutex<Vec<Kind>>>,
}

impl Proxy {
    pub(super) async fn start(upstream: Option<SocketAddr>, rules: Vec<Rule>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let rules: Arc<[Rule]> = rules.into();
        let all = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (seen, rules) = (Arc::clone(&all), Arc::clone(&rules));
                tokio::spawn(async move {
                    // A connection that breaks is what this is for.
                    let _ = pass(client, upstream, &seen, &rules).await;
                });
            }
        });
        Self { endpoint, seen }
    }

    /// How many requests of a kind came.
    pub(super) fn count(&self, kind: Kind) -> usize {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|&&seen| seen == kind).count()
    }
}

/// One request on a connection of its own.
async fn pass(
    mut client: TcpStream,
    upstream: Option<SocketAddr>,
    seen: &Mutex<Vec<Kind>>,
    rules: &[Rule],
) -> std::io::Result<()> {
    let (head, rest) = read_head(&mut client).await?;
    let kind = kind(&head);
    let length = content_length(&head);
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(kind);
        seen.iter().filter(|&&seen| seen == kind).count()
    };
    let rule = rules
        .iter()
        .find(|rule| rule.kind == kind && (rule.first..=rule.last).contains(&number));
    let fault = rule.map(|rule| rule.fault);
    if let Some(Fault::CutRequest) = fault {
        let mut some = vec![0; (length - rest.len()) / 2];
        client.read_exact(&mut some).await?;
        // Closed with bytes unread, which the other side sees as a reset.
        return Ok(());
    }
    let mut body = rest;
    let begun = body.len();
    body.resize(length, 0);
    client.read_exact(&mut body[begun..]).await?;
    if let Some(Fault::Answer(status, text)) = fault {
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
            text.len()
        );
        return client.write_all(answer.as_bytes()).await;
    }
    let Some(upstream) = upstream else {
        return Ok(());
    };
    let mut server = TcpStream::connect(upstream).await?;
    let (first, others) = head.split_once("\r\n").unwrap();
    let head = format!("{first}\r\nconnection: close\r\n{others}");
    server.write_all(head.as_bytes()).await?;
    server.write_all(&body).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    if let Some(Fault::CutAnswer(bytes)) = fault {
        answer.truncate(bytes);
    }
    client.write_all(&answer).await
}

async fn read_head(client: &mut (impl AsyncRead + Unpin)) -> std::io::Result<(String, Vec<u8>)> {
    let mut read = Vec::new();
    loop {
        let end = read.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let rest = read.split_off(end + 4);
            return Ok((String::from_utf8(read).unwrap(), rest));
        }
        if client.read_buf(&mut read).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn content_length(head: &str) -> usize {
    let lines = head.lines().filter_map(|line| line.split_once(':'));
    let mut lengths = lines.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    lengths
        .next()
        .map_or(0, |(_, length)| length.trim().parse().unwrap())
}

fn kind(head: &str) -> Kind {
    let line = head.lines().next().unwrap_or_default();
    let upload = line.contains("uploadId=");
    match line.split(' ').next() {
        Some("POST") if upload => Kind::Complete,
        Some("POST") if line.contains("?uploads") => Kind::Begin,
        Some("PUT") if upload => Kind::Part,
        Some("PUT") => Kind::Put,
        Some("DELETE") if upload => Kind::Abort,
        Some("GET") => Kind::Get,
        _ => Kind::Other,
    }
}
