//! Issues the tickets of a chunk.

use std::collections::HashSet;

use jiff::Timestamp;

use super::fault::{Blame, count_faults, fault_of};
use super::input::{ChunkInput, Item, ItemContent, ItemFault, order_of};
use super::worker::Worker;
use super::{BatchError, JobSpec};
use crate::issue::{Bulk, BulkTicket, IssueError, Leaf, OrderForm, tickets_root};
use crate::storage::{
    By, ClaimedChunk, Conflict, IssuedChunk, NewTicket, Step, StorageError, TicketKey,
};

/// A ticket of the chunk that lacks its place, and the item that it comes from.
struct Ready {
    index: u32,
    ticket: BulkTicket,
}

/// What was found out of a chunk's items before any is signed.
struct Prepared {
    items: Vec<Item>,
    ready: Vec<Ready>,
    faults: Vec<ItemFault>,
    template_fault: Option<&'static str>,
}

/// What becomes of a chunk.
struct Outcome {
    tickets: Vec<NewTicket>,
    faults: Vec<ItemFault>,
    /// The first code of a template's fault.
    template_fault: Option<&'static str>,
}

impl Worker {
    /// Issues the tickets of a chunk, and stores them with the note that it is done.
    pub(super) async fn issue_chunk(&self, claimed: &ClaimedChunk) -> Result<(), BatchError> {
        match self.try_issue_chunk(claimed).await {
            // The keys changed since they were read. That is rare; a second time would be a fault.
            Err(BatchError::Storage(StorageError::Conflict(Conflict::KeyNotActive))) => {
                self.keys.forget(claimed.job.organizer);
                self.try_issue_chunk(claimed).await
            }
            issued => issued,
        }
    }

    async fn try_issue_chunk(&self, claimed: &ClaimedChunk) -> Result<(), BatchError> {
        let ClaimedChunk { job, chunk, lease } = claimed;
        let by = By::new(job.actor.clone(), self.clock.now());
        let mut bulk = self.issuer.bulk(job.organizer, by.clone()).await?;
        let keys = std::sync::Arc::clone(bulk.keys());
        let spec = JobSpec::open(&keys, job.uuid, &job.spec)?;
        let input = chunk
            .input
            .as_ref()
            .ok_or(BatchError::Fault("a chunk has nothing to do"))?;
        let input = ChunkInput::open(&keys, job.uuid, chunk.number, input)?;

        let Prepared {
            items,
            ready,
            mut faults,
            template_fault,
        } = self.prepare(&mut bulk, claimed, &spec, input).await?;
        let (ready, taken) = self.without_taken(claimed, ready).await?;
        faults.extend(taken);
        let placed = self.place(claimed, ready, by.at).await?;
        let mut outcome = match chunk.step {
            Step::Sample => self.try_out(&bulk, placed, by.at).await?,
            Step::Issue | Step::Plan | Step::Print => self.sign(&bulk, placed, by.at).await?,
        };
        faults.append(&mut outcome.faults);
        outcome.tickets.sort_unstable_by_key(|ticket| ticket.key);
        faults.sort_by_key(|fault| fault.index);
        let lines: Vec<_> = items.iter().map(|item| (item.index, item.line)).collect();
        for fault in &mut faults {
            let line = lines.iter().find(|(index, _)| *index == fault.index);
            fault.line = line.and_then(|(_, line)| *line);
        }

        // If the template takes none of the sample, it takes none of the rest.
        let none_was_taken = outcome.tickets.is_empty() && chunk.step == Step::Sample;
        let stop = template_fault
            .or(outcome.template_fault)
            .filter(|_| none_was_taken)
            .map(str::to_owned);
        let failed: HashSet<u32> = faults.iter().map(|fault| fault.index).collect();
        let kept: Vec<Item> = items
            .into_iter()
            .filter(|item| failed.contains(&item.index))
            .collect();
        let input = match kept.is_empty() {
            true => None,
            false => Some(ChunkInput::Items(kept).seal(&keys, job.uuid, chunk.number)?),
        };
        let issued = IssuedChunk {
            root: tickets_root(outcome.tickets.iter().map(Leaf::from)),
            failed: u32::try_from(faults.len()).unwrap_or(u32::MAX),
            faults: ItemFault::seal_all(&faults, &keys, job.uuid, chunk.number)?,
            tickets: outcome.tickets,
            input,
            stop,
        };
        let (made, failed) = (issued.tickets.len(), issued.failed);
        self.storage.finish_issue(*lease, issued, by).await?;
        count_faults(&faults, "batch");
        self.issuer
            .count_bulk(spec.template.as_deref(), made as u64, failed.into());
        Ok(())
    }

    /// Finds what each item needs, and which cannot be issued.
    async fn prepare(
        &self,
        bulk: &mut Bulk<'_>,
        claimed: &ClaimedChunk,
        spec: &JobSpec,
        input: ChunkInput,
    ) -> Result<Prepared, BatchError> {
        let ClaimedChunk { job, chunk, .. } = claimed;
        let draw = |index: u32| draw_of(job.uuid, chunk.first_item + u64::from(index));
        let mut prepared = Prepared {
            items: Vec::new(),
            ready: Vec::new(),
            faults: Vec::new(),
            template_fault: None,
        };
        if let ChunkInput::Repeat { order, first, of } = &input {
            let order = with_template(order_of(OrderForm::clone(order))?, spec);
            // What is the same for all is found, and fails, once.
            match bulk.prepare(order, draw(0)).await {
                Ok(ticket) => prepared.ready.extend((0..chunk.items).map(|index| Ready {
                    index,
                    ticket: ticket.again_at((first.saturating_add(index), *of)),
                })),
                Err(error) => {
                    prepared.items = input.into_items(chunk.items);
                    let all = prepared.items.iter().map(|item| (item.index, item.line));
                    let all: Vec<_> = all.collect();
                    prepared.fail(&all, error)?;
                }
            }
            return Ok(prepared);
        }
        prepared.items = input.into_items(chunk.items);
        for place in 0..prepared.items.len() {
            let Some(item) = prepared.items.get(place) else {
                break;
            };
            let (index, line) = (item.index, item.line);
            let form: OrderForm = match &item.content {
                ItemContent::Order(form) => (**form).clone(),
                ItemContent::Bad { message } => {
                    prepared.faults.push(ItemFault {
                        index,
                        line,
                        code: "VALIDATION_ERROR".to_owned(),
                        message: message.clone(),
                    });
                    continue;
                }
            };
            let order = with_template(order_of(form)?, spec);
            match bulk.prepare(order, draw(index)).await {
                Ok(ticket) => prepared.ready.push(Ready { index, ticket }),
                Err(error) => prepared.fail(&[(index, line)], error)?,
            }
        }
        Ok(prepared)
    }

    /// Leaves out those whose id a ticket has already, or another item before.
    async fn without_taken(
        &self,
        claimed: &ClaimedChunk,
        ready: Vec<Ready>,
    ) -> Result<(Vec<Ready>, Vec<ItemFault>), BatchError> {
        let ids: Vec<_> = ready
            .iter()
            .filter_map(|ready| ready.ticket.caller_id().cloned())
            .collect();
        if ids.is_empty() {
            return Ok((ready, Vec::new()));
        }
        let organizer = claimed.job.organizer;
        let taken = self.storage.taken_ids(organizer, ids).await?;
        let mut taken: HashSet<_> = taken.into_iter().collect();
        let mut faults = Vec::new();
        let mut free = Vec::with_capacity(ready.len());
        for item in ready {
            match item.ticket.caller_id() {
                Some(id) if !taken.insert(id.clone()) => faults.push(ItemFault {
                    index: item.index,
                    line: None,
                    code: "TICKET_EXISTS".to_owned(),
                    message: format!("a ticket with the id \"{id}\" exists already"),
                }),
                _ => free.push(item),
            }
        }
        Ok((free, faults))
    }

    /// Gives each its place: the one that it had when the chunk was begun before, if it was.
    async fn place(
        &self,
        claimed: &ClaimedChunk,
        ready: Vec<Ready>,
        now: Timestamp,
    ) -> Result<Vec<(Ready, TicketKey)>, BatchError> {
        let ClaimedChunk { job, chunk, lease } = claimed;
        let mut events = vec![None; chunk.items as usize];
        for item in &ready {
            if let Some(event) = events.get_mut(item.index as usize) {
                *event = Some(item.ticket.event());
            }
        }
        let holder = format!("job {} chunk {}", job.uuid, chunk.number);
        let places = self
            .storage
            .reserve_places(*lease, events, holder, now)
            .await?
            .ok_or(StorageError::Conflict(Conflict::LeaseLost))?;
        ready
            .into_iter()
            .map(|item| {
                let place = places.0.get(item.index as usize).copied().flatten();
                place
                    .map(|place| (item, place))
                    .ok_or(BatchError::Fault("an item got no place"))
            })
            .collect()
    }

    /// Signs each on a thread for batches.
    async fn sign(
        &self,
        bulk: &Bulk<'_>,
        placed: Vec<(Ready, TicketKey)>,
        now: Timestamp,
    ) -> Result<Outcome, BatchError> {
        let keys = std::sync::Arc::clone(bulk.keys());
        let tickets = self
            .threads
            .run(move || {
                let signed = placed
                    .iter()
                    .map(|(item, place)| item.ticket.sign(&keys, *place, now));
                signed.collect::<Result<Vec<_>, IssueError>>()
            })
            .await??;
        Ok(Outcome {
            tickets,
            faults: Vec::new(),
            template_fault: None,
        })
    }

    /// Signs each and lays it out, to see whether its template takes it.
    async fn try_out(
        &self,
        bulk: &Bulk<'_>,
        placed: Vec<(Ready, TicketKey)>,
        now: Timestamp,
    ) -> Result<Outcome, BatchError> {
        let mut outcome = Outcome {
            tickets: Vec::with_capacity(placed.len()),
            faults: Vec::new(),
            template_fault: None,
        };
        for (item, place) in placed {
            let tried = item
                .ticket
                .sign_and_lay_out(&self.issuer, bulk.keys(), place, now)
                .await;
            match tried {
                Ok(ticket) => outcome.tickets.push(ticket),
                Err(error) => {
                    let (code, message, blame) = fault_of(&error).ok_or(error)?;
                    if blame == Blame::Template {
                        outcome.template_fault.get_or_insert(code);
                    }
                    outcome.faults.push(ItemFault {
                        index: item.index,
                        line: None,
                        code: code.to_owned(),
                        message,
                    });
                }
            }
        }
        Ok(outcome)
    }
}

impl Prepared {
    /// These items failed, unless the failure is none of their own.
    fn fail(&mut self, items: &[(u32, Option<u64>)], error: IssueError) -> Result<(), BatchError> {
        let (code, message, blame) = fault_of(&error).ok_or(error)?;
        if blame == Blame::Template {
            self.template_fault.get_or_insert(code);
        }
        self.faults
            .extend(items.iter().map(|(index, line)| ItemFault {
                index: *index,
                line: *line,
                code: code.to_owned(),
                message: message.clone(),
            }));
        Ok(())
    }
}

fn with_template(order: crate::issue::Order, spec: &JobSpec) -> crate::issue::Order {
    crate::issue::Order {
        template: order.template.or_else(|| spec.template.clone()),
        ..order
    }
}

/// A number from 0 to 999 that decides between a template and its trial; the same each time.
fn draw_of(job: uuid::Uuid, item: u64) -> u16 {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::new()
        .chain_update(job.as_bytes())
        .chain_update(item.to_be_bytes())
        .finalize();
    let [high, low, ..] = <[u8; 32]>::from(digest);
    u16::from_be_bytes([high, low]) % 1_000
}
