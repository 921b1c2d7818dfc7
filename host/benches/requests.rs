//! What a running host answers in a second: `cargo bench -p guichet --bench requests -- [SECONDS]`.
//!
//! Starts the host on a data folder of its own, keeps 16 connections busy with one kind of request at
//! a time, and prints for each kind the rate, the latencies, and the host's own processor time a
//! request. The clients run on the same machine and take their share of it: the processor time is what
//! to compare between machines. Every answer is checked; a wrong one ends the run.

use std::error::Error;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 16;
const GUICHET: &str = env!("CARGO_BIN_EXE_guichet");

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let seconds = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let time = Duration::from_secs(seconds.unwrap_or(5));
    let folder = tempfile::tempdir()?;
    let token = Command::new(GUICHET)
        .args([
            "token",
            "--organizer",
            "bench",
            "--role",
            "organizer",
            "--data",
        ])
        .arg(folder.path())
        .output()?;
    let token = String::from_utf8(token.stdout)?.trim().to_owned();
    let begun = Instant::now();
    let host = Host::start(folder.path())?;
    println!("start to first answer: {:.0?}", begun.elapsed());
    let stage = Stage { host, token };

    let code = stage.text_of("qrText", &stage.order(u64::MAX, ""))?;
    println!("{CONNECTIONS} connections, {time:?} each");
    println!("| request | per second | median | 99 % | longest | host CPU µs |");
    println!("|---|--:|--:|--:|--:|--:|");
    let get = |path: &str| stage.request("GET", path, "");
    let validate = stage.request(
        "POST",
        "/api/tickets/validate",
        &format!(r#"{{"qr":"{code}"}}"#),
    );
    stage.measure("health/live", time, |_| get("/health/live"), "200")?;
    stage.measure("validate", time, |_| validate.clone(), "200")?;
    stage.measure("generate", time, |number| stage.order(number, ""), "201")?;
    let with_pdf = r#","options":{"includePDF":true}"#;
    stage.measure(
        "generate with PDF",
        time,
        |number| stage.order(number, with_pdf),
        "201",
    )?;
    let download = |format: &str| get(&format!("/api/tickets/t-{}/download?{format}", u64::MAX));
    for format in ["format=pdf", "format=svg", "format=png&dpi=150"] {
        let request = download(format);
        stage.measure(
            &format!("download {format}"),
            time,
            |_| request.clone(),
            "200",
        )?;
    }
    println!(
        "\nmemory of the host afterwards: {} MB",
        stage.host.resident_bytes()? >> 20
    );
    Ok(())
}

/// A host that is killed in the end.
struct Host {
    process: Child,
    address: String,
}

impl Host {
    fn start(folder: &std::path::Path) -> Result<Self, Failure> {
        let mut process = Command::new(GUICHET)
            .args(["serve", "--port", "0", "--data"])
            .arg(folder)
            .env("LOG_LEVEL", "warn")
            // All requests come from one address, and more of them than anybody is allowed.
            .env("RATE_LIMIT_PRESET", "off")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let stdout = process.stdout.take().ok_or("no output")?;
        BufReader::new(stdout).read_line(&mut line)?;
        let address = line
            .trim()
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let host = Self { process, address };
        let live = "GET /health/live HTTP/1.1\r\nhost: h\r\n\r\n";
        Connection::open(&host.address)?.exchange(live)?;
        Ok(host)
    }

    /// Processor time so far (proc(5), fields 14 and 15, in hundredths of a second).
    fn processor_time(&self) -> Result<Duration, Failure> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let (_, fields) = stat.rsplit_once(')').ok_or("no name")?;
        let mut hundredths = 0;
        for field in fields.split_whitespace().skip(11).take(2) {
            hundredths += field.parse::<u64>()?;
        }
        Ok(Duration::from_millis(hundredths * 10))
    }

    fn resident_bytes(&self) -> Result<u64, Failure> {
        let pages = std::fs::read_to_string(format!("/proc/{}/statm", self.process.id()))?;
        let resident = pages.split_whitespace().nth(1).ok_or("no field")?;
        Ok(resident.parse::<u64>()? * 4096)
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Stage {
    host: Host,
    token: String,
}

impl Stage {
    fn request(&self, method: &str, path: &str, body: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
    }

    fn order(&self, number: u64, options: &str) -> String {
        let body = format!(
            r#"{{"ticketData":{{"id":"t-{number}","eventId":"night","type":"Standard","price":2500,"attendeeName":"Anna Bergström","attendeeEmail":"anna@example.org","seat":"Row 4, seat {}","orderId":"O-{}"}},"eventData":{{"id":"night","title":"Summer Night","eventDate":"2027-07-14T20:00:00Z","location":"Open Air Stage","timeZone":"Europe/Paris","currency":"EUR"}}{options}}}"#,
            number % 40,
            number / 2
        );
        self.request("POST", "/api/tickets/generate", &body)
    }

    fn text_of(&self, field: &str, request: &str) -> Result<String, Failure> {
        let (status, body) = Connection::open(&self.host.address)?.exchange(request)?;
        let body = String::from_utf8(body)?;
        let value: serde_json::Value = serde_json::from_str(&body)?;
        let text = value["data"][field].as_str();
        Ok(text.ok_or(format!("{status}: {body}"))?.to_owned())
    }

    fn measure(
        &self,
        name: &str,
        time: Duration,
        request: impl Fn(u64) -> String + Sync,
        expected: &str,
    ) -> Result<(), Failure> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let over = AtomicBool::new(false);
        let cpu = self.host.processor_time()?;
        let begun = Instant::now();
        let client = || -> Result<Vec<Duration>, Failure> {
            let mut connection = Connection::open(&self.host.address)?;
            let mut latencies = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let text = request(NUMBER.fetch_add(1, Ordering::Relaxed));
                let sent = Instant::now();
                let (status, body) = connection.exchange(&text)?;
                latencies.push(sent.elapsed());
                if status != expected {
                    return Err(
                        format!("{name}: {status} {}", String::from_utf8_lossy(&body)).into(),
                    );
                }
            }
            Ok(latencies)
        };
        let mut latencies = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(client)).collect();
            std::thread::sleep(time);
            over.store(true, Ordering::Relaxed);
            let mut all = Vec::new();
            for client in clients {
                all.extend(client.join().map_err(|_| "a client panicked")??);
            }
            Ok::<_, Failure>(all)
        })?;
        let rate = latencies.len() as f64 / begun.elapsed().as_secs_f64();
        let cpu = (self.host.processor_time()? - cpu).as_micros() / latencies.len().max(1) as u128;
        latencies.sort_unstable();
        let at = |share: usize| latencies.get((latencies.len() - 1) * share / 100).copied();
        let [median, late, longest] = [50, 99, 100].map(|share| at(share).unwrap_or_default());
        println!("| {name} | {rate:.0} | {median:.1?} | {late:.1?} | {longest:.1?} | {cpu} |");
        Ok(())
    }
}

/// A kept-alive connection that asks one thing at a time.
struct Connection {
    reader: BufReader<TcpStream>,
}

impl Connection {
    fn open(address: &str) -> Result<Self, Failure> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            reader: BufReader::new(stream),
        })
    }

    /// Status and body.
    fn exchange(&mut self, request: &str) -> Result<(String, Vec<u8>), Failure> {
        self.reader.get_mut().write_all(request.as_bytes())?;
        let mut line = String::new();
        self.reader.read_line(&mut line)?;
        let status = line.split(' ').nth(1).ok_or("no status line")?.to_owned();
        let mut length = 0;
        loop {
            line.clear();
            self.reader.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse()?;
            }
        }
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        Ok((status, body))
    }
}
