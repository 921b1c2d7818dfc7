//! Two hosts on one PostgreSQL database; a data folder of SQLite has one host.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};

use crate::support::{Answer, Client, Folder, Host, token};

/// Where both say that they are reached, so that their answers can be compared.
const PUBLIC: (&str, &str) = ("PUBLIC_URL", "https://tickets.example");

/// Two hosts and a token; none where there is no server.
struct Pair {
    hosts: [Host; 2],
    token: String,
    folders: [Folder; 2],
}

impl Pair {
    fn start(environment: &[(&str, &str)]) -> Option<Self> {
        let first = Folder::on_server()?;
        let token = token(&first, "acme", "admin");
        let second = first.of_replica();
        let hosts = [&first, &second].map(|folder| Host::start_with(folder, environment));
        let folders = [first, second];
        Some(Self {
            hosts,
            token,
            folders,
        })
    }

    /// Asks both at the same moment.
    fn both(&self, ask: impl Fn(Client) -> Answer + Sync) -> [Answer; 2] {
        let barrier = Barrier::new(2);
        thread::scope(|scope| {
            let asking = self.hosts.each_ref().map(|host| {
                let client = host.client(&self.token);
                let (barrier, ask) = (&barrier, &ask);
                scope.spawn(move || {
                    barrier.wait();
                    ask(client)
                })
            });
            asking.map(|thread| thread.join().unwrap())
        })
    }
}

/// Sends it again for as long as the same request is under way elsewhere, as a client does.
fn insist(client: &Client, key: &str, body: &Value) -> Answer {
    let headers = [("Idempotency-Key", key)];
    loop {
        let answer = client
            .send_with("POST", "/api/tickets/generate", &headers, body)
            .unwrap();
        if answer.code() != "IDEMPOTENCY_IN_PROGRESS" {
            return answer;
        }
        assert!(answer.retry_after.is_some());
        thread::yield_now();
    }
}

#[test]
fn the_same_key_at_two_replicas_at_once_makes_one_ticket() {
    const TIMES: usize = 50;
    let Some(pair) = Pair::start(&[PUBLIC]) else {
        return;
    };
    for time in 0..TIMES {
        let key = format!("key-{time}");
        let order = json!({
            "ticketData": { "attendeeName": "Zoë" },
            "options": { "includePDF": time % 5 == 0 },
        });
        let [one, other] = pair.both(|client| insist(&client, &key, &order));
        assert_eq!((one.status, other.status), (201, 201), "{key}");
        assert_eq!(one.json(), other.json(), "{key}");
    }
    let client = pair.hosts[1].client(&pair.token);
    let stats = client.get("/api/tickets/events/default/stats").data();
    assert_eq!(stats["totalTickets"], TIMES);
    let output = pair.folders[0].guichet(&["audit", "verify"]);
    assert!(output.status.success());
}

#[test]
fn the_same_id_at_two_replicas_at_once_is_taken_by_one() {
    let Some(pair) = Pair::start(&[]) else {
        return;
    };
    for time in 0..50 {
        let order = json!({ "ticketData": { "id": format!("order-{time}") } });
        let answers = pair.both(|client| client.post("/api/tickets/generate", &order));
        let mut told = answers.map(|answer| (answer.status, answer.code()));
        told.sort();
        let expected = [(201, String::new()), (409, "TICKET_EXISTS".to_owned())];
        assert_eq!(told, expected, "{time}");
    }
    let client = pair.hosts[0].client(&pair.token);
    let stats = client.get("/api/tickets/events/default/stats").data();
    assert_eq!(stats["totalTickets"], 50);
}

#[test]
fn a_folder_has_one_host() {
    let folder = Folder::embedded();
    let _host = Host::start(&folder);
    let second = folder.guichet(&["serve", "--port", "0", "--metrics-port", "0"]);
    assert_eq!(second.status.code(), Some(1));
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(told.contains("is in use by process"), "{told}");
    // Which therefore has nobody to share its rate limits with.
    let shared = folder
        .command()
        .args(["serve", "--port", "0"])
        .env("RATE_LIMIT_SHARED", "true")
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&shared.stderr).into_owned();
    assert!(!shared.status.success());
    assert!(
        told.contains("RATE_LIMIT_SHARED") && told.contains("DATABASE_URL"),
        "{told}"
    );
}

/// Twenty of anything that has no limit of its own, none of which comes back while the test runs.
const TWENTY: [(&str, &str); 4] = [
    ("RATE_LIMIT_SHARED", "true"),
    ("RATE_LIMIT_MAX_REQUESTS", "20"),
    ("RATE_LIMIT_WINDOW_MS", "86400000"),
    ("TRUSTED_PROXIES", "loopback"),
];

impl Pair {
    /// So many requests to each at once, under addresses of their own or all under one. Gives how many
    /// answers had this status, the others being 429.
    fn count(
        &self,
        each: usize,
        address: impl Fn(usize) -> String + Sync,
        token: &str,
        status: u16,
    ) -> usize {
        let bearer = format!("Bearer {token}");
        let passed = |host: &Host, first: usize| {
            let numbers = first..first + each;
            let passed = numbers.filter(|number| {
                let (address, bearer) = (address(*number), bearer.as_str());
                let headers = [
                    ("X-Forwarded-For", address.as_str()),
                    ("Authorization", bearer),
                ];
                let answer = host.raw("GET", "/api/events", &headers);
                assert!(answer.status() == status || answer.code() == "QUOTA_EXCEEDED");
                answer.status() == status
            });
            passed.count()
        };
        thread::scope(|scope| {
            let [one, other] = &self.hosts;
            let one = scope.spawn(|| passed(one, 0));
            let other = scope.spawn(|| passed(other, each));
            one.join().unwrap() + other.join().unwrap()
        })
    }
}

impl Pair {
    /// How often a host decided alone, since the database did not answer in time. A machine may be as
    /// busy as that; what is promised then is another test.
    fn counted_alone(&self) -> u64 {
        let of_host = |host: &Host| {
            let figures = host.figures();
            let line = figures
                .lines()
                .find_map(|line| line.strip_prefix("rate_limits_counted_alone_total "));
            line.map_or(0, |figure| figure.parse().unwrap())
        };
        self.hosts.iter().map(of_host).sum()
    }
}

#[test]
fn replicas_agree_on_rate_limits() {
    const ROUNDS: usize = 10;
    let Some(pair) = Pair::start(&TWENTY) else {
        return;
    };
    let tokens = (0..ROUNDS).map(|round| token(&pair.folders[0], &format!("of-{round}"), "admin"));
    let agreed = tokens.enumerate().find(|(round, token)| {
        let before = pair.counted_alone();
        let of_its_own = |number| format!("10.{round}.0.{number}");
        let of_caller = pair.count(20, of_its_own, token, 200);
        let of_one = |_| format!("198.51.100.{round}");
        let of_address = pair.count(20, of_one, "x", 401);
        if pair.counted_alone() > before {
            return false;
        }
        assert_eq!(
            (of_caller, of_address),
            (20, 20),
            "of a caller, of an address"
        );
        true
    });
    let (round, _) = agreed.expect("the database never answered in time");
    let address = format!("198.51.100.{round}");
    let told = pair.hosts.each_ref().map(|host| {
        let headers = [("X-Forwarded-For", address.as_str())];
        let answer = host.raw("GET", "/api/events", &headers);
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        (answer.header("ratelimit-remaining"), wait)
    });
    for (remaining, wait) in told {
        assert_eq!(remaining.as_deref(), Some("0"));
        assert!((4_000..=4_320).contains(&wait), "{wait}");
    }
}

#[test]
fn a_database_that_is_slow_is_not_waited_for() {
    let Some(pair) = Pair::start(&TWENTY) else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut connection = runtime.block_on(async {
        let url = pair.folders[0].database_url().unwrap();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        sqlx::raw_sql("BEGIN; LOCK TABLE rate_buckets IN ACCESS EXCLUSIVE MODE")
            .execute(&mut connection)
            .await
            .unwrap();
        connection
    });
    let begun = Instant::now();
    let of_one = |_| "198.51.100.7".to_owned();
    // Each decides by what it knows itself.
    assert_eq!(pair.count(25, of_one, "x", 401), 40);
    assert!(begun.elapsed() < Duration::from_secs(30));
    assert!(
        pair.hosts[0]
            .figures()
            .contains("rate_limits_counted_alone_total")
    );
    runtime.block_on(async {
        sqlx::raw_sql("ROLLBACK")
            .execute(&mut connection)
            .await
            .unwrap();
    });
    // Once it answers again, they agree again; which address is new does not matter.
    let agreed = (0..100).any(|round| {
        thread::sleep(Duration::from_millis(50));
        let of_one = |_| format!("203.0.113.{round}");
        pair.count(20, of_one, "x", 401) == 20
    });
    assert!(agreed);
}
