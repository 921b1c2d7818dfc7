//! Values on the command line. They are checked while it is read: a bad one is wrong usage.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use jiff::Timestamp;
use ticket_gate::{GateName, Moment};
use ticket_token::PublicKey;

use crate::storage::Slug;

/// An organizer's slug.
pub(super) fn slug(text: &str) -> Result<Slug, String> {
    Slug::try_from(text).map_err(|error| error.to_string())
}

/// A root key as `GET /api/verifier/root-key` shows it.
pub(super) fn root_key(text: &str) -> Result<PublicKey, String> {
    let bytes = hex_bytes(text).ok_or("a root key has 64 hexadecimal digits")?;
    PublicKey::from_bytes(&bytes).map_err(|error| error.to_string())
}

/// A hash.
pub(super) fn bytes_32(text: &str) -> Result<[u8; 32], String> {
    hex_bytes(text).ok_or_else(|| "64 hexadecimal digits".to_owned())
}

/// A moment of RFC 3339.
pub(super) fn moment(text: &str) -> Result<Moment, String> {
    let at: Timestamp = text
        .parse()
        .map_err(|_| "write a time of RFC 3339, such as 2027-05-01T20:00:00Z".to_owned())?;
    moment_of(at).ok_or_else(|| "must be after 1970".to_owned())
}

/// A time of the clock as the gate counts it; none before 1970.
pub(super) fn moment_of(at: Timestamp) -> Option<Moment> {
    u64::try_from(at.as_millisecond()).ok().map(Moment)
}

/// The name of a gate.
pub(super) fn gate(text: &str) -> Result<GateName, String> {
    GateName::new(text).map_err(|error| error.to_string())
}

/// The name of a template, which stands in paths.
pub(super) fn template_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    let fits = (1..=64).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase());
    if fits && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("a template's name has 1 to 64 of a-z, 0-9 and hyphens, a letter first".to_owned())
    }
}

/// The bytes of a file that the command line names.
///
/// # Errors
/// What the system says, with the file's name.
pub(super) fn read_file(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("the file {}", path.display()))
}

fn hex_bytes(text: &str) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text
        .chars()
        .map(|digit| {
            digit
                .to_digit(16)
                .and_then(|digit| u8::try_from(digit).ok())
        })
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    let bytes: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_keys_are_hexadecimal_points() {
        let genuine = ticket_token::SigningKey::from_seed(&[7; 32])
            .unwrap()
            .public_key();
        let hex: String = genuine
            .as_bytes()
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect();
        assert_eq!(root_key(&hex).unwrap().as_bytes(), genuine.as_bytes());
        for text in [
            "",
            "00",
            &hex[..63],
            &format!("{hex}0"),
            &"zz".repeat(32),
            &"00".repeat(32),
        ] {
            assert!(root_key(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_of_templates_stay_within_their_path() {
        for (text, good) in [
            ("classic", true),
            ("a-1", true),
            ("", false),
            ("1a", false),
            ("a/b", false),
            ("..", false),
            ("A", false),
        ] {
            assert_eq!(template_name(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn moments_need_a_zone() {
        assert_eq!(moment("1970-01-01T00:00:01.5Z"), Ok(Moment(1_500)));
        assert_eq!(moment("1970-01-01T02:00:00+02:00"), Ok(Moment(0)));
        for text in [
            "2027-05-01",
            "2027-05-01T20:00",
            "1969-12-31T23:59:59Z",
            "now",
        ] {
            assert!(moment(text).is_err(), "{text}");
        }
    }
}
