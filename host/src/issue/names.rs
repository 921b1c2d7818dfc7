//! Names that callers choose, checked once at the door.

use crate::storage::{CallerId, CallerIdError};

/// Words that stand in a path where an id could, and therefore cannot be ids.
const ROUTE_WORDS: [&str; 26] = [
    "batch",
    "batch-pdf",
    "bundle",
    "default",
    "download",
    "erase",
    "event",
    "events",
    "full-batch",
    "generate",
    "health",
    "holder",
    "job",
    "jobs",
    "keys",
    "orders",
    "pdf",
    "preview",
    "qr",
    "qrcode",
    "queue",
    "regenerate",
    "revoke",
    "stats",
    "status",
    "validate",
];

/// Why a text is no id of a caller's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Length, characters, or the shape of a UUID.
    #[error(transparent)]
    Form(#[from] CallerIdError),
    /// A step in a path.
    #[error("an id must not be \".\" or \"..\", which mean something else in a path")]
    Dots,
    /// A word of a route.
    #[error("this word is part of the API's routes; choose another id")]
    RouteWord,
}

/// Reads an id of the caller's own: as [`CallerId`], and no word that stands in a route where an
/// id could.
///
/// # Errors
/// What is wrong with it.
pub fn caller_id(text: &str) -> Result<CallerId, NameError> {
    if text == "." || text == ".." {
        return Err(NameError::Dots);
    }
    if ROUTE_WORDS.contains(&text.to_ascii_lowercase().as_str()) {
        return Err(NameError::RouteWord);
    }
    Ok(CallerId::try_from(text)?)
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
    fn words_of_routes_and_steps_in_paths_are_no_ids() {
        let check = |text: &str, expected: Result<(), NameError>| {
            assert_eq!(caller_id(text).map(|_| ()), expected, "{text}");
        };
        check("order-17.3_a~b", Ok(()));
        check("..", Err(NameError::Dots));
        check("Generate", Err(NameError::RouteWord));
        check("default", Err(NameError::RouteWord));
        check("a/b", Err(NameError::Form(CallerIdError::Character)));
    }

    #[test]
    fn printed_text_is_bounded_and_cannot_hide_anything() {
        assert_eq!(printable("  Zoë ", 10, Lines::One), Ok("Zoë".to_owned()));
        assert_eq!(printable(" ", 10, Lines::One), Err(TextError::Empty));
        assert_eq!(
            printable("ab", 1, Lines::One),
            Err(TextError::TooLong { max: 1 })
        );
        assert_eq!(
            printable("a\nb", 9, Lines::One),
            Err(TextError::Control { code: 10 })
        );
        assert_eq!(printable("a\nb", 9, Lines::Many), Ok("a\nb".to_owned()));
        assert_eq!(
            printable("a\u{202E}b", 9, Lines::One),
            Err(TextError::Direction { code: 0x202E })
        );
    }
}
