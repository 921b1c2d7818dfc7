//! Whether the record is still what was sealed.

use std::fmt;

use super::chain::ChainHash;
use super::head::Head;
use crate::issue::{Leaf, tickets_root};
use crate::keys::{AuditKey, Keys, KeysError, unix_time};
use crate::storage::{Act, AuditEntry, Organizer, Storage, StorageError, TicketKey};
use jiff::Timestamp;
use ticket_token::{EventNumber, Serial};

/// Seals that are read at a time.
const PAGE_SEALS: u32 = 200;

/// What was found in one organizer's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verification {
    /// Entries whose seals hold.
    pub entries: u64,
    /// Seals that hold.
    pub seals: u64,
    /// Entries that wait to be sealed.
    pub unsealed: u64,
    /// Hash of the chain as far as it holds. Kept elsewhere, it shows later that nothing of today was
    /// removed.
    pub head: ChainHash,
    /// The first thing that is wrong; what follows it was not looked at.
    pub fault: Option<Fault>,
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A seal is missing.
    SealMissing {
        /// Its number.
        number: u64,
    },
    /// The entries under a seal are not those that were sealed.
    EntriesDiffer {
        /// Number of the seal.
        number: u64,
    },
    /// The seal was not signed by a key of this host for this organizer's record.
    NotSigned {
        /// Number of the seal.
        number: u64,
    },
    /// The tickets that an entry stands for are not those that were issued.
    TicketsDiffer {
        /// Number of the seal.
        number: u64,
        /// What the entry is about.
        subject: String,
    },
    /// The record never came to the head that was asked for.
    HeadMissing,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SealMissing { number } => write!(f, "seal {number} is missing"),
            Self::EntriesDiffer { number } => write!(
                f,
                "the entries under seal {number} are not those that were sealed"
            ),
            Self::NotSigned { number } => write!(
                f,
                "seal {number} was not signed by this host for this organizer"
            ),
            Self::TicketsDiffer { number, subject } => write!(
                f,
                "the tickets that {subject} issued under seal {number} are not those that are stored"
            ),
            Self::HeadMissing => write!(
                f,
                "the record does not contain the head that it had once; its end was removed or replaced"
            ),
        }
    }
}

/// Reads an organizer's whole record and checks every seal. With `known_head`, a head that the record
/// had at some time must be among those that it comes by.
///
/// # Errors
/// When storage fails, or a key's row does not open with the master key.
pub async fn verify(
    storage: &dyn Storage,
    keys: &Keys,
    organizer: &Organizer,
    known_head: Option<ChainHash>,
    now: Timestamp,
) -> Result<Verification, KeysError> {
    let signers = keys.audit_keys(organizer.id, now).await?;
    let mut found = Verification {
        entries: 0,
        seals: 0,
        unsealed: storage.count_unsealed_audit(organizer.id).await?,
        head: ChainHash::beginning(),
        fault: None,
    };
    let mut head_is_due = known_head.is_some_and(|head| head != found.head);
    loop {
        let seals = storage
            .audit_seals(organizer.id, found.seals, PAGE_SEALS)
            .await?;
        if seals.is_empty() {
            break;
        }
        for seal in seals {
            let number = found.seals + 1;
            if seal.number != number {
                found.fault = Some(Fault::SealMissing { number });
                return Ok(found);
            }
            let entries = storage.sealed_audit(organizer.id, number).await?;
            let head = Head {
                organizer: organizer.slug.to_string(),
                number,
                entries: found.entries + entries.len() as u64,
                hash: found.head.followed_by_all(&entries),
                sealed_at: unix_time(seal.sealed_at),
            };
            if head.entries != seal.entries || head.hash.0 != seal.hash {
                found.fault = Some(Fault::EntriesDiffer { number });
                return Ok(found);
            }
            let signed_by =
                |key: &AuditKey| key.id == seal.key && head.is_signed(&seal.signed, &key.key);
            if !signers.iter().any(signed_by) {
                found.fault = Some(Fault::NotSigned { number });
                return Ok(found);
            }
            for entry in entries
                .iter()
                .filter(|entry| entry.act == Act::TicketsIssued)
            {
                if !tickets_are_those_of(storage, organizer, entry).await? {
                    let subject = entry.subject.clone();
                    found.fault = Some(Fault::TicketsDiffer { number, subject });
                    return Ok(found);
                }
            }
            head_is_due &= known_head != Some(head.hash);
            found = Verification {
                entries: head.entries,
                seals: number,
                head: head.hash,
                ..found
            };
        }
    }
    if head_is_due {
        found.fault = Some(Fault::HeadMissing);
    }
    Ok(found)
}

/// Whether the tickets are there that an entry says a chunk of a job issued, and no others.
async fn tickets_are_those_of(
    storage: &dyn Storage,
    organizer: &Organizer,
    entry: &AuditEntry,
) -> Result<bool, StorageError> {
    let figure = |name: &str| entry.details.get(name).cloned().unwrap_or_default();
    let Ok(ranges) = serde_json::from_value::<Vec<[u32; 4]>>(figure("tickets")) else {
        return Ok(false);
    };
    let mut tickets = Vec::new();
    for [event, first, last, count] in ranges {
        let first = TicketKey {
            event: EventNumber(event),
            serial: Serial(first),
        };
        let issued = storage
            .tickets_issued_at(organizer.id, first, Serial(last), entry.at)
            .await?;
        if issued.len() as u64 != u64::from(count) {
            return Ok(false);
        }
        tickets.extend(issued);
    }
    let root = tickets_root(tickets.iter().map(Leaf::from));
    Ok(figure("root") == root)
}
