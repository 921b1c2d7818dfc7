use std::sync::Arc;

use rand_core::SeedableRng as _;
use serde_json::json;

use super::*;
use crate::clock::FixedClock;
use crate::keys::{Keys, KeysError, MacSecret, MasterKey, Newcomer, RootKey, Validity};
use crate::storage::contract::samples::{at, by, event_data};
use crate::storage::sqlite::{FILE_NAME, SqliteStorage};
use crate::storage::{Organizer, OrganizerStorage as _, Slug, Storage};

struct Stage {
    folder: tempfile::TempDir,
    storage: Arc<SqliteStorage>,
    keys: Arc<Keys>,
    organizer: Organizer,
}

impl Stage {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Arc::new(SqliteStorage::open(folder.path(), 2).await.unwrap());
        let master = MasterKey::of_secret(&[7; 32]);
        let secret = MacSecret::new(b"qr secret".to_vec());
        let keys = Arc::new(Keys::new(storage.clone(), master, secret));
        let newcomer = Newcomer {
            slug: Slug::try_from("demo").unwrap(),
            name: "Demo".to_owned(),
            settings: json!({}),
            default_event: event_data("Default", &[]),
            root: RootKey::Here(Validity::of_delegation(at(0))),
        };
        let mut randomness = rand_chacha::ChaCha20Rng::from_seed([3; 32]);
        let organizer = keys
            .create_organizer(newcomer, &mut randomness, by(0))
            .await
            .unwrap();
        Self {
            folder,
            storage,
            keys,
            organizer,
        }
    }

    /// An act, so that there is something to seal.
    async fn act(&self, settings: serde_json::Value) {
        self.storage
            .change_organizer(self.organizer.id, "Demo".to_owned(), settings, by(5))
            .await
            .unwrap();
    }

    async fn seal(&self) {
        let (storage, keys) = (self.storage.clone(), self.keys.clone());
        Sealer::new(storage, keys, Arc::new(FixedClock(at(10))))
            .seal_all()
            .await
            .unwrap();
    }

    async fn verify(&self, known: Option<ChainHash>) -> Verification {
        let storage: &dyn Storage = &*self.storage;
        verify(storage, &self.keys, &self.organizer, known, at(11))
            .await
            .unwrap()
    }

    /// As somebody who has the file.
    async fn tamper(&self, statement: &'static str) {
        use sqlx::Connection as _;
        let file = self.folder.path().join(FILE_NAME);
        let mut connection =
            sqlx::SqliteConnection::connect(&format!("sqlite://{}", file.display()))
                .await
                .unwrap();
        sqlx::query("PRAGMA foreign_keys = OFF")
            .execute(&mut connection)
            .await
            .unwrap();
        let changed = sqlx::query(statement)
            .execute(&mut connection)
            .await
            .unwrap();
        assert!(changed.rows_affected() > 0, "{statement}");
        connection.close().await.unwrap();
    }
}

/// Three seals and an entry that waits.
async fn sealed_stage() -> Stage {
    let stage = Stage::new().await;
    for number in 0..3 {
        stage.act(json!({ "number": number })).await;
        stage.seal().await;
    }
    stage.act(json!({ "number": 3 })).await;
    stage
}

#[tokio::test]
async fn what_was_done_is_sealed_and_verifies() {
    let stage = sealed_stage().await;
    let found = stage.verify(None).await;
    assert_eq!(found.fault, None);
    assert_eq!((found.seals, found.unsealed), (3, 1));
    stage.seal().await;
    let later = stage.verify(Some(found.head)).await;
    assert_eq!(later.fault, None);
    assert_eq!(
        (later.seals, later.entries, later.unsealed),
        (4, found.entries + 1, 0)
    );
    // Nothing to seal makes no seal.
    stage.seal().await;
    assert_eq!(stage.verify(None).await, later);
}

#[tokio::test]
async fn every_change_to_the_record_is_found() {
    let check = async |statement: &'static str, expected: Fault| {
        let stage = sealed_stage().await;
        stage.tamper(statement).await;
        assert_eq!(
            stage.verify(None).await.fault,
            Some(expected),
            "{statement}"
        );
    };
    check(
        "UPDATE audit SET actor = 'user:else' WHERE seal_number = 2",
        Fault::EntriesDiffer { number: 2 },
    )
    .await;
    check(
        "DELETE FROM audit WHERE id = (SELECT min(id) FROM audit)",
        Fault::EntriesDiffer { number: 1 },
    )
    .await;
    check(
        "INSERT INTO audit (organizer_id, at_us, actor, act, subject, details, seal_number)
         SELECT organizer_id, at_us, actor, act, subject, details, seal_number FROM audit
         WHERE seal_number = 3",
        Fault::EntriesDiffer { number: 3 },
    )
    .await;
    check(
        "UPDATE audit SET seal_number = 3 WHERE seal_number = 2",
        Fault::EntriesDiffer { number: 2 },
    )
    .await;
    check(
        "DELETE FROM audit_seals WHERE number = 2",
        Fault::SealMissing { number: 2 },
    )
    .await;
    check(
        "UPDATE audit_seals SET sealed_at_us = sealed_at_us + 1000000 WHERE number = 3",
        Fault::NotSigned { number: 3 },
    )
    .await;
    check(
        "UPDATE audit_seals SET signed = (SELECT signed FROM audit_seals WHERE number = 1)
         WHERE number = 2",
        Fault::NotSigned { number: 2 },
    )
    .await;
}

#[tokio::test]
async fn a_record_that_lost_its_end_is_found_with_a_known_head() {
    let stage = sealed_stage().await;
    let known = stage.verify(None).await.head;
    stage
        .tamper("DELETE FROM audit_seals WHERE number = 3")
        .await;
    stage
        .tamper("DELETE FROM audit WHERE seal_number = 3")
        .await;
    assert_eq!(stage.verify(None).await.fault, None);
    assert_eq!(
        stage.verify(Some(known)).await.fault,
        Some(Fault::HeadMissing)
    );
}

#[tokio::test]
async fn a_key_that_was_put_in_is_no_key_of_this_host() {
    let stage = sealed_stage().await;
    stage
        .tamper("UPDATE signing_keys SET public_key = zeroblob(32) WHERE purpose = 'audit'")
        .await;
    stage.keys.forget(stage.organizer.id);
    let storage: &dyn Storage = &*stage.storage;
    let refused = verify(storage, &stage.keys, &stage.organizer, None, at(11)).await;
    assert!(
        matches!(refused, Err(KeysError::Open { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn sealing_keeps_no_state_of_an_organizer_in_memory() {
    let stage = Stage::new().await;
    stage.seal().await;
    stage
        .storage
        .change_organizer(stage.organizer.id, "Renamed".to_owned(), json!({}), by(6))
        .await
        .unwrap();
    let ring = stage.keys.ring(stage.organizer.id, at(11)).await.unwrap();
    assert_eq!(ring.organizer().name, "Renamed");
}

#[tokio::test]
async fn two_sealers_at_once_make_one_chain() {
    let stage = Stage::new().await;
    for number in 0..20 {
        stage.act(json!({ "number": number })).await;
        tokio::join!(stage.seal(), stage.seal());
    }
    let found = stage.verify(None).await;
    assert_eq!((found.fault, found.unsealed), (None, 0));
}
