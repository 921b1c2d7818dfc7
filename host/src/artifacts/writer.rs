//! Writing an artifact.

use std::mem;
use std::sync::Arc;

use object_store::ObjectStore;
use sha2::{Digest as _, Sha256};

use super::upload::{PART_BYTES, Upload};
use super::{ArtifactError, ObjectKey, StoredArtifact};
use crate::keys::{CHUNK_BYTES, ChunkPlace, FileKey, HEAD_BYTES, KeyRing, Randomness, TAG_BYTES};
use crate::storage::Digest;

/// After so many chunks, other tasks get their turn: about a millisecond of encryption and hashing.
const CHUNKS_AT_A_TIME: u64 = 16;

/// Writes one artifact from its beginning to its end, encrypted. It holds at most three parts of 8 MiB in
/// memory, and nothing is to be found in the store before [`Self::finish`]. Dropped before, it takes
/// back what it sent.
pub struct ArtifactWriter {
    key: ObjectKey,
    file_key: FileKey,
    upload: Upload,
    /// Not encrypted yet: whether a chunk is the last shows when another byte comes.
    chunk: Vec<u8>,
    chunks: u64,
    /// Encrypted, and not sent yet.
    part: Vec<u8>,
    bytes: u64,
    stored_bytes: u64,
    digest: Sha256,
    /// A write is under way. If it is given up, nobody knows how much of it was written.
    writing: bool,
}

impl ArtifactWriter {
    pub(super) fn begin(
        store: Arc<dyn ObjectStore>,
        ring: &KeyRing,
        key: ObjectKey,
        randomness: Randomness<'_>,
    ) -> Self {
        let (head, file_key) = ring.begin_file(key.to_string().as_bytes(), randomness);
        let mut part = Vec::with_capacity(HEAD_BYTES);
        part.extend_from_slice(&head);
        Self {
            upload: Upload::new(store, key.path()),
            key,
            file_key,
            chunk: Vec::new(),
            chunks: 0,
            part,
            bytes: 0,
            stored_bytes: HEAD_BYTES as u64,
            digest: Sha256::new(),
            writing: false,
        }
    }

    /// Appends bytes, any number of them. It waits while the store is slower than the caller.
    ///
    /// # Errors
    /// [`ArtifactError`]; then what was sent is taken back, and nothing more can be written.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ArtifactError> {
        if mem::replace(&mut self.writing, true) {
            return Err(ArtifactError::BrokenOff);
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.chunk.len() == CHUNK_BYTES {
                self.seal_inner_chunk().await?;
            }
            let room = CHUNK_BYTES.saturating_sub(self.chunk.len());
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.chunk.extend_from_slice(now);
            self.digest.update(now);
            rest = later;
        }
        self.bytes += bytes.len() as u64;
        self.writing = false;
        Ok(())
    }

    /// How many bytes were written.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.bytes
    }

    /// Ends the artifact. It is in the store when this returns, and survives a power cut.
    ///
    /// # Errors
    /// [`ArtifactError`]; then nothing of it is in the store.
    pub async fn finish(mut self) -> Result<StoredArtifact, ArtifactError> {
        if self.writing {
            self.upload.abort().await;
            return Err(ArtifactError::BrokenOff);
        }
        self.seal(ChunkPlace::Last(self.chunks));
        if self.part.len() > PART_BYTES {
            self.send_part().await?;
        }
        self.upload.complete(self.part).await?;
        Ok(StoredArtifact {
            key: self.key,
            bytes: self.bytes,
            stored_bytes: self.stored_bytes,
            sha256: Digest(self.digest.finalize().into()),
        })
    }

    /// Gives the artifact up and waits until what was sent is taken back.
    pub async fn abort(self) {
        self.upload.abort().await;
    }

    async fn seal_inner_chunk(&mut self) -> Result<(), ArtifactError> {
        self.seal(ChunkPlace::Inner(self.chunks));
        self.chunks += 1;
        if self.part.len() >= PART_BYTES {
            self.send_part().await?;
        }
        if self.chunks.is_multiple_of(CHUNKS_AT_A_TIME) {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    fn seal(&mut self, place: ChunkPlace) {
        if self.part.capacity() < PART_BYTES && self.chunks > 0 {
            // It is more than one chunk, so it may become many.
            let whole = PART_BYTES + CHUNK_BYTES + TAG_BYTES;
            self.part.reserve(whole.saturating_sub(self.part.len()));
        }
        self.file_key.seal(place, &self.chunk, &mut self.part);
        self.stored_bytes += (self.chunk.len() + TAG_BYTES) as u64;
        self.chunk.clear();
    }

    async fn send_part(&mut self) -> Result<(), ArtifactError> {
        let rest = self.part.split_off(PART_BYTES);
        self.upload.send(&mut self.part).await?;
        self.part = rest;
        Ok(())
    }
}
