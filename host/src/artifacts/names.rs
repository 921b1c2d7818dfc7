//! Names of the files in an archive, such as every system can unpack.

use std::collections::HashSet;

use sha2::{Digest as _, Sha256};
use unicode_normalization::UnicodeNormalization as _;

/// Longest name in bytes; file systems take 255, and a number may be added.
const MAX_BYTES: usize = 200;
/// Longest ending that is kept when a name is cut.
const MAX_ENDING_BYTES: usize = 16;
/// Of what nothing is left.
const NAMELESS: &str = "file";

/// The names that an archive has, made safe and unique. They are flat: an archive has no folders.
#[derive(Debug, Default)]
pub struct EntryNames {
    /// Of each name, as systems compare it that do not tell large letters from small ones; the beginning of
    /// a hash, since an archive may have a million of them.
    taken: HashSet<u64>,
}

impl EntryNames {
    /// A name like the one that is wanted, and unlike all before it: without path, control signs, signs
    /// that turn the direction of text, or what Windows takes for a device; with a number if need be. The
    /// same names in the same order become the same.
    pub fn take(&mut self, wanted: &str) -> String {
        let safe = safe(wanted);
        if self.taken.insert(compared(&safe)) {
            return safe;
        }
        let (stem, ending) = split_ending(&safe);
        // There are more numbers than names.
        let mut numbered = (2_u64..).map(|number| format!("{stem} ({number}){ending}"));
        let free = numbered.find(|name| self.taken.insert(compared(name)));
        free.unwrap_or(safe)
    }
}

fn compared(name: &str) -> u64 {
    let digest = Sha256::digest(name.to_lowercase());
    let (beginning, _) = digest.split_at(8);
    beginning
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}

fn safe(wanted: &str) -> String {
    let replaced: String = wanted
        .nfc()
        .map(|sign| if is_allowed(sign) { sign } else { '_' })
        .collect();
    // Windows drops dots and spaces at the end, and a dot at the beginning hides a file.
    let trimmed = replaced.trim_matches([' ', '.']);
    let name = match trimmed {
        "" => NAMELESS.to_owned(),
        name if is_device(name) => format!("_{name}"),
        name => name.to_owned(),
    };
    shorten(&name)
}

fn is_allowed(sign: char) -> bool {
    !sign.is_control()
        && !matches!(sign, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|')
        // Marks, overrides and isolates of direction; signs without width; separators of lines.
        && !matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}')
}

/// Whether Windows takes the name for a device, whatever its ending is.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let stem = stem.to_uppercase();
    let numbered = |device: &str| {
        let number = stem.strip_prefix(device).map(|number| number.chars());
        number.is_some_and(|mut number| {
            matches!(number.next(), Some('0'..='9' | '¹' | '²' | '³')) && number.next().is_none()
        })
    };
    matches!(&*stem, "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered("COM")
        || numbered("LPT")
}

fn shorten(name: &str) -> String {
    if name.len() <= MAX_BYTES {
        return name.to_owned();
    }
    let (stem, ending) = split_ending(name);
    let cut = stem.floor_char_boundary(MAX_BYTES.saturating_sub(ending.len()));
    let (stem, _) = stem.split_at(cut);
    format!("{}{ending}", stem.trim_end_matches([' ', '.']))
}

/// The name and its ending, with the dot; the ending of a name is short.
fn split_ending(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        Some(dot) if dot > 0 && name.len() - dot <= MAX_ENDING_BYTES => name.split_at(dot),
        _ => (name, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_in_its_folder_and_is_no_device() {
        let check = |wanted: &str, expected: &str| {
            assert_eq!(EntryNames::default().take(wanted), expected, "{wanted:?}");
        };
        check("A1B2.pdf", "A1B2.pdf");
        check("Zoë Ångström 票.pdf", "Zoë Ångström 票.pdf");
        check("Zoe\u{308}.pdf", "Zoë.pdf");
        check("../../etc/passwd", "_.._etc_passwd");
        check("/etc/passwd", "_etc_passwd");
        check("C:\\Windows\\x.pdf", "C__Windows_x.pdf");
        check("..", "file");
        check("", "file");
        check(" . ", "file");
        check(".hidden", "hidden");
        check("x.pdf. ", "x.pdf");
        check("a\0b\nc.pdf", "a_b_c.pdf");
        check("ticket\u{202e}fdp.exe", "ticket_fdp.exe");
        check("con", "_con");
        check("Nul.pdf", "_Nul.pdf");
        check("aux .txt", "_aux .txt");
        check("COM1.pdf", "_COM1.pdf");
        check("lpt³", "_lpt³");
        check("COM10.pdf", "COM10.pdf");
        check("console.pdf", "console.pdf");
    }

    #[test]
    fn names_are_unique_whatever_the_size_of_letters() {
        let mut names = EntryNames::default();
        let mut take = |wanted: &str| names.take(wanted);
        assert_eq!(take("a.pdf"), "a.pdf");
        assert_eq!(take("A.PDF"), "A (2).PDF");
        assert_eq!(take("a.pdf"), "a (3).pdf");
        assert_eq!(take("a (2).pdf"), "a (2) (2).pdf");
        assert_eq!(take("x/y"), "x_y");
        assert_eq!(take("x\\y"), "x_y (2)");
    }

    #[test]
    fn a_long_name_is_cut_between_signs_and_keeps_its_ending() {
        let name = EntryNames::default().take(&format!("{}.pdf", "é".repeat(300)));
        assert_eq!(name, format!("{}.pdf", "é".repeat(98)));
        let name = EntryNames::default().take(&format!("x.{}", "é".repeat(300)));
        assert!(name.len() <= MAX_BYTES, "{name}");
    }
}
