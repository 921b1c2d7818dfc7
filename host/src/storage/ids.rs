//! Names of stored things.

use std::fmt;

use ticket_token::{EventNumber, Serial};

/// An organizer's number in this host. Inside only; people use the [`Slug`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganizerId(pub u32);

/// A template's number in this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateId(pub u32);

/// A template version's number in this host; tickets refer to it. Authors see the template's name
/// and the version's number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateVersionId(pub u32);

/// A signing key's number in this host. Tokens carry the [`ticket_token::KeyId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SigningKeyId(pub u32);

/// Where a ticket is: its event and its place in the event's status list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TicketKey {
    /// The event.
    pub event: EventNumber,
    /// The ticket in it.
    pub serial: Serial,
}

impl fmt::Display for TicketKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.event.0, self.serial.0)
    }
}

/// A SHA-256, by which bytes are stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `data`.
    #[must_use]
    pub fn of(data: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(data).into())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

/// Bytes that were encrypted and authenticated before they came here.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}

/// A keyed hash of a value that is searched for but not stored in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BlindIndex(pub [u8; 16]);

/// An organizer's name in URLs and tokens. It never changes: the organizer's keys are bound to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slug(Box<str>); // 1..=MAX_BYTES of [a-z0-9-], no hyphen at either end

/// Why a text is no [`Slug`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an organizer's slug has 1 to {max} of a-z, 0-9 and inner hyphens", max = Slug::MAX_BYTES)]
pub struct SlugError;

impl Slug {
    /// A label of a host name is no longer.
    pub const MAX_BYTES: usize = 63;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Slug {
    type Error = SlugError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let fits = (1..=Self::MAX_BYTES).contains(&text.len());
        if fits && text.bytes().all(allowed) && !text.starts_with('-') && !text.ends_with('-') {
            Ok(Self(text.into()))
        } else {
            Err(SlugError)
        }
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An id that a caller chose for an event or a ticket; opaque. Words that are routes are for the
/// door that has routes to refuse.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallerId(Box<str>); // 1..=MAX_BYTES of [A-Za-z0-9._~-], not in the shape of a UUID

/// Why a text is no [`CallerId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallerIdError {
    /// Too long, or empty.
    #[error("an id has 1 to {max} characters", max = CallerId::MAX_BYTES)]
    Length,
    /// A character that would need escaping in a path.
    #[error("an id consists of A-Z, a-z, 0-9 and . _ ~ -")]
    Character,
    /// It could be taken for an id of the host's own.
    #[error("an id in the shape of a UUID is reserved for the host's own; put a prefix before it")]
    Uuid,
}

impl CallerId {
    /// The longest id.
    pub const MAX_BYTES: usize = 64;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for CallerId {
    type Error = CallerIdError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        if !(1..=Self::MAX_BYTES).contains(&text.len()) {
            return Err(CallerIdError::Length);
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte);
        // A path segment `.` or `..` would be resolved away by clients.
        if !text.bytes().all(allowed) || text == "." || text == ".." {
            return Err(CallerIdError::Character);
        }
        if uuid::Uuid::try_parse(text).is_ok() {
            return Err(CallerIdError::Uuid);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for CallerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caller_ids_are_checked() {
        let check = |text: &str, expected: Result<(), CallerIdError>| {
            assert_eq!(CallerId::try_from(text).map(|_| ()), expected, "{text}");
        };
        check("TICKET_42.a~b-c", Ok(()));
        check(&"x".repeat(64), Ok(()));
        check(&"x".repeat(65), Err(CallerIdError::Length));
        check("", Err(CallerIdError::Length));
        check("a b", Err(CallerIdError::Character));
        check("ä", Err(CallerIdError::Character));
        check("a/b", Err(CallerIdError::Character));
        check("..", Err(CallerIdError::Character));
        check("...", Ok(()));
        check(
            "01890c5e-7b1a-8000-8000-0123456789ab",
            Err(CallerIdError::Uuid),
        );
        check("01890c5e7b1a800080000123456789ab", Err(CallerIdError::Uuid));
        check("x-01890c5e-7b1a-8000-8000-0123456789ab", Ok(()));
    }

    #[test]
    fn slugs_are_checked() {
        let check = |text: &str, expected: bool| {
            assert_eq!(Slug::try_from(text).is_ok(), expected, "{text}");
        };
        check("demo", true);
        check("a-1", true);
        check("", false);
        check("-a", false);
        check("a-", false);
        check("Demo", false);
        check("a_b", false);
        check(&"x".repeat(63), true);
        check(&"x".repeat(64), false);
    }
}
