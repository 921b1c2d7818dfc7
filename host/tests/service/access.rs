//! Who may use which route: one table over all of them. A route that is not in it fails the test.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::openapi::operations;
use crate::support::{Client, Folder, Host, token};

const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// Every permission; the routes' own names.
const PERMISSIONS: &[&str] = &[
    "tickets.create",
    "tickets.batch.create",
    "tickets.pdf.create",
    "tickets.pdf.batch",
    "tickets.full.batch",
    "tickets.jobs.create",
    "tickets.jobs.process",
    "tickets.jobs.read",
    "tickets.jobs.cancel",
    "tickets.read",
    "tickets.stats.read",
    "tickets.validate",
    "tickets.admin",
    "events.read",
    "events.write",
    "templates.read",
    "templates.write",
    "templates.activate",
    "scanners.write",
    "verifier.read",
    "keys.write",
    "settings.write",
    "webhooks.write",
    "audit.read",
];

/// What only the host's operator may; it reaches across organizers.
const OPERATOR: &str = "organizers.admin";

/// What a caller has to show.
#[derive(Clone, Copy)]
enum Needs {
    Nothing,
    Token,
    Permission(&'static str),
    /// The permission, unless the operator asks.
    PermissionOrOperator(&'static str),
}

impl Needs {
    /// As the document says it.
    fn permission(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Token => "any token",
            Self::Permission(name) | Self::PermissionOrOperator(name) => name,
        }
    }
}

/// What another organizer's caller gets with our ids.
#[derive(Clone, Copy)]
enum Foreign {
    NotFound,
    /// There is no id in the request, or it may name something of its own.
    OwnData,
}

struct Rule {
    route: &'static str,
    needs: Needs,
    foreign: Foreign,
    /// A request that is well formed: what follows the path, and the body.
    query: &'static str,
    body: Value,
}

/// To add a route: a line here, with a body that its handler can read.
fn rules() -> Vec<Rule> {
    use Foreign::{NotFound, OwnData};
    use Needs::{Nothing, Permission, PermissionOrOperator, Token};
    let rule = |route, needs, foreign| Rule {
        route,
        needs,
        foreign,
        query: "",
        body: Value::Null,
    };
    let with = |rule: Rule, body: Value| Rule { body, ..rule };
    let asked = |rule: Rule, query| Rule { query, ..rule };
    vec![
        rule("GET /health", Nothing, OwnData),
        rule("GET /health/live", Nothing, OwnData),
        rule("GET /health/ready", Nothing, OwnData),
        rule("GET /health/detailed", Nothing, OwnData),
        rule("GET /api/tickets/health", Nothing, OwnData),
        rule("GET /openapi.json", Nothing, OwnData),
        rule("GET /docs", Nothing, OwnData),
        rule("GET /t/{capability}", Nothing, NotFound),
        rule("GET /api/tickets", Token, OwnData),
        with(
            rule(
                "POST /api/tickets/generate",
                Permission("tickets.create"),
                OwnData,
            ),
            json!({ "ticketData": { "type": "any" } }),
        ),
        with(
            rule(
                "POST /api/tickets/qr/generate",
                Permission("tickets.create"),
                OwnData,
            ),
            json!({ "ticketData": { "id": "theirs-or-ours" } }),
        ),
        with(
            rule(
                "POST /api/tickets/validate",
                Permission("tickets.validate"),
                OwnData,
            ),
            json!({ "qr": "TK1:NONSENSE" }),
        ),
        with(
            rule(
                "POST /api/tickets/pdf",
                Permission("tickets.pdf.create"),
                NotFound,
            ),
            json!({ "ticketId": "our-ticket" }),
        ),
        with(
            rule(
                "POST /api/tickets/revoke",
                Permission("tickets.admin"),
                OwnData,
            ),
            json!({ "orderId": "our-order" }),
        ),
        with(
            rule(
                "POST /api/tickets/erase",
                Permission("tickets.admin"),
                OwnData,
            ),
            json!({ "email": "zoe@example.org" }),
        ),
        rule(
            "DELETE /api/tickets/{ticketId}/holder",
            Permission("tickets.admin"),
            NotFound,
        ),
        rule(
            "GET /api/tickets/events/{eventId}/tickets",
            Permission("tickets.read"),
            NotFound,
        ),
        rule(
            "GET /api/tickets/events/{eventId}/stats",
            Permission("tickets.stats.read"),
            NotFound,
        ),
        rule(
            "GET /api/tickets/orders/{orderId}/download",
            Permission("tickets.read"),
            NotFound,
        ),
        with(
            rule(
                "PATCH /api/tickets/{ticketId}",
                Permission("tickets.create"),
                NotFound,
            ),
            json!({ "seat": "7" }),
        ),
        rule(
            "POST /api/tickets/{ticketId}/regenerate",
            Permission("tickets.create"),
            NotFound,
        ),
        rule(
            "DELETE /api/events/{eventId}",
            Permission("events.write"),
            NotFound,
        ),
        rule(
            "GET /api/tickets/{ticketId}",
            Permission("tickets.read"),
            NotFound,
        ),
        rule(
            "GET /api/tickets/{ticketId}/download",
            Permission("tickets.read"),
            NotFound,
        ),
        rule(
            "GET /api/tickets/{ticketId}/qrcode",
            Permission("tickets.read"),
            NotFound,
        ),
        rule(
            "POST /api/tickets/{ticketId}/suspend",
            Permission("tickets.admin"),
            NotFound,
        ),
        rule(
            "POST /api/tickets/{ticketId}/reinstate",
            Permission("tickets.admin"),
            NotFound,
        ),
        rule(
            "DELETE /api/tickets/{ticketId}",
            Permission("tickets.admin"),
            NotFound,
        ),
        rule("GET /api/events", Permission("events.read"), OwnData),
        with(
            rule("POST /api/events", Permission("events.write"), OwnData),
            json!({ "id": "another", "title": "Fair" }),
        ),
        rule(
            "GET /api/events/{eventId}",
            Permission("events.read"),
            NotFound,
        ),
        with(
            rule(
                "PUT /api/events/{eventId}",
                Permission("events.write"),
                NotFound,
            ),
            json!({ "title": "Fair" }),
        ),
        rule("GET /api/templates", Permission("templates.read"), OwnData),
        asked(
            rule(
                "POST /api/templates",
                Permission("templates.write"),
                OwnData,
            ),
            "?name=other",
        ),
        rule(
            "GET /api/templates/{name}",
            Permission("templates.read"),
            NotFound,
        ),
        with(
            rule(
                "POST /api/templates/{name}/preview",
                Permission("templates.read"),
                NotFound,
            ),
            json!({}),
        ),
        rule(
            "POST /api/templates/{name}/rollback",
            Permission("templates.activate"),
            NotFound,
        ),
        with(
            rule(
                "POST /api/templates/{name}/canary",
                Permission("templates.activate"),
                NotFound,
            ),
            json!({ "version": 1, "permille": 5 }),
        ),
        rule(
            "GET /api/templates/{name}/versions",
            Permission("templates.read"),
            NotFound,
        ),
        rule(
            "POST /api/templates/{name}/versions/{version}/activate",
            Permission("templates.activate"),
            NotFound,
        ),
        rule(
            "GET /api/templates/{name}/versions/{version}/report",
            Permission("templates.read"),
            NotFound,
        ),
        rule(
            "GET /api/verifier/events/{eventId}/bundle",
            Permission("verifier.read"),
            NotFound,
        ),
        rule(
            "GET /api/verifier/events/{eventId}/status",
            Permission("verifier.read"),
            NotFound,
        ),
        rule("GET /api/verifier/root-key", Token, OwnData),
        rule("GET /api/verifier/keys", Token, OwnData),
        rule("GET /api/keys", Permission("keys.write"), OwnData),
        rule("POST /api/keys", Permission("keys.write"), OwnData),
        rule("POST /api/keys/rotate", Permission("keys.write"), OwnData),
        rule(
            "POST /api/keys/{key}/revoke",
            Permission("keys.write"),
            NotFound,
        ),
        rule("DELETE /api/keys/{key}", Permission("keys.write"), NotFound),
        rule("GET /api/api-keys", Permission("keys.write"), OwnData),
        with(
            rule("POST /api/api-keys", Permission("keys.write"), OwnData),
            json!({ "name": "till", "permissions": ["keys.write"] }),
        ),
        rule(
            "DELETE /api/api-keys/{id}",
            Permission("keys.write"),
            NotFound,
        ),
        with(
            rule(
                "POST /api/tickets/batch",
                Permission("tickets.batch.create"),
                OwnData,
            ),
            json!({ "tickets": [{}] }),
        ),
        with(
            rule(
                "POST /api/tickets/full-batch",
                Permission("tickets.full.batch"),
                OwnData,
            ),
            json!({ "tickets": [{}] }),
        ),
        with(
            rule(
                "POST /api/tickets/batch-pdf",
                Permission("tickets.pdf.batch"),
                OwnData,
            ),
            json!({ "ticketIds": ["anybodys"] }),
        ),
        rule(
            "GET /api/tickets/job/{jobId}/result",
            Permission("tickets.jobs.read"),
            NotFound,
        ),
        rule(
            "GET /api/tickets/job/{jobId}/files/{fileId}",
            Permission("tickets.jobs.read"),
            NotFound,
        ),
        rule("GET /f/{fileLink}", Nothing, NotFound),
        with(
            rule(
                "POST /api/tickets/jobs",
                Permission("tickets.jobs.create"),
                OwnData,
            ),
            json!({ "ticketData": [{}] }),
        ),
        rule(
            "GET /api/tickets/jobs",
            Permission("tickets.jobs.read"),
            OwnData,
        ),
        rule(
            "POST /api/tickets/jobs/{jobId}/process",
            Permission("tickets.jobs.process"),
            NotFound,
        ),
        rule(
            "GET /api/tickets/job/{jobId}/status",
            Permission("tickets.jobs.read"),
            NotFound,
        ),
        rule(
            "GET /api/tickets/job/{jobId}/items",
            Permission("tickets.jobs.read"),
            NotFound,
        ),
        rule(
            "GET /api/tickets/job/{jobId}/events",
            Permission("tickets.jobs.read"),
            NotFound,
        ),
        rule(
            "POST /api/tickets/job/{jobId}/pause",
            Permission("tickets.jobs.process"),
            NotFound,
        ),
        rule(
            "POST /api/tickets/job/{jobId}/resume",
            Permission("tickets.jobs.process"),
            NotFound,
        ),
        with(
            rule(
                "POST /api/tickets/job/{jobId}/retry",
                Permission("tickets.jobs.process"),
                NotFound,
            ),
            json!({}),
        ),
        rule(
            "DELETE /api/tickets/job/{jobId}/cancel",
            Permission("tickets.jobs.cancel"),
            NotFound,
        ),
        rule(
            "GET /api/tickets/queue/stats",
            Permission("tickets.stats.read"),
            OwnData,
        ),
        with(
            rule(
                "POST /api/tickets/queue/clean",
                Permission("tickets.admin"),
                OwnData,
            ),
            json!({}),
        ),
        rule("GET /api/audit", Permission("audit.read"), OwnData),
        rule("GET /api/webhooks", Permission("webhooks.write"), OwnData),
        with(
            rule("POST /api/webhooks", Permission("webhooks.write"), OwnData),
            json!({ "url": "http://127.0.0.1:9/" }),
        ),
        rule(
            "GET /api/webhooks/{id}",
            Permission("webhooks.write"),
            NotFound,
        ),
        with(
            rule(
                "PATCH /api/webhooks/{id}",
                Permission("webhooks.write"),
                NotFound,
            ),
            json!({ "description": "till" }),
        ),
        rule(
            "POST /api/webhooks/{id}/rotate-secret",
            Permission("webhooks.write"),
            NotFound,
        ),
        rule(
            "POST /api/webhooks/{id}/test",
            Permission("webhooks.write"),
            NotFound,
        ),
        rule(
            "GET /api/webhooks/{id}/deliveries",
            Permission("webhooks.write"),
            NotFound,
        ),
        rule(
            "POST /api/webhooks/{id}/deliveries/{deliveryId}/replay",
            Permission("webhooks.write"),
            NotFound,
        ),
        rule(
            "DELETE /api/webhooks/{id}",
            Permission("webhooks.write"),
            NotFound,
        ),
        rule("GET /api/organizers", Permission(OPERATOR), OwnData),
        with(
            rule("POST /api/organizers", Permission(OPERATOR), OwnData),
            json!({ "slug": "another" }),
        ),
        rule(
            "GET /api/organizers/{slug}",
            PermissionOrOperator("settings.write"),
            NotFound,
        ),
        with(
            rule(
                "PATCH /api/organizers/{slug}",
                PermissionOrOperator("settings.write"),
                NotFound,
            ),
            json!({ "name": "Ours" }),
        ),
    ]
}

/// A job of ours that waits.
static OUR_JOB: std::sync::OnceLock<String> = std::sync::OnceLock::new();

/// A token of an organizer with these permissions and no role.
fn allowed(organizer: &str, permissions: &[&str]) -> String {
    let claims = json!({
        "sub": "test", "org": organizer, "permissions": permissions, "exp": 9_999_999_999_i64,
    });
    let key = EncodingKey::from_secret(SECRET.as_bytes());
    encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

/// A host with our ticket, event and template.
fn host(folder: &Folder) -> Host {
    for organizer in ["ours", "theirs"] {
        token(folder, organizer, "viewer");
    }
    let host = Host::start_with(
        folder,
        &[
            ("JWT_SECRET", SECRET),
            ("WEBHOOK_ALLOWED_NETWORKS", "loopback"),
        ],
    );
    let ours = host.client(&allowed("ours", PERMISSIONS));
    let order = json!({
        "ticketData": { "id": "our-ticket", "eventId": "our-event", "orderId": "our-order" },
        "eventData": { "title": "Ours" },
    });
    ours.post("/api/tickets/generate", &order).data();
    let till = json!({ "name": "till", "permissions": ["tickets.create"] });
    assert_eq!(ours.post("/api/api-keys", &till).data()["id"], 1);
    let endpoint = json!({ "url": "http://127.0.0.1:9/", "description": "our-shop" });
    assert_eq!(ours.post("/api/webhooks", &endpoint).data()["id"], 1);
    let tested = ours.post("/api/webhooks/1/test", &json!({}));
    assert_eq!(tested.data()["id"], 1);
    let batch = json!({ "eventId": "our-event", "ticketData": [{}] });
    let waiting = ours.post("/api/tickets/jobs", &batch).data();
    OUR_JOB
        .set(waiting["jobId"].as_str().unwrap().to_owned())
        .unwrap();
    let classic = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../target/dist/templates/classic.wasm"
    );
    let classic = std::fs::read(classic).unwrap();
    assert_eq!(ours.upload("our-template", &classic, b"").status, 201);
    host
}

fn send(client: &Client, rule: &Rule, key: &str) -> (u16, Value) {
    let (method, path) = rule.route.split_once(' ').unwrap();
    let path = path
        .replace("{ticketId}", "our-ticket")
        .replace("{eventId}", "our-event")
        .replace("{orderId}", "our-order")
        .replace("{name}", "our-template")
        .replace("{version}", "1")
        .replace("{fileId}", "1")
        .replace("{fileLink}", "nonsense")
        .replace("{jobId}", OUR_JOB.get().map_or("unknown", String::as_str))
        .replace("{slug}", "ours")
        .replace("{key}", key)
        .replace("{id}", "1")
        .replace("{deliveryId}", "1")
        .replace("{capability}", "nonsense");
    let path = format!("{path}{}", rule.query);
    let answer = match method {
        "GET" => client.get(&path),
        "DELETE" => client.delete(&path),
        method => {
            let body = match &rule.body {
                Value::Null => "{}".to_owned(),
                body => body.to_string(),
            };
            let kind = "application/json";
            client.send(method, &path, kind, body.as_bytes()).unwrap()
        }
    };
    (answer.status, answer.json())
}

#[test]
fn every_route_asks_for_its_permission_and_finds_only_its_organizers_things() {
    let folder = Folder::new();
    let host = host(&folder);
    let rules = rules();
    let document = host.client("").get("/openapi.json").json();
    let mut described: Vec<(String, Value)> = operations(&document)
        .map(|(route, operation)| (route, operation["x-permission"].clone()))
        .collect();
    let mut ruled: Vec<_> = rules
        .iter()
        .map(|rule| (rule.route.to_owned(), json!(rule.needs.permission())))
        .collect();
    described.sort_by(|a, b| a.0.cmp(&b.0));
    ruled.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        described, ruled,
        "the table of access.rs has a line for every route, with its permission"
    );

    let keys = host
        .client(&allowed("ours", PERMISSIONS))
        .get("/api/keys")
        .data();
    let key = keys["keys"][0]["kid"].as_str().expect("our key").to_owned();
    let nobody = host.client("");
    let theirs = host.client(&allowed("theirs", PERMISSIONS));
    for rule in &rules {
        let route = rule.route;
        let anonymous = send(&nobody, rule, &key);
        if matches!(rule.needs, Needs::Nothing) {
            assert_ne!(anonymous.0, 401, "{route}");
        } else {
            assert_eq!(anonymous.0, 401, "{route}: {}", anonymous.1);
        }
        let lacking = match rule.needs {
            Needs::Nothing | Needs::Token => None,
            Needs::Permission(permission) => Some((permission, Some(OPERATOR))),
            Needs::PermissionOrOperator(permission) => Some((permission, None)),
        };
        if let Some((permission, operator)) = lacking {
            let others: Vec<_> = PERMISSIONS
                .iter()
                .copied()
                .chain(operator)
                .filter(|held| *held != permission)
                .collect();
            let (status, json) = send(&host.client(&allowed("ours", &others)), rule, &key);
            assert_eq!(status, 403, "{route}: {json}");
            assert_eq!(json["error"]["code"], "INSUFFICIENT_PERMISSIONS", "{route}");
            let message = json["error"]["message"].as_str().unwrap();
            assert!(message.contains(permission), "{route}: {message}");
        }
        let (status, json) = send(&theirs, rule, &key);
        match rule.foreign {
            Foreign::NotFound => assert_eq!(status, 404, "{route}: {json}"),
            Foreign::OwnData => assert!(!json.to_string().contains("our-"), "{route}: {json}"),
        }
    }
    // Last, since some of them change what the others ask for.
    for rule in &rules {
        let needed: Vec<_> = match rule.needs {
            Needs::Permission(permission) | Needs::PermissionOrOperator(permission) => {
                vec![permission]
            }
            Needs::Nothing | Needs::Token => Vec::new(),
        };
        let (status, json) = send(&host.client(&allowed("ours", &needed)), rule, &key);
        assert!(![401, 403, 405].contains(&status), "{}: {json}", rule.route);
        assert!(status < 500, "{}: {json}", rule.route);
    }
}
