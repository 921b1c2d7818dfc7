//! The key that protects every organizer's data key.

use std::fmt;

use zeroize::Zeroizing;

use super::entropy::Entropy;
use super::sealing::{DataKey, SealError, derive, open_with, seal_with};
use crate::storage::{Sealed, Slug};

/// The host's master key.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// The master key of a secret of at least 32 bytes.
    pub fn from_secret(secret: &[u8]) -> Self {
        Self(derive(secret, b"master key"))
    }

    /// Seals an organizer's data key; bound to its slug, which never changes.
    ///
    /// # Errors
    /// [`SealError::NoEntropy`].
    pub fn wrap(&self, slug: &Slug, key: &DataKey, entropy: &Entropy) -> Result<Sealed, SealError> {
        seal_with(&self.0, &place(slug), key.expose(), entropy)
    }

    /// Opens an organizer's data key.
    ///
    /// # Errors
    /// [`SealError::DoesNotOpen`]: it was sealed with another master key, or is not a key.
    pub fn unwrap(&self, slug: &Slug, sealed: &Sealed) -> Result<DataKey, SealError> {
        let plain = open_with(&self.0, &place(slug), sealed)?;
        let bytes: [u8; 32] = plain
            .as_slice()
            .try_into()
            .map_err(|_| SealError::DoesNotOpen)?;
        Ok(DataKey::from_bytes(Zeroizing::new(bytes)))
    }

    /// A key of the host's own, not of an organizer.
    pub fn derive(&self, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
        derive(self.0.as_slice(), purpose)
    }
}

fn place(slug: &Slug) -> String {
    format!("data key of {slug}")
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey(hidden)")
    }
}
