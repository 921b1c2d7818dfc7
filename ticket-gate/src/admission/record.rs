//! One thing that happened at a gate.

use alloc::string::String;
use core::fmt;
use core::num::NonZeroU16;
use core::str::FromStr;

use ticket_token::{EventNumber, Serial};

use crate::error::KnowledgeError;
use crate::label::{DeviceName, GateName};
use crate::moment::Moment;

/// Eight random bytes, drawn anew for each record by whoever calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nonce(pub [u8; 8]);

/// Which record: unique as long as devices have names of their own and draw their nonces.
///
/// As text it is the nonce in hexadecimal, a hyphen, and the device's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordId {
    /// Who made the record.
    pub device: DeviceName,
    /// Drawn for it.
    pub nonce: Nonce,
}

impl RecordId {
    /// The id as text; also its `Display`, whose machinery the verifier in the browser avoids.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        let nibbles = self.nonce.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        text.extend(nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)));
        text.push('-');
        text.push_str(self.device.as_str());
        text
    }
}

impl fmt::Display for RecordId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

impl FromStr for RecordId {
    type Err = KnowledgeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FIELD: &str = "record id";
        let wrong = || KnowledgeError::Value {
            field: FIELD,
            rule: "16 hexadecimal digits, `-`, device",
        };
        let (digits, device) = text.split_once('-').ok_or_else(wrong)?;
        if digits.len() != 16 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let nonce = u64::from_str_radix(digits, 16).map_err(|_| wrong())?;
        let device = DeviceName::new(device).map_err(|source| KnowledgeError::Label {
            field: FIELD,
            source,
        })?;
        Ok(Self {
            device,
            nonce: Nonce(nonce.to_be_bytes()),
        })
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// `count` people went in.
    Entry {
        /// How many.
        count: NonZeroU16,
    },
    /// `count` people went out.
    Exit {
        /// How many.
        count: NonZeroU16,
    },
    /// An entry or exit of the same ticket did not happen after all. Undoing an undo has no effect:
    /// admit again instead.
    Undo {
        /// The record that no longer counts.
        undoes: RecordId,
    },
}

/// One thing that happened at a gate. The order of records is by ticket, then time; the remaining
/// fields only make it total.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Record {
    /// The event.
    pub event: EventNumber,
    /// The ticket.
    pub serial: Serial,
    /// When, by the device's clock.
    pub at: Moment,
    /// Which record.
    pub id: RecordId,
    /// What happened.
    pub action: Action,
    /// Where, if the scanner was told.
    pub gate: Option<GateName>,
}

impl Record {
    /// Which ticket it is about.
    pub fn ticket(&self) -> (EventNumber, Serial) {
        (self.event, self.serial)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back() {
        let id = RecordId {
            device: DeviceName::new("north-2").unwrap(),
            nonce: Nonce([0, 1, 2, 3, 0xfc, 0xfd, 0xfe, 0xff]),
        };
        assert_eq!(id.to_string(), "00010203fcfdfeff-north-2");
        assert_eq!(id.to_string().parse(), Ok(id));
        for wrong in [
            "",
            "-",
            "00010203fcfdfeff",
            "+0010203fcfdfeff-a",
            "00010203fcfdfeff-",
        ] {
            assert!(wrong.parse::<RecordId>().is_err(), "{wrong}");
        }
    }
}
