//! Why a text or bytes are not a token that this version can judge.

use crate::cbor::CborError;

/// Why something is not a token. The two cases are two verdicts. `Malformed` is said whenever
/// both hold, because bytes that are broken say nothing reliable about what they meant to be; only
/// a missing header or claim gives way to an unknown one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not a token: damaged, cut off, or something else altogether.
    #[error("malformed: {0}")]
    Malformed(#[from] Malformed),
    /// Sound, but it uses something that this version does not know and so must not ignore.
    #[error("unsupported: {0}")]
    Unsupported(#[from] Unsupported),
}

impl DecodeError {
    /// Which of several faults is reported. Damage outweighs novelty, and novelty outweighs
    /// absence: beside something unknown, what is missing may have been replaced by it.
    pub(crate) fn gravity(&self) -> u8 {
        match self {
            Self::Malformed(Malformed::MissingHeader { .. } | Malformed::MissingClaim { .. }) => 0,
            Self::Unsupported(_) => 1,
            Self::Malformed(_) => 2,
        }
    }
}

impl From<CborError> for DecodeError {
    fn from(error: CborError) -> Self {
        Self::Malformed(Malformed::Cbor(error))
    }
}

/// How a token is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The text does not begin with `TK1:`.
    #[error("the text does not begin with \"TK1:\"")]
    Prefix,
    /// The text is longer than any QR code can hold.
    #[error("more than {max} characters")]
    TooLong {
        /// The largest accepted length.
        max: usize,
    },
    /// A character outside the base45 alphabet (RFC 9285 table 1), which has no lower case.
    #[error("a character outside the base45 alphabet")]
    Base45Character,
    /// A text whose length is 1 modulo 3.
    #[error("a base45 text of impossible length")]
    Base45Length,
    /// Three characters worth more than 65,535, or two worth more than 255.
    #[error("a base45 group beyond its range")]
    Base45Overflow,
    /// Not deterministic CBOR, or not of the outer shape that COSE and CWT have.
    #[error(transparent)]
    Cbor(#[from] CborError),
    /// A COSE object that has not exactly four parts.
    #[error("a COSE object has four parts")]
    Shape,
    /// A header that every token has is absent.
    #[error("header {label} is missing")]
    MissingHeader {
        /// The COSE header label.
        label: i64,
    },
    /// A claim that every token has is absent.
    #[error("claim {label} is missing")]
    MissingClaim {
        /// The CWT claim key.
        label: i64,
    },
    /// A known header or claim whose value has another type or is outside its range.
    #[error("the value of label {label} has the wrong type or range")]
    Value {
        /// The COSE header label or CWT claim key.
        label: i64,
    },
    /// A signature that is not 64 bytes, or a tag that is not 32.
    #[error("a signature has {expected} bytes")]
    SignatureLength {
        /// The length that the algorithm has.
        expected: usize,
    },
}

/// What a token uses that this version does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// `TK` and another version number.
    #[error("another version of the text format")]
    Version,
    /// A tag other than COSE_Sign1 (18) and COSE_Mac0 (17).
    #[error("tag {0}")]
    Tag(u64),
    /// An algorithm that this kind of object does not use here.
    #[error("the algorithm")]
    Algorithm,
    /// A header outside the closed set.
    #[error("a header outside the closed set")]
    Header,
    /// Anything in the unprotected header.
    #[error("an unprotected header")]
    UnprotectedHeader,
    /// A payload that is carried elsewhere.
    #[error("a detached payload")]
    DetachedPayload,
    /// A claim outside the closed set.
    #[error("a claim outside the closed set")]
    Claim,
    /// Known claims that no profile has together.
    #[error("claims that no profile has together")]
    ClaimCombination,
}
