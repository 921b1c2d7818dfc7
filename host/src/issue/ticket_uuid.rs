//! Guichet's own ticket ids: UUIDs of version 8 (RFC 9562 section 5.8).
//!
//! The first 32 bits are the event number, so that the ticket's partition is known without an
//! index. The other 90 free bits are the serial, encrypted, beside a keyed tag: ids cannot be
//! guessed or counted, and an id leads to its serial without a row of its own.

use ticket_token::{EventNumber, Serial};
use uuid::Uuid;

use crate::keys::KeyedHash;
use crate::storage::TicketKey;

/// One organizer's ids, made under its [`ticket_id_hash`](crate::keys::KeyRing::ticket_id_hash).
pub struct TicketUuids<'a>(pub &'a KeyedHash);

const TAG_BITS: u32 = 58;
const VERSION: u128 = 0x8 << 76;
const VARIANT: u128 = 0b10 << 62;

impl TicketUuids<'_> {
    /// The id of a ticket.
    pub fn uuid_of(&self, key: TicketKey) -> Uuid {
        let tag = self.keyed(b"tag", key.event, u64::from(key.serial.0)) >> (64 - TAG_BITS);
        let mask = self.keyed(b"mask", key.event, tag) as u32;
        let hidden = key.serial.0 ^ mask;
        // 90 bits: hidden serial (32) and tag (58), spread around the version and variant bits.
        let free = (u128::from(hidden) << TAG_BITS) | u128::from(tag);
        let (high, middle, low) = (free >> 74, (free >> 62) & 0xFFF, free & ((1 << 62) - 1));
        let bits = (u128::from(key.event.0) << 96)
            | (high << 80)
            | VERSION
            | (middle << 64)
            | VARIANT
            | low;
        Uuid::from_u128(bits)
    }

    /// The event that an id names, whoever's it is; not proven.
    pub fn event_of(uuid: Uuid) -> EventNumber {
        EventNumber((uuid.as_u128() >> 96) as u32)
    }

    /// The ticket of an id; none if this organizer never gave it.
    pub fn ticket_of(&self, uuid: Uuid) -> Option<TicketKey> {
        let bits = uuid.as_u128();
        let high = (bits >> 80) & 0xFFFF;
        let middle = (bits >> 64) & 0xFFF;
        let low = bits & ((1 << 62) - 1);
        let free = (high << 74) | (middle << 62) | low;
        let event = Self::event_of(uuid);
        let tag = (free & ((1 << TAG_BITS) - 1)) as u64;
        let hidden = (free >> TAG_BITS) as u32;
        let serial = Serial(hidden ^ self.keyed(b"mask", event, tag) as u32);
        let key = TicketKey { event, serial };
        (self.uuid_of(key) == uuid).then_some(key)
    }

    fn keyed(&self, purpose: &[u8], event: EventNumber, value: u64) -> u64 {
        // The parts behind the purpose have fixed lengths, and no purpose begins with another.
        let output = self
            .0
            .tag(&[purpose, &event.0.to_be_bytes(), &value.to_be_bytes()]);
        output
            .iter()
            .take(8)
            .fold(0, |bits, byte| (bits << 8) | u64::from(*byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_back_to_its_ticket_and_to_no_other() {
        let (ours, theirs) = (KeyedHash::of_test(7), KeyedHash::of_test(8));
        let (ours, theirs) = (TicketUuids(&ours), TicketUuids(&theirs));
        for serial in [0, 1, 2, 77, u32::MAX] {
            let key = TicketKey {
                event: EventNumber(0xDEAD_BEEF),
                serial: Serial(serial),
            };
            let uuid = ours.uuid_of(key);
            assert_eq!(uuid.get_version_num(), 8);
            assert_eq!(uuid.get_variant(), uuid::Variant::RFC4122);
            assert_eq!(ours.ticket_of(uuid), Some(key));
            assert_eq!(theirs.ticket_of(uuid), None);
            for bit in 0..128 {
                let changed = Uuid::from_u128(uuid.as_u128() ^ (1 << bit));
                assert_eq!(ours.ticket_of(changed), None, "bit {bit}");
            }
        }
    }
}
