//! The map from a subset's glyphs back to characters (ISO 32000-1 clause 9.10.3), by ranges: a
//! subset is numbered in order of its characters, so that a whole alphabet is one line.

/// What a map begins with; two bytes are one code.
const BEGIN: &[u8] = b"/CIDInit/ProcSet findresource begin\n\
    12 dict begin\n\
    begincmap\n\
    /CIDSystemInfo<</Registry(Adobe)/Ordering(UCS)/Supplement 0>>def\n\
    /CMapName/Adobe-Identity-UCS def\n\
    /CMapType 2 def\n\
    1 begincodespacerange\n\
    <0000><FFFF>\n\
    endcodespacerange\n";

const END: &[u8] = b"endcmap\n\
    CMapName currentdict/CMap defineresource pop\n\
    end\n\
    end\n";

/// A section has at most so many lines.
const MAX_LINES: usize = 100;

/// Glyphs with rising numbers that show characters with rising codes.
#[derive(Debug, PartialEq)]
struct Range {
    first: u16,
    last: u16,
    character: char,
}

/// Writes the map of glyphs that show a character each, in order of their numbers.
pub(super) fn write(glyphs: impl Iterator<Item = (u16, char)>) -> Vec<u8> {
    let mut out = BEGIN.to_vec();
    for section in ranges(glyphs).chunks(MAX_LINES) {
        out.extend_from_slice(format!("{} beginbfrange\n", section.len()).as_bytes());
        for range in section {
            let (first, last) = (range.first, range.last);
            out.extend_from_slice(format!("<{first:04X}><{last:04X}><").as_bytes());
            for unit in range.character.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(format!("{unit:04X}").as_bytes());
            }
            out.extend_from_slice(b">\n");
        }
        out.extend_from_slice(b"endbfrange\n");
    }
    out.extend_from_slice(END);
    out
}

/// Joins neighbours, but never where the low byte of a code or of a UTF-16 unit would run over: only
/// that byte counts up.
fn ranges(glyphs: impl Iterator<Item = (u16, char)>) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for (number, character) in glyphs {
        if let Some(range) = ranges.last_mut() {
            let step = number.wrapping_sub(range.first);
            let follows = number.checked_sub(1) == Some(range.last)
                && u32::from(character) == u32::from(range.character) + u32::from(step)
                && number & 0xFF != 0
                && u32::from(character) & 0xFF != 0;
            if follows {
                range.last = number;
                continue;
            }
        }
        ranges.push(Range {
            first: number,
            last: number,
            character,
        });
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(glyphs: &[(u16, char)], expected: &[(u16, u16, char)]) {
        let found = ranges(glyphs.iter().copied());
        let found: Vec<_> = found
            .iter()
            .map(|range| (range.first, range.last, range.character))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn neighbours_are_joined_until_a_byte_runs_over() {
        check(&[], &[]);
        check(&[(1, 'a'), (2, 'b'), (3, 'c')], &[(1, 3, 'a')]);
        check(&[(1, 'a'), (3, 'b')], &[(1, 1, 'a'), (3, 3, 'b')]);
        check(&[(1, 'b'), (2, 'a')], &[(1, 1, 'b'), (2, 2, 'a')]);
        check(
            &[(255, 'a'), (256, 'b')],
            &[(255, 255, 'a'), (256, 256, 'b')],
        );
        check(
            &[(7, '\u{FF}'), (8, '\u{100}')],
            &[(7, 7, '\u{FF}'), (8, 8, '\u{100}')],
        );
    }

    #[test]
    fn long_maps_have_several_sections_and_wide_characters_two_units() {
        let glyphs = (0..150_u16).map(|glyph| (glyph * 2, '\u{1D400}'));
        let map = String::from_utf8(write(glyphs)).unwrap();
        assert!(map.contains("100 beginbfrange\n<0000><0000><D835DC00>\n"));
        assert!(map.contains("50 beginbfrange\n<00C8><00C8><D835DC00>\n"));
    }
}
