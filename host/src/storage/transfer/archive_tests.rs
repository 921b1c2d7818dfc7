use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Connection as _};

use super::archive::{ArchiveError, open_file};
use super::{of_postgres, of_sqlite, unpack};
use crate::storage::contract::samples::{at, by, event, stage};
use crate::storage::postgres::tests::{Database, PATIENCE};
use crate::storage::sqlite::SqliteStorage;
use crate::storage::{
    Act, AuditStorage as _, EventStorage as _, SigningKeyStorage as _, Storage, TicketStorage as _,
};

const GAP: u32 = 50_000;

/// A database with a ticket, an event that is gone, and what only the engine knows of a key.
async fn fill(storage: &dyn Storage) -> crate::storage::contract::samples::Stage {
    let demo = stage(storage, "demo").await;
    storage
        .store_ticket(demo.organizer, demo.ticket_with_id(1, "T-1"), by(10))
        .await
        .unwrap();
    let gone = event(storage, demo.organizer, "gone", &[]).await.number;
    let deleted = storage.delete_event(demo.organizer, gone, by(13)).await;
    assert!(deleted.unwrap());
    demo
}

/// What is restored is what was there, and goes on behind what may have been given out since.
async fn check_restored(
    old: &dyn Storage,
    archive: &Path,
    demo: &crate::storage::contract::samples::Stage,
) {
    let folder = tempfile::tempdir().unwrap();
    let unpacked = unpack(archive, folder.path(), GAP, at(500)).await.unwrap();
    assert_eq!(unpacked.contents.made_at, at(400));
    unpacked.into_folder(folder.path()).await.unwrap();
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1);
    let new = SqliteStorage::open(folder.path(), 1).await.unwrap();
    let organizer = demo.organizer;
    assert_eq!(
        old.signing_keys(organizer).await.unwrap(),
        new.signing_keys(organizer).await.unwrap()
    );
    assert_eq!(
        old.ticket(organizer, demo.key(1)).await.unwrap(),
        new.ticket(organizer, demo.key(1)).await.unwrap()
    );
    let entries = new.audit_entries(organizer, 0, 1000).await.unwrap();
    assert_eq!(entries.last().unwrap().act, Act::DataRestored);

    let before = old.reserve_serials(organizer, demo.event, 1, "old", at(600));
    let before = before.await.unwrap().unwrap();
    let after = new.reserve_serials(organizer, demo.event, 1, "new", at(600));
    let after = after.await.unwrap().unwrap();
    assert_eq!(after.first.0, before.first.0 + GAP);
    let list = async |storage: &dyn Storage| {
        let list = storage.status_list(organizer, demo.event).await.unwrap();
        list.unwrap().sequence
    };
    assert!(list(&new).await > list(old).await + 1000);
    let next = event(old, organizer, "next", &[]).await.number;
    let later = event(&new, organizer, "next", &[]).await.number;
    assert!(later.0 > next.0 + 100, "{later:?} after {next:?}");
    new.close().await;
}

#[tokio::test]
async fn an_archive_of_an_embedded_database_is_restored() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let old = SqliteStorage::open(&data, 1).await.unwrap();
    let demo = fill(&old).await;
    let archive = folder.path().join("archive");
    of_sqlite(&data, &archive, at(400)).await.unwrap();
    check_restored(&old, &archive, &demo).await;
    old.close().await;
}

#[tokio::test]
async fn an_archive_of_a_server_is_restored() {
    let Some(database) = Database::make().await else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let old = database.open().await;
    let demo = fill(&old).await;
    let archive = folder.path().join("archive");
    of_postgres(&database.url(), PATIENCE, &archive, at(400))
        .await
        .unwrap();
    check_restored(&old, &archive, &demo).await;
    old.close().await;
    database.remove().await;
}

#[tokio::test]
async fn an_archive_of_a_later_version_or_with_code_of_its_own_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let old = SqliteStorage::open(&data, 1).await.unwrap();
    fill(&old).await;
    old.close().await;
    let changed = async |name: &str, change: &str| -> PathBuf {
        let archive = folder.path().join(name);
        of_sqlite(&data, &archive, at(400)).await.unwrap();
        let mut file = open_file(&archive).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(change.to_owned()))
            .execute(&mut file)
            .await
            .unwrap();
        file.close().await.unwrap();
        archive
    };
    let refused = async |archive: PathBuf| {
        let target = tempfile::tempdir().unwrap();
        let refused = unpack(&archive, target.path(), GAP, at(500)).await;
        assert_eq!(std::fs::read_dir(target.path()).unwrap().count(), 0);
        refused.unwrap_err()
    };
    let later = changed(
        "later",
        "UPDATE _sqlx_migrations SET version = 9999 WHERE version = 9",
    )
    .await;
    let error = refused(later).await;
    assert!(
        matches!(error, ArchiveError::Newer { archive: 9999, .. }),
        "{error}"
    );
    let later = changed("format", "UPDATE _backup SET format = 2").await;
    let error = refused(later).await;
    assert!(
        matches!(error, ArchiveError::Newer { archive: 2, .. }),
        "{error}"
    );
    for (name, change) in [
        (
            "trigger",
            "CREATE TRIGGER late AFTER INSERT ON tickets BEGIN DELETE FROM audit; END",
        ),
        ("view", "CREATE VIEW late AS SELECT * FROM tickets"),
        ("table", "CREATE TABLE _late (a)"),
        ("index", "DROP INDEX tickets_by_order"),
        ("row", "UPDATE tickets SET state = 1"),
        ("fewer", "DELETE FROM caller_ticket_ids"),
        ("unfinished", "DELETE FROM _backup"),
    ] {
        let error = refused(changed(name, change).await).await;
        assert!(matches!(error, ArchiveError::Damaged(_)), "{name}: {error}");
    }
}
