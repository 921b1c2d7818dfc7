//! Short names that gates and devices go by, and texts in several languages.

use alloc::boxed::Box;
use alloc::vec::Vec;

use thiserror::Error;

/// Longest gate or device name, in bytes of UTF-8.
pub const MAX_LABEL_BYTES: usize = 32;
/// Longest text of one language, in bytes of UTF-8.
pub const MAX_TEXT_BYTES: usize = 256;
/// Longest language tag, in bytes (RFC 5646 section 4.4.1 asks for room for 35).
pub const MAX_LANGUAGE_BYTES: usize = 35;
/// Most languages of one text.
pub const MAX_LANGUAGES: usize = 32;

/// A name or text that is out of bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LabelError {
    /// Empty, or longer than the bound.
    #[error("a name has 1 to {max} bytes of UTF-8, this one has {actual}")]
    Length {
        /// The bound.
        max: usize,
        /// What was given.
        actual: usize,
    },
    /// A control character would garble a scanner's screen or a log line.
    #[error("a name has no control characters")]
    Control,
    /// No language, too many, or one twice.
    #[error("a text is given in 1 to {MAX_LANGUAGES} languages, each once")]
    Languages,
}

/// The name of a gate as stewards know it, for example `North`: 1 to 32 bytes, no control
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GateName(Box<str>);

/// The name a scanner got when it was paired: 1 to 32 bytes, no control characters. Unique within
/// an organizer, which is what makes (device, nonce) name one admission.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceName(Box<str>);

impl GateName {
    /// Checks and keeps a name. Fails with [`LabelError`] when it is out of bounds.
    pub fn new(name: &str) -> Result<Self, LabelError> {
        bounded(name, MAX_LABEL_BYTES).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl DeviceName {
    /// Checks and keeps a name. Fails with [`LabelError`] when it is out of bounds.
    pub fn new(name: &str) -> Result<Self, LabelError> {
        bounded(name, MAX_LABEL_BYTES).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One text in one or more languages; the first is the event's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalizedText {
    /// (language tag, text): never empty, no tag twice.
    entries: Vec<(Box<str>, Box<str>)>,
}

impl LocalizedText {
    /// A text in one language, `language` being a tag such as `de` or `pt-BR`.
    pub fn new(language: &str, text: &str) -> Result<Self, LabelError> {
        Self::from_entries([(language, text)])
    }

    /// A text in several languages, the event's own first.
    pub fn from_entries<'a>(
        entries: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, LabelError> {
        let mut checked: Vec<(Box<str>, Box<str>)> = Vec::new();
        for (language, text) in entries {
            let language = bounded(language, MAX_LANGUAGE_BYTES)?;
            let text = bounded(text, MAX_TEXT_BYTES)?;
            if checked.len() == MAX_LANGUAGES || checked.iter().any(|(tag, _)| *tag == language) {
                return Err(LabelError::Languages);
            }
            checked.push((language, text));
        }
        if checked.is_empty() {
            return Err(LabelError::Languages);
        }
        Ok(Self { entries: checked })
    }

    /// (language tag, text) in order; the first is the event's own.
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.entries
            .iter()
            .map(|(language, text)| (&**language, &**text))
    }

    /// The text in `language`, else in a language that shares its first subtag, else in the
    /// event's own.
    pub fn in_language(&self, language: &str) -> &str {
        let exact = self
            .entries()
            .find(|(tag, _)| tag.eq_ignore_ascii_case(language));
        let related = || {
            self.entries()
                .find(|(tag, _)| primary(tag).eq_ignore_ascii_case(primary(language)))
        };
        exact
            .or_else(related)
            .map_or_else(|| self.own(), |(_, text)| text)
    }

    /// The text in the event's own language.
    pub fn own(&self) -> &str {
        self.entries.first().map_or("", |(_, text)| text)
    }
}

fn primary(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

fn bounded(text: &str, max: usize) -> Result<Box<str>, LabelError> {
    if text.is_empty() || text.len() > max {
        return Err(LabelError::Length {
            max,
            actual: text.len(),
        });
    }
    // Only the ASCII and C1 controls: `char::is_control` without its tables.
    if text
        .chars()
        .any(|c| c < ' ' || ('\u{7f}'..='\u{9f}').contains(&c))
    {
        return Err(LabelError::Control);
    }
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_printable() {
        assert_eq!(GateName::new("North").unwrap().as_str(), "North");
        assert_eq!(
            GateName::new(""),
            Err(LabelError::Length { max: 32, actual: 0 })
        );
        assert_eq!(
            GateName::new(&"x".repeat(33)),
            Err(LabelError::Length {
                max: 32,
                actual: 33
            })
        );
        assert_eq!(DeviceName::new("a\nb"), Err(LabelError::Control));
        assert_eq!(DeviceName::new("a\u{85}b"), Err(LabelError::Control));
    }

    #[test]
    fn a_text_falls_back_to_a_related_language_then_to_its_own() {
        let text = LocalizedText::from_entries([("en", "Adult"), ("de-AT", "Erwachsene")]).unwrap();
        assert_eq!(text.in_language("DE-at"), "Erwachsene");
        assert_eq!(text.in_language("de"), "Erwachsene");
        assert_eq!(text.in_language("fr"), "Adult");
    }

    #[test]
    fn a_text_needs_a_language_and_none_twice() {
        assert_eq!(LocalizedText::from_entries([]), Err(LabelError::Languages));
        let twice = LocalizedText::from_entries([("en", "a"), ("en", "b")]);
        assert_eq!(twice, Err(LabelError::Languages));
    }
}
