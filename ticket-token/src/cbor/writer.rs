//! Writing, always in shortest form.

use alloc::vec::Vec;

/// Appends CBOR values to a byte vector. Heads are always in shortest form; that map keys ascend
/// and that counts are met is the caller's promise, which [`super::Reader::new`] would refuse to see
/// broken.
#[derive(Debug, Default, Clone)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty document with room for `capacity` bytes.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(capacity),
        }
    }

    /// The document.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Writes an unsigned integer.
    pub fn unsigned(&mut self, value: u64) -> &mut Self {
        self.head(0, value)
    }

    /// Writes an integer of either sign.
    pub fn integer(&mut self, value: i64) -> &mut Self {
        if value < 0 {
            self.head(1, (-1 - value).unsigned_abs())
        } else {
            self.head(0, value.unsigned_abs())
        }
    }

    /// Writes a byte string.
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.head(2, value.len() as u64);
        self.bytes.extend_from_slice(value);
        self
    }

    /// Writes a text string.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.head(3, value.len() as u64);
        self.bytes.extend_from_slice(value.as_bytes());
        self
    }

    /// Begins an array of `count` values.
    pub fn array(&mut self, count: usize) -> &mut Self {
        self.head(4, count as u64)
    }

    /// Begins a map of `count` pairs. Keys must be written in bytewise ascending order of their
    /// encodings: for integers 0, 1, 2 … before -1, -2 …, then texts by length.
    pub fn map(&mut self, count: usize) -> &mut Self {
        self.head(5, count as u64)
    }

    /// Writes a tag; the tagged value must follow.
    pub fn tag(&mut self, number: u64) -> &mut Self {
        self.head(6, number)
    }

    /// Writes `false` or `true`.
    pub fn boolean(&mut self, value: bool) -> &mut Self {
        self.head(7, if value { 21 } else { 20 })
    }

    /// Writes `null`.
    pub fn null(&mut self) -> &mut Self {
        self.head(7, 22)
    }

    /// Appends one value that is already encoded. It must be deterministic CBOR.
    pub fn encoded(&mut self, value: &[u8]) -> &mut Self {
        self.bytes.extend_from_slice(value);
        self
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "each arm's range fits the type that it narrows to"
    )]
    fn head(&mut self, major: u8, argument: u64) -> &mut Self {
        let major = major << 5;
        match argument {
            0..=23 => self.bytes.push(major | argument as u8),
            24..=0xff => self.bytes.extend([major | 24, argument as u8]),
            0x100..=0xffff => {
                self.bytes.push(major | 25);
                self.bytes.extend((argument as u16).to_be_bytes());
            }
            0x1_0000..=0xffff_ffff => {
                self.bytes.push(major | 26);
                self.bytes.extend((argument as u32).to_be_bytes());
            }
            _ => {
                self.bytes.push(major | 27);
                self.bytes.extend(argument.to_be_bytes());
            }
        }
        self
    }
}
