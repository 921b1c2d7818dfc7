//! Why a delegation, bundle, status list or record page is not taken in.

use alloc::boxed::Box;

use thiserror::Error;
use ticket_token::cbor::CborError;
use ticket_token::{DecodeError, EventNumber, KeyError};

use crate::label::LabelError;

/// Why knowledge is refused. What was held before stays in force.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KnowledgeError {
    /// Longer than anything that the host makes.
    #[error("the {what} has {actual} bytes, at most {max} are accepted")]
    TooLarge {
        /// Bundle, delegation, status list, page or state.
        what: &'static str,
        /// The bound in bytes.
        max: usize,
        /// What was given, in bytes.
        actual: usize,
    },
    /// Not a signed object.
    #[error("not a signed object: {0}")]
    Object(#[source] DecodeError),
    /// The content is not deterministic CBOR, or a value has the wrong type.
    #[error("content: {0}")]
    Cbor(#[source] CborError),
    /// A signed object of another kind, for example a status list where a bundle is expected.
    #[error("expected an object of type {expected}")]
    Kind {
        /// The media type in header 16.
        expected: &'static str,
    },
    /// The root key did not sign the delegation: wrong organizer, or forged. Pair the scanner again
    /// if the organizer has a new root key.
    #[error("not delegated by this root key")]
    NotDelegated,
    /// The delegated key did not sign the object.
    #[error("not signed by the delegated key")]
    BadSignature,
    /// Issued before or after the time for which the key was delegated.
    #[error("issued outside the window of its delegation")]
    OutsideDelegation,
    /// A rollback: something newer is already held.
    #[error("older than what is held: sequence {offered} after {held}")]
    Older {
        /// The held sequence number.
        held: u64,
        /// The offered sequence number.
        offered: u64,
    },
    /// Made for another event.
    #[error("for event {found}, not {expected}", expected = expected.0, found = found.0)]
    WrongEvent {
        /// The event of the bundle that is held.
        expected: EventNumber,
        /// The event of what was offered.
        found: EventNumber,
    },
    /// A status list whose `sub` is not the address that the bundle names.
    #[error("a status list of another address than the bundle names")]
    WrongStatusList,
    /// A format version that this build does not know: update it.
    #[error("format version {0} is not known, update the verifier")]
    Version(u64),
    /// A field that must be understood and is not: update this build.
    #[error("{what} has the unknown field {field}, update the verifier")]
    UnknownField {
        /// The object.
        what: &'static str,
        /// Its key.
        field: u64,
    },
    /// A field that must be there is not.
    #[error("{what} lacks {field}")]
    Missing {
        /// The object.
        what: &'static str,
        /// The field's name.
        field: &'static str,
    },
    /// A value outside its bounds.
    #[error("{field}: {rule}")]
    Value {
        /// The field's name.
        field: &'static str,
        /// The rule that is broken.
        rule: &'static str,
    },
    /// A name or text outside its bounds.
    #[error("{field}: {source}")]
    Label {
        /// The field's name.
        field: &'static str,
        /// What is wrong with it.
        source: LabelError,
    },
    /// 32 bytes that are no key.
    #[error("{field}: {source}")]
    Key {
        /// The field's name.
        field: &'static str,
        /// What is wrong with them.
        source: KeyError,
    },
    /// The status list's bytes do not inflate to the size that it declares.
    #[error("the status list does not inflate to its declared size")]
    Inflate,
}

impl KnowledgeError {
    /// A stable name for programs. Every way of being no sound object of ours is `INVALID`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotDelegated => "NOT_DELEGATED",
            Self::BadSignature => "BAD_SIGNATURE",
            Self::OutsideDelegation => "OUTSIDE_DELEGATION",
            Self::Older { .. } => "OLDER",
            Self::WrongEvent { .. } => "WRONG_EVENT",
            Self::WrongStatusList => "WRONG_STATUS_LIST",
            Self::Version(_) | Self::UnknownField { .. } => "UPDATE_NEEDED",
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::Object(_)
            | Self::Cbor(_)
            | Self::Kind { .. }
            | Self::Missing { .. }
            | Self::Value { .. }
            | Self::Label { .. }
            | Self::Key { .. }
            | Self::Inflate => "INVALID",
        }
    }

    /// [`KnowledgeError::Value`].
    #[cold]
    #[inline(never)]
    pub(crate) fn value(field: &'static str, rule: &'static str) -> Refusal {
        Box::new(Self::Value { field, rule })
    }
}

/// A [`KnowledgeError`] on its way out of the decoders: one word. They are mostly places where an
/// error may leave, and each of them would carry all parts of it, at twice the size in WebAssembly.
pub(crate) type Refusal = Box<KnowledgeError>;

impl From<Refusal> for KnowledgeError {
    fn from(refusal: Refusal) -> Self {
        *refusal
    }
}

impl From<CborError> for Refusal {
    #[cold]
    #[inline(never)]
    fn from(error: CborError) -> Self {
        Self::new(KnowledgeError::Cbor(error))
    }
}

impl From<DecodeError> for Refusal {
    #[cold]
    #[inline(never)]
    fn from(error: DecodeError) -> Self {
        Self::new(KnowledgeError::Object(error))
    }
}

/// Refuses bytes beyond `max`.
pub(crate) fn check_size(what: &'static str, bytes: &[u8], max: usize) -> Result<(), Refusal> {
    if bytes.len() > max {
        return Err(Refusal::new(KnowledgeError::TooLarge {
            what,
            max,
            actual: bytes.len(),
        }));
    }
    Ok(())
}
