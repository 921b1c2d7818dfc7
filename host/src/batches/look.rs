//! What became of a job's items, and trying those again that failed.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::files::forget_objects;
use super::input::{ChunkInput, ItemContent, ItemFault};
use super::{BatchError, Batches};
use crate::access::Principal;
use crate::issue::{Order, OrderForm};
use crate::storage::{
    Act, Chunk, Done, Job, JobChange, JobState, OldJobs, Step, StoredTicket, TicketKey,
};

/// Chunks that are read at a time.
const CHUNKS_AT_ONCE: u32 = 50;
/// Jobs that are removed at a time.
const JOBS_AT_ONCE: u32 = 100;

/// An item of a job.
#[derive(Clone, Debug)]
pub struct JobItem {
    /// Counted through the job, from 0.
    pub index: u64,
    /// What became of it.
    pub state: ItemState,
}

/// What became of an item.
#[derive(Clone, Debug)]
pub enum ItemState {
    /// Nothing yet.
    Waiting,
    /// Its ticket is there.
    Done(TicketKey),
    /// It failed.
    Failed(ItemFault),
}

/// Another order in the place of an item that failed.
#[derive(Clone, Debug)]
pub struct Repair {
    /// The item, counted through the job from 0.
    pub item: u64,
    /// What to issue.
    pub order: Order,
}

impl Batches {
    /// The items of a job from `first` on, at most `limit`.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn items(
        &self,
        job: &Job,
        first: u64,
        limit: u32,
    ) -> Result<Vec<JobItem>, BatchError> {
        let keys = self.keys.ring(job.organizer, self.clock.now()).await?;
        let end = first.saturating_add(limit.into());
        let mut items = Vec::new();
        self.each_chunk(job, |chunk| {
            let chunk_end = chunk.first_item + u64::from(chunk.items);
            if chunk_end <= first || chunk.first_item >= end {
                return Ok(chunk.first_item < end);
            }
            let faults = ItemFault::open_all(&keys, job.uuid, chunk.number, chunk.faults.as_ref())?;
            let mut faults: HashMap<u32, ItemFault> = faults
                .into_iter()
                .map(|fault| (fault.index, fault))
                .collect();
            for index in 0..chunk.items {
                let item = chunk.first_item + u64::from(index);
                if (first..end).contains(&item) {
                    items.push(JobItem {
                        index: item,
                        state: state_of(chunk, index, faults.remove(&index)),
                    });
                }
            }
            Ok(true)
        })
        .await?;
        Ok(items)
    }

    /// The items that failed, at most `limit`, without the `first` of them.
    ///
    /// # Errors
    /// When storage or keys fail.
    pub async fn failed_items(
        &self,
        job: &Job,
        first: u64,
        limit: u32,
    ) -> Result<Vec<JobItem>, BatchError> {
        let keys = self.keys.ring(job.organizer, self.clock.now()).await?;
        let mut items = Vec::new();
        let mut seen = 0;
        self.each_chunk(job, |chunk| {
            if seen + u64::from(chunk.failed) <= first {
                seen += u64::from(chunk.failed);
                return Ok(true);
            }
            let faults = ItemFault::open_all(&keys, job.uuid, chunk.number, chunk.faults.as_ref())?;
            for fault in faults {
                if items.len() as u64 >= u64::from(limit) {
                    return Ok(false);
                }
                if seen >= first {
                    items.push(JobItem {
                        index: chunk.first_item + u64::from(fault.index),
                        state: ItemState::Failed(fault),
                    });
                }
                seen += 1;
            }
            Ok(true)
        })
        .await?;
        Ok(items)
    }

    /// Tries the failed items of a job again, some of them with other orders. `None`: the organizer has no
    /// such job.
    ///
    /// # Errors
    /// [`BatchError::NotFailed`]; [`Conflict::Transition`](crate::storage::Conflict::Transition): the job is
    /// not over, or was cancelled; when storage or keys fail.
    pub async fn retry(
        &self,
        principal: &Principal,
        uuid: Uuid,
        repairs: Vec<Repair>,
    ) -> Result<Option<Job>, BatchError> {
        let by = principal.by(self.clock.now());
        let keys = self.keys.ring(principal.organizer, by.at).await?;
        let Some(job) = self.storage.job(principal.organizer, uuid).await? else {
            return Ok(None);
        };
        let mut repairs: HashMap<u64, Order> = repairs
            .into_iter()
            .map(|repair| (repair.item, repair.order))
            .collect();
        for order in repairs.values() {
            if order.event_details.is_some() {
                self.issuer
                    .event_for(principal.organizer, order, &by.aside())
                    .await?;
            }
        }
        let mut again = Vec::new();
        self.each_chunk(&job, |chunk| {
            let (Some(input), true) = (&chunk.input, chunk.is_done || chunk.failed > 0) else {
                return Ok(true);
            };
            let input = ChunkInput::open(&keys, job.uuid, chunk.number, input)?;
            let mut items = input.into_items(chunk.items);
            for item in &mut items {
                let place = chunk.first_item + u64::from(item.index);
                if let Some(order) = repairs.remove(&place) {
                    item.content = ItemContent::Order(Box::new(OrderForm::from(&order)));
                }
            }
            let input = ChunkInput::Items(items).seal(&keys, job.uuid, chunk.number)?;
            again.push((chunk.number, chunk.fence, input));
            Ok(true)
        })
        .await?;
        if let Some(item) = repairs.keys().min() {
            return Err(BatchError::NotFailed { item: *item });
        }
        let job = self
            .storage
            .retry_chunks(principal.organizer, uuid, again, by)
            .await?;
        self.wake.notify_waiters();
        Ok(job)
    }

    /// Takes a step with a job. `None`: the organizer has no such job.
    ///
    /// # Errors
    /// [`Conflict::Transition`](crate::storage::Conflict::Transition), or when storage fails.
    pub async fn change(
        &self,
        principal: &Principal,
        uuid: Uuid,
        change: JobChange,
    ) -> Result<Option<Job>, BatchError> {
        let by = principal.by(self.clock.now());
        let job = self
            .storage
            .change_job(principal.organizer, uuid, change, by)
            .await?;
        self.wake.notify_waiters();
        Ok(job)
    }

    /// Removes jobs of the principal's organizer that were over before a time. Answers how many.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn clean(
        &self,
        principal: &Principal,
        states: &[JobState],
        before: Timestamp,
    ) -> Result<u64, BatchError> {
        let by = principal.by(self.clock.now());
        let mut count = 0;
        loop {
            let old = OldJobs {
                organizer: Some(principal.organizer),
                states: states.to_vec(),
                before,
                limit: JOBS_AT_ONCE,
            };
            let (removed, objects) = self.storage.remove_jobs(old, by.aside()).await?;
            forget_objects(&self.artifacts, &objects).await;
            count += removed;
            if removed < u64::from(JOBS_AT_ONCE) {
                break;
            }
        }
        if let Some(claim) = by.claim {
            let done = Done {
                act: Act::JobsRemoved,
                subject: "queue".to_owned(),
                details: json!({ "count": count }),
            };
            self.storage.finish_request(claim, done).await?;
        }
        Ok(count)
    }

    /// Shows each chunk that has items, in order, until `see` answers `false`.
    async fn each_chunk(
        &self,
        job: &Job,
        mut see: impl FnMut(&Chunk) -> Result<bool, BatchError> + Send,
    ) -> Result<(), BatchError> {
        let mut from = 0;
        loop {
            let chunks = self
                .storage
                .chunks(job.organizer, job.id, from, CHUNKS_AT_ONCE)
                .await?;
            let Some(last) = chunks.last() else {
                return Ok(());
            };
            from = last.number.saturating_add(1);
            for chunk in &chunks {
                if chunk.step >= Step::Plan || !see(chunk)? {
                    return Ok(());
                }
            }
        }
    }

    /// The tickets of these items, as they are now.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn tickets_of(
        &self,
        job: &Job,
        items: &[JobItem],
    ) -> Result<Vec<StoredTicket>, BatchError> {
        let keys = items.iter().filter_map(|item| match &item.state {
            ItemState::Done(key) => Some(*key),
            ItemState::Waiting | ItemState::Failed(_) => None,
        });
        Ok(self
            .storage
            .tickets_at(job.organizer, keys.collect())
            .await?)
    }
}

fn state_of(chunk: &Chunk, index: u32, fault: Option<ItemFault>) -> ItemState {
    if let Some(fault) = fault {
        return ItemState::Failed(fault);
    }
    // A place alone says only that a worker began.
    let place = chunk
        .places
        .as_ref()
        .and_then(|places| places.0.get(index as usize).copied().flatten());
    match place {
        Some(place) if chunk.is_done => ItemState::Done(place),
        _ => ItemState::Waiting,
    }
}
