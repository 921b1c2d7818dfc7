//! One organizer's keys, in memory.

use std::fmt;

use jiff::Timestamp;
use ticket_gate::TicketNumberKey;
use ticket_token::{EventNumber, KeyId, MacKey, PublicKey, SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::data_key::{DerivedKeys, IndexKind, KeyedHash};
use super::seal::Place;
use super::{Keys, KeysError, Randomness, seeds};
use crate::storage::{
    BlindIndex, Delegation, KeyPurpose, KeyState, OrganizerId, Sealed, SigningKeyId, SigningKeyRow,
    Slug, TicketKey,
};

/// One organizer's keys, as they were at a moment.
pub struct KeyRing {
    organizer: OrganizerId,
    slug: Slug,
    read_at: Timestamp,
    derived: DerivedKeys,
    /// `None`: all were revoked.
    ticket: Option<TicketSigner>,
    bundle: Option<BundleSigner>,
    root: Option<PublicKey>,
    ticket_keys: Vec<VerifyingTicketKey>,
    mac: Option<MacKey>,
}

/// The key that signs tickets.
#[derive(Debug)]
pub struct TicketSigner {
    /// Its number, which goes into the ticket's row.
    pub id: SigningKeyId,
    /// The key.
    pub key: SigningKey,
}

/// The key that signs bundles and status lists, with the root key's word for it.
#[derive(Debug)]
pub struct BundleSigner {
    /// Its number.
    pub id: SigningKeyId,
    /// The key.
    pub key: SigningKey,
    /// Travels inside what the key signs.
    pub delegation: Delegation,
}

/// A ticket key in whatever state, for checking tokens and for bundles.
#[derive(Debug)]
pub struct VerifyingTicketKey {
    /// Its number.
    pub id: SigningKeyId,
    /// The key, made ready.
    pub key: VerifyingKey,
    /// Its state. `Revoked` ones are here too: a verdict names the reason.
    pub state: KeyState,
    /// It signs nothing from this time on; `None` while it has no successor.
    pub sign_until: Option<Timestamp>,
    /// What it signed does not hold from this time on; `None`: no bound.
    pub verify_until: Option<Timestamp>,
    /// The latest `exp` that it signed.
    pub last_expiry: Option<Timestamp>,
}

impl KeyRing {
    /// Reads an organizer's keys.
    pub(super) async fn read(
        keys: &Keys,
        organizer: OrganizerId,
        now: Timestamp,
    ) -> Result<Self, KeysError> {
        let storage = &keys.storage;
        let found = storage
            .organizer(organizer)
            .await?
            .ok_or(KeysError::NoOrganizer)?;
        let derived = keys
            .master
            .open_data_key(&found.slug, &found.data_key)?
            .derive();
        // A delegation is read before the keys, so that the key that it names is among them.
        let delegation = storage.newest_delegation(organizer).await?;
        let rows = storage.signing_keys(organizer).await?;

        let mut ring = Self {
            organizer,
            mac: keys
                .mac_secret
                .as_ref()
                .map(|secret| MacKey::derive(&secret.0, found.slug.as_str())),
            slug: found.slug,
            read_at: now,
            derived,
            ticket: None,
            bundle: None,
            root: None,
            ticket_keys: Vec::new(),
        };
        for row in &rows {
            match row.purpose {
                KeyPurpose::Ticket => ring.add_ticket_key(row)?,
                KeyPurpose::Root if row.state == KeyState::Active => {
                    ring.root = Some(seeds::public_key(row)?);
                }
                KeyPurpose::Root | KeyPurpose::Bundle => {}
            }
        }
        if let Some(delegation) = delegation {
            ring.bundle = ring.bundle_signer(&rows, delegation)?;
        }
        Ok(ring)
    }

    fn add_ticket_key(&mut self, row: &SigningKeyRow) -> Result<(), KeysError> {
        if row.state == KeyState::Active {
            let key = seeds::open(row, &self.slug, &self.derived.sealing)?;
            self.ticket = key.map(|key| TicketSigner { id: row.id, key });
        }
        self.ticket_keys.push(VerifyingTicketKey {
            id: row.id,
            key: VerifyingKey::new(&seeds::public_key(row)?),
            state: row.state,
            sign_until: row.sign_until,
            verify_until: row.verify_until,
            last_expiry: row.last_expiry,
        });
        Ok(())
    }

    /// The newest delegation says which bundle key speaks: after a rotation the old one goes on until
    /// the root key, which may be far away, has vouched for the new one.
    fn bundle_signer(
        &self,
        rows: &[SigningKeyRow],
        delegation: Delegation,
    ) -> Result<Option<BundleSigner>, KeysError> {
        let delegated = rows
            .iter()
            .find(|row| row.id == delegation.bundle_key && row.state != KeyState::Revoked);
        let Some(row) = delegated else {
            return Ok(None);
        };
        let key = seeds::open(row, &self.slug, &self.derived.sealing)?;
        Ok(key.map(|key| BundleSigner {
            id: row.id,
            key,
            delegation,
        }))
    }

    /// Whose keys these are.
    #[must_use]
    pub fn organizer(&self) -> OrganizerId {
        self.organizer
    }

    /// The organizer's name in delegations.
    #[must_use]
    pub fn slug(&self) -> &Slug {
        &self.slug
    }

    pub(super) fn read_at(&self) -> Timestamp {
        self.read_at
    }

    pub(super) fn derived(&self) -> &DerivedKeys {
        &self.derived
    }

    /// The key that signs tickets now.
    ///
    /// # Errors
    /// [`KeysError::NoTicketKey`].
    pub fn ticket_signer(&self) -> Result<&TicketSigner, KeysError> {
        self.ticket.as_ref().ok_or(KeysError::NoTicketKey)
    }

    /// The key that signs bundles and status lists at `now`.
    ///
    /// # Errors
    /// [`KeysError::NoDelegation`].
    pub fn bundle_signer_at(&self, now: Timestamp) -> Result<&BundleSigner, KeysError> {
        self.bundle
            .as_ref()
            .filter(|signer| signer.delegation.not_before <= now)
            .filter(|signer| now < signer.delegation.expires_at)
            .ok_or(KeysError::NoDelegation)
    }

    /// The key that scanners are paired with; `None`: none is active.
    #[must_use]
    pub fn root_key(&self) -> Option<&PublicKey> {
        self.root.as_ref()
    }

    /// All ticket keys, oldest first, in whatever state.
    #[must_use]
    pub fn ticket_keys(&self) -> &[VerifyingTicketKey] {
        &self.ticket_keys
    }

    /// The ticket keys that share this short name: try each.
    pub fn ticket_keys_named(&self, name: KeyId) -> impl Iterator<Item = &VerifyingTicketKey> {
        let named = move |key: &&VerifyingTicketKey| key.key.public_key().key_id() == name;
        self.ticket_keys.iter().filter(named)
    }

    /// The secret of `server` tokens; `None`: the host has none (`QR_SECRET_KEY`).
    #[must_use]
    pub fn mac_key(&self) -> Option<&MacKey> {
        self.mac.as_ref()
    }

    /// Seals a ticket's values for one of its revisions.
    pub fn seal_values(
        &self,
        ticket: TicketKey,
        revision: u32,
        values: &[u8],
        randomness: Randomness<'_>,
    ) -> Sealed {
        let row = values_row(ticket, revision);
        self.derived
            .sealing
            .seal(self.values_place(&row), values, randomness)
    }

    /// Opens the values of a ticket's revision.
    ///
    /// # Errors
    /// [`KeysError::Open`].
    pub fn open_values(
        &self,
        ticket: TicketKey,
        revision: u32,
        values: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        let row = values_row(ticket, revision);
        let place = self.values_place(&row);
        let opened = self.derived.sealing.open(place, values);
        opened.map_err(|source| KeysError::Open {
            table: place.table,
            column: place.column,
            organizer: self.slug.to_string(),
            source,
        })
    }

    fn values_place<'a>(&'a self, row: &'a [u8; 12]) -> Place<'a> {
        Place {
            table: "ticket_revisions",
            column: "sealed_values",
            organizer: &self.slug,
            row,
        }
    }

    /// Under what a text is found that is stored only sealed.
    #[must_use]
    pub fn blind_index(&self, kind: IndexKind, text: &str) -> BlindIndex {
        self.derived.blind_index(kind, text)
    }

    /// Signs the links that attendees get (`/t/{capability}`).
    #[must_use]
    pub fn capability_hash(&self) -> &KeyedHash {
        &self.derived.capability
    }

    /// Makes tickets' UUIDs unguessable.
    #[must_use]
    pub fn ticket_id_hash(&self) -> &KeyedHash {
        &self.derived.ticket_id
    }

    /// The key of an event's printed ticket numbers.
    #[must_use]
    pub fn ticket_number_key(&self, event: EventNumber) -> TicketNumberKey {
        self.derived.ticket_number_key(event)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("organizer", &self.organizer)
            .field("ticket_keys", &self.ticket_keys)
            .finish_non_exhaustive()
    }
}

fn values_row(ticket: TicketKey, revision: u32) -> [u8; 12] {
    let mut row = [0; 12];
    let parts = [ticket.event.0, ticket.serial.0, revision];
    for (slot, part) in row.chunks_exact_mut(4).zip(parts) {
        slot.copy_from_slice(&part.to_be_bytes());
    }
    row
}
