//! Reading a checked document from front to back.

use super::CborError;
use super::strict::{Head, MAX_DEPTH, take, take_head, take_value};

/// The type of a CBOR value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Major type 0.
    Unsigned,
    /// Major type 1.
    Negative,
    /// Major type 2.
    Bytes,
    /// Major type 3.
    Text,
    /// Major type 4.
    Array,
    /// Major type 5.
    Map,
    /// Major type 6.
    Tag,
    /// `false` or `true`.
    Boolean,
    /// `null`.
    Null,
    /// Any other simple value.
    Simple,
    /// A floating-point number.
    Float,
    /// There is no value left.
    End,
}

impl core::fmt::Display for Kind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Unsigned => "unsigned integer",
            Self::Negative => "negative integer",
            Self::Bytes => "byte string",
            Self::Text => "text",
            Self::Array => "array",
            Self::Map => "map",
            Self::Tag => "tag",
            Self::Boolean => "boolean",
            Self::Null => "null",
            Self::Simple => "simple value",
            Self::Float => "float",
            Self::End => "end",
        })
    }
}

/// A cursor over a document that was found strictly deterministic.
///
/// Arrays and maps are read by their count, then item by item; a map's keys come in ascending
/// order and only once. Call [`Reader::finish`] at the end: it refuses what was left unread.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Checks that `bytes` are exactly one deterministic CBOR value.
    ///
    /// # Errors
    /// Any [`CborError`] but `WrongType` and `OutOfRange`.
    pub fn new(bytes: &'a [u8]) -> Result<Self, CborError> {
        let mut rest = bytes;
        take_value(&mut rest, MAX_DEPTH)?;
        if rest.is_empty() {
            Ok(Self { rest: bytes })
        } else {
            Err(CborError::TrailingBytes)
        }
    }

    /// The type of the next value.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let mut rest = self.rest;
        take_head(&mut rest).map_or(Kind::End, kind_of)
    }

    /// Reads an unsigned integer.
    ///
    /// # Errors
    /// [`CborError::WrongType`].
    pub fn unsigned(&mut self) -> Result<u64, CborError> {
        Ok(self.expect(Kind::Unsigned)?.argument)
    }

    /// Reads an unsigned integer of at most 32 bits.
    ///
    /// # Errors
    /// [`CborError::WrongType`], [`CborError::OutOfRange`].
    pub fn unsigned_u32(&mut self) -> Result<u32, CborError> {
        u32::try_from(self.unsigned()?).map_err(|_| CborError::OutOfRange)
    }

    /// Reads an integer of either sign.
    ///
    /// # Errors
    /// [`CborError::WrongType`]; [`CborError::OutOfRange`] beyond `i64`.
    pub fn integer(&mut self) -> Result<i64, CborError> {
        let is_negative = self.kind() == Kind::Negative;
        let head = self.expect(if is_negative {
            Kind::Negative
        } else {
            Kind::Unsigned
        })?;
        let magnitude = i64::try_from(head.argument).map_err(|_| CborError::OutOfRange)?;
        Ok(if is_negative {
            -1 - magnitude
        } else {
            magnitude
        })
    }

    /// Reads a byte string.
    ///
    /// # Errors
    /// [`CborError::WrongType`].
    pub fn bytes(&mut self) -> Result<&'a [u8], CborError> {
        let head = self.expect(Kind::Bytes)?;
        take(&mut self.rest, head.argument)
    }

    /// Reads a byte string of exactly `N` bytes.
    ///
    /// # Errors
    /// [`CborError::WrongType`]; [`CborError::OutOfRange`] for another length.
    pub fn byte_array<const N: usize>(&mut self) -> Result<[u8; N], CborError> {
        self.bytes()?.try_into().map_err(|_| CborError::OutOfRange)
    }

    /// Reads a text string.
    ///
    /// # Errors
    /// [`CborError::WrongType`].
    pub fn text(&mut self) -> Result<&'a str, CborError> {
        let head = self.expect(Kind::Text)?;
        let bytes = take(&mut self.rest, head.argument)?;
        core::str::from_utf8(bytes).map_err(|_| CborError::InvalidUtf8)
    }

    /// Enters an array; answers the number of values that follow.
    ///
    /// # Errors
    /// [`CborError::WrongType`].
    pub fn array(&mut self) -> Result<usize, CborError> {
        self.count(Kind::Array)
    }

    /// Enters a map; answers the number of key and value pairs that follow.
    ///
    /// # Errors
    /// [`CborError::WrongType`].
    pub fn map(&mut self) -> Result<usize, CborError> {
        self.count(Kind::Map)
    }

    /// Reads a tag number; the tagged value follows.
    ///
    /// # Errors
    /// [`CborError::WrongType`].
    pub fn tag(&mut self) -> Result<u64, CborError> {
        Ok(self.expect(Kind::Tag)?.argument)
    }

    /// Reads `false` or `true`.
    ///
    /// # Errors
    /// [`CborError::WrongType`].
    pub fn boolean(&mut self) -> Result<bool, CborError> {
        const TRUE: u8 = 21;
        Ok(self.expect(Kind::Boolean)?.info == TRUE)
    }

    /// Reads `null`.
    ///
    /// # Errors
    /// [`CborError::WrongType`].
    pub fn null(&mut self) -> Result<(), CborError> {
        self.expect(Kind::Null).map(drop)
    }

    /// Passes over one value with all that is inside it and answers its encoding.
    ///
    /// # Errors
    /// [`CborError::WrongType`] at the end.
    pub fn skip(&mut self) -> Result<&'a [u8], CborError> {
        let start = self.rest;
        take_value(&mut self.rest, MAX_DEPTH)?;
        let length = start.len() - self.rest.len();
        start.get(..length).ok_or(CborError::Truncated)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`CborError::TrailingBytes`] if values were left unread.
    pub fn finish(self) -> Result<(), CborError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(CborError::TrailingBytes)
        }
    }

    fn expect(&mut self, expected: Kind) -> Result<Head, CborError> {
        let found = self.kind();
        if found == expected {
            take_head(&mut self.rest)
        } else {
            Err(CborError::WrongType { expected, found })
        }
    }

    fn count(&mut self, expected: Kind) -> Result<usize, CborError> {
        let head = self.expect(expected)?;
        usize::try_from(head.argument).map_err(|_| CborError::OutOfRange)
    }
}

fn kind_of(head: Head) -> Kind {
    match (head.major, head.info) {
        (0, _) => Kind::Unsigned,
        (1, _) => Kind::Negative,
        (2, _) => Kind::Bytes,
        (3, _) => Kind::Text,
        (4, _) => Kind::Array,
        (5, _) => Kind::Map,
        (6, _) => Kind::Tag,
        (_, 20 | 21) => Kind::Boolean,
        (_, 22) => Kind::Null,
        (_, 25..=27) => Kind::Float,
        (_, _) => Kind::Simple,
    }
}
