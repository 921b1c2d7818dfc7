//! Signed, expiring links that show one ticket to whoever holds them.
//!
//! `base64url(event number ‖ serial ‖ expiry ‖ tag)`, all big-endian: 4 + 4 + 4 + 16 bytes. The tag is
//! the first half of HMAC-SHA256 under a key of the organizer's, and the organizer follows from the
//! event number, so the link needs no row.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use ticket_token::{EventNumber, Serial};

use crate::storage::TicketKey;

/// The secret of one organizer's links.
pub struct CapabilityKey(pub [u8; 32]);

/// What a link claims; not proven until [`CapabilityKey::confirms`].
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

impl CapabilityKey {
    /// The last part of a link to a ticket.
    pub fn link_to(&self, ticket: TicketKey, expires: u32) -> String {
        let mut bytes = Vec::with_capacity(28);
        bytes.extend(ticket.event.0.to_be_bytes());
        bytes.extend(ticket.serial.0.to_be_bytes());
        bytes.extend(expires.to_be_bytes());
        let tag = self.mac(&bytes).finalize().into_bytes();
        bytes.extend(tag.iter().take(16));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Whether this organizer made the link, and it is not over at `now` (seconds since 1970).
    pub fn confirms(&self, capability: &Capability, now: i64) -> bool {
        let mut bytes = Vec::with_capacity(12);
        bytes.extend(capability.ticket.event.0.to_be_bytes());
        bytes.extend(capability.ticket.serial.0.to_be_bytes());
        bytes.extend(capability.expires.to_be_bytes());
        let genuine = self
            .mac(&bytes)
            .verify_truncated_left(&capability.tag)
            .is_ok();
        genuine && now < i64::from(capability.expires)
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn mac(&self, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length");
        mac.update(b"guichet capability 1");
        mac.update(bytes);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_its_ticket_until_it_expires() {
        let key = CapabilityKey([3; 32]);
        let ticket = TicketKey {
            event: EventNumber(5),
            serial: Serial(9),
        };
        let link = key.link_to(ticket, 1_000);
        let capability = Capability::parse(&link).unwrap();
        assert_eq!(capability.ticket, ticket);
        assert!(key.confirms(&capability, 999));
        assert!(!key.confirms(&capability, 1_000));
        assert!(!CapabilityKey([4; 32]).confirms(&capability, 999));
        let other = Capability {
            ticket: TicketKey {
                serial: Serial(10),
                ..ticket
            },
            ..capability
        };
        assert!(!key.confirms(&other, 999));
        for text in ["", "x", "%%%", &link[1..], &format!("{link}A")] {
            assert!(Capability::parse(text).is_none(), "{text}");
        }
    }
}
