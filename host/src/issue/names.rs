//! Names that callers choose, checked once at the door.

use std::fmt;

/// Words that stand in a path where an id could, and therefore cannot be ids.
const ROUTE_WORDS: [&str; 24] = [
    "batch", "batch-pdf", "bundle", "default", "download", "event", "events", "full-batch",
    "generate", "health", "job", "jobs", "keys", "orders", "pdf", "preview", "qr", "qrcode",
    "queue", "regenerate", "revoke", "stats", "status", "validate",
];

/// An id of the caller's own: 1 to 64 of `[A-Za-z0-9._~-]`, no word of a route, not shaped like a
/// UUID (those are Guichet's). Unique per organizer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallerId(String);

/// Why a text is no [`CallerId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallerIdError {
    /// Empty, too long, or with other characters.
    #[error("must be 1 to 64 characters of A-Z, a-z, 0-9, '.', '_', '~' and '-'")]
    Form,
    /// `.` and `..` mean something else in a path.
    #[error("must not be \".\" or \"..\"")]
    Dots,
    /// A word of a route.
    #[error("is a word that the routes of this API use; choose another id")]
    RouteWord,
    /// Looks like one of our own ids.
    #[error("is shaped like a UUID; those are given by Guichet, choose another form")]
    Uuid,
}

impl CallerId {
    /// Longest id in bytes.
    pub const MAX_BYTES: usize = 64;

    /// The id of every organizer's built-in event, which no caller can give to another.
    pub fn default_event() -> Self {
        Self("default".to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for CallerId {
    type Error = CallerIdError;

    fn try_from(text: &str) -> Result<Self, CallerIdError> {
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b'-');
        if text.is_empty() || text.len() > Self::MAX_BYTES || !text.bytes().all(allowed) {
            return Err(CallerIdError::Form);
        }
        if text == "." || text == ".." {
            return Err(CallerIdError::Dots);
        }
        if uuid::Uuid::try_parse(text).is_ok() {
            return Err(CallerIdError::Uuid);
        }
        if ROUTE_WORDS.contains(&text.to_ascii_lowercase().as_str()) {
            return Err(CallerIdError::RouteWord);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for CallerId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Why a text cannot be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing in it.
    #[error("must not be empty; leave the field out instead")]
    Empty,
    /// Over the bound.
    #[error("is longer than {max} characters")]
    TooLong {
        /// The bound.
        max: usize,
    },
    /// A control character.
    #[error("holds the control character U+{code:04X}; remove it")]
    Control {
        /// The character.
        code: u32,
    },
    /// A character that turns the direction of the text around it, which could disguise a name.
    #[error("holds the text direction control U+{code:04X}; remove it")]
    Direction {
        /// The character.
        code: u32,
    },
}

/// Checks text that will be printed: trimmed, 1 to `max` characters, no control characters but
/// (where `lines` are allowed) line feeds, no explicit direction controls.
///
/// # Errors
/// The first thing that is wrong, with the bound.
pub fn printable(text: &str, max: usize, lines: Lines) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > max {
        return Err(TextError::TooLong { max });
    }
    for character in text.chars() {
        let code = u32::from(character);
        if character == '\n' && lines == Lines::Many {
            continue;
        }
        if character.is_control() || matches!(code, 0x2028 | 0x2029) {
            return Err(TextError::Control { code });
        }
        if matches!(code, 0x202A..=0x202E | 0x2066..=0x2069) {
            return Err(TextError::Direction { code });
        }
    }
    Ok(text.to_owned())
}

/// Whether a text may have several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lines {
    /// One line only.
    One,
    /// Line feeds are allowed.
    Many,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_callers_are_plain_and_unmistakable() {
        let check = |text: &str, expected| {
            assert_eq!(CallerId::try_from(text).map(|_| ()), expected, "{text}");
        };
        check("order-17.3_a~b", Ok(()));
        check("", Err(CallerIdError::Form));
        check(&"x".repeat(64), Ok(()));
        check(&"x".repeat(65), Err(CallerIdError::Form));
        check("a/b", Err(CallerIdError::Form));
        check("é", Err(CallerIdError::Form));
        check("..", Err(CallerIdError::Dots));
        check("Generate", Err(CallerIdError::RouteWord));
        check("0d1f5c3e-7a2b-4c4d-8e9f-0123456789ab", Err(CallerIdError::Uuid));
        check("0d1f5c3e7a2b4c4d8e9f0123456789ab", Err(CallerIdError::Uuid));
    }

    #[test]
    fn printed_text_is_bounded_and_cannot_hide_anything() {
        assert_eq!(printable("  Zoë ", 10, Lines::One), Ok("Zoë".to_owned()));
        assert_eq!(printable(" ", 10, Lines::One), Err(TextError::Empty));
        assert_eq!(printable("ab", 1, Lines::One), Err(TextError::TooLong { max: 1 }));
        assert_eq!(printable("a\nb", 9, Lines::One), Err(TextError::Control { code: 10 }));
        assert_eq!(printable("a\nb", 9, Lines::Many), Ok("a\nb".to_owned()));
        assert_eq!(printable("a\u{202E}b", 9, Lines::One), Err(TextError::Direction { code: 0x202E }));
    }
}
