//! The files of jobs, read and removed.

use std::ops::Range;

use bytes::Bytes;
use futures_core::Stream;

use super::{BatchError, Batches};
use crate::artifacts::{ArtifactError, ArtifactStore, ObjectKey, StoredArtifact};
use crate::keys::KeyRing;
use crate::storage::NewArtifact;

impl Batches {
    /// Reads some bytes of a file.
    ///
    /// # Errors
    /// When the object store fails, or the object is not what was written.
    pub async fn read_file(
        &self,
        keys: &KeyRing,
        file: &NewArtifact,
        range: Range<u64>,
    ) -> Result<
        impl Stream<Item = Result<Bytes, ArtifactError>> + Send + Unpin + 'static + use<>,
        BatchError,
    > {
        let key: ObjectKey = file
            .object_key
            .parse()
            .map_err(|_| BatchError::Fault("the name of a file's object makes no sense"))?;
        let stored = StoredArtifact {
            key,
            bytes: file.bytes,
            stored_bytes: file.stored_bytes,
            sha256: file.digest,
        };
        let reader = self.artifacts.open_artifact(keys, &stored).await?;
        Ok(reader.read_range(range)?)
    }
}

/// Removes objects that no row names any longer. One that cannot be removed now is found by the keeper.
pub(super) async fn forget_objects(artifacts: &ArtifactStore, keys: &[String]) {
    for key in keys {
        let Ok(parsed) = key.parse::<ObjectKey>() else {
            continue;
        };
        if let Err(error) = artifacts.delete(&parsed).await {
            tracing::warn!(%error, key, "an object waits to be removed");
        }
    }
}
