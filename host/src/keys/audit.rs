//! Keys for the heads of audit chains.
//!
//! They are read anew each time and no ring is kept: sealing may come upon an organizer that is still
//! being made, and requests would see it half made for as long as rings are kept.

use jiff::Timestamp;
use ticket_token::{SigningKey, VerifyingKey};

use super::life::active;
use super::{KeyRing, Keys, KeysError, seeds};
use crate::storage::{KeyPurpose, OrganizerId, SigningKeyId, Slug};

/// The key that signs an organizer's audit heads now.
#[derive(Debug)]
pub struct AuditSigner {
    /// Slug of the organizer.
    pub organizer: Slug,
    /// Its number.
    pub id: SigningKeyId,
    /// The key.
    pub key: SigningKey,
}

/// A key that signed audit heads at some time.
#[derive(Debug)]
pub struct AuditKey {
    /// Its number.
    pub id: SigningKeyId,
    /// The key, made ready.
    pub key: VerifyingKey,
}

impl Keys {
    /// The key for an organizer's audit heads.
    ///
    /// # Errors
    /// [`KeysError::NoKey`]: it was revoked and has no successor; else as [`Keys::ring`].
    pub async fn audit_signer(
        &self,
        organizer: OrganizerId,
        now: Timestamp,
    ) -> Result<AuditSigner, KeysError> {
        let ring = KeyRing::read(self, organizer, now).await?;
        let rows = self.storage.signing_keys(organizer).await?;
        let row = active(&rows, KeyPurpose::Audit)?;
        let key = seeds::open(row, ring.slug(), &ring.derived().sealing)?;
        Ok(AuditSigner {
            organizer: ring.slug().clone(),
            id: row.id,
            key: key.ok_or(KeysError::NoKey)?,
        })
    }

    /// All keys for an organizer's audit heads, in whatever state. Each is one of this host: its
    /// private half opens with the master key and fits, so a key that was put into the database is
    /// not among them.
    ///
    /// # Errors
    /// [`KeysError::Open`]: a key was put in or altered; else as [`Keys::ring`].
    pub async fn audit_keys(
        &self,
        organizer: OrganizerId,
        now: Timestamp,
    ) -> Result<Vec<AuditKey>, KeysError> {
        let ring = KeyRing::read(self, organizer, now).await?;
        let mut keys = Vec::new();
        for row in self.storage.signing_keys(organizer).await? {
            if row.purpose != KeyPurpose::Audit {
                continue;
            }
            if let Some(key) = seeds::open(&row, ring.slug(), &ring.derived().sealing)? {
                keys.push(AuditKey {
                    id: row.id,
                    key: VerifyingKey::new(&key.public_key()),
                });
            }
        }
        Ok(keys)
    }
}
