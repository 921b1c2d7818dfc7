//! The contract on this engine, and what only this engine promises.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{FILE_NAME, SqliteStorage};
use crate::storage::contract::contract_tests;
use crate::storage::contract::samples::{by, id, organizer, stage};
use crate::storage::{Storage, StorageError, TicketStorage as _};

async fn open(folder: &Path) -> SqliteStorage {
    SqliteStorage::open(folder, 4).await.unwrap()
}

async fn with_storage(story: impl AsyncFnOnce(&dyn Storage)) {
    let folder = tempfile::tempdir().unwrap();
    let storage = open(folder.path()).await;
    story(&storage).await;
    storage.close().await;
}

contract_tests!(with_storage);

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_hard_stop() {
    let folder = tempfile::tempdir().unwrap();
    let storage = open(folder.path()).await;
    let stage = stage(&storage, "demo").await;
    let stored = storage.store_ticket(stage.organizer, stage.ticket_with_id(1, "T-1"), by(10));
    let stored = stored.await.unwrap();

    // The files as they are on the disk now, as after a kill: no close, no checkpoint.
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let entry = entry.unwrap();
        if !entry.file_name().to_string_lossy().ends_with("-shm") {
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
    }
    let survivor = open(copy.path()).await;
    let found = survivor
        .ticket_by_id(stage.organizer, &id("T-1"))
        .await
        .unwrap();
    assert_eq!(found, Some(stored));
    // And it goes on.
    survivor
        .store_ticket(stage.organizer, stage.ticket(2), by(11))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_closed_database_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let storage = open(folder.path()).await;
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
}

#[tokio::test]
async fn a_row_that_makes_no_sense_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let storage = open(folder.path()).await;
    let stage = stage(&storage, "demo").await;
    storage
        .store_ticket(stage.organizer, stage.ticket(1), by(10))
        .await
        .unwrap();
    storage
        .writer
        .write(|connection| {
            Box::pin(async move {
                sqlx::query("UPDATE tickets SET caller_id = 'no id'")
                    .execute(connection)
                    .await?;
                Ok(())
            })
        })
        .await
        .unwrap();
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
}

#[tokio::test]
async fn two_processes_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (server, command) = tokio::join!(open(folder.path()), open(folder.path()));
    let made = organizer(&command, "demo").await;
    let found = crate::storage::OrganizerStorage::organizer(&server, made.id)
        .await
        .unwrap();
    assert_eq!(found, Some(made));
    organizer(&server, "other").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_folder_can_be_opened_by_many_at_once() {
    for _ in 0..25 {
        let folder = tempfile::tempdir().unwrap();
        let mut opening = tokio::task::JoinSet::new();
        for _ in 0..4 {
            let path = folder.path().to_owned();
            opening.spawn(async move { open(&path).await });
        }
        assert_eq!(opening.join_all().await.len(), 4);
    }
}

#[tokio::test]
async fn nobody_else_can_read_the_files() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let storage = open(&folder).await;
    organizer(&storage, "demo").await;
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for suffix in ["", "-wal", "-shm"] {
        assert_eq!(
            mode(&folder.join(format!("{FILE_NAME}{suffix}"))),
            0o600,
            "{suffix}"
        );
    }
}
