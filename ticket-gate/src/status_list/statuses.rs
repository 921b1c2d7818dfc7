//! Two bits a ticket, packed as the draft says.

use alloc::vec;
use alloc::vec::Vec;

use ticket_token::Serial;

use super::inflate::inflate_zlib;
use crate::error::KnowledgeError;

/// Most tickets of a list: 2^24, which are 4 MiB of memory in a scanner.
pub const MAX_LIST_ENTRIES: u32 = 1 << 24;

const ENTRIES_PER_BYTE: u32 = 4;

/// A ticket's status. The numbers are those of the draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Status {
    /// Nothing is known against it.
    Valid = 0,
    /// Withdrawn for good; the draft says *invalid*.
    Revoked = 1,
    /// Withdrawn for now.
    Suspended = 2,
}

/// Two bits for each ticket, by serial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statuses {
    /// `size` rounded up to whole bytes; the bits past `size` are zero.
    packed: Vec<u8>,
    size: u32,
}

impl Statuses {
    /// `size` tickets, all valid.
    ///
    /// # Errors
    /// [`KnowledgeError::Value`] beyond [`MAX_LIST_ENTRIES`].
    pub fn all_valid(size: u32) -> Result<Self, KnowledgeError> {
        if size > MAX_LIST_ENTRIES {
            let refusal = KnowledgeError::value("status list size", "at most 16777216 entries");
            return Err(refusal.into());
        }
        Ok(Self {
            packed: vec![0; size.div_ceil(ENTRIES_PER_BYTE) as usize],
            size,
        })
    }

    /// How many tickets there are.
    pub fn size(&self) -> u32 {
        self.size
    }

    /// The status of a ticket; `None` beyond the list.
    pub fn get(&self, serial: Serial) -> Option<Status> {
        if serial.0 >= self.size {
            return None;
        }
        let byte = self.packed.get((serial.0 / ENTRIES_PER_BYTE) as usize)?;
        Some(match byte >> shift_of(serial) & 3 {
            0 => Status::Valid,
            2 => Status::Suspended,
            // 3 is left to applications by the draft and is none of ours: no reason to admit.
            _ => Status::Revoked,
        })
    }

    /// Sets the status of a ticket. Answers whether the list reaches that far.
    #[must_use]
    pub fn set(&mut self, serial: Serial, status: Status) -> bool {
        let byte = self.packed.get_mut((serial.0 / ENTRIES_PER_BYTE) as usize);
        match byte {
            Some(byte) if serial.0 < self.size => {
                *byte = *byte & !(3 << shift_of(serial)) | (status as u8) << shift_of(serial);
                true
            }
            _ => false,
        }
    }

    /// The bytes of the list, before compression.
    #[cfg(feature = "sign")]
    pub(super) fn packed(&self) -> &[u8] {
        &self.packed
    }

    /// Inflates exactly the bytes that `size` entries take: a small input cannot take much memory.
    pub(super) fn inflate(compressed: &[u8], size: u32) -> Result<Self, KnowledgeError> {
        let mut statuses = Self::all_valid(size)?;
        let inflated = inflate_zlib(compressed, &mut statuses.packed);
        if inflated.is_none() || !statuses.has_zero_tail() {
            return Err(KnowledgeError::Inflate);
        }
        Ok(statuses)
    }

    fn has_zero_tail(&self) -> bool {
        let used = self.size % ENTRIES_PER_BYTE;
        used == 0
            || self
                .packed
                .last()
                .is_none_or(|last| last >> (2 * used) == 0)
    }
}

fn shift_of(serial: Serial) -> u32 {
    2 * (serial.0 % ENTRIES_PER_BYTE)
}
