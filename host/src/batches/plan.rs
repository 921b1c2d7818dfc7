//! Plans the files of a job: brings its tickets into the printed order and cuts them into parts.

use super::files::forget_objects;
use super::input::ItemFault;
use super::sort::{Entry, Sorter, key_of};
use super::worker::Worker;
use super::{BatchError, JobSpec, OrderBy};
use crate::issue::{CustomValue, TicketValues};
use crate::keys::{KeyRing, system_randomness};
use crate::storage::{By, Chunk, ClaimedChunk, NewChunk, Places, Step, StoredTicket, TicketKey};

/// Chunks that are read at a time.
const CHUNKS_AT_ONCE: u32 = 20;
/// Tickets that are read at a time.
const TICKETS_AT_ONCE: usize = 1_000;

impl Worker {
    /// Plans the files of a job, and stores a chunk for each.
    pub(super) async fn plan_files(&self, claimed: &ClaimedChunk) -> Result<(), BatchError> {
        let ClaimedChunk { job, chunk, lease } = claimed;
        let now = self.clock.now();
        let keys = self.keys.ring(job.organizer, now).await?;
        let spec = JobSpec::open(&keys, job.uuid, &job.spec)?;
        let mut parts = Parts {
            chunks: Vec::new(),
            next_chunk: chunk.number.saturating_add(1),
            next_item: 0,
            places: Vec::new(),
            most: spec.split_every.max(1) as usize,
        };
        if spec.pages.is_some() {
            match spec.order_by {
                OrderBy::Item => self.in_order_of_items(claimed, &keys, &mut parts).await?,
                _ => self.sorted(claimed, &keys, &spec, &mut parts).await?,
            }
            parts.end();
        }
        if spec.list.is_some() {
            parts.push_list();
        }
        let by = By::new(job.actor.clone(), self.clock.now());
        let orphans = self.storage.finish_plan(*lease, parts.chunks, by).await?;
        forget_objects(&self.artifacts, &orphans).await;
        Ok(())
    }

    async fn in_order_of_items(
        &self,
        claimed: &ClaimedChunk,
        keys: &KeyRing,
        parts: &mut Parts,
    ) -> Result<(), BatchError> {
        let mut from = 0;
        loop {
            let chunks = self.chunks_with_items(claimed, from).await?;
            let Some(last) = chunks.last() else {
                return Ok(());
            };
            from = last.number.saturating_add(1);
            for chunk in &chunks {
                for (_, ticket) in tickets_of(chunk, claimed, keys)? {
                    parts.push(ticket);
                }
            }
        }
    }

    async fn sorted(
        &self,
        claimed: &ClaimedChunk,
        keys: &KeyRing,
        spec: &JobSpec,
        parts: &mut Parts,
    ) -> Result<(), BatchError> {
        let (_, key) = keys.begin_file(b"sorting", &mut system_randomness());
        let mut sorter = Sorter::new(key);
        let mut from = 0;
        loop {
            let chunks = self.chunks_with_items(claimed, from).await?;
            let Some(last) = chunks.last() else {
                break;
            };
            from = last.number.saturating_add(1);
            for chunk in &chunks {
                let tickets = tickets_of(chunk, claimed, keys)?;
                for page in tickets.chunks(TICKETS_AT_ONCE) {
                    let entries = self.entries(claimed, spec, page).await?;
                    sorter = self
                        .threads
                        .run(move || -> std::io::Result<Sorter> {
                            for entry in entries {
                                sorter.push(entry)?;
                            }
                            Ok(sorter)
                        })
                        .await??;
                }
            }
        }
        let mut sorted = self.threads.run(move || sorter.finish()).await??;
        while let Some(entry) = sorted.next()? {
            parts.push(entry.ticket);
        }
        Ok(())
    }

    /// Tickets with what they are sorted by.
    async fn entries(
        &self,
        claimed: &ClaimedChunk,
        spec: &JobSpec,
        page: &[(u64, TicketKey)],
    ) -> Result<Vec<Entry>, BatchError> {
        let wanted = page.iter().map(|(_, ticket)| *ticket).collect();
        let tickets = self
            .storage
            .tickets_at(claimed.job.organizer, wanted)
            .await?;
        let mut entries = Vec::with_capacity(page.len());
        for (item, key) in page {
            let found = tickets.binary_search_by_key(key, |ticket| ticket.key);
            let Some(ticket) = found.ok().and_then(|at| tickets.get(at)) else {
                continue;
            };
            let values = self.issuer.values_of(ticket).await?;
            let type_name = self.issuer.type_name_of(ticket).await?;
            entries.push(Entry {
                key: sort_key(&spec.order_by, ticket, &type_name, &values),
                item: *item,
                ticket: *key,
            });
        }
        Ok(entries)
    }

    pub(super) async fn chunks_with_items(
        &self,
        claimed: &ClaimedChunk,
        from: u32,
    ) -> Result<Vec<Chunk>, BatchError> {
        let job = &claimed.job;
        let mut chunks = self
            .storage
            .chunks(job.organizer, job.id, from, CHUNKS_AT_ONCE)
            .await?;
        chunks.retain(|chunk| chunk.step < Step::Plan);
        Ok(chunks)
    }
}

/// Tickets of a chunk, with their places among the items of the job.
fn tickets_of(
    chunk: &Chunk,
    claimed: &ClaimedChunk,
    keys: &KeyRing,
) -> Result<Vec<(u64, TicketKey)>, BatchError> {
    let faults = ItemFault::open_all(keys, claimed.job.uuid, chunk.number, chunk.faults.as_ref())?;
    let failed: std::collections::HashSet<u32> =
        faults.into_iter().map(|fault| fault.index).collect();
    let places = chunk.places.clone().unwrap_or_default();
    let tickets = places.0.into_iter().zip(0..).filter_map(|(place, index)| {
        let item = chunk.first_item + u64::from(index);
        place
            .filter(|_| !failed.contains(&index))
            .map(|place| (item, place))
    });
    Ok(tickets.collect())
}

fn sort_key(
    order_by: &OrderBy,
    ticket: &StoredTicket,
    type_name: &str,
    values: &TicketValues,
) -> Vec<u8> {
    match order_by {
        OrderBy::Item => Vec::new(),
        OrderBy::Name => key_of(&[values.holder.name.as_deref()]),
        OrderBy::Type => key_of(&[Some(type_name)]),
        OrderBy::Seat => key_of(&[values.zone.as_deref(), values.seat.as_deref()]),
        OrderBy::Order => key_of(&[values.order_id.as_deref()]),
        OrderBy::Number => key_of(&[Some(&ticket.ticket_number)]),
        OrderBy::Custom(name) => {
            let text = values.custom.get(name).map(|value| match value {
                CustomValue::Text(text) => text.clone(),
                CustomValue::Integer(number) => number.to_string(),
                CustomValue::Decimal(unscaled, scale) => {
                    (*unscaled as f64 / 10f64.powi(i32::from(*scale))).to_string()
                }
                CustomValue::Boolean(value) => value.to_string(),
            });
            key_of(&[text.as_deref()])
        }
    }
}

/// Chunks to be printed.
struct Parts {
    chunks: Vec<NewChunk>,
    next_chunk: u32,
    next_item: u64,
    places: Vec<Option<TicketKey>>,
    /// Tickets of one.
    most: usize,
}

impl Parts {
    fn push(&mut self, ticket: TicketKey) {
        self.places.push(Some(ticket));
        if self.places.len() >= self.most {
            self.end();
        }
    }

    fn end(&mut self) {
        if self.places.is_empty() {
            return;
        }
        let places = Places(std::mem::take(&mut self.places));
        let items = u32::try_from(places.0.len()).unwrap_or(u32::MAX);
        self.chunks.push(NewChunk {
            number: self.next_chunk,
            step: Step::Print,
            first_item: self.next_item,
            items,
            input: None,
            places: Some(places),
            faults: None,
        });
        self.next_chunk += 1;
        self.next_item += u64::from(items);
    }

    /// The list of all items is a chunk without places.
    fn push_list(&mut self) {
        self.chunks.push(NewChunk {
            number: self.next_chunk,
            step: Step::Print,
            first_item: 0,
            items: 0,
            input: None,
            places: None,
            faults: None,
        });
        self.next_chunk += 1;
    }
}
