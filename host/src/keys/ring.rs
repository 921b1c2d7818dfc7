//! Opened keys of the organizers in use, kept in memory: signing must not wait for the database.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use ticket_gate::ListedKey;
use ticket_token::{MacKey, PublicKey, SigningKey, UnixTime};

use super::entropy::Entropy;
use super::founding::{DELEGATION_LIFE, FoundingError, delegate, seed_place};
use super::master::MasterKey;
use super::sealing::{DataKey, SealError};
use crate::storage::{
    By, Delegation, KeyPurpose, KeyState, Organizer, OrganizerId, SigningKeyId, SigningKeyRow,
    Storage, StorageError,
};

/// Why an organizer's keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// The organizer is gone.
    #[error("there is no such organizer")]
    NoOrganizer,
    /// The data key or a seed does not open: the master key is another one.
    #[error("the keys of organizer {slug} do not open with this master key")]
    DoesNotOpen {
        /// The organizer.
        slug: String,
    },
    /// A key of this purpose is needed and there is none.
    #[error("the organizer has no active {purpose} key; make one with `guichet keys rotate`")]
    NoActiveKey {
        /// The purpose.
        purpose: &'static str,
    },
    /// A row makes no sense.
    #[error("the stored public key {0} is not a key")]
    Row(u32),
    /// A delegation could not be renewed.
    #[error(transparent)]
    Founding(#[from] FoundingError),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// All opened keys of one organizer, as they were when they were read.
pub struct OrganizerKeys {
    /// The organizer.
    pub organizer: Organizer,
    /// Opens and derives everything else.
    pub data_key: DataKey,
    /// Signs tickets.
    pub ticket: TicketSigner,
    /// Every ticket key, as bundles list them.
    pub listed: Vec<ListedKey>,
    /// Every key, without its seed.
    pub rows: Vec<SigningKeyRow>,
    /// Signs bundles and status lists.
    pub bundle: SigningKey,
    /// The root's word for the bundle key.
    pub delegation: Delegation,
    /// What scanners are paired with.
    pub root: PublicKey,
    /// Seals and checks `server` tokens.
    pub mac: MacKey,
}

/// The active ticket key.
pub struct TicketSigner {
    /// Its row.
    pub id: SigningKeyId,
    /// The key.
    pub key: SigningKey,
}

/// The opened keys of all organizers in use.
pub struct KeyRing {
    storage: Arc<dyn Storage>,
    master: MasterKey,
    qr_secret: crate::config::Secret,
    entropy: Entropy,
    opened: RwLock<HashMap<OrganizerId, Arc<OrganizerKeys>>>,
}

impl KeyRing {
    /// A ring without keys.
    pub fn new(
        storage: Arc<dyn Storage>,
        master: MasterKey,
        qr_secret: crate::config::Secret,
    ) -> Self {
        let opened = RwLock::new(HashMap::new());
        Self {
            storage,
            master,
            qr_secret,
            entropy: Entropy::system(),
            opened,
        }
    }

    /// The host's master key.
    pub fn master(&self) -> &MasterKey {
        &self.master
    }

    /// The host's source of randomness.
    pub fn entropy(&self) -> &Entropy {
        &self.entropy
    }

    /// An organizer's keys, opened now if they are not yet, with a delegation that holds at `now`.
    ///
    /// # Errors
    /// [`RingError`].
    pub async fn of(
        &self,
        organizer: OrganizerId,
        now: Timestamp,
    ) -> Result<Arc<OrganizerKeys>, RingError> {
        let held = self
            .opened
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&organizer)
            .cloned();
        if let Some(keys) = held
            && !is_due(&keys.delegation, now)
        {
            return Ok(keys);
        }
        let keys = Arc::new(self.open(organizer, now).await?);
        self.opened
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(organizer, Arc::clone(&keys));
        Ok(keys)
    }

    /// Forgets an organizer's keys, after they changed.
    pub fn forget(&self, organizer: OrganizerId) {
        self.opened
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&organizer);
    }

    async fn open(&self, id: OrganizerId, now: Timestamp) -> Result<OrganizerKeys, RingError> {
        let organizer = self
            .storage
            .organizer(id)
            .await?
            .ok_or(RingError::NoOrganizer)?;
        let slug = organizer.slug.clone();
        let does_not_open = |_: SealError| RingError::DoesNotOpen {
            slug: slug.as_str().to_owned(),
        };
        let data_key = self
            .master
            .unwrap(&slug, &organizer.data_key)
            .map_err(does_not_open)?;
        let rows = self.storage.signing_keys(id).await?;
        let active = |purpose: KeyPurpose| {
            rows.iter()
                .find(|row| row.purpose == purpose && row.state == KeyState::Active)
        };
        let open_seed = |row: &SigningKeyRow| -> Result<Option<SigningKey>, RingError> {
            let Some(sealed) = &row.seed else {
                return Ok(None);
            };
            let seed = data_key
                .open(&seed_place(row.purpose, &row.public_key), sealed)
                .map_err(does_not_open)?;
            let seed = seed
                .as_slice()
                .try_into()
                .map_err(|_| RingError::Row(row.id.0))?;
            SigningKey::from_seed(seed)
                .map(Some)
                .map_err(|_| RingError::Row(row.id.0))
        };
        let needed = |purpose: KeyPurpose| -> Result<(&SigningKeyRow, SigningKey), RingError> {
            let missing = RingError::NoActiveKey {
                purpose: purpose.code(),
            };
            let row = active(purpose).ok_or(missing)?;
            let missing = RingError::NoActiveKey {
                purpose: purpose.code(),
            };
            Ok((row, open_seed(row)?.ok_or(missing)?))
        };
        let (ticket_row, ticket_key) = needed(KeyPurpose::Ticket)?;
        let (bundle_row, bundle) = needed(KeyPurpose::Bundle)?;
        let missing_root = RingError::NoActiveKey {
            purpose: KeyPurpose::Root.code(),
        };
        let root_row = active(KeyPurpose::Root).ok_or(missing_root)?;
        let root = PublicKey::from_bytes(&root_row.public_key)
            .map_err(|_| RingError::Row(root_row.id.0))?;

        let newest = self.storage.newest_delegation(id).await?;
        let holds = newest
            .as_ref()
            .is_some_and(|held| held.bundle_key == bundle_row.id && !is_due(held, now));
        let delegation = match (newest, open_seed(root_row)?) {
            (Some(held), _) if holds => held,
            (held, Some(root_key)) => {
                let sequence = held.map_or(1, |held| held.sequence + 1);
                let renewed = delegate(&slug, &root_key, (bundle_row, &bundle), sequence, now)?;
                let by = By {
                    actor: "host".to_owned(),
                    at: now,
                };
                self.storage.store_delegation(id, renewed, by).await?
            }
            // The root key lives elsewhere: what it signed last is all there is.
            (Some(held), None) => held,
            (None, None) => {
                return Err(RingError::NoActiveKey {
                    purpose: KeyPurpose::Root.code(),
                });
            }
        };
        let listed = rows
            .iter()
            .filter(|row| row.purpose == KeyPurpose::Ticket)
            .map(listed_key)
            .collect::<Result<_, _>>()?;
        let mac = MacKey::derive(self.qr_secret.expose(), slug.as_str());
        let ticket = TicketSigner {
            id: ticket_row.id,
            key: ticket_key,
        };
        Ok(OrganizerKeys {
            organizer,
            data_key,
            ticket,
            listed,
            rows: rows.clone(),
            bundle,
            delegation,
            root,
            mac,
        })
    }
}

/// Whether a delegation should be renewed: half of its life is over.
fn is_due(delegation: &Delegation, now: Timestamp) -> bool {
    delegation.expires_at - DELEGATION_LIFE / 2 <= now
}

fn listed_key(row: &SigningKeyRow) -> Result<ListedKey, RingError> {
    let forever = UnixTime(u32::MAX);
    let unix = |at: Timestamp| UnixTime(u32::try_from(at.as_second().max(0)).unwrap_or(u32::MAX));
    Ok(ListedKey {
        key: PublicKey::from_bytes(&row.public_key).map_err(|_| RingError::Row(row.id.0))?,
        state: match row.state {
            KeyState::Next => ticket_gate::KeyState::Next,
            KeyState::Active => ticket_gate::KeyState::Active,
            KeyState::Retired => ticket_gate::KeyState::Retired,
            KeyState::Revoked => ticket_gate::KeyState::Revoked,
        },
        sign_until: row.sign_until.map_or(forever, unix),
        verify_until: row.verify_until.map_or(forever, unix),
    })
}
