//! Takes the items of a job in, one after the other, and keeps them in chunks. However many come, only one
//! chunk is in memory.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::SignedDuration;
use ticket_token::EventNumber;
use uuid::Uuid;

use super::input::{ChunkInput, Item, ItemContent, ItemFault};
use super::{BatchError, Batches, JobSpec};
use crate::access::Principal;
use crate::issue::{EventReference, Order, OrderForm};
use crate::keys::KeyRing;
use crate::storage::{
    By, Job, JobKind, NewChunk, NewJob, Opening, Places, Priority, Step, StoredTicket, TicketKey,
};

/// Items that are tried out, with their layout, before all others begin.
const SAMPLE_ITEMS: u32 = 20;
/// Chunks that are stored at a time.
const CHUNKS_AT_ONCE: usize = 64;
/// Bytes of sealed input that are stored at a time.
const BYTES_AT_ONCE: usize = 4 << 20;

/// What is asked for beside the items.
#[derive(Clone, Debug)]
pub struct JobOrder {
    /// What is made.
    pub kind: JobKind,
    /// How urgent it is.
    pub priority: Priority,
    /// It begins so much later.
    pub delay: SignedDuration,
    /// How often a chunk is tried, 1 to 10.
    pub attempts: u32,
    /// Templates and files.
    pub spec: JobSpec,
}

/// A job whose items come in.
pub struct Intake<'b> {
    batches: &'b Batches,
    keys: Arc<KeyRing>,
    by: By,
    job: Job,
    makes_files: bool,
    /// Of the chunk that is being filled.
    items: Vec<Item>,
    printed: Vec<(Option<TicketKey>, Option<ItemFault>)>,
    /// Chunks that are full, and how many bytes they have.
    chunks: Vec<NewChunk>,
    bytes: usize,
    next_chunk: u32,
    next_item: u64,
    event: CommonEvent,
    /// Events that were made out of what came with items.
    described: HashSet<EventReference>,
}

/// The event that all items have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
enum CommonEvent {
    NoneYet,
    One(Option<EventReference>),
    Printed(EventNumber),
    Several,
}

impl Batches {
    /// Begins a job for the principal, under whose claim it is opened.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn begin(
        &self,
        principal: &Principal,
        order: JobOrder,
    ) -> Result<Intake<'_>, BatchError> {
        let by = principal.by(self.clock.now());
        let keys = self.keys.ring(principal.organizer, by.at).await?;
        let uuid = Uuid::new_v4();
        let new = NewJob {
            uuid,
            kind: order.kind,
            priority: order.priority,
            not_before: by.at.saturating_add(order.delay).unwrap_or(by.at),
            attempts: order.attempts,
            timeout_us: self.limits.timeout_us,
            spec: order.spec.seal(&keys, uuid)?,
        };
        let job = self
            .storage
            .create_job(principal.organizer, new, by.aside())
            .await?;
        Ok(Intake {
            batches: self,
            keys,
            by,
            job,
            makes_files: order.spec.makes_files(),
            items: Vec::new(),
            printed: Vec::new(),
            chunks: Vec::new(),
            bytes: 0,
            next_chunk: 0,
            next_item: 0,
            event: CommonEvent::NoneYet,
            described: HashSet::new(),
        })
    }
}

impl Intake<'_> {
    /// Items so far.
    pub fn items(&self) -> u64 {
        self.next_item + (self.items.len() + self.printed.len()) as u64
    }

    /// Takes a ticket in that is to be issued. `line`: where it stood in the upload.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn order(&mut self, order: &Order, line: Option<u64>) -> Result<(), BatchError> {
        self.describe(order).await?;
        self.item(ItemContent::Order(Box::new(OrderForm::from(order))), line)
            .await
    }

    /// Takes an item in that could not be read; it will be among those that failed.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn bad(&mut self, message: String, line: Option<u64>) -> Result<(), BatchError> {
        self.item(ItemContent::Bad { message }, line).await
    }

    /// Takes the same ticket in `quantity` times.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn repeat(&mut self, order: &Order, quantity: u32) -> Result<(), BatchError> {
        self.describe(order).await?;
        self.end_chunk()?;
        let form = OrderForm::from(order);
        let mut first = 1;
        while first <= quantity {
            let room = self.chunk_size().min(quantity - first + 1);
            let input = ChunkInput::Repeat {
                order: Box::new(form.clone()),
                first,
                of: quantity,
            };
            self.push_chunk(room, Some(&input), None)?;
            first += room;
            self.store_if_many().await?;
        }
        Ok(())
    }

    /// Takes a ticket in that is there already, to be printed.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn existing(&mut self, ticket: &StoredTicket) -> Result<(), BatchError> {
        let event = CommonEvent::Printed(ticket.key.event);
        self.event = match &self.event {
            CommonEvent::NoneYet => event,
            known if *known == event => event,
            _ => CommonEvent::Several,
        };
        self.print(Some(ticket.key), None).await
    }

    /// Takes an id in that no ticket has.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn missing(&mut self, id: &str, line: Option<u64>) -> Result<(), BatchError> {
        let fault = ItemFault {
            index: u32::try_from(self.printed.len()).unwrap_or(u32::MAX),
            line,
            code: "TICKET_NOT_FOUND".to_owned(),
            message: format!("there is no ticket \"{id}\""),
        };
        self.print(None, Some(fault)).await
    }

    /// All items are there.
    ///
    /// # Errors
    /// [`BatchError::Empty`]; [`Conflict::QueueFull`](crate::storage::Conflict::QueueFull); when storage or
    /// keys fail. The job is gone then.
    pub async fn open(
        mut self,
        intake: crate::storage::Intake,
        claim: Option<crate::storage::Claim>,
    ) -> Result<Job, BatchError> {
        match self.try_open(intake, claim).await {
            Ok(job) => {
                self.batches.wake.notify_waiters();
                Ok(job)
            }
            Err(error) => {
                self.discard().await;
                Err(error)
            }
        }
    }

    /// Removes the job. What is not removed now is removed by the keeper.
    pub async fn discard(self) {
        let Batches { storage, .. } = self.batches;
        let removed = storage.discard_job(self.job.organizer, self.job.id).await;
        if let Err(error) = removed {
            tracing::warn!(%error, "a job that was not completed waits to be removed");
        }
    }

    async fn try_open(
        &mut self,
        intake: crate::storage::Intake,
        claim: Option<crate::storage::Claim>,
    ) -> Result<Job, BatchError> {
        self.end_chunk()?;
        if self.next_item == 0 {
            return Err(BatchError::Empty);
        }
        if self.makes_files {
            let plan = NewChunk {
                number: self.next_chunk,
                step: Step::Plan,
                first_item: 0,
                items: 0,
                input: None,
                places: None,
                faults: None,
            };
            self.chunks.push(plan);
        }
        self.store().await?;
        let opening = Opening {
            intake,
            event: self.common_event().await?,
            most_queued: self.batches.limits.most_queued,
        };
        let by = By {
            claim: claim.or(self.by.claim),
            ..self.by.clone()
        };
        let Batches { storage, .. } = self.batches;
        storage
            .open_job(self.job.organizer, self.job.id, opening, by)
            .await?
            .ok_or(BatchError::Removed)
    }

    async fn common_event(&self) -> Result<Option<EventNumber>, BatchError> {
        Ok(match &self.event {
            CommonEvent::NoneYet | CommonEvent::Several => None,
            CommonEvent::Printed(number) => Some(*number),
            CommonEvent::One(reference) => {
                let Batches { issuer, .. } = self.batches;
                let found = issuer
                    .find_event(self.job.organizer, reference.as_ref())
                    .await?;
                found.map(|known| known.event.number)
            }
        })
    }

    /// Makes the event that comes with an order, and keeps in mind which event it was.
    async fn describe(&mut self, order: &Order) -> Result<(), BatchError> {
        if let (Some(event), Some(_)) = (&order.event, &order.event_details)
            && !self.described.contains(event)
        {
            let Batches { issuer, .. } = self.batches;
            issuer
                .event_for(self.job.organizer, order, &self.by.aside())
                .await?;
            self.described.insert(event.clone());
        }
        let event = CommonEvent::One(order.event.clone());
        if self.event == CommonEvent::NoneYet {
            self.event = event;
        } else if self.event != event {
            self.event = CommonEvent::Several;
        }
        Ok(())
    }

    async fn item(&mut self, content: ItemContent, line: Option<u64>) -> Result<(), BatchError> {
        let index = u32::try_from(self.items.len()).unwrap_or(u32::MAX);
        self.items.push(Item {
            index,
            line,
            content,
        });
        if self.items.len() as u64 >= u64::from(self.chunk_size()) {
            self.end_chunk()?;
            self.store_if_many().await?;
        }
        Ok(())
    }

    async fn print(
        &mut self,
        place: Option<TicketKey>,
        fault: Option<ItemFault>,
    ) -> Result<(), BatchError> {
        self.printed.push((place, fault));
        if self.printed.len() as u64 >= u64::from(self.chunk_items()) {
            self.end_chunk()?;
            self.store_if_many().await?;
        }
        Ok(())
    }

    fn chunk_items(&self) -> u32 {
        self.batches.storage.items_of_a_chunk()
    }

    fn chunk_size(&self) -> u32 {
        match self.next_chunk {
            0 => SAMPLE_ITEMS,
            _ => self.chunk_items(),
        }
    }

    fn end_chunk(&mut self) -> Result<(), BatchError> {
        if !self.items.is_empty() {
            let items = std::mem::take(&mut self.items);
            let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
            self.push_chunk(count, Some(&ChunkInput::Items(items)), None)?;
        }
        if !self.printed.is_empty() {
            let printed = std::mem::take(&mut self.printed);
            let count = u32::try_from(printed.len()).unwrap_or(u32::MAX);
            let (places, faults): (Vec<_>, Vec<_>) = printed.into_iter().unzip();
            let faults: Vec<ItemFault> = faults.into_iter().flatten().collect();
            self.push_chunk(count, None, Some((Places(places), faults)))?;
        }
        Ok(())
    }

    fn push_chunk(
        &mut self,
        items: u32,
        input: Option<&ChunkInput>,
        printed: Option<(Places, Vec<ItemFault>)>,
    ) -> Result<(), BatchError> {
        let number = self.next_chunk;
        let input = input
            .map(|input| input.seal(&self.keys, self.job.uuid, number))
            .transpose()?;
        let (places, faults) = match printed {
            None => (None, None),
            Some((places, faults)) => {
                let count = u32::try_from(faults.len()).unwrap_or(u32::MAX);
                let sealed = ItemFault::seal_all(&faults, &self.keys, self.job.uuid, number)?;
                (Some(places), sealed.map(|sealed| (sealed, count)))
            }
        };
        self.bytes += input.as_ref().map_or(0, |input| input.0.len());
        self.chunks.push(NewChunk {
            number,
            step: match number {
                0 => Step::Sample,
                _ => Step::Issue,
            },
            first_item: self.next_item,
            items,
            input,
            places,
            faults,
        });
        self.next_chunk += 1;
        self.next_item += u64::from(items);
        Ok(())
    }

    async fn store_if_many(&mut self) -> Result<(), BatchError> {
        if self.chunks.len() >= CHUNKS_AT_ONCE || self.bytes >= BYTES_AT_ONCE {
            self.store().await?;
        }
        Ok(())
    }

    async fn store(&mut self) -> Result<(), BatchError> {
        if self.chunks.is_empty() {
            return Ok(());
        }
        let chunks = std::mem::take(&mut self.chunks);
        self.bytes = 0;
        let Batches { storage, .. } = self.batches;
        let stored = storage
            .add_chunks(self.job.organizer, self.job.id, chunks)
            .await?;
        match stored {
            true => Ok(()),
            false => Err(BatchError::Removed),
        }
    }
}
