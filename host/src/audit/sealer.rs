//! Chains what was committed.

use std::sync::Arc;
use std::time::Duration;

use super::chain::ChainHash;
use super::head::Head;
use crate::clock::Clock;
use crate::keys::{Keys, KeysError, unix_time};
use crate::storage::{Conflict, NewAuditSeal, OrganizerId, Storage, StorageError};

/// Entries in one batch. Bounds the transaction that marks them.
const BATCH_ENTRIES: u32 = 5_000;
/// Between two looks at what is to be sealed.
const PAUSE: Duration = Duration::from_secs(2);

/// Why entries stay unsealed for now.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The organizer's key for audit heads cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Seals the entries of all organizers.
pub struct Sealer {
    storage: Arc<dyn Storage>,
    keys: Arc<Keys>,
    clock: Arc<dyn Clock>,
}

impl Sealer {
    /// A sealer. Each replica may have one: of two that seal the same batch, storage takes one.
    pub fn new(storage: Arc<dyn Storage>, keys: Arc<Keys>, clock: Arc<dyn Clock>) -> Self {
        Self {
            storage,
            keys,
            clock,
        }
    }

    /// Seals for ever, until this is dropped.
    pub async fn run(self: Arc<Self>) {
        loop {
            if let Err(error) = self.seal_all().await {
                tracing::warn!(%error, "audit entries wait to be sealed");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Seals what was committed until now.
    ///
    /// # Errors
    /// The first organizer's that could not be sealed; the others were tried all the same.
    pub async fn seal_all(&self) -> Result<(), SealError> {
        let mut first_error = None;
        for organizer in self.storage.organizers_with_unsealed_audit().await? {
            if let Err(error) = self.seal(organizer).await {
                first_error = first_error.or(Some(error));
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    async fn seal(&self, organizer: OrganizerId) -> Result<(), SealError> {
        while self.seal_batch(organizer).await? {}
        Ok(())
    }

    /// Whether there may be more.
    async fn seal_batch(&self, organizer: OrganizerId) -> Result<bool, SealError> {
        // The newest seal first: if another replica seals in between, ours is refused as outdated.
        let newest = self.storage.newest_audit_seal(organizer).await?;
        let entries = self
            .storage
            .unsealed_audit(organizer, BATCH_ENTRIES)
            .await?;
        if entries.is_empty() {
            return Ok(false);
        }
        let now = self.clock.now();
        let signer = self.keys.audit_signer(organizer, now).await?;
        let (number, chained, hash) = match &newest {
            Some(seal) => (seal.number + 1, seal.entries, ChainHash(seal.hash)),
            None => (1, 0, ChainHash::beginning()),
        };
        let head = Head {
            organizer: signer.organizer.to_string(),
            number,
            entries: chained + entries.len() as u64,
            hash: hash.followed_by_all(&entries),
            sealed_at: unix_time(now),
        };
        let seal = NewAuditSeal {
            number,
            entries: head.entries,
            hash: head.hash.0,
            key: signer.id,
            signed: head.sign(&signer.key),
            sealed: entries.iter().map(|entry| entry.id).collect(),
        };
        match self.storage.store_audit_seal(organizer, seal, now).await {
            // Another replica was first; what is left is for the next turn.
            Err(StorageError::Conflict(Conflict::AuditSealed)) => Ok(true),
            stored => {
                stored?;
                Ok(entries.len() >= BATCH_ENTRIES as usize)
            }
        }
    }
}
