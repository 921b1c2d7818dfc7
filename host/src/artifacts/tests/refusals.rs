//! What a store refuses, and what it may take later.

use zeroize::Zeroizing;

use super::faults::{Fault, Kind, Proxy, Rule};
use super::*;
use crate::config::{ObjectSettings, S3Addressing, S3Credentials, S3Settings};

/// A bucket behind an address, with a key that the address takes.
pub(super) fn bucket(endpoint: &str, bucket: &str) -> ArtifactStore {
    let settings = S3Settings {
        bucket: bucket.to_owned(),
        region: "us-east-1".to_owned(),
        endpoint: Some(endpoint.to_owned()),
        credentials: Some(S3Credentials {
            key_id: "test".to_owned(),
            secret: Zeroizing::new("hush".to_owned()),
        }),
        addressing: S3Addressing::Path,
        prefix: "shared/guichet".to_owned(),
    };
    ArtifactStore::open(&ObjectSettings::S3(settings)).unwrap()
}

#[tokio::test]
async fn what_another_try_cannot_help_is_told_from_what_it_may() {
    let ring = ring("acme").await;
    let check = async |status, text, expected: &str| {
        let answer = Rule {
            kind: Kind::Put,
            first: 1,
            last: usize::MAX,
            fault: Fault::Answer(status, text),
        };
        let proxy = Proxy::start(None, vec![answer]).await;
        let error = write(&bucket(&proxy.endpoint, "tickets"), &ring, b"x")
            .await
            .unwrap_err();
        let kind = match &error {
            ArtifactError::Unavailable(_) => "unavailable",
            ArtifactError::Forbidden(_) => "forbidden",
            ArtifactError::NoBucket(_) => "no bucket",
            ArtifactError::Refused(_) => "refused",
            _ => "other",
        };
        assert_eq!(kind, expected, "{status}: {error}");
        assert_eq!(error.is_passing(), kind == "unavailable");
        assert_eq!(proxy.count(Kind::Put), 1, "{status} is not asked again");
        assert!(!format!("{error:?}").contains("hush"));
    };
    check(403, "<Error><Code>AccessDenied</Code></Error>", "forbidden").await;
    check(401, "", "forbidden").await;
    check(404, "<Error><Code>NoSuchBucket</Code></Error>", "no bucket").await;
    check(400, "<Error><Code>InvalidRequest</Code></Error>", "refused").await;
    check(
        400,
        "<Error><Code>RequestTimeout</Code></Error>",
        "unavailable",
    )
    .await;
    check(
        301,
        "<Error><Code>PermanentRedirect</Code></Error>",
        "refused",
    )
    .await;
    check(405, "", "refused").await;
}

#[tokio::test]
async fn a_store_that_is_not_there_may_come_back() {
    // An address that nobody listens on any more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let store = bucket(&endpoint, "tickets");
    let error = store.check().await.unwrap_err();
    assert!(error.is_passing(), "{error}");
}
