//! Text as it may be printed.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// Brings text that came with an order into the form that the contract promises: normalization
/// form C, no control characters but line feeds, nothing around it.
pub fn printable(text: &str) -> String {
    let trimmed = text.trim();
    if is_clean(trimmed) {
        return trimmed.to_owned();
    }
    // A carriage return with its line feed is one line end; tabs are spaces; the others print
    // nothing anyway.
    let one_line_end = trimmed.replace("\r\n", "\n");
    let cleaned = one_line_end
        .chars()
        .filter_map(|character| match character {
            '\n' | '\r' => Some('\n'),
            '\t' => Some(' '),
            other if other.is_control() => None,
            other => Some(other),
        });
    cleaned.nfc().collect::<String>().trim().to_owned()
}

fn is_clean(text: &str) -> bool {
    let no_control = text
        .chars()
        .all(|character| character == '\n' || !character.is_control());
    no_control && is_nfc_quick(text.chars()) == IsNormalized::Yes
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn text_is_composed_and_cleaned() {
        assert_eq!(printable(" Ada "), "Ada");
        assert_eq!(printable("Zu\u{308}rich"), "Zürich");
        assert_eq!(printable("one\r\ntwo\tthree\u{7}"), "one\ntwo three");
        assert_eq!(printable("\u{0}\u{1}"), "");
    }
}
