//! What is stored, and what becomes of a reader when it is not what was written.

use super::super::Damage;
use super::*;
use crate::keys::{CHUNK_BYTES, HEAD_BYTES, OpenError, TAG_BYTES};

const SEALED_CHUNK: usize = CHUNK_BYTES + TAG_BYTES;

#[tokio::test]
async fn what_was_written_is_read_and_is_not_to_be_seen_in_the_store() {
    let stage = stage().await;
    let sizes = [
        0,
        1,
        100,
        CHUNK_BYTES - 1,
        CHUNK_BYTES,
        CHUNK_BYTES + 1,
        2 * CHUNK_BYTES,
        16 * CHUNK_BYTES - 1,
        16 * CHUNK_BYTES,
        16 * CHUNK_BYTES + 1,
        33 * CHUNK_BYTES + 5,
    ];
    for size in sizes {
        let bytes = noise(size);
        let artifact = stage.write(&bytes).await;
        assert_eq!(artifact.bytes, size as u64);
        assert_eq!(artifact.sha256, crate::storage::Digest::of(&bytes));
        let stored = stage.stored(&artifact.key).await;
        assert_eq!(artifact.stored_bytes, stored.len() as u64, "{size}");
        let chunks = size.div_ceil(CHUNK_BYTES).max(1);
        assert_eq!(stored.len(), HEAD_BYTES + size + chunks * TAG_BYTES);
        if let Some(beginning) = bytes.first_chunk::<16>() {
            assert!(!stored.windows(16).any(|window| window == beginning));
        }
        assert!(stage.read(&artifact).await.unwrap() == bytes, "{size}");
    }
}

#[tokio::test]
async fn an_artifact_of_many_parts_arrives_whole_and_in_order() {
    let stage = stage().await;
    let bytes = noise((26 << 20) + 7);
    let artifact = stage.write(&bytes).await;
    assert!(stage.read(&artifact).await.unwrap() == bytes);
    // Of a length that just fills a part, and a byte less and more.
    let full = (8 << 20) - HEAD_BYTES - 128 * TAG_BYTES;
    for size in [full - 1, full, full + 1] {
        let artifact = stage.write(&bytes[..size]).await;
        assert!(
            stage.read(&artifact).await.unwrap() == bytes[..size],
            "{size}"
        );
    }
}

#[tokio::test]
async fn any_range_is_read_without_the_rest() {
    let stage = stage().await;
    let bytes = noise(17 * CHUNK_BYTES + 3);
    let artifact = stage.write(&bytes).await;
    let reader = stage
        .store
        .open_artifact(&stage.ring, &artifact)
        .await
        .unwrap();
    assert_eq!(reader.bytes(), bytes.len() as u64);
    let mut bounds = vec![0, 1, bytes.len() - 1, bytes.len()];
    for chunk in [1, 2, 15, 16, 17] {
        bounds.extend([
            chunk * CHUNK_BYTES - 1,
            chunk * CHUNK_BYTES,
            chunk * CHUNK_BYTES + 1,
        ]);
    }
    for &start in &bounds {
        for &end in bounds.iter().filter(|&&end| start <= end) {
            let read = all(reader.read_range(start as u64..end as u64).unwrap()).await;
            assert!(read.unwrap() == bytes[start..end], "{start}..{end}");
        }
    }
    // What is not needed may be broken.
    let mut stored = stage.stored(&artifact.key).await.to_vec();
    stored[HEAD_BYTES + 3 * SEALED_CHUNK] ^= 1;
    stage.put(&artifact.key, stored).await;
    let range = |chunks: std::ops::Range<usize>| {
        let range = (chunks.start * CHUNK_BYTES) as u64..(chunks.end * CHUNK_BYTES) as u64;
        all(reader.read_range(range).unwrap())
    };
    assert!(range(0..3).await.is_ok());
    assert!(range(4..17).await.is_ok());
    assert!(range(3..4).await.is_err());
}

#[tokio::test]
async fn a_range_that_is_not_there_is_refused() {
    let stage = stage().await;
    for size in [0_u64, 10] {
        let artifact = stage.write(&noise(size as usize)).await;
        let reader = stage
            .store
            .open_artifact(&stage.ring, &artifact)
            .await
            .unwrap();
        let backwards = std::ops::Range { start: 1, end: 0 };
        for range in [0..size + 1, size + 1..size + 2, 0..u64::MAX, backwards] {
            let refused = reader.read_range(range.clone()).err();
            assert!(
                matches!(refused, Some(ArtifactError::NoRange { bytes, .. }) if bytes == size),
                "{range:?}"
            );
        }
        assert!(
            all(reader.read_range(size..size).unwrap())
                .await
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn an_object_that_was_cut_anywhere_or_grew_is_damaged() {
    let stage = stage().await;
    for size in [0, 1, 100] {
        let artifact = stage.write(&noise(size)).await;
        let stored = stage.stored(&artifact.key).await;
        for length in 0..stored.len() {
            stage.put(&artifact.key, &stored[..length]).await;
            let error = stage.read(&artifact).await.unwrap_err();
            assert!(is_damage(&error), "{size} cut to {length}: {error}");
            assert!(!error.is_passing());
        }
    }
    // By whole chunks, and so that the row says the same.
    let bytes = noise(3 * CHUNK_BYTES);
    let artifact = stage.write(&bytes).await;
    let stored = stage.stored(&artifact.key).await;
    for chunks in 1..3 {
        let stored_bytes = HEAD_BYTES + chunks * SEALED_CHUNK;
        stage.put(&artifact.key, &stored[..stored_bytes]).await;
        let shorter = StoredArtifact {
            bytes: (chunks * CHUNK_BYTES) as u64,
            stored_bytes: stored_bytes as u64,
            ..artifact
        };
        for artifact in [artifact, shorter] {
            let error = stage.read(&artifact).await.unwrap_err();
            assert!(is_damage(&error), "{chunks}: {error}");
        }
    }
    // Longer by a chunk that is a copy of another.
    let longer = [&stored[..], &stored[HEAD_BYTES..HEAD_BYTES + SEALED_CHUNK]].concat();
    stage.put(&artifact.key, longer).await;
    let row = StoredArtifact {
        bytes: 4 * CHUNK_BYTES as u64,
        stored_bytes: (HEAD_BYTES + 4 * SEALED_CHUNK) as u64,
        ..artifact
    };
    assert!(is_damage(&stage.read(&row).await.unwrap_err()));
}

#[tokio::test]
async fn an_object_with_any_byte_changed_is_damaged() {
    let stage = stage().await;
    let artifact = stage.write(&noise(100)).await;
    let stored = stage.stored(&artifact.key).await;
    for at in 0..stored.len() {
        let mut changed = stored.to_vec();
        changed[at] ^= 0x10;
        stage.put(&artifact.key, changed).await;
        let error = stage.read(&artifact).await.unwrap_err();
        assert!(is_damage(&error), "{at}: {error}");
    }
    stage.put(&artifact.key, stored).await;
    assert!(stage.read(&artifact).await.is_ok());
}

#[tokio::test]
async fn chunks_keep_their_places_and_their_files() {
    let stage = stage().await;
    let bytes = noise(3 * CHUNK_BYTES + 7);
    let (one, other) = (stage.write(&bytes).await, stage.write(&bytes).await);
    let (stored, of_other) = (stage.stored(&one.key).await, stage.stored(&other.key).await);
    let place = |number: usize| {
        HEAD_BYTES + number * SEALED_CHUNK..HEAD_BYTES + (number + 1) * SEALED_CHUNK
    };
    for (from, to) in [(0, 1), (1, 0), (1, 2), (2, 0)] {
        let mut moved = stored.to_vec();
        moved[place(to)].copy_from_slice(&stored[place(from)]);
        stage.put(&one.key, moved).await;
        assert!(
            is_damage(&stage.read(&one).await.unwrap_err()),
            "{from} to {to}"
        );
    }
    let mut exchanged = stored.to_vec();
    exchanged[place(1)].copy_from_slice(&of_other[place(1)]);
    stage.put(&one.key, exchanged).await;
    assert!(is_damage(&stage.read(&one).await.unwrap_err()));
    // The other whole, under this name.
    stage.put(&one.key, of_other).await;
    let error = stage.read(&one).await.unwrap_err();
    assert!(matches!(
        error,
        ArtifactError::Damaged {
            damage: Damage::Sealed(OpenError::Altered),
            ..
        }
    ));
}

#[tokio::test]
async fn an_artifact_opens_for_its_organizer_only() {
    let stage = stage().await;
    let artifact = stage.write(b"names").await;
    let other = ring("other").await;
    let error = read(&stage.store, &other, &artifact).await.unwrap_err();
    assert!(matches!(
        error,
        ArtifactError::Damaged {
            damage: Damage::Sealed(OpenError::OtherKey),
            ..
        }
    ));
}

#[tokio::test]
async fn nothing_is_there_before_the_end_nor_after_a_writer_was_given_up() {
    let stage = stage().await;
    let empty = async || {
        stage
            .raw
            .list(None)
            .try_collect::<Vec<_>>()
            .await
            .unwrap()
            .is_empty()
    };
    let mut writer = stage
        .store
        .create(&stage.ring, key(1), &mut system_randomness());
    writer.write(&noise(20 << 20)).await.unwrap();
    assert_eq!(writer.written(), 20 << 20);
    assert!(empty().await);
    writer.abort().await;
    assert!(empty().await);

    let mut writer = stage
        .store
        .create(&stage.ring, key(1), &mut system_randomness());
    let bytes = noise(20 << 20);
    // A write that is given up in the middle: what of it was written cannot be known.
    {
        let write = std::pin::pin!(writer.write(&bytes));
        assert!(futures_util::poll!(write).is_pending());
    }
    let refused = writer.write(b"more").await;
    assert!(matches!(refused, Err(ArtifactError::BrokenOff)));
    assert!(matches!(
        writer.finish().await,
        Err(ArtifactError::BrokenOff)
    ));
    assert!(empty().await);
}

fn is_damage(error: &ArtifactError) -> bool {
    matches!(error, ArtifactError::Damaged { .. })
}
