//! Writes the list of a job's items: tickets with their codes, and what failed.

use super::input::ItemFault;
use super::print::artifact;
use super::worker::Worker;
use super::{BatchError, JobSpec, ListFormat};
use crate::artifacts::{Manifest, ManifestForm, ManifestRow};
use crate::keys::KeyRing;
use crate::storage::{Chunk, ClaimedChunk, PrintedChunk, StoredTicket, TicketKey};

/// Tickets that are read at a time.
const TICKETS_AT_ONCE: usize = 1_000;

impl Worker {
    /// Writes the list.
    pub(super) async fn write_list(
        &self,
        claimed: &ClaimedChunk,
        keys: &KeyRing,
        spec: &JobSpec,
    ) -> Result<PrintedChunk, BatchError> {
        let (form, name, media_type) = match spec.list {
            Some(ListFormat::Csv) => (ManifestForm::Csv, "tickets.csv", "text/csv; charset=utf-8"),
            Some(ListFormat::Ndjson) | None => (
                ManifestForm::Ndjson,
                "tickets.ndjson",
                "application/x-ndjson",
            ),
        };
        let manifest = Manifest::new(form);
        let mut writer = self.begin_artifact(claimed, keys);
        let mut bytes = Vec::new();
        manifest.begin(&mut bytes)?;
        let mut from = 0;
        let mut tickets = 0;
        loop {
            let chunks = self.chunks_with_items(claimed, from).await?;
            let Some(last) = chunks.last() else { break };
            from = last.number.saturating_add(1);
            for chunk in &chunks {
                tickets += self
                    .list_chunk(claimed, keys, chunk, &manifest, &mut bytes)
                    .await?;
                writer.write(&bytes).await?;
                bytes.clear();
            }
        }
        let stored = writer.finish().await?;
        Ok(PrintedChunk {
            artifacts: vec![artifact(&stored, name.to_owned(), media_type, tickets)],
            ..PrintedChunk::default()
        })
    }

    async fn list_chunk(
        &self,
        claimed: &ClaimedChunk,
        keys: &KeyRing,
        chunk: &Chunk,
        manifest: &Manifest,
        bytes: &mut Vec<u8>,
    ) -> Result<u64, BatchError> {
        let job = &claimed.job;
        let faults = ItemFault::open_all(keys, job.uuid, chunk.number, chunk.faults.as_ref())?;
        let places = chunk.places.clone().unwrap_or_default();
        let mut count = 0;
        let indexes: Vec<u32> = (0..chunk.items).collect();
        for page in indexes.chunks(TICKETS_AT_ONCE) {
            let place_of = |index: u32| places.0.get(index as usize).copied().flatten();
            let wanted: Vec<TicketKey> = page.iter().filter_map(|index| place_of(*index)).collect();
            let tickets = self.storage.tickets_at(job.organizer, wanted).await?;
            for index in page {
                let item = chunk.first_item + u64::from(*index);
                if let Some(fault) = faults.iter().find(|fault| fault.index == *index) {
                    let row = ManifestRow::Failed {
                        index: item,
                        ticket_id: None,
                        code: &fault.code,
                        message: &fault.message,
                    };
                    manifest.row(&row, bytes)?;
                    continue;
                }
                let found = place_of(*index).and_then(|place| {
                    let at = tickets.binary_search_by_key(&place, |ticket| ticket.key);
                    tickets.get(at.ok()?)
                });
                if let Some(ticket) = found {
                    self.list_ticket(item, ticket, manifest, bytes).await?;
                    count += 1;
                }
            }
        }
        Ok(count)
    }

    async fn list_ticket(
        &self,
        index: u64,
        ticket: &StoredTicket,
        manifest: &Manifest,
        bytes: &mut Vec<u8>,
    ) -> Result<(), BatchError> {
        let uuid = ticket.uuid.to_string();
        let row = ManifestRow::Generated {
            index,
            ticket_id: ticket.id.as_ref().map_or(&uuid, |id| id.as_str()),
            ticket_number: &ticket.ticket_number,
            ticket_type: &self.issuer.type_name_of(ticket).await?,
            qr_text: &self.issuer.qr_text_of(ticket).await?,
            file: None,
        };
        manifest.row(&row, bytes)?;
        Ok(())
    }
}
