//! Signing keys between memory and storage.

use ticket_token::{KeyError, PublicKey, SigningKey};
use zeroize::Zeroizing;

use super::seal::{Place, SealingKey};
use super::{KeysError, OpenError, Randomness};
use crate::storage::{KeyPurpose, NewSigningKey, SigningKeyRow, Slug};

const TABLE: &str = "signing_keys";
const COLUMN: &str = "sealed_seed";

/// Draws a key, and seals its seed.
pub(super) fn draw(
    purpose: KeyPurpose,
    organizer: &Slug,
    sealing: &SealingKey,
    randomness: Randomness<'_>,
) -> (SigningKey, NewSigningKey) {
    let mut seed = Zeroizing::new([0; 32]);
    let key = loop {
        randomness.fill_bytes(&mut *seed);
        // Refused is one seed in 2^32, whose key would be named like a specimen's.
        if let Ok(key) = SigningKey::from_seed(&seed) {
            break key;
        }
    };
    let public_key = key.public_key();
    let place = place(organizer, public_key.as_bytes());
    let stored = NewSigningKey {
        purpose,
        key_id: key.key_id(),
        public_key: *public_key.as_bytes(),
        seed: Some(sealing.seal(place, &*seed, randomness)),
    };
    (key, stored)
}

/// The public half of a stored key.
pub(super) fn public_key(row: &SigningKeyRow) -> Result<PublicKey, KeysError> {
    PublicKey::from_bytes(&row.public_key).map_err(|source| unusable(row, Some(source)))
}

/// The private half of a stored key; `None`: it lives elsewhere.
pub(super) fn open(
    row: &SigningKeyRow,
    organizer: &Slug,
    sealing: &SealingKey,
) -> Result<Option<SigningKey>, KeysError> {
    let Some(sealed) = &row.seed else {
        return Ok(None);
    };
    let failed = |source| KeysError::Open {
        table: TABLE,
        column: COLUMN,
        organizer: organizer.to_string(),
        source,
    };
    let seed = sealing
        .open(place(organizer, &row.public_key), sealed)
        .map_err(failed)?;
    let seed: &[u8; 32] = seed
        .as_slice()
        .try_into()
        .map_err(|_| failed(OpenError::Format))?;
    let key = SigningKey::from_seed(seed).map_err(|source| unusable(row, Some(source)))?;
    // Signing with the private half of another key would leak it.
    if *key.public_key().as_bytes() != row.public_key {
        return Err(unusable(row, None));
    }
    Ok(Some(key))
}

/// The public half is the row's key: it never changes, and is known before the row has a number.
fn place<'a>(organizer: &'a Slug, public_key: &'a [u8; 32]) -> Place<'a> {
    Place {
        table: TABLE,
        column: COLUMN,
        organizer,
        row: public_key,
    }
}

fn unusable(row: &SigningKeyRow, source: Option<KeyError>) -> KeysError {
    KeysError::Unusable {
        id: row.id.0,
        source,
    }
}
