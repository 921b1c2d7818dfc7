//! Artifacts in memory, in a folder and, where one is named, in a store that speaks S3.

mod archives;
mod faults;
mod folder;
mod format;
mod refusals;
mod s3;

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _};
use object_store::memory::InMemory;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng as _, SeedableRng as _};
use uuid::Uuid;

use super::{ArtifactError, ArtifactStore, Attempt, ObjectKey, StoredArtifact};
use crate::keys::samples::ring;
use crate::keys::{KeyRing, system_randomness};
use crate::storage::OrganizerId;

const JOB: Uuid = Uuid::from_u128(0x6a0b);

/// A store in memory, its objects as they are, and an organizer's keys.
struct Stage {
    store: ArtifactStore,
    raw: Arc<dyn ObjectStore>,
    ring: Arc<KeyRing>,
}

async fn stage() -> Stage {
    let raw: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    Stage {
        store: ArtifactStore::over(Arc::clone(&raw)),
        raw,
        ring: ring("acme").await,
    }
}

impl Stage {
    async fn write(&self, bytes: &[u8]) -> StoredArtifact {
        write(&self.store, &self.ring, bytes).await.unwrap()
    }

    async fn read(&self, artifact: &StoredArtifact) -> Result<Vec<u8>, ArtifactError> {
        read(&self.store, &self.ring, artifact).await
    }

    /// The object as it is stored.
    async fn stored(&self, key: &ObjectKey) -> Bytes {
        let got = self.raw.get(&key.path()).await.unwrap();
        got.bytes().await.unwrap()
    }

    /// Puts an object as it is to be stored.
    async fn put(&self, key: &ObjectKey, stored: impl Into<Vec<u8>>) {
        let payload = PutPayload::from(stored.into());
        self.raw.put(&key.path(), payload).await.unwrap();
    }
}

fn key(part: u32) -> ObjectKey {
    let of = Attempt {
        organizer: OrganizerId(1),
        job: JOB,
        part,
        attempt: 1,
    };
    ObjectKey::draw(of, &mut system_randomness())
}

async fn write(
    store: &ArtifactStore,
    ring: &KeyRing,
    bytes: &[u8],
) -> Result<StoredArtifact, ArtifactError> {
    let mut writer = store.create(ring, key(1), &mut system_randomness());
    // Neither a chunk's length nor a divisor of it.
    for piece in bytes.chunks(100_003) {
        writer.write(piece).await?;
    }
    writer.finish().await
}

async fn read(
    store: &ArtifactStore,
    ring: &KeyRing,
    artifact: &StoredArtifact,
) -> Result<Vec<u8>, ArtifactError> {
    let reader = store.open_artifact(ring, artifact).await?;
    all(reader.read()).await
}

async fn all(
    pieces: impl Stream<Item = Result<Bytes, ArtifactError>>,
) -> Result<Vec<u8>, ArtifactError> {
    let add = |mut all: Vec<u8>, piece: Bytes| async move {
        all.extend_from_slice(&piece);
        Ok(all)
    };
    pieces.try_fold(Vec::new(), add).await
}

/// So many bytes that look like none other.
fn noise(bytes: usize) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    ChaCha20Rng::from_seed([5; 32]).fill_bytes(&mut noise);
    noise
}
