//! Serials at hand, so that a ticket does not wait for a commit to learn its number.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use ticket_token::{EventNumber, Serial};
use tokio::sync::Mutex;

use super::{OrganizerId, SerialRange, Storage, StorageError};

/// The first block of an event after a start. What is left of a block when the host stops is a hole
/// in the event's serials, so an event that sells little shall not lose much.
const SMALLEST_BLOCK: u32 = 16;
/// Each block doubles the one before, up to this.
const LARGEST_BLOCK: u32 = 1024;

/// Hands out serials from blocks that it reserves.
#[derive(Debug)]
pub struct SerialSupply {
    /// Who explains the holes.
    holder: String,
    blocks: Mutex<Blocks>,
}

/// The blocks of the events that were asked for, each with a lock of its own.
type Blocks = HashMap<(OrganizerId, EventNumber), Arc<Mutex<Block>>>;

/// What is left of the newest block.
#[derive(Debug)]
struct Block {
    left: SerialRange,
    next_size: u32,
}

impl SerialSupply {
    /// A supply with nothing at hand. `holder` names this replica in the rows of its blocks.
    #[must_use]
    pub fn new(holder: impl Into<String>) -> Self {
        Self {
            holder: holder.into(),
            blocks: Mutex::default(),
        }
    }

    /// Takes `count` serials of an event; they need not follow each other. `None`: the organizer
    /// has no such event.
    ///
    /// # Errors
    /// As for [`reserve_serials`](super::EventStorage::reserve_serials).
    pub async fn take(
        &self,
        storage: &dyn Storage,
        organizer: OrganizerId,
        event: EventNumber,
        count: u32,
        at: Timestamp,
    ) -> Result<Option<Vec<Serial>>, StorageError> {
        let mut blocks = self.blocks.lock().await;
        let block = Arc::clone(blocks.entry((organizer, event)).or_default());
        drop(blocks);
        // Held while a block is reserved: those who come meanwhile shall share it.
        let mut block = block.lock().await;
        let mut taken = block.split(count);
        let missing = count.saturating_sub(u32::try_from(taken.len()).unwrap_or(u32::MAX));
        if missing > 0 {
            let size = block.next_size.max(missing);
            let reserved = storage
                .reserve_serials(organizer, event, size, &self.holder, at)
                .await?;
            let Some(reserved) = reserved else {
                return Ok(None);
            };
            block.next_size = block.next_size.saturating_mul(2).min(LARGEST_BLOCK);
            block.left = reserved;
            taken.extend(block.split(missing));
        }
        Ok(Some(taken))
    }
}

impl Default for Block {
    fn default() -> Self {
        Self {
            left: SerialRange {
                first: Serial(0),
                count: 0,
            },
            next_size: SMALLEST_BLOCK,
        }
    }
}

impl Block {
    /// Takes at most `count` from the front.
    fn split(&mut self, count: u32) -> Vec<Serial> {
        let count = count.min(self.left.count);
        let taken = SerialRange {
            first: self.left.first,
            count,
        };
        self.left = SerialRange {
            first: Serial(self.left.first.0.saturating_add(count)),
            count: self.left.count - count,
        };
        taken.serials().collect()
    }
}
