//! The key to all other keys.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::data_key::DataKey;
use super::seal::{Place, SealingKey, expand};
use super::{KeysError, OpenError, Randomness};
use crate::config::Secrets;
use crate::storage::{Sealed, Slug};

/// The master key. It seals the organizers' data keys, and derives what the host keeps for itself.
pub struct MasterKey {
    sealing: SealingKey,
    /// The key before this one, which opens what was not sealed anew yet, and seals nothing.
    previous: Option<SealingKey>,
    hkdf: Hkdf<Sha256>,
}

impl MasterKey {
    /// The master key of a secret, which should be at least 32 bytes that nobody can guess.
    #[must_use]
    pub fn of_secret(secret: &[u8]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, secret);
        Self {
            sealing: SealingKey::derive(&hkdf, b"master"),
            previous: None,
            hkdf,
        }
    }

    /// The same, which also opens what the key of another secret sealed: it is being replaced.
    #[must_use]
    pub fn in_place_of(self, previous: &[u8]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, previous);
        Self {
            previous: Some(SealingKey::derive(&hkdf, b"master")),
            ..self
        }
    }

    /// The master key that is configured.
    #[must_use]
    pub fn of(secrets: &Secrets) -> Self {
        let current = Self::of_secret(secrets.master.expose());
        match &secrets.previous_master {
            Some(previous) => current.in_place_of(previous.expose()),
            None => current,
        }
    }

    /// A key of the host's own for one `use_`, not of an organizer.
    #[must_use]
    pub fn derive(&self, use_: &[u8]) -> Zeroizing<[u8; 32]> {
        expand(&self.hkdf, &[b"host:", use_])
    }

    /// Seals a new data key.
    pub(super) fn seal_data_key(
        &self,
        organizer: &Slug,
        key: &DataKey,
        randomness: Randomness<'_>,
    ) -> Sealed {
        self.sealing.seal(place(organizer), key.bytes(), randomness)
    }

    /// Whether a stored data key is sealed with this key itself, not with the one before.
    pub(super) fn sealed(&self, organizer: &Slug, sealed: &Sealed) -> bool {
        self.sealing.open(place(organizer), sealed).is_ok()
    }

    /// Opens a stored data key.
    pub(super) fn open_data_key(
        &self,
        organizer: &Slug,
        sealed: &Sealed,
    ) -> Result<DataKey, KeysError> {
        let failed = |source| KeysError::Open {
            table: PLACE.0,
            column: PLACE.1,
            organizer: organizer.to_string(),
            source,
        };
        let opened = match (self.sealing.open(place(organizer), sealed), &self.previous) {
            (Err(OpenError::OtherKey), Some(previous)) => previous.open(place(organizer), sealed),
            (opened, _) => opened,
        };
        let bytes = opened.map_err(failed)?;
        let bytes = bytes.as_slice().try_into();
        bytes
            .map(DataKey::new)
            .map_err(|_| failed(OpenError::Format))
    }
}

const PLACE: (&str, &str) = ("organizers", "sealed_data_key");

/// The slug is the row's key: it never changes, and is known before the row has a number.
fn place(organizer: &Slug) -> Place<'_> {
    Place {
        table: PLACE.0,
        column: PLACE.1,
        organizer,
        row: &[],
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}
