//! How keys come, change places and go.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use ticket_gate::{Delegation as Signed, sign_delegation};
use ticket_token::{PublicKey, SigningKey, VerifyingKey};

use super::data_key::DataKey;
use super::{KeyRing, Keys, KeysError, Randomness, seeds, unix_time};
use crate::storage::{
    By, Conflict, Delegation, EventData, FirstDelegation, KeyPurpose, KeyState, NewDelegation,
    NewOrganizer, NewSigningKey, Organizer, OrganizerId, Rotation, SigningKeyId, SigningKeyRow,
    Slug, StorageError,
};

/// An organizer that is to get its first keys.
#[derive(Debug, Clone)]
pub struct Newcomer {
    /// Its name in URLs and tokens, unique in the host.
    pub slug: Slug,
    /// Its name for people.
    pub name: String,
    /// Its own choices.
    pub settings: serde_json::Value,
    /// The data of the event `default`.
    pub default_event: EventData,
    /// Where its root key lives.
    pub root: RootKey,
}

/// Where a root key lives.
#[derive(Debug, Clone, Copy)]
pub enum RootKey {
    /// In this host, which signs its first delegation for this time.
    Here(Validity),
    /// Elsewhere: the public half. The first delegation comes later ([`Keys::accept_delegation`]).
    Elsewhere(PublicKey),
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// From this time on,
    pub not_before: Timestamp,
    /// and before this time.
    pub expires_at: Timestamp,
}

impl Validity {
    /// How long a root key of this host vouches for a bundle key at a time.
    const DELEGATION: SignedDuration = SignedDuration::from_hours(365 * 24);
    /// A delegation reaches back a little, for what a replica signs whose clock is behind.
    const LEAD: SignedDuration = SignedDuration::from_hours(1);

    /// The usual validity of a delegation that is signed at `now`.
    #[must_use]
    pub fn of_delegation(now: Timestamp) -> Self {
        Self {
            not_before: now.saturating_sub(Self::LEAD).unwrap_or(now),
            expires_at: now.saturating_add(Self::DELEGATION).unwrap_or(now),
        }
    }
}

/// The sequence of an organizer's first delegation.
const FIRST_SEQUENCE: u64 = 1;

impl Keys {
    /// Makes an organizer with a data key and active signing keys.
    ///
    /// # Errors
    /// [`Conflict::OrganizerExists`](crate::storage::Conflict::OrganizerExists);
    /// [`KeysError::Delegation`] for a span that ends before it begins.
    pub async fn create_organizer(
        &self,
        newcomer: Newcomer,
        randomness: Randomness<'_>,
        by: By,
    ) -> Result<Organizer, KeysError> {
        let slug = newcomer.slug;
        let data_key = DataKey::draw(randomness);
        let sealing = data_key.derive().sealing;
        let (bundle_key, bundle) = seeds::draw(KeyPurpose::Bundle, &slug, &sealing, randomness);
        let (_, ticket) = seeds::draw(KeyPurpose::Ticket, &slug, &sealing, randomness);
        let (_, audit) = seeds::draw(KeyPurpose::Audit, &slug, &sealing, randomness);
        let (root, delegation) = match newcomer.root {
            RootKey::Elsewhere(public_key) => (elsewhere(&public_key), None),
            RootKey::Here(validity) => {
                let (key, root) = seeds::draw(KeyPurpose::Root, &slug, &sealing, randomness);
                let bundle_key = bundle_key.public_key();
                let bytes = sign(&slug, bundle_key, validity, FIRST_SEQUENCE, &key)?;
                let delegation = FirstDelegation {
                    sequence: FIRST_SEQUENCE,
                    bytes,
                    not_before: validity.not_before,
                    expires_at: validity.expires_at,
                };
                (root, Some(delegation))
            }
        };
        let organizer = NewOrganizer {
            data_key: self.master.seal_data_key(&slug, &data_key, randomness),
            slug,
            name: newcomer.name,
            settings: newcomer.settings,
            signing_keys: vec![root, bundle, ticket, audit],
            delegation,
            default_event: newcomer.default_event,
        };
        Ok(self.storage.create_organizer(organizer, by).await?)
    }

    /// Makes the key that shall be next, so that scanners learn it ahead of its use.
    ///
    /// # Errors
    /// [`Conflict::KeyExists`](crate::storage::Conflict::KeyExists): there is a next key already.
    pub async fn create_next(
        &self,
        organizer: OrganizerId,
        purpose: KeyPurpose,
        randomness: Randomness<'_>,
        by: By,
    ) -> Result<SigningKeyRow, KeysError> {
        let ring = self.ring(organizer, by.at).await?;
        let (_, key) = seeds::draw(purpose, ring.slug(), &ring.derived().sealing, randomness);
        let stored = self.storage.create_signing_key(organizer, key, by).await;
        self.forget(organizer);
        Ok(stored?)
    }

    /// Makes the next key active and retires the active one, which goes on verifying at least until
    /// the last `exp` that it signed. A new bundle key speaks when it is delegated, a new root key
    /// when scanners are paired with it.
    ///
    /// # Errors
    /// [`Conflict::NoNextKey`](crate::storage::Conflict::NoNextKey).
    pub async fn rotate(
        &self,
        organizer: OrganizerId,
        rotation: Rotation,
        by: By,
    ) -> Result<SigningKeyRow, KeysError> {
        let rotated = self
            .storage
            .rotate_signing_key(organizer, rotation, by)
            .await;
        self.forget(organizer);
        Ok(rotated?)
    }

    /// Puts the next key in use, making it first if there is none. What the retired key signed holds.
    ///
    /// # Errors
    /// [`KeysError::Storage`], [`KeysError::Open`].
    pub async fn put_next_in_use(
        &self,
        organizer: OrganizerId,
        purpose: KeyPurpose,
        randomness: Randomness<'_>,
        by: By,
    ) -> Result<SigningKeyRow, KeysError> {
        let rows = self.storage.signing_keys(organizer).await?;
        let has = |state: KeyState| {
            rows.iter()
                .any(|row| row.purpose == purpose && row.state == state)
        };
        if !has(KeyState::Active) && !has(KeyState::Next) {
            // It is active at once.
            return self.create_next(organizer, purpose, randomness, by).await;
        }
        if !has(KeyState::Next) {
            self.create_next(organizer, purpose, randomness, by.aside())
                .await?;
        }
        // Storage moves this to the last `exp` that the key signed: rotation kills no ticket.
        let rotation = Rotation {
            purpose,
            verify_until: Some(by.at),
        };
        self.rotate(organizer, rotation, by).await
    }

    /// Revokes a key: nothing that it signed holds. `None`: the organizer has no such key.
    ///
    /// # Errors
    /// [`KeysError::Storage`].
    pub async fn revoke(
        &self,
        organizer: OrganizerId,
        key: SigningKeyId,
        by: By,
    ) -> Result<Option<SigningKeyRow>, KeysError> {
        let revoked = self.storage.revoke_signing_key(organizer, key, by).await;
        self.forget(organizer);
        Ok(revoked?)
    }

    /// Lets the root key of this host vouch for the active bundle key.
    ///
    /// # Errors
    /// [`KeysError::RootElsewhere`]; [`KeysError::NoKey`]: no active bundle key, or no active root
    /// key; [`KeysError::Delegation`] for a span that ends before it begins.
    pub async fn delegate(
        &self,
        organizer: OrganizerId,
        validity: Validity,
        by: By,
    ) -> Result<Delegation, KeysError> {
        let ring = self.ring(organizer, by.at).await?;
        let rows = self.storage.signing_keys(organizer).await?;
        let bundle = active(&rows, KeyPurpose::Bundle)?;
        let root = active(&rows, KeyPurpose::Root)?;
        let root = seeds::open(root, ring.slug(), &ring.derived().sealing)?;
        let root = root.ok_or(KeysError::RootElsewhere)?;
        let newest = self.storage.newest_delegation(organizer).await?;
        let sequence = newest.map_or(FIRST_SEQUENCE, |newest| newest.sequence + 1);
        let bundle_key = seeds::public_key(bundle)?;
        let bytes = sign(ring.slug(), bundle_key, validity, sequence, &root)?;
        let delegation = NewDelegation {
            sequence,
            bundle_key: bundle.id,
            bytes,
            not_before: validity.not_before,
            expires_at: validity.expires_at,
        };
        let stored = self
            .storage
            .store_delegation(organizer, delegation, by)
            .await;
        self.forget(organizer);
        Ok(stored?)
    }

    /// The keys with which bundles and status lists are signed: as [`Keys::ring`], but a delegation
    /// of which half is over, or that names an older bundle key, is renewed first where the root key
    /// is here.
    ///
    /// # Errors
    /// As [`Keys::ring`]; never because a delegation could not be renewed.
    pub async fn publishing_ring(
        &self,
        organizer: OrganizerId,
        now: Timestamp,
    ) -> Result<Arc<KeyRing>, KeysError> {
        let ring = self.ring(organizer, now).await?;
        let until = now.saturating_add(Validity::DELEGATION / 2).unwrap_or(now);
        if !ring.needs_delegation(until) {
            return Ok(ring);
        }
        let by = By::new("host", now);
        match self
            .delegate(organizer, Validity::of_delegation(now), by)
            .await
        {
            Ok(_) => {}
            // Another replica was first.
            Err(KeysError::Storage(StorageError::Conflict(Conflict::StaleDelegation {
                ..
            }))) => self.forget(organizer),
            Err(error) => {
                tracing::warn!(%error, organizer = %ring.slug(), "the delegation was not renewed");
                return Ok(ring);
            }
        }
        self.ring(organizer, now).await
    }

    /// Takes a delegation that a root key elsewhere signed.
    ///
    /// # Errors
    /// [`KeysError::Delegation`]: the organizer's active root key did not sign it;
    /// [`KeysError::ForeignDelegation`]: it is for another organizer, or a bundle key that is not
    /// this organizer's or was revoked;
    /// [`Conflict::StaleDelegation`](crate::storage::Conflict::StaleDelegation).
    pub async fn accept_delegation(
        &self,
        organizer: OrganizerId,
        bytes: Vec<u8>,
        by: By,
    ) -> Result<Delegation, KeysError> {
        let ring = self.ring(organizer, by.at).await?;
        let rows = self.storage.signing_keys(organizer).await?;
        let root = VerifyingKey::new(&seeds::public_key(active(&rows, KeyPurpose::Root)?)?);
        let signed = Signed::open(&bytes, &root)?;
        if signed.organizer != ring.slug().as_str() {
            return Err(KeysError::ForeignDelegation { field: "organizer" });
        }
        let is_named = |row: &&SigningKeyRow| {
            row.purpose == KeyPurpose::Bundle
                && row.state != KeyState::Revoked
                && row.public_key == *signed.bundle_key.as_bytes()
        };
        let bundle = rows.iter().find(is_named);
        let bundle = bundle.ok_or(KeysError::ForeignDelegation {
            field: "bundle key",
        })?;
        let delegation = NewDelegation {
            sequence: signed.sequence,
            bundle_key: bundle.id,
            bytes,
            not_before: time(signed.not_before),
            expires_at: time(signed.expires),
        };
        let stored = self
            .storage
            .store_delegation(organizer, delegation, by)
            .await;
        self.forget(organizer);
        Ok(stored?)
    }

    /// Seals an organizer's data key with the master key, where it is still sealed with the one before, and
    /// says whether it was. To be done for each organizer, and again if it was interrupted: hosts that know
    /// both keys open either.
    ///
    /// # Errors
    /// [`KeysError::Open`]: the data key opens with neither key.
    pub async fn seal_anew(
        &self,
        organizer: &Organizer,
        randomness: Randomness<'_>,
    ) -> Result<bool, KeysError> {
        let Organizer {
            id,
            slug,
            data_key: old,
            ..
        } = organizer;
        if self.master.sealed(slug, old) {
            return Ok(false);
        }
        let data_key = self.master.open_data_key(slug, old)?;
        let sealed = self.master.seal_data_key(slug, &data_key, randomness);
        let replaced = self.storage.replace_data_key(*id, old.clone(), sealed);
        Ok(replaced.await?)
    }
}

pub(super) fn active(
    rows: &[SigningKeyRow],
    purpose: KeyPurpose,
) -> Result<&SigningKeyRow, KeysError> {
    rows.iter()
        .find(|row| row.purpose == purpose && row.state == KeyState::Active)
        .ok_or(KeysError::NoKey)
}

fn elsewhere(public_key: &PublicKey) -> NewSigningKey {
    NewSigningKey {
        purpose: KeyPurpose::Root,
        key_id: public_key.key_id(),
        public_key: *public_key.as_bytes(),
        seed: None,
    }
}

fn sign(
    organizer: &Slug,
    bundle_key: PublicKey,
    validity: Validity,
    sequence: u64,
    root: &SigningKey,
) -> Result<Vec<u8>, KeysError> {
    let delegation = Signed {
        organizer: organizer.to_string(),
        bundle_key,
        not_before: unix_time(validity.not_before),
        expires: unix_time(validity.expires_at),
        sequence,
    };
    Ok(sign_delegation(&delegation, root)?)
}

fn time(time: ticket_token::UnixTime) -> Timestamp {
    Timestamp::from_second(time.0.into()).unwrap_or(Timestamp::MAX)
}
