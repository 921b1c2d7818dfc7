//! The set of records that one scanner, or the host for one event, holds.

use std::collections::BTreeSet;
use std::sync::Arc;

use ticket_token::{EventNumber, Serial};

use super::record::Record;

/// Where a ledger has a record from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Made here; others have yet to be told.
    Here,
    /// Learned from elsewhere.
    Elsewhere,
}

/// A grow-only set of records. Two ledgers are equal when their sets are, whatever the order of
/// arrival.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Ascending, none twice.
    sorted: Vec<Arc<Record>>,
    /// The same records in order of arrival, which is what a sync counts by.
    arrived: Vec<(Arc<Record>, Origin)>,
}

impl Ledger {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The set of these records, arrived in this order. A record that comes twice arrived first.
    pub fn from_arrivals(arrivals: impl IntoIterator<Item = (Record, Origin)>) -> Self {
        let mut arrived: Vec<(Arc<Record>, Origin)> = arrivals
            .into_iter()
            .map(|(record, origin)| (Arc::new(record), origin))
            .collect();
        let mut seen = BTreeSet::new();
        arrived.retain(|(record, _)| seen.insert(Arc::clone(record)));
        Self {
            sorted: seen.into_iter().collect(),
            arrived,
        }
    }

    /// Adds one record. Answers whether it was new.
    pub fn insert(&mut self, record: Record, origin: Origin) -> bool {
        let Err(place) = self
            .sorted
            .binary_search_by(|held| held.as_ref().cmp(&record))
        else {
            return false;
        };
        let record = Arc::new(record);
        self.sorted.insert(place, Arc::clone(&record));
        self.arrived.push((record, origin));
        true
    }

    /// Adds many records at once. Answers how many were new.
    pub fn merge(&mut self, records: impl IntoIterator<Item = Record>, origin: Origin) -> usize {
        let mut fresh: Vec<Arc<Record>> = records
            .into_iter()
            .filter(|record| !self.contains(record))
            .map(Arc::new)
            .collect();
        fresh.sort_unstable();
        fresh.dedup();
        self.arrived
            .extend(fresh.iter().map(|record| (Arc::clone(record), origin)));
        let added = fresh.len();
        self.sorted.append(&mut fresh);
        // Two ascending runs: the stable sort merges them in one pass.
        self.sorted.sort();
        added
    }

    /// Whether this very record is held.
    pub fn contains(&self, record: &Record) -> bool {
        self.sorted
            .binary_search_by(|held| held.as_ref().cmp(record))
            .is_ok()
    }

    /// How many records are held.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }

    /// Every record, ascending.
    pub fn records(&self) -> impl Iterator<Item = &Record> + Clone {
        self.sorted.iter().map(AsRef::as_ref)
    }

    /// The records of one ticket, ascending.
    pub fn records_of(
        &self,
        event: EventNumber,
        serial: Serial,
    ) -> impl Iterator<Item = &Record> + Clone {
        let ticket = (event, serial);
        let from = self
            .sorted
            .partition_point(|record| record.ticket() < ticket);
        let tail = self.sorted.get(from..).unwrap_or_default();
        tail.iter()
            .map(AsRef::as_ref)
            .take_while(move |record| record.ticket() == ticket)
    }

    /// How many records have arrived: the cursor of someone who was told all of them.
    pub fn end(&self) -> usize {
        self.arrived.len()
    }

    /// At most `limit` records made here that arrived after `cursor`, and the cursor after them.
    /// A cursor beyond the end is the end.
    pub fn made_here_after(&self, cursor: usize, limit: usize) -> (Vec<&Record>, usize) {
        let mut next = cursor.min(self.end());
        let mut records = Vec::new();
        for (record, origin) in self.arrived.iter().skip(next) {
            if records.len() == limit {
                break;
            }
            next += 1;
            if *origin == Origin::Here {
                records.push(record.as_ref());
            }
        }
        (records, next)
    }

    /// Records in order of arrival, with where they are from.
    pub fn arrivals(&self) -> impl ExactSizeIterator<Item = (&Record, Origin)> {
        self.arrived
            .iter()
            .map(|(record, origin)| (record.as_ref(), *origin))
    }
}

impl PartialEq for Ledger {
    fn eq(&self, other: &Self) -> bool {
        self.sorted == other.sorted
    }
}

impl Eq for Ledger {}
