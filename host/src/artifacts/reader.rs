//! Reading an artifact, or a part of it.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};

use super::error::Damage;
use super::{ArtifactError, StoredArtifact};
use crate::keys::{CHUNK_BYTES, ChunkPlace, FileKey, HEAD_BYTES, KeyRing, OpenError, TAG_BYTES};

const CHUNK: u64 = CHUNK_BYTES as u64;
const SEALED_CHUNK: u64 = (CHUNK_BYTES + TAG_BYTES) as u64;
/// Chunks that are fetched by one request: 1 MiB. A request is over before its time is up then, however
/// slowly a client takes what it gets.
const CHUNKS_AT_A_TIME: u64 = 16;
/// Requests that are under way for one reader: while one's bytes are taken, the next arrives.
const REQUESTS: usize = 2;

/// Reads one artifact. It knows its key; what the bytes hold is only checked as they are read.
#[derive(Clone)]
pub struct ArtifactReader {
    source: Arc<Source>,
}

struct Source {
    store: Arc<dyn ObjectStore>,
    path: Path,
    artifact: StoredArtifact,
    file_key: FileKey,
}

/// How many bytes are stored for so many.
fn stored_bytes(bytes: u64) -> u64 {
    HEAD_BYTES as u64 + bytes + chunks(bytes) * TAG_BYTES as u64
}

/// How many chunks so many bytes make; an empty artifact has an empty one.
fn chunks(bytes: u64) -> u64 {
    bytes.div_ceil(CHUNK).max(1)
}

impl ArtifactReader {
    pub(super) async fn open(
        store: Arc<dyn ObjectStore>,
        ring: &KeyRing,
        artifact: StoredArtifact,
    ) -> Result<Self, ArtifactError> {
        let key = artifact.key;
        // The row is trusted, so a length that no artifact has is not that of its object.
        if artifact.stored_bytes != stored_bytes(artifact.bytes) {
            return Err(ArtifactError::damaged(key, Damage::Length));
        }
        let path = key.path();
        let head = fetch(&*store, &path, &artifact, 0..HEAD_BYTES as u64).await?;
        let sealed = |error| ArtifactError::damaged(key, Damage::Sealed(error));
        let head = head.first_chunk().ok_or(sealed(OpenError::Format))?;
        let file_key = ring.open_file(key.to_string().as_bytes(), head);
        Ok(Self {
            source: Arc::new(Source {
                store,
                path,
                file_key: file_key.map_err(sealed)?,
                artifact,
            }),
        })
    }

    /// How many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.source.artifact.bytes
    }

    /// Reads all of it; see [`Self::read_range`].
    pub fn read(&self) -> impl Stream<Item = Result<Bytes, ArtifactError>> + Send + Unpin + use<> {
        self.read_chunks(0..self.bytes())
    }

    /// Reads the bytes of a range, in pieces of at most 1 MiB. Only the chunks that hold them are fetched,
    /// and no more than two pieces ahead. After an error, the stream ends.
    ///
    /// # Errors
    /// [`ArtifactError::NoRange`] if the artifact does not have all of it.
    pub fn read_range(
        &self,
        range: Range<u64>,
    ) -> Result<
        impl Stream<Item = Result<Bytes, ArtifactError>> + Send + Unpin + use<>,
        ArtifactError,
    > {
        if range.start > range.end || range.end > self.bytes() {
            return Err(ArtifactError::NoRange {
                start: range.start,
                end: range.end,
                bytes: self.bytes(),
            });
        }
        Ok(self.read_chunks(range))
    }

    fn read_chunks(
        &self,
        range: Range<u64>,
    ) -> impl Stream<Item = Result<Bytes, ArtifactError>> + Send + Unpin + use<> {
        let source = Arc::clone(&self.source);
        // Of an empty artifact, the one chunk is read too: that it is whole has to show.
        let all = range == (0..source.artifact.bytes);
        let first = range.start / CHUNK;
        let end = match range.is_empty() && !all {
            true => first,
            false => chunks(range.end),
        };
        let pieces = stream::iter((first..end).step_by(CHUNKS_AT_A_TIME as usize));
        let mut failed = false;
        pieces
            .map(move |piece| {
                let source = Arc::clone(&source);
                let range = range.clone();
                let piece = piece..end.min(piece + CHUNKS_AT_A_TIME);
                async move { source.read_piece(piece, range).await }
            })
            .buffered(REQUESTS)
            .take_while(move |piece| {
                let go_on = !failed;
                failed |= piece.is_err();
                std::future::ready(go_on)
            })
    }
}

impl Source {
    /// The bytes of some chunks, as far as they are in the range.
    async fn read_piece(
        &self,
        piece: Range<u64>,
        range: Range<u64>,
    ) -> Result<Bytes, ArtifactError> {
        let key = self.artifact.key;
        let begin = HEAD_BYTES as u64 + piece.start * SEALED_CHUNK;
        let end = HEAD_BYTES as u64 + piece.end * SEALED_CHUNK;
        let stored = begin..end.min(self.artifact.stored_bytes);
        let sealed = fetch(&*self.store, &self.path, &self.artifact, stored).await?;
        let last = chunks(self.artifact.bytes) - 1;
        let mut plain = Vec::with_capacity(sealed.len());
        for (number, chunk) in piece.clone().zip(sealed.chunks(CHUNK_BYTES + TAG_BYTES)) {
            let place = match number == last {
                true => ChunkPlace::Last(number),
                false => ChunkPlace::Inner(number),
            };
            let opened = self.file_key.open(place, chunk, &mut plain);
            opened.map_err(|error| ArtifactError::damaged(key, Damage::Sealed(error)))?;
        }
        let begin = piece.start * CHUNK;
        let within = |at: u64| usize::try_from(at.saturating_sub(begin)).unwrap_or(usize::MAX);
        let (start, end) = (within(range.start), within(range.end).min(plain.len()));
        Ok(Bytes::from(plain).slice(start.min(end)..end))
    }
}

/// Fetches a range of what is stored, all of it.
async fn fetch(
    store: &dyn ObjectStore,
    path: &Path,
    artifact: &StoredArtifact,
    range: Range<u64>,
) -> Result<Bytes, ArtifactError> {
    let key = artifact.key;
    let wanted = range.end - range.start;
    let error = match store.get_range(path, range).await {
        Ok(bytes) if bytes.len() as u64 == wanted => return Ok(bytes),
        Ok(_) => return Err(ArtifactError::damaged(key, Damage::Length)),
        Err(error) => ArtifactError::of_object(key, error),
    };
    // Stores say in many ways that an object has no such range, and mostly not so that it can be told.
    match store.head(path).await {
        Ok(found) if found.size != artifact.stored_bytes => {
            Err(ArtifactError::damaged(key, Damage::Length))
        }
        _ => Err(error),
    }
}
