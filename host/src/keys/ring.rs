//! One organizer's keys, in memory.

use std::fmt;

use jiff::Timestamp;
use ticket_gate::{ListedKey, TicketNumberKey};
use ticket_token::{EventNumber, KeyId, MacKey, PublicKey, SigningKey, UnixTime, VerifyingKey};
use zeroize::Zeroizing;

use super::data_key::{DerivedKeys, IndexKind, KeyedHash};
use super::files::{FileKey, HEAD_BYTES};
use super::seal::{self, Place};
use super::{Keys, KeysError, OpenError, Randomness, seeds, unix_time};
use crate::storage::{
    BlindIndex, Delegation, KeyPurpose, KeyState, Organizer, OrganizerId, Sealed, SigningKeyId,
    SigningKeyRow, Slug, TicketKey,
};

/// One organizer's keys, as they were at a moment.
pub struct KeyRing {
    organizer: Organizer,
    read_at: Timestamp,
    derived: DerivedKeys,
    /// `None`: all were revoked.
    ticket: Option<TicketSigner>,
    bundle: Option<BundleSigner>,
    /// May differ from the delegated one, until the root key has vouched for it.
    active_bundle: Option<SigningKeyId>,
    root: Option<PublicKey>,
    root_is_here: bool,
    ticket_keys: Vec<VerifyingTicketKey>,
    mac: MacKey,
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
            mac: MacKey::derive(&keys.mac_secret.0, found.slug.as_str()),
            organizer: found,
            read_at: now,
            derived,
            ticket: None,
            bundle: None,
            active_bundle: None,
            root: None,
            root_is_here: false,
            ticket_keys: Vec::new(),
        };
        for row in &rows {
            match row.purpose {
                KeyPurpose::Ticket => ring.add_ticket_key(row)?,
                KeyPurpose::Root if row.state == KeyState::Active => {
                    ring.root = Some(seeds::public_key(row)?);
                    ring.root_is_here = row.seed.is_some();
                }
                KeyPurpose::Bundle if row.state == KeyState::Active => {
                    ring.active_bundle = Some(row.id);
                }
                KeyPurpose::Root | KeyPurpose::Bundle | KeyPurpose::Audit => {}
            }
        }
        if let Some(delegation) = delegation {
            ring.bundle = ring.bundle_signer(&rows, delegation)?;
        }
        Ok(ring)
    }

    fn add_ticket_key(&mut self, row: &SigningKeyRow) -> Result<(), KeysError> {
        if row.state == KeyState::Active {
            let key = seeds::open(row, &self.organizer.slug, &self.derived.sealing)?;
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
        let key = seeds::open(row, &self.organizer.slug, &self.derived.sealing)?;
        Ok(key.map(|key| BundleSigner {
            id: row.id,
            key,
            delegation,
        }))
    }

    /// Whose keys these are.
    #[must_use]
    pub fn organizer(&self) -> &Organizer {
        &self.organizer
    }

    /// The organizer's name in delegations.
    #[must_use]
    pub fn slug(&self) -> &Slug {
        &self.organizer.slug
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

    /// Whether this host should sign a delegation: it can, and that at hand does not hold at `until`
    /// or names an older bundle key.
    pub(super) fn needs_delegation(&self, until: Timestamp) -> bool {
        let holds = self
            .bundle_signer_at(until)
            .is_ok_and(|signer| Some(signer.id) == self.active_bundle);
        self.root_is_here && self.active_bundle.is_some() && !holds
    }

    /// All ticket keys, oldest first, in whatever state.
    #[must_use]
    pub fn ticket_keys(&self) -> &[VerifyingTicketKey] {
        &self.ticket_keys
    }

    /// All ticket keys, as bundles list them.
    #[must_use]
    pub fn listed_keys(&self) -> Vec<ListedKey> {
        let forever = UnixTime(u32::MAX);
        let listed = self.ticket_keys.iter().map(|known| ListedKey {
            key: *known.key.public_key(),
            state: match known.state {
                KeyState::Next => ticket_gate::KeyState::Next,
                KeyState::Active => ticket_gate::KeyState::Active,
                KeyState::Retired => ticket_gate::KeyState::Retired,
                KeyState::Revoked => ticket_gate::KeyState::Revoked,
            },
            sign_until: known.sign_until.map_or(forever, unix_time),
            verify_until: known.verify_until.map_or(forever, unix_time),
        });
        listed.collect()
    }

    /// The ticket keys that share this short name: try each.
    pub fn ticket_keys_named(&self, name: KeyId) -> impl Iterator<Item = &VerifyingTicketKey> {
        let named = move |key: &&VerifyingTicketKey| key.key.public_key().key_id() == name;
        self.ticket_keys.iter().filter(named)
    }

    /// Seals and checks `server` tokens.
    #[must_use]
    pub fn mac_key(&self) -> &MacKey {
        &self.mac
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
            organizer: self.slug().to_string(),
            source,
        })
    }

    /// Seals a token that says who its holder is. The place is that of the ticket, not of one revision: a
    /// token may serve several.
    pub fn seal_token(
        &self,
        ticket: TicketKey,
        cose: &[u8],
        randomness: Randomness<'_>,
    ) -> Vec<u8> {
        let row = token_row(ticket);
        let place = self.token_place(&row);
        self.derived.sealing.seal(place, cose, randomness).0
    }

    /// A token as it was signed, of how it is stored: those that say no name are not sealed.
    ///
    /// # Errors
    /// [`KeysError::Open`].
    pub fn open_token(
        &self,
        ticket: TicketKey,
        token_at_rest: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, KeysError> {
        if !seal::is_sealed(token_at_rest) {
            return Ok(Zeroizing::new(token_at_rest.to_vec()));
        }
        let row = token_row(ticket);
        let place = self.token_place(&row);
        let opened = self
            .derived
            .sealing
            .open(place, &Sealed(token_at_rest.to_vec()));
        opened.map_err(|source| KeysError::Open {
            table: place.table,
            column: place.column,
            organizer: self.slug().to_string(),
            source,
        })
    }

    fn token_place<'a>(&'a self, row: &'a [u8; 8]) -> Place<'a> {
        Place {
            table: "ticket_revisions",
            column: "token",
            organizer: self.slug(),
            row,
        }
    }

    fn values_place<'a>(&'a self, row: &'a [u8; 12]) -> Place<'a> {
        Place {
            table: "ticket_revisions",
            column: "sealed_values",
            organizer: self.slug(),
            row,
        }
    }

    /// Begins a file of the organizer's under a name that it must be opened by: what it has to begin with,
    /// and the key of its chunks.
    pub fn begin_file(
        &self,
        name: &[u8],
        randomness: Randomness<'_>,
    ) -> ([u8; HEAD_BYTES], FileKey) {
        self.derived.files.begin(self.slug(), name, randomness)
    }

    /// The key of a file's chunks, of what the file begins with.
    ///
    /// # Errors
    /// [`OpenError::Format`] and [`OpenError::OtherKey`]. Whether head and name are the file's own only
    /// shows in its chunks.
    pub fn open_file(&self, name: &[u8], head: &[u8; HEAD_BYTES]) -> Result<FileKey, OpenError> {
        self.derived.files.open(self.slug(), name, head)
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

    /// Derives API keys that a repeated request is to be told again.
    #[must_use]
    pub fn api_key_hash(&self) -> &KeyedHash {
        &self.derived.api_key
    }

    /// Derives the secrets that endpoints of webhooks share.
    #[must_use]
    pub fn webhook_hash(&self) -> &KeyedHash {
        &self.derived.webhook
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
            .field("organizer", &self.organizer.slug)
            .field("ticket_keys", &self.ticket_keys)
            .finish_non_exhaustive()
    }
}

fn token_row(ticket: TicketKey) -> [u8; 8] {
    let mut row = [0; 8];
    let parts = [ticket.event.0, ticket.serial.0];
    for (slot, part) in row.chunks_exact_mut(4).zip(parts) {
        slot.copy_from_slice(&part.to_be_bytes());
    }
    row
}

fn values_row(ticket: TicketKey, revision: u32) -> [u8; 12] {
    let mut row = [0; 12];
    let parts = [ticket.event.0, ticket.serial.0, revision];
    for (slot, part) in row.chunks_exact_mut(4).zip(parts) {
        slot.copy_from_slice(&part.to_be_bytes());
    }
    row
}
