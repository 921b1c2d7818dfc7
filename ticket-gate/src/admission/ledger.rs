//! The set of records that one scanner, or the host for one event, holds.

use alloc::vec::Vec;

use ticket_token::{EventNumber, Serial};

use super::page::RecordPage;
use super::record::Record;
use crate::error::{KnowledgeError, Refusal};

/// A grow-only set of records. Two ledgers are equal when their sets are, whatever the order in which
/// the records came.
///
/// It is kept sorted by insertion and merging alone: the standard library's sorts would double the
/// size of the verifier in the browser.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Ascending by record, none twice.
    held: Vec<Held>,
    /// How many records were made here.
    made_here: u32,
}

#[derive(Debug, Clone)]
struct Held {
    record: Record,
    /// The records made here are numbered from 1, in the order in which they were made; `None` for
    /// those learned from elsewhere.
    number: Option<u32>,
}

impl Ledger {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a record that is made here, and so has to be told to others. Answers whether it is new.
    pub fn insert(&mut self, record: Record) -> bool {
        let Err(place) = self.place_of(&record) else {
            return false;
        };
        self.made_here += 1;
        self.held.insert(
            place,
            Held {
                record,
                number: Some(self.made_here),
            },
        );
        true
    }

    /// Adds records that were made elsewhere. Answers how many are new.
    pub fn merge(&mut self, page: RecordPage) -> usize {
        let before = self.held.len();
        let mut merged = Vec::with_capacity(before + page.records().len());
        let mut held = core::mem::take(&mut self.held).into_iter().peekable();
        for record in page.into_records() {
            while let Some(earlier) = held.next_if(|held| held.record.cmp(&record).is_lt()) {
                merged.push(earlier);
            }
            if held
                .peek()
                .is_none_or(|held| held.record.cmp(&record).is_ne())
            {
                merged.push(Held {
                    record,
                    number: None,
                });
            }
        }
        merged.extend(held);
        self.held = merged;
        self.held.len() - before
    }

    /// Whether this very record is held.
    pub fn contains(&self, record: &Record) -> bool {
        self.place_of(record).is_ok()
    }

    /// How many records are held.
    pub fn len(&self) -> usize {
        self.held.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// How many of them were made here: the cursor of someone who was told all of them.
    pub fn made_here(&self) -> u32 {
        self.made_here
    }

    /// Every record, ascending.
    pub fn records(&self) -> impl Iterator<Item = &Record> + Clone {
        self.held.iter().map(|held| &held.record)
    }

    /// The records of one ticket, ascending.
    pub fn records_of(&self, event: EventNumber, serial: Serial) -> Vec<&Record> {
        let ticket = (event, serial);
        let from = self
            .held
            .partition_point(|held| held.record.ticket() < ticket);
        let tail = self.held.get(from..).unwrap_or_default();
        let records = tail.iter().map(|held| &held.record);
        records
            .take_while(|record| record.ticket() == ticket)
            .collect()
    }

    /// The records made here after the first `cursor`, at most `limit`, ascending; and the cursor
    /// after them. A cursor beyond the end is the end.
    pub fn made_here_after(&self, cursor: u32, limit: u32) -> (RecordPage, u32) {
        let cursor = cursor.min(self.made_here);
        let next = cursor.saturating_add(limit).min(self.made_here);
        let numbers = cursor + 1..=next;
        let wanted = self
            .held
            .iter()
            .filter(|held| held.number.is_some_and(|n| numbers.contains(&n)));
        (
            RecordPage::from_ascending(wanted.map(|held| held.record.clone())),
            next,
        )
    }

    /// Every record with its number, 0 for those from elsewhere; ascending.
    pub(crate) fn numbered(&self) -> impl ExactSizeIterator<Item = (&Record, u32)> {
        self.held
            .iter()
            .map(|held| (&held.record, held.number.unwrap_or(0)))
    }

    /// The reverse of [`Ledger::numbered`].
    pub(crate) fn from_numbered(
        numbered: impl Iterator<Item = Result<(Record, u32), Refusal>>,
    ) -> Result<Self, Refusal> {
        let mut ledger = Self::new();
        for entry in numbered {
            let (record, number) = entry?;
            if ledger
                .held
                .last()
                .is_some_and(|last| last.record.cmp(&record).is_ge())
            {
                return Err(KnowledgeError::value("records", "must ascend"));
            }
            ledger.made_here = ledger.made_here.max(number);
            let number = (number != 0).then_some(number);
            ledger.held.push(Held { record, number });
        }
        Ok(ledger)
    }

    fn place_of(&self, record: &Record) -> Result<usize, usize> {
        self.held.binary_search_by(|held| held.record.cmp(record))
    }
}

impl PartialEq for Ledger {
    fn eq(&self, other: &Self) -> bool {
        self.records().eq(other.records())
    }
}

impl Eq for Ledger {}
