//! One hash that stands for all entries so far.

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::storage::AuditEntry;

/// What the first entry is chained to. Names the format: another one begins elsewhere.
const BEGINNING: &[u8] = b"guichet audit chain 1";

/// SHA-256 over an organizer's entries up to one of them, in the order of their sealing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChainHash(pub [u8; 32]);

impl ChainHash {
    /// Of no entries at all.
    #[must_use]
    pub fn beginning() -> Self {
        Self(Sha256::digest(BEGINNING).into())
    }

    /// After one entry more: the hash of this hash and of every field of the entry, texts with their
    /// length, so that no two entries are the same bytes.
    #[must_use]
    pub fn followed_by(self, entry: &AuditEntry) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.0);
        hash.update(entry.id.to_be_bytes());
        hash.update(entry.at.as_microsecond().to_be_bytes());
        // Objects are kept in the order of their keys, so equal values are equal texts.
        let details = entry.details.to_string();
        for text in [&entry.actor, entry.act.code(), &entry.subject, &details] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        Self(hash.finalize().into())
    }

    /// After these entries more.
    #[must_use]
    pub fn followed_by_all(self, entries: &[AuditEntry]) -> Self {
        entries.iter().fold(self, Self::followed_by)
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::Act;
    use serde_json::json;

    fn entry() -> AuditEntry {
        AuditEntry {
            id: 7,
            at: jiff::Timestamp::from_second(1_800_000_000).unwrap(),
            actor: "user:anna".to_owned(),
            act: Act::TicketIssued,
            subject: "ticket 1/2".to_owned(),
            details: json!({ "type": 1, "reason": "gift" }),
        }
    }

    #[test]
    fn every_field_counts() {
        let beginning = ChainHash::beginning();
        let whole = beginning.followed_by(&entry());
        let check = |change: fn(&mut AuditEntry)| {
            let mut changed = entry();
            change(&mut changed);
            assert_ne!(beginning.followed_by(&changed), whole, "{changed:?}");
        };
        check(|entry| entry.id += 1);
        check(|entry| entry.at += jiff::SignedDuration::from_micros(1));
        check(|entry| entry.actor.push('e'));
        check(|entry| entry.act = Act::TicketRevoked);
        check(|entry| entry.subject.push('2'));
        check(|entry| entry.details["type"] = json!(2));
        // Moving a letter from one text to the next is a change too.
        check(|entry| {
            entry.actor.pop();
            entry.subject.insert(0, 'a');
        });
        assert_ne!(whole.followed_by(&entry()), whole);
    }
}
