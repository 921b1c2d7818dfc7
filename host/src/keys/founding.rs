//! A new organizer's keys.

use jiff::{SignedDuration, Timestamp};
use ticket_gate::{Delegation, sign_delegation};
use ticket_token::{SigningKey, UnixTime};

use super::entropy::{Entropy, NoEntropy};
use super::master::MasterKey;
use super::sealing::{DataKey, SealError};
use crate::storage::{
    By, EventData, KeyPurpose, NewDelegation, NewOrganizer, NewSigningKey, Organizer,
    SigningKeyRow, Slug, Storage, StorageError,
};

/// How long one delegation holds. It is renewed when half of it is over.
pub(super) const DELEGATION_LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);
/// A delegation reaches back a little, for bundles made by a host whose clock is behind.
const DELEGATION_LEAD: SignedDuration = SignedDuration::from_hours(1);

/// Why an organizer or its keys could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FoundingError {
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// A key could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A seed gave no key, which has a chance of one in 2^250.
    #[error("a fresh seed gave no usable key")]
    Key,
    /// The delegation does not fit.
    #[error("the delegation cannot be made: {0}")]
    Delegation(String),
    /// Storage failed, or the slug is taken.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Makes an organizer with its data key, its root, bundle and ticket keys, and a first delegation.
///
/// # Errors
/// [`FoundingError`]; a taken slug is a conflict of storage.
pub async fn found_organizer(
    storage: &dyn Storage,
    master: &MasterKey,
    entropy: &Entropy,
    (slug, name): (Slug, String),
    default_event: EventData,
    by: By,
) -> Result<Organizer, FoundingError> {
    let data_key = DataKey::draw(entropy)?;
    let signing_keys = KeyPurpose::ALL
        .into_iter()
        .map(|purpose| next_signing_key(purpose, &data_key, entropy))
        .collect::<Result<Vec<_>, _>>()?;
    let organizer = NewOrganizer {
        data_key: master.wrap(&slug, &data_key, entropy)?,
        slug,
        name,
        settings: serde_json::Value::Object(serde_json::Map::new()),
        signing_keys,
        // Made when the keys are first used, and renewed then.
        delegation: None,
        default_event,
    };
    Ok(storage.create_organizer(organizer, by).await?)
}

/// A fresh key, sealed.
///
/// # Errors
/// [`FoundingError::NoEntropy`], [`FoundingError::Seal`].
pub fn next_signing_key(
    purpose: KeyPurpose,
    data_key: &DataKey,
    entropy: &Entropy,
) -> Result<NewSigningKey, FoundingError> {
    let seed = entropy.draw::<32>()?;
    let key = SigningKey::from_seed(&seed).map_err(|_| FoundingError::Key)?;
    let public_key = *key.public_key().as_bytes();
    let sealed = data_key.seal(&seed_place(purpose, &public_key), seed.as_slice(), entropy)?;
    Ok(NewSigningKey {
        purpose,
        key_id: key.key_id(),
        public_key,
        seed: Some(sealed),
    })
}

pub(super) fn seed_place(purpose: KeyPurpose, public_key: &[u8; 32]) -> String {
    let hex: String = public_key
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("seed of {} key {hex}", purpose.code())
}

/// A delegation from `root` to a bundle key, to be stored.
pub(super) fn delegate(
    slug: &Slug,
    root: &SigningKey,
    bundle: (&SigningKeyRow, &SigningKey),
    sequence: u64,
    now: Timestamp,
) -> Result<NewDelegation, FoundingError> {
    let (row, key) = bundle;
    let not_before = now - DELEGATION_LEAD;
    let expires_at = now + DELEGATION_LIFE;
    let content = Delegation {
        organizer: slug.as_str().to_owned(),
        bundle_key: key.public_key(),
        not_before: unix(not_before),
        expires: unix(expires_at),
        sequence,
    };
    let bytes = sign_delegation(&content, root)
        .map_err(|error| FoundingError::Delegation(error.to_string()))?;
    Ok(NewDelegation {
        sequence,
        bundle_key: row.id,
        bytes,
        not_before,
        expires_at,
    })
}

fn unix(at: Timestamp) -> UnixTime {
    UnixTime(u32::try_from(at.as_second().max(0)).unwrap_or(u32::MAX))
}
