//! Whoever asks too often is told so, and for how long to wait.

use serde_json::json;

use crate::support::{Folder, Host, Raw, token};

fn standing(answer: &Raw) -> [Option<String>; 3] {
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(|name| answer.header(name))
}

#[test]
fn the_old_services_figures_hold_by_name() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let host = Host::start_with(&folder, &[("RATE_LIMIT_PRESET", "legacy")]);
    let client = host.client(&token);
    let order = |index: u32| json!({ "ticketData": { "id": format!("t-{index}") } });
    for index in 0..20 {
        assert_eq!(
            client.post("/api/tickets/generate", &order(index)).status,
            201
        );
    }
    let refused = client.post("/api/tickets/generate", &order(20));
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "QUOTA_EXCEEDED")
    );
    let wait: u64 = refused.retry_after.unwrap().parse().unwrap();
    assert!((1..=3).contains(&wait), "{wait}");
    // Another kind of request has a bucket of its own.
    assert_eq!(client.get("/api/tickets/t-0").status, 200);
}

#[test]
fn answers_say_how_the_caller_stands() {
    let folder = Folder::new();
    let token = token(&folder, "acme", "admin");
    let environment = [
        ("RATE_LIMIT_MAX_REQUESTS", "3"),
        ("RATE_LIMIT_WINDOW_MS", "3600000"),
        ("TRUSTED_PROXIES", "loopback"),
    ];
    let host = Host::start_with(&folder, &environment);
    let bearer = format!("Bearer {token}");
    let ask = |address: &str, bearer: &str| {
        let headers = [("X-Forwarded-For", address), ("Authorization", bearer)];
        host.raw("GET", "/api/events", &headers)
    };
    let first = ask("192.0.2.1", &bearer);
    assert_eq!(first.status(), 200);
    let [limit, remaining, reset] = standing(&first);
    assert_eq!(
        (limit.as_deref(), remaining.as_deref()),
        (Some("3"), Some("2"))
    );
    assert_eq!(reset.as_deref(), Some("1200"));
    assert_eq!(ask("192.0.2.2", &bearer).status(), 200);
    assert_eq!(ask("192.0.2.3", &bearer).status(), 200);
    // The address is new; the caller is not.
    let refused = ask("192.0.2.4", &bearer);
    assert_eq!(
        (refused.status(), refused.code().as_str()),
        (429, "QUOTA_EXCEEDED")
    );
    assert_eq!(refused.header("ratelimit-remaining").as_deref(), Some("0"));
    assert!(refused.header("retry-after").is_some());
    // Without a token the address counts alone; guessing tokens is bounded too.
    for _ in 0..3 {
        assert_eq!(ask("192.0.2.5", "Bearer x").status(), 401);
    }
    assert_eq!(ask("192.0.2.5", "Bearer x").status(), 429);
    assert_eq!(ask("192.0.2.5", &bearer).status(), 429);
    for _ in 0..10 {
        let health = host.raw("GET", "/health/live", &[("X-Forwarded-For", "192.0.2.5")]);
        assert_eq!(health.status(), 200);
        assert_eq!(health.header("ratelimit-limit"), None);
    }
}
