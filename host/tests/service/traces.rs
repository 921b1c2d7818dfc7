//! Spans as a collector of traces gets them.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Of;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use serde_json::json;

use crate::support::{Folder, Host, agent, token};

/// Spans are sent every few seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// As a caller that is traced sends it.
const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// Listens on loopback as a collector does.
struct Collector {
    address: SocketAddr,
    got: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let got = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&got);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let all = Arc::clone(&all);
                thread::spawn(move || serve(stream, &all));
            }
        });
        Self { address, got }
    }

    fn spans(&self) -> Vec<Span> {
        let got = self.got.lock().unwrap();
        let groups = got.iter().flat_map(|request| &request.resource_spans);
        let scopes = groups.flat_map(|group| &group.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    fn wait_for(&self, name: &str) -> Span {
        let begun = Instant::now();
        loop {
            if let Some(span) = self.spans().into_iter().find(|span| span.name == name) {
                return span;
            }
            assert!(begun.elapsed() < PATIENCE, "no span {name}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

fn serve(stream: TcpStream, got: &Mutex<Vec<ExportTraceServiceRequest>>) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        assert!(head.starts_with("POST /otlp/v1/traces "), "{head}");
        let header = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(": "));
            lines
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .unwrap()
                .1
        };
        assert_eq!(header("content-type"), "application/x-protobuf");
        assert_eq!(header("x-team"), "gates");
        let mut body = vec![0; header("content-length").parse().unwrap()];
        reader.read_exact(&mut body).unwrap();
        let request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        got.lock().unwrap().push(request);
        writer
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
    }
}

fn attributes(span: &Span) -> HashMap<&str, String> {
    let shown = |value: &Of| match value {
        Of::StringValue(text) => text.clone(),
        Of::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let pairs = span.attributes.iter().map(|attribute| {
        let value = attribute
            .value
            .as_ref()
            .and_then(|value| value.value.as_ref());
        (attribute.key.as_str(), value.map(shown).unwrap_or_default())
    });
    pairs.collect()
}

#[test]
fn a_collector_sees_where_the_time_goes_and_nobodys_name() {
    let collector = Collector::start();
    let endpoint = format!("http://{}/otlp", collector.address);
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let host = Host::start_with(
        &folder,
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-team=gates"),
            ("OTEL_SERVICE_NAME", "box office"),
        ],
    );
    let order = json!({
        "ticketData": { "id": "A-1", "attendeeName": "Zoë Kraus", "attendeeEmail": "zoe@example.org" },
        "options": { "includePDF": true },
    });
    let ask = |body: String| {
        let path = format!("{}/api/tickets/generate", host.origin);
        agent()
            .post(path)
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "application/json")
            .header("traceparent", CALLER)
            .send(body)
            .unwrap()
    };
    assert_eq!(ask(order.to_string()).status(), 201);
    let request = collector.wait_for("POST /api/tickets/generate");
    assert_eq!(
        request.trace_id,
        0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes()
    );
    assert_eq!(
        request.parent_span_id,
        0xb7ad_6b71_6920_3331_u64.to_be_bytes()
    );
    let of_request = attributes(&request);
    assert_eq!(of_request["http.route"], "/api/tickets/generate");
    assert_eq!(of_request["http.response.status_code"], "201");
    // All parts lie below the request, and within its time.
    for part in ["sign", "layout", "render", "store"] {
        let span = collector.wait_for(part);
        assert_eq!(span.trace_id, request.trace_id, "{part}");
        assert_eq!(span.parent_span_id, request.span_id, "{part}");
        assert!(
            span.start_time_unix_nano >= request.start_time_unix_nano,
            "{part}"
        );
        assert!(
            span.end_time_unix_nano <= request.end_time_unix_nano,
            "{part}"
        );
    }
    assert_eq!(
        attributes(&collector.wait_for("layout"))["template"],
        "classic"
    );

    // A refusal says its code. Who looks whether the host lives leaves no trace.
    assert_eq!(ask(json!({ "ticketData": 5 }).to_string()).status(), 400);
    host.raw("GET", "/health", &[]);
    let begun = Instant::now();
    let refused = loop {
        let mut spans = collector.spans().into_iter();
        let refused = spans.find(|span| attributes(span).contains_key("error.type"));
        if let Some(refused) = refused {
            break refused;
        }
        assert!(begun.elapsed() < PATIENCE, "no refusal");
        thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(attributes(&refused)["error.type"], "VALIDATION_ERROR");
    assert!(
        collector
            .spans()
            .iter()
            .all(|span| !span.name.contains("health"))
    );
    let all = format!("{:?}", collector.got.lock().unwrap());
    assert!(all.contains("box office"));
    for personal in ["Kraus", "zoe@", "A-1", "TK1:", &token] {
        assert!(!all.contains(personal), "{personal}");
    }
}

#[test]
fn a_collector_that_is_away_disturbs_nobody() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "organizer");
    let away = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let endpoint = format!("http://{away}");
    let host = Host::start_with(&folder, &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
    let authorization = format!("Bearer {token}");
    for _ in 0..20 {
        let answer = host.raw("GET", "/api/tickets", &[("authorization", &authorization)]);
        assert_eq!(answer.status(), 200);
    }
}
