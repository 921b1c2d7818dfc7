//! Chunks of jobs, and what workers make of them.
//!
//! A chunk's *fence* counts the leases that were given out on it. Each verb of a worker names the fence
//! of its lease, and does nothing once a newer lease exists or the job was cancelled. What a chunk makes
//! and the note that it is done commit together: however often a chunk is begun, it counts once.

use async_trait::async_trait;
use jiff::Timestamp;
use ticket_token::EventNumber;

use super::{
    By, Digest, Job, JobId, NewChunk, NewTicket, OrganizerId, Priority, Sealed, Step, StorageError,
    TicketKey,
};

/// Where the tickets of a chunk's items are, in the order of the items. None: the item has none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places(pub Vec<Option<TicketKey>>);

impl Places {
    const BYTES: usize = 8;

    /// Eight bytes each: event and serial, big-endian. Event 0, which no event has, is none.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes = self.0.iter().flat_map(|place| {
            let (event, serial) = place.map_or((0, 0), |key| (key.event.0, key.serial.0));
            let [a, b, c, d] = event.to_be_bytes();
            let [e, f, g, h] = serial.to_be_bytes();
            [a, b, c, d, e, f, g, h]
        });
        bytes.collect()
    }

    /// Reads them back. `None`: the bytes are not a whole number of places.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (places, rest) = bytes.as_chunks::<{ Self::BYTES }>();
        let place = |&[a, b, c, d, e, f, g, h]: &[u8; Self::BYTES]| {
            let event = u32::from_be_bytes([a, b, c, d]);
            let serial = u32::from_be_bytes([e, f, g, h]);
            (event != 0).then_some(TicketKey {
                event: EventNumber(event),
                serial: ticket_token::Serial(serial),
            })
        };
        rest.is_empty()
            .then(|| Self(places.iter().map(place).collect()))
    }
}

/// Who may write for a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// Whose it is.
    pub organizer: OrganizerId,
    /// The chunk.
    pub chunk: u32,
    /// Which lease of the chunk this is.
    pub fence: i64,
}

/// Whether a lease was prolonged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// It was.
    Yes,
    /// Another worker has the chunk, or the job is over: stop.
    No,
}

/// A chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Its place among the chunks of the job.
    pub number: u32,
    /// Its step.
    pub step: Step,
    /// Whether it is done.
    pub is_done: bool,
    /// The newest lease.
    pub fence: i64,
    /// Leases that ended badly.
    pub tries: u32,
    /// The first of its items.
    pub first_item: u64,
    /// How many items it has.
    pub items: u32,
    /// Items that failed.
    pub failed: u32,
    /// What is to be done, or to be done again, encrypted.
    pub input: Option<Sealed>,
    /// Where its tickets are.
    pub places: Option<Places>,
    /// Which items failed and why, encrypted.
    pub faults: Option<Sealed>,
}

/// Whom a chunk is leased to, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimChunk {
    /// The worker, for people who look.
    pub worker: String,
    /// Now.
    pub at: Timestamp,
    /// From when on another may take it over.
    pub leased_until: Timestamp,
    /// Chunks of one organizer that may run at once.
    pub organizer_cap: u32,
    /// Jobs that are less urgent are passed over.
    pub least_priority: Priority,
    /// After so long without a chunk a job counts as one step more urgent, in microseconds.
    pub aging_us: i64,
}

/// A chunk that was leased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedChunk {
    /// Its job.
    pub job: Job,
    /// The chunk.
    pub chunk: Chunk,
    /// The lease.
    pub lease: Lease,
}

/// What came of issuing a chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuedChunk {
    /// Tickets to be stored, at places that were reserved.
    pub tickets: Vec<NewTicket>,
    /// Items of the whole chunk that failed, over all leases.
    pub failed: u32,
    /// Which and why, encrypted.
    pub faults: Option<Sealed>,
    /// What is needed to try them again, encrypted.
    pub input: Option<Sealed>,
    /// Root of the hash tree over the tickets, hexadecimal, for the record.
    pub root: String,
    /// The job makes no sense: nothing further is begun. An error code.
    pub stop: Option<String>,
}

/// A file that a chunk made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewArtifact {
    /// Its place among the files of the chunk.
    pub part: u32,
    /// Where it is in the object store.
    pub object_key: String,
    /// The name under which it is downloaded.
    pub file_name: String,
    /// Its media type.
    pub media_type: String,
    /// Its length.
    pub bytes: u64,
    /// The length of its object, which is encrypted.
    pub stored_bytes: u64,
    /// Its SHA-256.
    pub digest: Digest,
    /// Tickets in it.
    pub tickets: u64,
}

/// A file that a job made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its number in this host.
    pub id: i64,
    /// Whose it is.
    pub organizer: OrganizerId,
    /// The job.
    pub job: JobId,
    /// The chunk that made it.
    pub chunk: u32,
    /// The file.
    pub file: NewArtifact,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What came of printing a chunk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PrintedChunk {
    /// The files.
    pub artifacts: Vec<NewArtifact>,
    /// Tickets that were printed.
    pub printed: u32,
    /// Tickets that could not be printed.
    pub failed: u32,
    /// Which and why, encrypted.
    pub faults: Option<Sealed>,
}

/// How a chunk is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveBack {
    /// It failed, and is tried again.
    After {
        /// Not before.
        at: Timestamp,
    },
    /// It was not tried to the end, because this worker stops.
    Unharmed,
}
/// Chunks, as workers see them.
#[async_trait]
pub trait ChunkStorage {
    /// How many items a chunk is to have, so that storing its tickets keeps nobody waiting for long.
    fn items_of_a_chunk(&self) -> u32;

    /// Leases the chunk whose turn it is, if there is one. Of equally urgent jobs, the organizer goes
    /// first that has the fewest chunks running, then the one that was served longest ago.
    async fn claim_chunk(&self, claim: ClaimChunk) -> Result<Option<ClaimedChunk>, StorageError>;

    /// Prolongs a lease.
    async fn hold_chunk(&self, lease: Lease, until: Timestamp) -> Result<Held, StorageError>;

    /// Reserves places in these events for the chunk's items, unless that was done under an earlier
    /// lease: then those count. An item without an event gets none. `None`: the lease was lost.
    ///
    /// # Errors
    /// [`Conflict::SerialsExhausted`](super::Conflict::SerialsExhausted),
    /// [`Conflict::Reference`](super::Conflict::Reference): no such event.
    async fn reserve_places(
        &self,
        lease: Lease,
        events: Vec<Option<EventNumber>>,
        holder: String,
        at: Timestamp,
    ) -> Result<Option<Places>, StorageError>;

    /// Of these ids, those that a ticket of the organizer has.
    async fn taken_ids(
        &self,
        organizer: OrganizerId,
        ids: Vec<super::CallerId>,
    ) -> Result<Vec<super::CallerId>, StorageError>;

    /// Stores a chunk's tickets, its progress and the note of both.
    ///
    /// # Errors
    /// [`Conflict::LeaseLost`](super::Conflict::LeaseLost), and as for
    /// [`store_tickets`](super::TicketStorage::store_tickets).
    async fn finish_issue(
        &self,
        lease: Lease,
        issued: IssuedChunk,
        by: By,
    ) -> Result<(), StorageError>;

    /// Ends the planning of a job: these are the chunks to be printed, in the place of all earlier ones.
    /// Answers the objects that lost their rows by that.
    ///
    /// # Errors
    /// [`Conflict::LeaseLost`](super::Conflict::LeaseLost).
    async fn finish_plan(
        &self,
        lease: Lease,
        chunks: Vec<NewChunk>,
        by: By,
    ) -> Result<Vec<String>, StorageError>;

    /// Ends the printing of a chunk.
    ///
    /// # Errors
    /// [`Conflict::LeaseLost`](super::Conflict::LeaseLost).
    async fn finish_print(
        &self,
        lease: Lease,
        printed: PrintedChunk,
        by: By,
    ) -> Result<(), StorageError>;

    /// Gives a chunk back.
    ///
    /// # Errors
    /// [`Conflict::LeaseLost`](super::Conflict::LeaseLost).
    async fn give_chunk_back(&self, lease: Lease, back: GiveBack) -> Result<(), StorageError>;

    /// Ends a job as failed, for this error code; chunks under way are stopped.
    ///
    /// # Errors
    /// [`Conflict::LeaseLost`](super::Conflict::LeaseLost).
    async fn fail_job(&self, lease: Lease, code: String, by: By) -> Result<(), StorageError>;
}
#[cfg(test)]
mod tests {
    use super::*;
    use ticket_token::Serial;

    #[test]
    fn places_are_read_back() {
        let place = |event, serial| TicketKey {
            event: EventNumber(event),
            serial: Serial(serial),
        };
        let places = Places(vec![
            Some(place(1, 0)),
            None,
            Some(place(u32::MAX, u32::MAX)),
        ]);
        let bytes = places.to_bytes();
        assert_eq!(bytes.len(), 24);
        assert_eq!(Places::from_bytes(&bytes), Some(places));
        assert_eq!(Places::from_bytes(&bytes[..23]), None);
    }
}
