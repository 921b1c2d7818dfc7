//! The contract on this engine, and what only this engine promises.
//!
//! `GUICHET_TEST_DATABASE_URL` names a server on which databases may be made. Without it these tests
//! do nothing but say so. Each has a database of its
//! own, which a failed test leaves behind.

use std::io::Write as _;
use std::str::FromStr as _;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection};
use ticket_token::EventNumber;
use tokio::sync::Barrier;

use super::{OpenError, PoolLimits, PostgresStorage};
use crate::storage::contract::contract_tests;
use crate::storage::contract::samples::{by, event, id, organizer, signing_key, stage};
use crate::storage::{
    KeyPurpose, OrganizerStorage as _, PageRequest, Rotation, SigningKeyStorage as _, Storage,
    StorageError, TemplateStorage as _, TicketFilter, TicketStorage as _,
};

const SERVER: &str = "GUICHET_TEST_DATABASE_URL";
const LIMITS: PoolLimits = PoolLimits { min: 0, max: 8 };
pub(in crate::storage) const PATIENCE: Duration = Duration::from_secs(10);

/// A database that is one test's own.
pub(in crate::storage) struct Database {
    server: PgConnectOptions,
    name: String,
}

impl Database {
    pub(in crate::storage) async fn make() -> Option<Self> {
        let Ok(url) = std::env::var(SERVER) else {
            say_left_out();
            return None;
        };
        let server = PgConnectOptions::from_str(&url).unwrap();
        let name = format!("guichet_test_{}", uuid::Uuid::new_v4().simple());
        let mut connection = server.connect().await.unwrap();
        run(&mut connection, format!("CREATE DATABASE {name}")).await;
        Some(Self { server, name })
    }

    pub(in crate::storage) fn url(&self) -> String {
        let options = self.server.clone().database(&self.name);
        options.to_url_lossy().to_string()
    }

    pub(in crate::storage) async fn open(&self) -> PostgresStorage {
        PostgresStorage::open(&self.url(), LIMITS, PATIENCE)
            .await
            .unwrap()
    }

    pub(in crate::storage) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url()).await.unwrap()
    }

    pub(in crate::storage) async fn remove(self) {
        let mut connection = self.server.connect().await.unwrap();
        run(
            &mut connection,
            format!("DROP DATABASE {} WITH (FORCE)", self.name),
        )
        .await;
    }
}

/// Once, and past the harness, which keeps what a passing test prints to itself.
fn say_left_out() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let message = format!(
            "\nnote: {SERVER} is not set, so the tests of PostgreSQL are left out; \
             name a server on which databases may be made\n"
        );
        let _ = std::io::stderr().write_all(message.as_bytes());
    });
}

async fn run(connection: &mut PgConnection, statement: String) {
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(connection)
        .await
        .unwrap();
}

async fn with_storage(story: impl AsyncFnOnce(&dyn Storage)) {
    let Some(database) = Database::make().await else {
        return;
    };
    let storage = database.open().await;
    story(&storage).await;
    storage.close().await;
    database.remove().await;
}

contract_tests!(with_storage);

#[tokio::test]
async fn hosts_that_start_at_once_make_the_tables_once() {
    let Some(database) = Database::make().await else {
        return;
    };
    let hosts = join_all((0..4).map(|_| database.open())).await;
    let [first, second, ..] = &hosts[..] else {
        panic!("four were started");
    };
    let made = organizer(first, "demo").await;
    assert_eq!(second.organizer(made.id).await.unwrap(), Some(made));
    join_all(hosts.iter().map(|host| host.close())).await;
    database.remove().await;
}

#[tokio::test]
async fn a_server_that_goes_away_is_unavailable_and_one_that_returns_is_used() {
    let Some(database) = Database::make().await else {
        return;
    };
    let storage = database.open().await;
    let stage = stage(&storage, "demo").await;
    let mut operator = database.server.connect().await.unwrap();
    // Both at once: while it runs, and before it is noticed.
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    let mut busy = storage.pool.acquire().await.unwrap();
    let running = sqlx::query("SELECT pg_sleep(20)").execute(&mut *busy);
    let cutting = async {
        let begun = "SELECT EXISTS (SELECT FROM pg_stat_activity
                                    WHERE datname = $1 AND query LIKE 'SELECT pg_sleep%')";
        while !sqlx::query_scalar::<_, bool>(begun)
            .bind(&database.name)
            .fetch_one(&mut operator)
            .await
            .unwrap()
        {
            tokio::task::yield_now().await;
        }
        sqlx::query(cut)
            .bind(&database.name)
            .execute(&mut operator)
            .await
            .unwrap();
    };
    let (interrupted, ()) = tokio::join!(running, cutting);
    let interrupted = StorageError::from(interrupted.unwrap_err());
    assert!(interrupted.is_transient(), "{interrupted:?}");
    drop(busy);
    // What lay idle for a moment only may fail once; then all is well.
    for serial in 0..8 {
        let stored = storage.store_ticket(stage.organizer, stage.ticket(serial), by(10));
        if let Err(error) = stored.await {
            assert!(error.is_transient(), "{error:?}");
        }
    }
    storage
        .store_ticket(stage.organizer, stage.ticket(100), by(11))
        .await
        .unwrap();
    storage.close().await;
    database.remove().await;
}

#[tokio::test]
async fn a_closed_database_says_so() {
    let Some(database) = Database::make().await else {
        return;
    };
    let storage = database.open().await;
    let stage = stage(&storage, "demo").await;
    storage.close().await;
    let written = storage
        .store_ticket(stage.organizer, stage.ticket(1), by(10))
        .await;
    assert!(
        matches!(written, Err(StorageError::Unavailable(_))),
        "{written:?}"
    );
    let read = storage.ticket(stage.organizer, stage.key(1)).await;
    assert!(
        matches!(read, Err(StorageError::Unavailable(_))),
        "{read:?}"
    );
    database.remove().await;
}

#[tokio::test]
async fn a_start_waits_for_a_server_but_not_for_a_database_that_does_not_exist() {
    // Nobody listens on the port of discarding.
    let patience = Duration::from_millis(600);
    let silent = PostgresStorage::open("postgres://x@127.0.0.1:9/x", LIMITS, patience).await;
    assert!(
        matches!(&silent, Err(OpenError::NotReady { place, .. }) if place == "127.0.0.1:9/x"),
        "{silent:?}"
    );
    let wrong = PostgresStorage::open("postgres://x@h:port/x", LIMITS, patience).await;
    assert!(matches!(wrong, Err(OpenError::Address(_))), "{wrong:?}");
    let Some(database) = Database::make().await else {
        return;
    };
    let url = database.url();
    database.remove().await;
    let missing = PostgresStorage::open(&url, LIMITS, PATIENCE).await;
    assert!(
        matches!(missing, Err(OpenError::Refused { .. })),
        "{missing:?}"
    );
}

#[tokio::test]
async fn a_replica_answers_lists_and_the_first_server_all_else() {
    let Some(first) = Database::make().await else {
        return;
    };
    let Some(late) = Database::make().await else {
        return;
    };
    // A replica that never catches up: it has the organizer and its event, and no ticket.
    let behind = late.open().await;
    stage(&behind, "demo").await;
    let storage = first.open().await;
    let stage = stage(&storage, "demo").await;
    storage
        .store_ticket(stage.organizer, stage.ticket(1), by(10))
        .await
        .unwrap();
    let listed = async |storage: &PostgresStorage, event: EventNumber| {
        let page = PageRequest { page: 1, limit: 10 };
        let filter = TicketFilter::default();
        let list = storage.tickets(stage.organizer, event, filter, page).await;
        list.unwrap().map(|page| page.total)
    };
    let storage = storage.with_replica(&late.url(), LIMITS).unwrap();
    assert_eq!(listed(&storage, stage.event).await, Some(0));
    let ticket = storage.ticket(stage.organizer, stage.key(1)).await.unwrap();
    assert!(ticket.is_some());

    // What it does not have may only be late.
    let later = event(&storage, stage.organizer, "later", &[]).await;
    assert_eq!(listed(&storage, later.number).await, Some(0));

    // And while it is away the first server answers.
    behind.close().await;
    late.remove().await;
    assert_eq!(listed(&storage, stage.event).await, Some(1));
    storage.close().await;
    first.remove().await;
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_named() {
    let Some(database) = Database::make().await else {
        return;
    };
    let storage = database.open().await;
    let stage = stage(&storage, "demo").await;
    storage
        .store_ticket(stage.organizer, stage.ticket(1), by(10))
        .await
        .unwrap();
    let mut operator = database.connect().await;
    run(
        &mut operator,
        "UPDATE tickets SET caller_id = 'no id'".to_owned(),
    )
    .await;
    let error = storage
        .ticket(stage.organizer, stage.key(1))
        .await
        .unwrap_err();
    let expected = format!(
        "tickets.caller_id of row {}/1 makes no sense: \
         an id consists of A-Z, a-z, 0-9 and . _ ~ -",
        stage.event.0
    );
    assert_eq!(error.to_string(), expected);
    storage.close().await;
    drop(operator);
    database.remove().await;
}

#[tokio::test]
async fn what_cannot_be_stored_is_not_found() {
    let Some(database) = Database::make().await else {
        return;
    };
    let storage = database.open().await;
    let stage = stage(&storage, "demo").await;
    let template = storage.template(stage.organizer, "a\0b").await;
    assert_eq!(template.unwrap(), None);
    storage.close().await;
    database.remove().await;
}

/// Rotating waits for the tickets on their way, however many there are, and none gets through that an
/// inactive key signed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_rotated_in_the_middle_of_a_sale() {
    const SELLERS: u32 = 6;
    /// By each, before the rotation begins.
    const SOLD_BEFORE: u32 = 5;
    let Some(database) = Database::make().await else {
        return;
    };
    let storage = database.open().await;
    let stage = stage(&storage, "demo").await;
    let next = signing_key(KeyPurpose::Ticket, 200);
    storage
        .create_signing_key(stage.organizer, next, by(5))
        .await
        .unwrap();
    let rotated = AtomicBool::new(false);
    let busy = Barrier::new(SELLERS as usize + 1);
    let (storage_, stage_, rotated_, busy_) = (&storage, &stage, &rotated, &busy);
    let sellers = join_all((0..SELLERS).map(|seller| async move {
        let mut sold = 0;
        for step in 0.. {
            if sold == SOLD_BEFORE {
                busy_.wait().await;
            }
            let was_rotated = rotated_.load(Ordering::SeqCst);
            let serial = seller * 10_000 + step;
            let stored = storage_
                .store_ticket(stage_.organizer, stage_.ticket(serial), by(10))
                .await;
            match stored {
                Ok(_) => {
                    assert!(!was_rotated, "stored after the rotation");
                    sold += 1;
                }
                Err(StorageError::Conflict(crate::storage::Conflict::KeyNotActive)) => break,
                Err(error) => panic!("{error}"),
            }
        }
        sold
    }));
    let rotation = async {
        busy.wait().await;
        let rotation = Rotation {
            purpose: KeyPurpose::Ticket,
            verify_until: None,
        };
        storage
            .rotate_signing_key(stage.organizer, rotation, by(20))
            .await
            .unwrap();
        rotated.store(true, Ordering::SeqCst);
    };
    let (sold, ()) = tokio::join!(sellers, rotation);
    assert!(sold.iter().all(|&sold| sold >= SOLD_BEFORE), "{sold:?}");
    let keys = storage.signing_keys(stage.organizer).await.unwrap();
    let old = keys.iter().find(|key| key.id == stage.ticket_key).unwrap();
    assert_eq!(old.last_expiry, Some(stage.ticket(0).expires_at));
    storage.close().await;
    database.remove().await;
}

/// Many at once in one statement, with ids in opposite orders, do not lock each other out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bulk_stores_with_the_same_ids_take_turns() {
    let Some(database) = Database::make().await else {
        return;
    };
    let storage = database.open().await;
    let stage = stage(&storage, "demo").await;
    let stores = (0..8u32).map(|bulk| {
        let mut tickets: Vec<_> = (0..200)
            .map(|step| stage.ticket_with_id(bulk * 1000 + step, &format!("T-{step}")))
            .collect();
        if bulk % 2 == 1 {
            tickets.reverse();
        }
        storage.store_tickets(stage.organizer, tickets, by(10))
    });
    let results = join_all(stores).await;
    let stored = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(stored, 1);
    for result in results {
        if let Err(error) = result {
            assert!(
                matches!(
                    error,
                    StorageError::Conflict(crate::storage::Conflict::TicketExists)
                ),
                "{error:?}"
            );
        }
    }
    let found = storage.ticket_by_id(stage.organizer, &id("T-0")).await;
    assert!(found.unwrap().is_some());
    storage.close().await;
    database.remove().await;
}
