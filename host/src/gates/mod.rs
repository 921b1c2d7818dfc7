//! What gates are told, and the online verdict: the host as its own gate.
//!
//! A verdict asked of the host is found by the same [`judge`](ticket_gate::judge) that scanners run.
//! Nothing is signed for it: what is known of the event is kept opened while event and keys stay as
//! they are, and of the tickets only the one in question is looked up.

mod validation;

pub use validation::Validation;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::Timestamp;
use ticket_gate::{Bundle, BundleContent};
use ticket_token::EventNumber;

use crate::events::{
    BundleParts, KnownEvent, KnownEvents, PublishError, Voucher, bundle_content, make_status_list,
    sign_content,
};
use crate::keys::{KeyRing, Keys, KeysError};
use crate::storage::{OrganizerId, Storage, StorageError};

/// Opened events in memory; beyond that, those not in use are dropped.
const ROOM: usize = 1024;

/// Why gates cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The organizer's keys cannot be used.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// Storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The event says something that gates cannot be told.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The event is gone.
    #[error("there is no such event")]
    NoEvent,
}

/// What an [`Gatehouse`] works with.
pub struct GatehouseParts {
    /// Where tickets are kept.
    pub storage: Arc<dyn Storage>,
    /// Who signs.
    pub keys: Arc<Keys>,
    /// Events in memory.
    pub events: Arc<KnownEvents>,
    /// Address under which clients reach this host, without a slash at its end.
    pub public_url: String,
}

/// Tells gates what they need to know, and judges online.
pub struct Gatehouse {
    parts: GatehouseParts,
    opened: RwLock<HashMap<EventNumber, Arc<Opened>>>,
}

/// What is known of an event, ready to judge with.
struct Opened {
    event: Arc<KnownEvent>,
    ring: Arc<KeyRing>,
    bundle: Bundle,
}

impl Gatehouse {
    /// No event is opened yet.
    pub fn new(parts: GatehouseParts) -> Self {
        Self {
            parts,
            opened: RwLock::default(),
        }
    }

    /// The event's bundle, signed.
    ///
    /// Its sequence grows with the time of making, so that any later bundle replaces it, on every
    /// replica, without a row of its own. Making is granular to the minute: within one, the bytes are
    /// the same and a scanner's conditional request is answered without a body.
    ///
    /// # Errors
    /// [`GateError`].
    pub async fn bundle(&self, event: &KnownEvent, now: Timestamp) -> Result<Vec<u8>, GateError> {
        let keys = &self.parts.keys;
        let ring = keys.publishing_ring(event.event.organizer, now).await?;
        let content = self.content(event, &ring, now)?;
        Ok(sign_content(&content, &voucher(&ring, now)?)?)
    }

    /// The event's status list, signed.
    ///
    /// # Errors
    /// [`GateError`].
    pub async fn status_list(
        &self,
        event: &KnownEvent,
        now: Timestamp,
    ) -> Result<Vec<u8>, GateError> {
        let GatehouseParts {
            storage,
            keys,
            public_url,
            ..
        } = &self.parts;
        let event = &event.event;
        let ring = keys.publishing_ring(event.organizer, now).await?;
        let list = storage
            .status_list(event.organizer, event.number)
            .await?
            .ok_or(GateError::NoEvent)?;
        // Foreign readers insist on such an address; each event of ours has its own list there.
        let lists = format!("{public_url}/api/events");
        let addresses = (self.status_address(event.id.as_str()), lists);
        let now = whole_minute(now);
        Ok(make_status_list(
            event,
            &list,
            (&addresses.0, &addresses.1),
            now,
            &voucher(&ring, now)?,
        )?)
    }

    fn status_address(&self, event_id: &str) -> String {
        let public_url = &self.parts.public_url;
        format!("{public_url}/api/verifier/events/{event_id}/status")
    }

    fn content(
        &self,
        event: &KnownEvent,
        ring: &KeyRing,
        now: Timestamp,
    ) -> Result<BundleContent, PublishError> {
        bundle_content(BundleParts {
            event: &event.event,
            details: &event.details,
            types: &event.types,
            keys: ring.listed_keys(),
            status_address: self.status_address(event.event.id.as_str()),
            number_key: ring.ticket_number_key(event.event.number),
            sequence: sequence_at(now, event.event.current.revision),
            now: whole_minute(now),
        })
    }

    /// The event, ready to judge with.
    async fn opened(
        &self,
        organizer: OrganizerId,
        event: Arc<KnownEvent>,
        now: Timestamp,
    ) -> Result<Arc<Opened>, GateError> {
        let ring = self.parts.keys.ring(organizer, now).await?;
        let number = event.event.number;
        let held = {
            let opened = self.opened.read().unwrap_or_else(PoisonError::into_inner);
            opened.get(&number).cloned()
        };
        if let Some(held) = held
            && Arc::ptr_eq(&held.event, &event)
            && Arc::ptr_eq(&held.ring, &ring)
        {
            return Ok(held);
        }
        let content = self.content(&event, &ring, now)?;
        let root = *ring.root_key().ok_or(KeysError::NoKey)?;
        let bundle = Bundle::of_host(content, ring.slug().to_string(), root)
            .map_err(|error| PublishError::Content(error.to_string()))?;
        let made = Arc::new(Opened {
            event,
            ring,
            bundle,
        });
        let mut opened = self.opened.write().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= ROOM {
            opened.retain(|_, held| Arc::strong_count(held) > 1);
        }
        opened.insert(number, Arc::clone(&made));
        Ok(made)
    }
}

fn voucher(ring: &KeyRing, now: Timestamp) -> Result<Voucher<'_>, KeysError> {
    let signer = ring.bundle_signer_at(now)?;
    Ok(Voucher {
        delegation: &signer.delegation.bytes,
        bundle_key: &signer.key,
    })
}

fn whole_minute(now: Timestamp) -> Timestamp {
    let second = now.as_second();
    Timestamp::from_second(second - second.rem_euclid(60)).unwrap_or(now)
}

/// Larger for anything made later, or of a later revision in the same minute.
fn sequence_at(now: Timestamp, revision: u32) -> u64 {
    let minute = u64::try_from(now.as_second()).unwrap_or(0) / 60;
    minute << 24 | u64::from(revision.min(0xFF_FFFF))
}
