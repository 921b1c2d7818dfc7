//! Secrets: who may sign what, and how everything that is personal or secret is kept.
//!
//! ```text
//! master key ── seals ──> data key of each organizer ── seals ──> seeds of signing keys
//!                                                    ├─ seals ──> values of tickets
//!                                                    ├─ derives > keys of files, one each
//!                                                    └─ derives > blind indexes, links, ids, numbers
//! ```
//!
//! So a new master key means sealing one small row for each organizer anew ([`Keys::seal_anew`]), and
//! nothing that was printed changes. A sealed value is bound to its place ([`Place`]): moved to
//! another row, column or organizer it does not open.
//!
//! [`Keys`] holds a [`KeyRing`] for each organizer in memory, so that signing asks no database. A
//! ring may be a few seconds old; that is safe, for [`store_ticket`] refuses what a key signed that
//! is no longer active. On [`KeyNotActive`], [`Keys::forget`] the ring and sign again.
//!
//! Time and randomness are arguments. Secrets are wiped from memory when dropped, and `Debug` shows
//! none of them.
//!
//! [`store_ticket`]: crate::storage::TicketStorage::store_ticket
//! [`KeyNotActive`]: crate::storage::Conflict::KeyNotActive

mod audit;
mod data_key;
mod error;
mod files;
mod life;
mod master;
mod ring;
mod ring_jobs;
#[cfg(test)]
pub(crate) mod samples;
mod seal;
mod seeds;
#[cfg(test)]
mod tests;

pub use audit::{AuditKey, AuditSigner};
pub use data_key::{IndexKind, KeyedHash};
pub use error::{KeysError, OpenError};
pub use files::{CHUNK_BYTES, ChunkPlace, FileKey, HEAD_BYTES, TAG_BYTES};
pub use life::{Newcomer, RootKey, Validity};
pub use master::MasterKey;
pub use ring::{BundleSigner, KeyRing, TicketSigner, VerifyingTicketKey};
pub use ring_jobs::JobSecret;
pub use seal::{Place, SealingKey};

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use rand_core::CryptoRng;
use ticket_token::UnixTime;
use zeroize::Zeroizing;

use crate::storage::{OrganizerId, Storage};

/// How old a ring may be. Other replicas, and commands beside the server, change keys too.
const RING_MAX_AGE: SignedDuration = SignedDuration::from_secs(10);

/// A source of randomness that is fit for keys.
pub type Randomness<'a> = &'a mut (dyn CryptoRng + Send);

/// The operating system's randomness. Where it fails, the act stops with a panic: nothing weaker is
/// fit for keys.
#[must_use]
pub fn system_randomness() -> impl CryptoRng + Send {
    rand_core::UnwrapErr(getrandom::SysRng)
}

/// The host's secret for `server` tokens (`QR_SECRET_KEY`).
pub struct MacSecret(Zeroizing<Vec<u8>>);

impl MacSecret {
    /// Takes the secret's bytes.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for MacSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacSecret(..)")
    }
}

/// All organizers' keys.
pub struct Keys {
    storage: Arc<dyn Storage>,
    master: MasterKey,
    mac_secret: MacSecret,
    rings: RwLock<Rings>,
}

#[derive(Default)]
struct Rings {
    by_organizer: HashMap<OrganizerId, Arc<KeyRing>>,
    /// Counts what was forgotten, so that a ring which was read before is not put in afterwards.
    forgotten: u64,
}

impl Keys {
    /// Keys that are stored in `storage` under `master`.
    #[must_use]
    pub fn new(storage: Arc<dyn Storage>, master: MasterKey, mac_secret: MacSecret) -> Self {
        Self {
            storage,
            master,
            mac_secret,
            rings: RwLock::default(),
        }
    }

    /// Makes sure that the master key is the one with which the data were stored. To be called at
    /// start, before anything is written with a wrong key.
    ///
    /// # Errors
    /// [`KeysError::Open`] names the organizer whose data key does not open.
    pub async fn check_master(&self) -> Result<(), KeysError> {
        for organizer in self.storage.organizers().await? {
            self.master
                .open_data_key(&organizer.slug, &organizer.data_key)?;
        }
        Ok(())
    }

    /// An organizer's keys, at most ten seconds old.
    ///
    /// # Errors
    /// [`KeysError::NoOrganizer`]; [`KeysError::Open`] for a wrong master key or altered rows.
    pub async fn ring(
        &self,
        organizer: OrganizerId,
        now: Timestamp,
    ) -> Result<Arc<KeyRing>, KeysError> {
        let forgotten = {
            let rings = self.rings.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(ring) = rings.by_organizer.get(&organizer)
                && now.duration_since(ring.read_at()).abs() <= RING_MAX_AGE
            {
                return Ok(Arc::clone(ring));
            }
            rings.forgotten
        };
        let ring = Arc::new(KeyRing::read(self, organizer, now).await?);
        let mut rings = self.rings.write().unwrap_or_else(PoisonError::into_inner);
        if rings.forgotten == forgotten {
            rings.by_organizer.insert(organizer, Arc::clone(&ring));
        }
        Ok(ring)
    }

    /// Drops what is in memory of an organizer's keys: they changed.
    pub fn forget(&self, organizer: OrganizerId) {
        let mut rings = self.rings.write().unwrap_or_else(PoisonError::into_inner);
        rings.by_organizer.remove(&organizer);
        rings.forgotten += 1;
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// Whole seconds as signed objects carry them; what lies outside 1970 to 2106 is moved to its end.
#[must_use]
pub fn unix_time(time: Timestamp) -> UnixTime {
    let seconds = time.as_second().clamp(0, u32::MAX.into());
    UnixTime(u32::try_from(seconds).unwrap_or(u32::MAX))
}
