//! Signed, expiring links that show one ticket to whoever holds them.
//!
//! `base64url(event number ‖ serial ‖ expiry ‖ tag)`, all big-endian: 4 + 4 + 4 + 16 bytes. The tag is
//! the first half of HMAC-SHA256 under a key of the organizer's, and the organizer follows from the
//! event number, so the link needs no row.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ticket_token::{EventNumber, Serial};

use crate::keys::KeyedHash;
use crate::storage::TicketKey;

/// One organizer's links, made under its [`capability_hash`](crate::keys::KeyRing::capability_hash).
pub struct Capabilities<'a>(pub &'a KeyedHash);

/// What a link claims; not proven until [`Capabilities::confirm`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability {
    /// The ticket.
    pub ticket: TicketKey,
    /// The link's end, in seconds since 1970.
    pub expires: u32,
    tag: [u8; 16],
}

impl Capability {
    /// Reads the last part of a link.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 28] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let word = |at: usize| -> Option<u32> {
            Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
        };
        Some(Self {
            ticket: TicketKey {
                event: EventNumber(word(0)?),
                serial: Serial(word(4)?),
            },
            expires: word(8)?,
            tag: bytes.get(12..)?.try_into().ok()?,
        })
    }
}

impl Capabilities<'_> {
    /// The last part of a link to a ticket.
    pub fn link_to(&self, ticket: TicketKey, expires: u32) -> String {
        let mut bytes = claim(ticket, expires).to_vec();
        bytes.extend(self.0.tag(&[&bytes]).iter().take(16));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether this organizer made the link, and it is not over at `now` (seconds since 1970).
    pub fn confirm(&self, capability: &Capability, now: i64) -> bool {
        let claim = claim(capability.ticket, capability.expires);
        self.0.verify(&[&claim], &capability.tag) && now < i64::from(capability.expires)
    }
}

fn claim(ticket: TicketKey, expires: u32) -> [u8; 12] {
    let mut bytes = [0; 12];
    let parts = [ticket.event.0, ticket.serial.0, expires];
    for (slot, part) in bytes.chunks_exact_mut(4).zip(parts) {
        slot.copy_from_slice(&part.to_be_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_its_ticket_until_it_expires() {
        let hash = KeyedHash::of_test(3);
        let links = Capabilities(&hash);
        let ticket = TicketKey {
            event: EventNumber(5),
            serial: Serial(9),
        };
        let link = links.link_to(ticket, 1_000);
        let capability = Capability::parse(&link).unwrap();
        assert_eq!(capability.ticket, ticket);
        assert!(links.confirm(&capability, 999));
        assert!(!links.confirm(&capability, 1_000));
        assert!(!Capabilities(&KeyedHash::of_test(4)).confirm(&capability, 999));
        let other = Capability {
            ticket: TicketKey {
                serial: Serial(10),
                ..ticket
            },
            ..capability
        };
        assert!(!links.confirm(&other, 999));
        for text in ["", "x", "%%%", &link[1..], &format!("{link}A")] {
            assert!(Capability::parse(text).is_none(), "{text}");
        }
    }
}
