//! The place where artifacts are kept.

use std::collections::HashSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{Stream, TryStreamExt as _};
use jiff::Timestamp;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt as _, PutPayload};
use uuid::Uuid;

use super::{
    ArtifactError, ArtifactReader, ArtifactWriter, ObjectKey, StoredArtifact, connect, folder,
};
use crate::config::ObjectSettings;
use crate::keys::{KeyRing, Randomness};
use crate::storage::OrganizerId;

/// Whoever asks for the host's health wants to know soon.
const CHECK_WITHIN: Duration = Duration::from_secs(3);
/// What checks write, and take away again.
const CHECKS: &str = "health";

/// Where artifacts are kept: a folder or a bucket.
pub struct ArtifactStore {
    pub(super) store: Arc<dyn ObjectStore>,
    /// Where the store is a folder.
    folder: Option<PathBuf>,
    /// This process's own, so that checks do not meet.
    check_path: Path,
}

/// An object in the store, whether or not it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundObject {
    /// Its name.
    pub key: ObjectKey,
    /// How many bytes it takes.
    pub stored_bytes: u64,
    /// When it was finished, by the store's clock.
    pub written_at: Timestamp,
}

/// What a sweep took away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Objects that no row names.
    pub objects: u64,
    /// How many bytes they took.
    pub bytes: u64,
    /// Files that were never finished. A bucket does that by a rule of its own.
    pub unfinished: u64,
}

impl ArtifactStore {
    /// The store that settings name. A folder is made; a bucket has to be there, which only shows when it
    /// is used: see [`Self::check`].
    ///
    /// # Errors
    /// [`ArtifactError::Open`] when the folder cannot be made, or TLS cannot be spoken.
    pub fn open(settings: &ObjectSettings) -> Result<Self, ArtifactError> {
        match settings {
            ObjectSettings::Folder(path) => Ok(Self {
                folder: Some(path.clone()),
                ..Self::over(connect::folder(path)?)
            }),
            ObjectSettings::S3(settings) => Ok(Self::over(connect::s3(settings)?)),
        }
    }

    pub(super) fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self {
            store,
            folder: None,
            check_path: Path::from(format!("{CHECKS}/{}", Uuid::new_v4())),
        }
    }

    /// Begins an artifact. To be called within a runtime.
    #[must_use]
    pub fn create(
        &self,
        ring: &KeyRing,
        key: ObjectKey,
        randomness: Randomness<'_>,
    ) -> ArtifactWriter {
        ArtifactWriter::begin(Arc::clone(&self.store), ring, key, randomness)
    }

    /// Opens an artifact of the ring's organizer, as a row remembers it.
    ///
    /// # Errors
    /// [`ArtifactError`]. That of another organizer is [`ArtifactError::Damaged`], as is any other object
    /// than the one that was written.
    pub async fn open_artifact(
        &self,
        ring: &KeyRing,
        artifact: &StoredArtifact,
    ) -> Result<ArtifactReader, ArtifactError> {
        ArtifactReader::open(Arc::clone(&self.store), ring, *artifact).await
    }

    /// Takes an artifact away, if it is there.
    ///
    /// # Errors
    /// [`ArtifactError`], when it may still be there.
    pub async fn delete(&self, key: &ObjectKey) -> Result<(), ArtifactError> {
        match self.store.delete(&key.path()).await {
            Ok(()) => Ok(()),
            Err(error) => match ArtifactError::of_object(*key, error) {
                ArtifactError::Missing(_) => Ok(()),
                error => Err(error),
            },
        }
    }

    /// Every artifact in the store, in no order.
    pub fn find_all(&self) -> impl Stream<Item = Result<FoundObject, ArtifactError>> + Send {
        self.find(None)
    }

    /// Every artifact of a job, of all its attempts.
    pub fn find_of_job(
        &self,
        organizer: OrganizerId,
        job: Uuid,
    ) -> impl Stream<Item = Result<FoundObject, ArtifactError>> + Send {
        self.find(Some(ObjectKey::folder(organizer, job)))
    }

    fn find(
        &self,
        below: Option<Path>,
    ) -> impl Stream<Item = Result<FoundObject, ArtifactError>> + Send {
        self.store
            .list(below.as_ref())
            .map_err(ArtifactError::of_store)
            // What else is there is not ours.
            .try_filter_map(|found| std::future::ready(Ok(FoundObject::of(&found))))
    }

    /// Takes away what was finished before `before` and is not `in_use`, what checks left, and in a folder
    /// what was never finished. `before` has to be longer ago than a job may take from the end of an
    /// artifact to the row that names it, and `in_use` has to be read after that moment.
    ///
    /// # Errors
    /// [`ArtifactError`]; what was taken away before stays so.
    pub async fn sweep(
        &self,
        before: Timestamp,
        in_use: &HashSet<ObjectKey>,
    ) -> Result<Swept, ArtifactError> {
        let mut swept = Swept::default();
        let mut found = std::pin::pin!(self.find_all());
        while let Some(object) = found.try_next().await? {
            if object.written_at < before && !in_use.contains(&object.key) {
                self.delete(&object.key).await?;
                swept.objects += 1;
                swept.bytes += object.stored_bytes;
            }
        }
        self.sweep_checks(before).await?;
        if let Some(path) = self.folder.clone() {
            let sweep = move || folder::sweep_unfinished(&path, before);
            let unfinished = tokio::task::spawn_blocking(sweep).await;
            swept.unfinished = match unfinished {
                Ok(Ok(unfinished)) => unfinished,
                Ok(Err(error)) => return Err(ArtifactError::Open(error.into())),
                Err(error) => return Err(ArtifactError::Open(error.into())),
            };
        }
        Ok(swept)
    }

    /// Checks of processes that were killed in the middle of one.
    async fn sweep_checks(&self, before: Timestamp) -> Result<(), ArtifactError> {
        let checks = Path::from(CHECKS);
        let mut found = self.store.list(Some(&checks));
        while let Some(check) = found.try_next().await.map_err(ArtifactError::of_store)? {
            if written_at(&check) < before {
                self.remove_check(&check.location).await?;
            }
        }
        Ok(())
    }

    /// Writes a small object, reads it again and takes it away.
    ///
    /// # Errors
    /// [`ArtifactError`]; also when that takes longer than three seconds.
    pub async fn check(&self) -> Result<(), ArtifactError> {
        let late = || {
            let source = std::io::Error::from(std::io::ErrorKind::TimedOut);
            ArtifactError::Unavailable(object_store::Error::Generic {
                store: "check",
                source: source.into(),
            })
        };
        let checked = tokio::time::timeout(CHECK_WITHIN, self.round_trip()).await;
        checked.unwrap_or_else(|_| Err(late()))
    }

    async fn round_trip(&self) -> Result<(), ArtifactError> {
        let path = &self.check_path;
        let text = Uuid::new_v4().to_string();
        let put = self.store.put(path, PutPayload::from(text.clone())).await;
        put.map_err(ArtifactError::of_store)?;
        let read = async { self.store.get(path).await?.bytes().await }.await;
        let read = read.map_err(ArtifactError::of_store)?;
        self.remove_check(path).await?;
        if read == text {
            Ok(())
        } else {
            Err(ArtifactError::Open(
                "it answers something else than was written".into(),
            ))
        }
    }

    async fn remove_check(&self, path: &Path) -> Result<(), ArtifactError> {
        match self.store.delete(path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(ArtifactError::of_store(error)),
        }
    }
}

impl fmt::Debug for ArtifactStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ArtifactStore({})", self.store)
    }
}

impl FoundObject {
    fn of(found: &ObjectMeta) -> Option<Self> {
        Some(Self {
            key: found.location.as_ref().parse().ok()?,
            stored_bytes: found.size,
            written_at: written_at(found),
        })
    }
}

/// When an object was written. A time that cannot be said is as good as now: such an object stays.
fn written_at(found: &ObjectMeta) -> Timestamp {
    let milliseconds = found.last_modified.timestamp_millis();
    Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MAX)
}
