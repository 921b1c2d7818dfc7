//! CBOR as this system writes it, and nothing else: RFC 8949 with the core deterministic encoding
//! requirements of section 4.2.1. One value has one encoding, so that a signed object cannot be
//! altered without breaking its signature *and* cannot be written in two ways.
//!
//! [`Reader::new`] checks a whole document first (shortest lengths, definite, map keys ascending
//! and therefore unique, UTF-8, depth, nothing after the end); reading it afterwards can only meet
//! a value of another type than expected.

mod reader;
mod strict;
mod writer;

pub use reader::{Kind, Reader};
pub use strict::MAX_DEPTH;
pub use writer::Writer;

/// Why bytes are not the CBOR that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// The bytes end inside a value.
    #[error("CBOR ends inside a value")]
    Truncated,
    /// Bytes follow the one value.
    #[error("bytes follow the CBOR value")]
    TrailingBytes,
    /// A length or number is not in its shortest form (RFC 8949 section 4.2.1).
    #[error("CBOR number or length is not in its shortest form")]
    NotShortest,
    /// An indefinite length, or a break without one.
    #[error("CBOR length is indefinite")]
    Indefinite,
    /// A map key is not above the one before it in bytewise order: disorder or a duplicate.
    #[error("CBOR map keys are not ascending and unique")]
    KeysNotAscending,
    /// A text string is not UTF-8.
    #[error("CBOR text is not UTF-8")]
    InvalidUtf8,
    /// A reserved additional information value or simple value.
    #[error("CBOR uses a reserved value")]
    Reserved,
    /// Values are nested deeper than [`MAX_DEPTH`].
    #[error("CBOR is nested deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// A well-formed value of another type than this place has.
    #[error("expected CBOR {expected}, found {found}")]
    WrongType {
        /// What the reader asked for.
        expected: Kind,
        /// What is there.
        found: Kind,
    },
    /// An integer outside the range of this place.
    #[error("CBOR integer is out of range")]
    OutOfRange,
}
