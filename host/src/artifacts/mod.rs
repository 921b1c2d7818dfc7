//! What batches make: merged documents, archives and lists, kept in an object store until they are
//! fetched.
//!
//! They hold personal data, so they are always encrypted ([`crate::keys`] says how), bound to their
//! organizer and to their name. Each attempt writes under a name of its own ([`ObjectKey`]), and an
//! object is there whole or not at all; a row in the database says which one counts. What no row names
//! is swept away some time later ([`ArtifactStore::sweep`]).
//!
//! ```text
//! ZipWriter, manifest ──> ArtifactWriter: chunks, encryption ──> Upload: parts ──> folder or S3
//!                         ArtifactReader: ranges, decryption <── get_range <────────┘
//! ```

mod connect;
mod error;
mod folder;
mod key;
mod manifest;
mod names;
mod reader;
mod store;
#[cfg(test)]
mod tests;
mod upload;
mod writer;
mod zip;

pub use error::{ArtifactError, Damage};
pub use key::{Attempt, NotAKey, ObjectKey};
pub use manifest::{Manifest, ManifestForm, ManifestRow};
pub use names::EntryNames;
pub use reader::ArtifactReader;
pub use store::{ArtifactStore, FoundObject, Swept};
pub use writer::ArtifactWriter;
pub use zip::ZipWriter;

use crate::storage::Digest;

/// A written artifact, as a row remembers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredArtifact {
    /// Its name.
    pub key: ObjectKey,
    /// How many bytes it has.
    pub bytes: u64,
    /// How many bytes it takes in the store.
    pub stored_bytes: u64,
    /// Of the bytes as they were written, before encryption.
    pub sha256: Digest,
}
