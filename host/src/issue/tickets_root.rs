//! What stands for many tickets in the record.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use ticket_token::TicketType;

use crate::storage::{IssuedTicket, NewTicket, TicketKey};

/// The root of a hash tree over tickets, by event and serial, in hexadecimal.
///
/// A leaf is the SHA-256 of a zero byte and what never changes of a ticket: event, serial, type, UUID, ticket
/// number, and the end of its token in microseconds. Above it stands the hash of a one byte and two hashes
/// below; one that is left over rises as it is (RFC 6962 section 2.1 builds the same tree). No tickets: the
/// hash of nothing. Personal data are not in it, so an erasure leaves it whole.
pub fn tickets_root<'t>(tickets: impl Iterator<Item = Leaf<'t>>) -> String {
    let mut level: Vec<[u8; 32]> = tickets.map(|leaf| leaf.hash()).collect();
    if level.is_empty() {
        level.push(Sha256::digest([]).into());
    }
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => {
                    let mut hash = Sha256::new();
                    hash.update([1]);
                    hash.update(left);
                    hash.update(right);
                    hash.finalize().into()
                }
                alone => alone.first().copied().unwrap_or_default(),
            })
            .collect();
    }
    let root = level.first().copied().unwrap_or_default();
    root.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A ticket in the hash tree of its chunk.
pub struct Leaf<'t> {
    /// Where it is.
    pub key: TicketKey,
    /// Its type.
    pub ticket_type: TicketType,
    /// The host's name for it.
    pub uuid: uuid::Uuid,
    /// The short name that is printed.
    pub ticket_number: &'t str,
    /// The `exp` of its token.
    pub expires_at: Timestamp,
}

impl<'t> From<&'t NewTicket> for Leaf<'t> {
    fn from(ticket: &'t NewTicket) -> Self {
        Self {
            key: ticket.key,
            ticket_type: ticket.ticket_type,
            uuid: ticket.uuid,
            ticket_number: &ticket.ticket_number,
            expires_at: ticket.expires_at,
        }
    }
}

impl<'t> From<&'t IssuedTicket> for Leaf<'t> {
    fn from(ticket: &'t IssuedTicket) -> Self {
        Self {
            key: ticket.key,
            ticket_type: ticket.ticket_type,
            uuid: ticket.uuid,
            ticket_number: &ticket.ticket_number,
            expires_at: ticket.expires_at,
        }
    }
}

impl Leaf<'_> {
    fn hash(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update([0]);
        hash.update(self.key.event.0.to_be_bytes());
        hash.update(self.key.serial.0.to_be_bytes());
        hash.update(u32::from(self.ticket_type.0).to_be_bytes());
        hash.update(self.uuid.as_bytes());
        hash.update(self.expires_at.as_microsecond().to_be_bytes());
        // The last, as its length may differ.
        hash.update(self.ticket_number);
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ticket_token::{EventNumber, Serial};

    fn leaf(serial: u32) -> Leaf<'static> {
        Leaf {
            key: TicketKey {
                event: EventNumber(7),
                serial: Serial(serial),
            },
            ticket_type: TicketType(1),
            uuid: uuid::Uuid::from_u128(u128::from(serial)),
            ticket_number: "0123456789",
            expires_at: Timestamp::from_second(1_800_000_000).unwrap(),
        }
    }

    #[test]
    fn every_ticket_and_its_place_counts() {
        let root = |serials: &[u32]| tickets_root(serials.iter().map(|serial| leaf(*serial)));
        let whole = root(&[1, 2, 3]);
        assert_eq!(whole.len(), 64);
        for other in [&[1, 2][..], &[1, 2, 4], &[1, 3, 2], &[1, 2, 3, 3], &[]] {
            assert_ne!(root(other), whole, "{other:?}");
        }
        let mut renamed = leaf(3);
        renamed.ticket_number = "0123456788";
        assert_ne!(tickets_root([leaf(1), leaf(2), renamed].into_iter()), whole);
    }
}
