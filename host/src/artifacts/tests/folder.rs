//! Artifacts in a folder.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use jiff::Timestamp;

use super::super::Swept;
use super::*;
use crate::config::ObjectSettings;

async fn folder(path: &Path) -> Stage {
    let settings = ObjectSettings::Folder(path.to_owned());
    let store = ArtifactStore::open(&settings).unwrap();
    Stage {
        raw: Arc::clone(&store.store),
        store,
        ring: ring("acme").await,
    }
}

fn files(below: &Path) -> usize {
    let entries = fs::read_dir(below)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .map(|path| if path.is_dir() { files(&path) } else { 1 })
        .sum()
}

#[tokio::test]
async fn a_folder_keeps_artifacts_and_nobody_else_sees_them() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("deep/artifacts");
    let stage = folder(&path).await;
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    for bytes in [noise(5), noise((20 << 20) + 3)] {
        let artifact = stage.write(&bytes).await;
        assert!(stage.read(&artifact).await.unwrap() == bytes);
        let range = 5_u64.min(artifact.bytes - 1)..artifact.bytes;
        let reader = stage
            .store
            .open_artifact(&stage.ring, &artifact)
            .await
            .unwrap();
        let end = all(reader.read_range(range.clone()).unwrap())
            .await
            .unwrap();
        assert!(end == bytes[range.start as usize..]);
        // Cut, as by a full disk of somebody who copies it.
        let file = fs::File::options()
            .write(true)
            .open(path.join(artifact.key.to_string()));
        file.unwrap().set_len(artifact.stored_bytes - 1).unwrap();
        let error = stage.read(&artifact).await.unwrap_err();
        assert!(matches!(error, ArtifactError::Damaged { .. }), "{error}");
        stage.store.delete(&artifact.key).await.unwrap();
        let error = stage.read(&artifact).await.unwrap_err();
        assert!(
            matches!(error, ArtifactError::Missing(key) if key == artifact.key),
            "{error}"
        );
        // It is not there, as is wanted.
        stage.store.delete(&artifact.key).await.unwrap();
    }
    assert_eq!(files(&path), 0);
}

#[tokio::test]
async fn a_sweep_takes_what_no_row_names_and_what_was_never_finished() {
    let place = tempfile::tempdir().unwrap();
    let stage = folder(place.path()).await;
    let (used, orphan) = (stage.write(b"used").await, stage.write(b"orphan").await);
    let beside = place.path().join(format!("{}#1", used.key));
    fs::write(&beside, b"unfinished").unwrap();
    fs::create_dir(place.path().join("health")).unwrap();
    fs::write(place.path().join("health/of-a-dead-process"), b"health").unwrap();
    fs::write(place.path().join("README"), b"not ours").unwrap();
    let in_use = HashSet::from([used.key]);
    let found = async || {
        let mut found: Vec<_> = stage.store.find_all().try_collect().await.unwrap();
        found.sort_by_key(|object| object.key);
        found
            .iter()
            .map(|object| object.key)
            .collect::<HashSet<_>>()
    };
    assert_eq!(found().await, HashSet::from([used.key, orphan.key]));
    let of_job = stage.store.find_of_job(OrganizerId(1), JOB);
    assert_eq!(of_job.try_collect::<Vec<_>>().await.unwrap().len(), 2);
    let of_other = stage.store.find_of_job(OrganizerId(2), JOB);
    assert!(of_other.try_collect::<Vec<_>>().await.unwrap().is_empty());

    // All of it is too young.
    let swept = stage
        .store
        .sweep(Timestamp::UNIX_EPOCH, &in_use)
        .await
        .unwrap();
    assert_eq!(swept, Swept::default());
    assert_eq!(files(place.path()), 5);

    let later = Timestamp::now() + jiff::SignedDuration::from_secs(60);
    let swept = stage.store.sweep(later, &in_use).await.unwrap();
    let expected = Swept {
        objects: 1,
        bytes: orphan.stored_bytes,
        unfinished: 1,
    };
    assert_eq!(swept, expected);
    assert_eq!(found().await, in_use);
    assert!(stage.read(&used).await.is_ok());
    assert_eq!(files(place.path()), 2);
}

#[tokio::test]
async fn a_check_leaves_nothing_and_shows_a_folder_that_was_taken_away() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("artifacts");
    let stage = folder(&path).await;
    stage.store.check().await.unwrap();
    assert_eq!(files(&path), 0);
    fs::remove_dir_all(&path).unwrap();
    // So that it cannot be made again.
    fs::write(&path, b"a file").unwrap();
    let error = stage.store.check().await.unwrap_err();
    assert!(!error.is_passing(), "{error}");
    let settings = ObjectSettings::Folder(path.join("below"));
    let error = ArtifactStore::open(&settings).unwrap_err();
    assert!(error.to_string().contains("below"), "{error}");
}
