//! What the records of one ticket amount to.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;

use super::record::{Action, Record, RecordId};
use crate::bundle::{Entries, TypeRule, Window};
use crate::moment::Moment;

/// How much a ticket may be used, and when uses count together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance<'a> {
    /// People it admits: in all, or in each period.
    pub people: u32,
    /// With windows, uses count by period; empty: all count together. Ascending.
    pub windows: &'a [Window],
    /// Whether an exit gives an entry back.
    pub re_entry: bool,
}

impl<'a> Allowance<'a> {
    /// One person, once: what is assumed of a ticket type that nobody told us about.
    pub const SINGLE: Allowance<'static> = Allowance {
        people: 1,
        windows: &[],
        re_entry: false,
    };

    /// What `rule` allows.
    pub fn of(rule: &'a TypeRule) -> Self {
        let (entries, windows) = match rule.entries {
            Entries::InAll(entries) => (entries, [].as_slice()),
            Entries::PerWindow(entries) => (entries, rule.windows.as_slice()),
        };
        let people = u32::from(entries) * u32::from(rule.group_size);
        Self {
            people,
            windows,
            re_entry: rule.re_entry,
        }
    }

    /// The period that `at` belongs to. Each lasts until its window closes, so that someone admitted
    /// before the doors opened has used the coming window; the last never ends.
    fn period_of(&self, at: Moment) -> usize {
        let closed = self.windows.partition_point(|window| window.ends() <= at);
        closed.min(self.windows.len().saturating_sub(1))
    }
}

/// What the records of one ticket amount to in one period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<'a> {
    /// People it admits in the period.
    pub allowed: u32,
    /// Places that are taken. More than `allowed` if gates that did not know of each other each let
    /// someone in.
    pub used: u32,
    /// The most that were ever taken at once. Above `allowed`, that is a conflict, even if people
    /// have left since.
    pub most_used: u32,
    /// Entries and exits that count, by time.
    pub admissions: Vec<&'a Record>,
}

impl Standing<'_> {
    /// How many more people may enter.
    pub fn remaining(&self) -> u32 {
        self.allowed.saturating_sub(self.used)
    }

    /// Whether more were let in than the ticket allows.
    pub fn is_conflict(&self) -> bool {
        self.most_used > self.allowed
    }
}

/// What `records`, all of one ticket, amount to in the period of `at`. They must ascend, each once, as
/// [`Ledger::records_of`](super::Ledger::records_of) gives them.
pub fn standing<'r>(records: &[&'r Record], allowance: &Allowance<'_>, at: Moment) -> Standing<'r> {
    let undone = undone_by(records);
    let period = allowance.period_of(at);
    let (mut used, mut most_used) = (0u32, 0u32);
    let mut admissions = Vec::new();
    for record in records.iter().copied() {
        if undone.binary_search(&&record.id).is_ok() || allowance.period_of(record.at) != period {
            continue;
        }
        match record.action {
            Action::Entry { count } => used = used.saturating_add(count.get().into()),
            // An exit whose entry is not known here gives nothing: it never makes room for more
            // than the ticket allows.
            Action::Exit { count } if allowance.re_entry => {
                used = used.saturating_sub(count.get().into());
            }
            Action::Exit { .. } => {}
            Action::Undo { .. } => continue,
        }
        most_used = most_used.max(used);
        admissions.push(record);
    }
    Standing {
        allowed: allowance.people,
        used,
        most_used,
        admissions,
    }
}

/// The ids that undos name, sorted. By a heap, because the standard library's sorts are large in
/// WebAssembly.
fn undone_by<'r>(records: &[&'r Record]) -> Vec<&'r RecordId> {
    let undos = records.iter().filter_map(|record| match &record.action {
        Action::Undo { undoes } => Some(undoes),
        Action::Entry { .. } | Action::Exit { .. } => None,
    });
    undos.collect::<BinaryHeap<_>>().into_sorted_vec()
}
