//! Artifacts in a real store that speaks S3, over a network that fails.
//!
//! `GUICHET_TEST_S3_ENDPOINT` names one in which buckets may be made by anyone, as `moto_server` is;
//! `cargo xtask test objects` starts it. Without it these tests do nothing but say so.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Once;

use jiff::Timestamp;

use super::faults::{Fault, Kind, Proxy, Rule};
use super::refusals::bucket;
use super::*;

const ENDPOINT: &str = "GUICHET_TEST_S3_ENDPOINT";
/// Six parts and a rest.
const FIFTY_MEGABYTES: usize = 50 << 20;
const SLOW_DOWN: &str = "<Error><Code>SlowDown</Code></Error>";

/// A bucket of one test's own.
struct Bucket {
    address: SocketAddr,
    name: String,
    ring: Arc<KeyRing>,
}

impl Bucket {
    async fn make() -> Option<Self> {
        let Ok(endpoint) = std::env::var(ENDPOINT) else {
            static SAID: Once = Once::new();
            SAID.call_once(|| eprintln!("{ENDPOINT} is not set: tests of S3 are left out"));
            return None;
        };
        let address = endpoint.trim_start_matches("http://").parse().unwrap();
        let made = Self {
            address,
            name: format!("test-{}", Uuid::new_v4().simple()),
            ring: ring("acme").await,
        };
        assert!(made.ask(reqwest::Method::PUT, "").await.is_empty());
        Some(made)
    }

    /// Asks the store itself.
    async fn ask(&self, method: reqwest::Method, query: &str) -> String {
        let Self { address, name, .. } = self;
        let store = super::super::connect::client().unwrap();
        let url = format!("http://{address}/{name}{query}");
        let answer = store.request(method, url).send().await.unwrap();
        answer.error_for_status().unwrap().text().await.unwrap()
    }

    async fn pending_uploads(&self) -> usize {
        let listed = self.ask(reqwest::Method::GET, "?uploads").await;
        listed.matches("<Upload>").count()
    }

    async fn objects(&self) -> usize {
        let listed = self.ask(reqwest::Method::GET, "?list-type=2").await;
        listed.matches("<Contents>").count()
    }

    async fn behind(&self, rules: &[Rule]) -> (Proxy, ArtifactStore) {
        let proxy = Proxy::start(Some(self.address), rules.to_vec()).await;
        let store = bucket(&proxy.endpoint, &self.name);
        (proxy, store)
    }
}

fn rule(kind: Kind, number: usize, fault: Fault) -> Rule {
    Rule {
        kind,
        first: number,
        last: number,
        fault,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_megabytes_arrive_though_connections_break_and_the_store_is_busy() {
    let Some(made) = Bucket::make().await else {
        return;
    };
    let (proxy, store) = made
        .behind(&[
            rule(Kind::Begin, 1, Fault::Answer(500, "")),
            rule(Kind::Part, 2, Fault::CutRequest),
            rule(Kind::Part, 4, Fault::Answer(503, SLOW_DOWN)),
            rule(Kind::Part, 6, Fault::CutAnswer(0)),
            rule(Kind::Part, 7, Fault::Answer(500, "")),
            rule(Kind::Complete, 1, Fault::Answer(503, SLOW_DOWN)),
            rule(Kind::Get, 2, Fault::Answer(503, "")),
            // In the middle of a body.
            rule(Kind::Get, 5, Fault::CutAnswer(400_000)),
        ])
        .await;
    let bytes = noise(FIFTY_MEGABYTES);
    let artifact = write(&store, &made.ring, &bytes).await.unwrap();
    assert_eq!(proxy.count(Kind::Part), 7 + 4);
    assert_eq!(proxy.count(Kind::Complete), 2);
    assert_eq!((made.objects().await, made.pending_uploads().await), (1, 0));
    assert!(read(&store, &made.ring, &artifact).await.unwrap() == bytes);

    let reader = store.open_artifact(&made.ring, &artifact).await.unwrap();
    let middle = all(reader.read_range(33_333_333..33_444_444).unwrap())
        .await
        .unwrap();
    assert!(middle == bytes[33_333_333..33_444_444]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_after_the_last_step_is_no_failure() {
    let Some(made) = Bucket::make().await else {
        return;
    };
    // It is asked again, and knows of no such upload any more.
    let lost = rule(Kind::Complete, 1, Fault::CutAnswer(0));
    let done = rule(Kind::Complete, 2, Fault::Answer(404, "NoSuchUpload"));
    let (_, store) = made.behind(&[lost, done]).await;
    let bytes = noise(9 << 20);
    let artifact = write(&store, &made.ring, &bytes).await.unwrap();
    assert!(read(&store, &made.ring, &artifact).await.unwrap() == bytes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_lasts_asks_for_another_try_and_leaves_nothing() {
    let Some(made) = Bucket::make().await else {
        return;
    };
    let lasting = |kind, fault| Rule {
        kind,
        first: 3,
        last: usize::MAX,
        fault,
    };
    let busy = lasting(Kind::Part, Fault::Answer(503, SLOW_DOWN));
    let broken = lasting(Kind::Part, Fault::CutRequest);
    let denied = lasting(Kind::Part, Fault::Answer(403, "AccessDenied"));
    let (busy, broken, denied) =
        tokio::join!(fail(&made, busy), fail(&made, broken), fail(&made, denied));
    assert!(busy.is_passing(), "{busy}");
    assert!(broken.is_passing(), "{broken}");
    assert!(matches!(denied, ArtifactError::Forbidden(_)), "{denied}");
    assert_eq!((made.objects().await, made.pending_uploads().await), (0, 0));
}

/// A write that fails.
async fn fail(made: &Bucket, rule: Rule) -> ArtifactError {
    let (proxy, store) = made.behind(&[rule]).await;
    let bytes = noise(FIFTY_MEGABYTES);
    let error = write(&store, &made.ring, &bytes).await.unwrap_err();
    assert_eq!(proxy.count(Kind::Complete), 0);
    assert_eq!(proxy.count(Kind::Abort), 1);
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_up_leaves_neither_object_nor_parts() {
    let Some(made) = Bucket::make().await else {
        return;
    };
    let (proxy, store) = made.behind(&[]).await;
    let begin = || store.create(&made.ring, key(1), &mut system_randomness());
    let mut writer = begin();
    writer.write(&noise(20 << 20)).await.unwrap();
    writer.abort().await;
    assert_eq!((made.objects().await, made.pending_uploads().await), (0, 0));

    let mut writer = begin();
    writer.write(&noise(20 << 20)).await.unwrap();
    assert_eq!(made.pending_uploads().await, 1);
    // On a thread where there is no runtime.
    std::thread::spawn(move || drop(writer)).join().unwrap();
    while made.pending_uploads().await > 0 {}
    assert_eq!(proxy.count(Kind::Abort), 2);
    assert_eq!(made.objects().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_is_listed_checked_and_swept() {
    let Some(made) = Bucket::make().await else {
        return;
    };
    let (_, store) = made.behind(&[]).await;
    store.check().await.unwrap();
    assert_eq!(made.objects().await, 0);
    let (used, orphan) = (
        write(&store, &made.ring, b"used").await.unwrap(),
        write(&store, &made.ring, b"orphan").await.unwrap(),
    );
    let listed = made.ask(reqwest::Method::GET, "?list-type=2").await;
    assert!(
        listed.contains(&format!("shared/guichet/{}", used.key)),
        "{listed}"
    );
    let in_use = HashSet::from([used.key]);
    let swept = store.sweep(Timestamp::UNIX_EPOCH, &in_use).await.unwrap();
    assert_eq!(swept.objects, 0);
    let later = Timestamp::now() + jiff::SignedDuration::from_secs(60);
    let swept = store.sweep(later, &in_use).await.unwrap();
    assert_eq!((swept.objects, swept.bytes), (1, orphan.stored_bytes));
    let found: Vec<_> = store
        .find_of_job(OrganizerId(1), JOB)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(
        found.iter().map(|object| object.key).collect::<Vec<_>>(),
        [used.key]
    );
    assert!(matches!(
        read(&store, &made.ring, &orphan).await,
        Err(ArtifactError::Missing(key)) if key == orphan.key
    ));
    store.delete(&used.key).await.unwrap();
    store.delete(&used.key).await.unwrap();
    assert_eq!(made.objects().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_not_there_is_named_as_the_fault() {
    let Some(made) = Bucket::make().await else {
        return;
    };
    let store = bucket(&format!("http://{}", made.address), "no-such-bucket");
    for size in [1, 9 << 20] {
        let error = write(&store, &made.ring, &noise(size)).await.unwrap_err();
        assert!(matches!(error, ArtifactError::NoBucket(_)), "{error}");
    }
    let error = store.check().await.unwrap_err();
    assert!(!error.is_passing(), "{error}");
}
