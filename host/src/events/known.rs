//! Events in memory, for the paths on which every ticket would otherwise read them again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};

use super::details::EventDetails;
use super::record::details_of;
use crate::storage::{CallerId, Event, NumberedType, OrganizerId, Storage, StorageError};
use ticket_token::{EventNumber, TicketType};

/// How old an event in memory may be, where another replica changed it. Changes through this process
/// are seen at once ([`KnownEvents::forget`]).
const MAX_AGE: SignedDuration = SignedDuration::from_secs(2);
/// From this many on, those that are too old are dropped.
const ROOM: usize = 1024;

/// An event as it was a moment ago.
#[derive(Debug)]
pub struct KnownEvent {
    /// The event with its newest revision.
    pub event: Event,
    /// What that revision says.
    pub details: EventDetails,
    /// The types that have numbers.
    pub types: Vec<NumberedType>,
    read_at: Timestamp,
}

impl KnownEvent {
    /// The name of a type; `None` when the type is unknown, or younger than this.
    pub fn type_name(&self, number: TicketType) -> Option<&str> {
        let found = self.types.iter().find(|known| known.number == number)?;
        Some(&found.name)
    }

    fn is_fresh(&self, now: Timestamp) -> bool {
        now.duration_since(self.read_at).abs() <= MAX_AGE
    }
}

/// The events in use.
pub struct KnownEvents {
    storage: Arc<dyn Storage>,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    by_number: HashMap<EventNumber, Arc<KnownEvent>>,
    /// An id keeps its number as long as its event is there.
    numbers: HashMap<(OrganizerId, CallerId), EventNumber>,
    /// Counts what was forgotten, so that what was read before is not put in afterwards.
    forgotten: u64,
}

impl KnownEvents {
    /// No event is known yet.
    pub fn new(storage: Arc<dyn Storage>) -> Self {
        Self {
            storage,
            known: RwLock::default(),
        }
    }

    /// The organizer's event with this number.
    ///
    /// # Errors
    /// When storage fails, or the rows make no sense.
    pub async fn by_number(
        &self,
        organizer: OrganizerId,
        number: EventNumber,
        now: Timestamp,
    ) -> Result<Option<Arc<KnownEvent>>, StorageError> {
        let (held, forgotten) = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            (known.by_number.get(&number).cloned(), known.forgotten)
        };
        if let Some(held) = held.filter(|held| held.is_fresh(now)) {
            return Ok((held.event.organizer == organizer).then_some(held));
        }
        match self.storage.event(organizer, number).await? {
            Some(event) => self.keep(event, forgotten, now).await.map(Some),
            None => Ok(None),
        }
    }

    /// The organizer's event of this id.
    ///
    /// # Errors
    /// As [`KnownEvents::by_number`].
    pub async fn by_id(
        &self,
        organizer: OrganizerId,
        id: &CallerId,
        now: Timestamp,
    ) -> Result<Option<Arc<KnownEvent>>, StorageError> {
        let (number, forgotten) = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            let number = known.numbers.get(&(organizer, id.clone())).copied();
            (number, known.forgotten)
        };
        // An event that was deleted through another replica is not there; another may have its id.
        if let Some(number) = number
            && let Some(known) = self.by_number(organizer, number, now).await?
        {
            return Ok(Some(known));
        }
        match self.storage.event_by_id(organizer, id).await? {
            Some(event) => self.keep(event, forgotten, now).await.map(Some),
            None => Ok(None),
        }
    }

    /// Drops an event: it changed.
    pub fn forget(&self, number: EventNumber) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.by_number.remove(&number);
        known.numbers.retain(|_, known| *known != number);
        known.forgotten += 1;
    }

    async fn keep(
        &self,
        event: Event,
        forgotten: u64,
        now: Timestamp,
    ) -> Result<Arc<KnownEvent>, StorageError> {
        let (organizer, number) = (event.organizer, event.number);
        let kept = Arc::new(KnownEvent {
            details: details_of(&event.current.data, &number.0.to_string())?,
            types: self.storage.ticket_types(organizer, number).await?,
            event,
            read_at: now,
        });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.forgotten != forgotten {
            return Ok(kept);
        }
        if known.numbers.len() >= ROOM {
            known.by_number.retain(|_, held| held.is_fresh(now));
            known.numbers.clear();
        }
        let id = kept.event.id.clone();
        known.numbers.insert((organizer, id), number);
        known.by_number.insert(number, Arc::clone(&kept));
        Ok(kept)
    }
}
