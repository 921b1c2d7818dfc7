//! What the operator reads at `/metrics`.

use serde_json::json;

use crate::support::{Folder, Host, token};

#[test]
fn what_happens_is_counted() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start(&folder);
    let client = host.client(&token);
    let order = json!({ "ticketData": { "id": "t", "type": "vip", "attendeeName": "Zoë" } });
    let ticket = client.post("/api/tickets/generate", &order).data();
    assert_eq!(client.post("/api/tickets/generate", &order).status, 409);
    let code = json!({ "qr": ticket["qrText"] });
    client.post("/api/tickets/validate", &code).data();
    let text = host.figures();
    for line in [
        r#"tickets_generated_total{type="vip",template="default",status="generated"} 1"#,
        r#"tickets_generated_total{type="vip",template="default",status="failed"} 1"#,
        r#"ticket_generation_duration_seconds_bucket{type="vip",batch_size="1",le="0.0001"}"#,
        r#"generation_errors_total{type="single",error_code="TICKET_EXISTS"} 1"#,
        r#"http_request_duration_seconds_count{method="POST",route="/api/tickets/generate",status="201"} 1"#,
        r#"ticket_verdicts_total{verdict="VALID"} 1"#,
        r#"template_calls_total{plugin="classic",outcome="done"}"#,
        r#"template_call_fuel_count{plugin="classic"}"#,
        "process_resident_memory_bytes ",
        r#"database_write_duration_seconds_count{kind=""#,
        "database_commit_duration_seconds_count ",
        r#"database_connections{state="idle"} "#,
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    let of_engine = match folder.database_url() {
        Some(_) => "database_acquire_duration_seconds_count ",
        None => "database_group_acts_count ",
    };
    assert!(
        text.contains(of_engine),
        "{of_engine} is missing in\n{text}"
    );
    assert!(!text.contains("Zoë"));
    // The port of the API has no figures.
    assert_eq!(client.get("/metrics").status, 404);
}

#[test]
fn a_port_that_another_has_stops_the_host_only_if_it_was_chosen() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = Folder::new();
    let output = crate::support::command()
        .env("PROMETHEUS_PORT", &port)
        .args(["serve", "--port", "0", "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains(&port), "{message}");
}
