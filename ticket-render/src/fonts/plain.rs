//! The short way to shape plain Latin text: a table of glyphs and a table of kerns per face.
//!
//! Nearly all text on tickets needs nothing but the character map, advance widths and pair
//! kerning, and looking those up takes a twentieth of the time of a full shaper. The table is made
//! from the face's own layout rules and holds only characters for which it is *proven* to give the
//! shaper's answer: no rule of the face that is on by default matches any sequence of them, other
//! than pair kerning, which is copied. A test compares every pair of them with the shaper.

use std::collections::BTreeMap;

use harfrust::Font;
use read_fonts::TableProvider;
use read_fonts::types::{GlyphId, Tag};

use super::rules::Rules;
use crate::scene::Glyph;

/// Basic Latin to Latin Extended-B, indexed by code.
const LATIN_END: usize = 0x250;
/// General Punctuation to currency signs, indexed behind.
const PUNCTUATION: std::ops::Range<usize> = 0x2010..0x20D0;
const SLOTS: usize = LATIN_END + (PUNCTUATION.end - PUNCTUATION.start);

/// Glyphs and kerns of the plain characters of one face.
pub(crate) struct PlainTable {
    slots: Box<[Slot; SLOTS]>,
    /// Rows of first glyphs by columns of second ones; glyphs that kern alike share both.
    kerns: Vec<i16>,
    columns: usize,
    /// Language systems for which the face has rules of their own.
    languages: Vec<Tag>,
}

/// What is known of one character; glyph 0 says that it is not plain.
#[derive(Clone, Copy, Default)]
struct Slot {
    glyph: u16,
    advance: u16,
    row: u16,
    column: u16,
}

impl PlainTable {
    /// Reads the face's rules. `None` when they are of a kind that is not copied here, or broken:
    /// then all text takes the long way.
    pub(crate) fn new(font: &Font, advance: impl Fn(u16) -> u16) -> Option<Self> {
        let tables = font.tables();
        let foreign_rules = tables.morx().is_ok() || tables.kerx().is_ok();
        if foreign_rules {
            return None;
        }
        let mut candidates = plain_characters(font);
        let rules = Rules::read(font).ok()?;
        if rules.kern_features == 0 && tables.kern().is_ok() {
            return None;
        }
        rules.keep_untouched(&mut candidates).ok()?;
        let glyphs: Vec<GlyphId> = candidates.iter().map(|(_, glyph)| *glyph).collect();
        let kerns = rules.read_kerns(&glyphs).ok()?;

        let mut table = Self {
            slots: Box::new([Slot::default(); SLOTS]),
            kerns: Vec::new(),
            columns: 0,
            languages: rules.languages,
        };
        let (rows, columns) = table.pack(&kerns, glyphs.len());
        for (((character, glyph), row), column) in candidates.iter().zip(rows).zip(columns) {
            let glyph = u16::try_from(glyph.to_u32()).ok()?;
            if let Some(slot) = slot_of(*character).and_then(|index| table.slots.get_mut(index)) {
                *slot = Slot {
                    glyph,
                    advance: advance(glyph),
                    row,
                    column,
                };
            }
        }
        Some(table)
    }

    /// Whether the face has rules of its own for any of these OpenType languages.
    pub(crate) fn has_rules_for(&self, languages: &[Tag]) -> bool {
        languages
            .iter()
            .any(|language| self.languages.contains(language))
    }

    /// Appends the glyphs of `text`, with clusters counted from its beginning, and gives the sum
    /// of their advances. `None`, with nothing appended, when a character is not plain.
    pub(crate) fn shape(&self, text: &str, glyphs: &mut Vec<Glyph>) -> Option<i64> {
        let start = glyphs.len();
        glyphs.reserve(text.len());
        let mut total = 0i64;
        let mut before: Option<Slot> = None;
        for (index, character) in text.char_indices() {
            let slot = slot_of(character)
                .and_then(|index| self.slots.get(index))
                .copied();
            let Some(slot) = slot.filter(|slot| slot.glyph != 0) else {
                glyphs.truncate(start);
                return None;
            };
            if let (Some(before), Some(last)) = (before, glyphs.last_mut()) {
                let kern = self.kern(before, slot);
                last.advance += kern;
                total += i64::from(kern);
            }
            total += i64::from(slot.advance);
            glyphs.push(Glyph {
                id: slot.glyph,
                advance: i32::from(slot.advance),
                x_offset: 0,
                y_offset: 0,
                cluster: index as u32,
            });
            before = Some(slot);
        }
        Some(total)
    }

    fn kern(&self, first: Slot, second: Slot) -> i32 {
        let index = usize::from(first.row) * self.columns + usize::from(second.column);
        self.kerns.get(index).copied().map_or(0, i32::from)
    }

    /// Stores a square of kerns with equal rows and equal columns merged; gives the row and the
    /// column of each glyph.
    fn pack(&mut self, square: &[i16], side: usize) -> (Vec<u16>, Vec<u16>) {
        if side == 0 {
            return (Vec::new(), Vec::new());
        }
        let row_of_glyph = number_distinct(square.chunks_exact(side).map(<[i16]>::to_vec));
        let column_of_glyph = number_distinct(
            (0..side).map(|column| square.iter().skip(column).step_by(side).copied().collect()),
        );
        let rows = row_of_glyph
            .iter()
            .max()
            .map_or(0, |last| usize::from(*last) + 1);
        self.columns = column_of_glyph
            .iter()
            .max()
            .map_or(0, |last| usize::from(*last) + 1);
        self.kerns = vec![0; rows * self.columns];
        for (kerns, row) in square.chunks_exact(side).zip(&row_of_glyph) {
            for (kern, column) in kerns.iter().zip(&column_of_glyph) {
                let index = usize::from(*row) * self.columns + usize::from(*column);
                if let Some(packed) = self.kerns.get_mut(index) {
                    *packed = *kern;
                }
            }
        }
        (row_of_glyph, column_of_glyph)
    }
}

/// Gives equal lines equal numbers, in order of appearance.
fn number_distinct(lines: impl Iterator<Item = Vec<i16>>) -> Vec<u16> {
    let mut known = BTreeMap::new();
    lines
        .map(|line| {
            let next = known.len() as u16;
            *known.entry(line).or_insert(next)
        })
        .collect()
}

/// Where a character is kept, if it may be plain at all.
fn slot_of(character: char) -> Option<usize> {
    let code = character as usize;
    if code < LATIN_END {
        Some(code)
    } else if PUNCTUATION.contains(&code) {
        Some(LATIN_END + code - PUNCTUATION.start)
    } else {
        None
    }
}

/// Characters that the shaper treats in ways of its own, whatever the face says.
fn is_special(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{AD}' // soft hyphen: invisible
            | '\u{2028}'..='\u{202E}' // line separators, direction marks
            | '\u{2044}' // turns its neighbours into a fraction
            | '\u{2060}'..='\u{206F}') // invisible operators
}

/// The characters which have a glyph that is neither a mark nor a ligature, common letters first.
fn plain_characters(font: &Font) -> Vec<(char, GlyphId)> {
    const BASE: u32 = 1;
    const COMMON: &str = " 0123456789etaoinsrhdlucmwgypbvkxqjzETAOINSRHDLUCMWGYPBVKXQJZ";
    let classes = font
        .tables()
        .gdef()
        .ok()
        .and_then(|gdef| gdef.glyph_class_def()?.ok());
    let charmap = font.charmap();
    let others = (0..LATIN_END as u32).chain(PUNCTUATION.start as u32..PUNCTUATION.end as u32);
    let others = others
        .filter_map(char::from_u32)
        .filter(|other| !COMMON.contains(*other));
    COMMON
        .chars()
        .chain(others)
        .filter(|character| !is_special(*character))
        .filter_map(|character| Some((character, charmap.map_unicode(character)?)))
        .filter(|(_, glyph)| glyph.to_u32() != 0)
        .filter(|(_, glyph)| {
            let class = classes.as_ref().map_or(0, |classes| classes.get(*glyph));
            class <= BASE
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use harfrust::{Buffer, Direction, Script, ShapeOptions, ShaperFont, shape};

    use super::*;
    use crate::fonts::{FALLBACK, Face, FontSet, MONO, SANS};

    /// Advances and ids by the full shaper.
    fn shape_fully(face: &Face, text: &str) -> Vec<(u16, i32)> {
        let mut buffer = Buffer::new();
        buffer.push_str(text);
        buffer.set_direction(Direction::LeftToRight);
        buffer.set_script(Some(Script::LATIN));
        shape(
            &ShaperFont::new(face.font()),
            &mut buffer,
            ShapeOptions::new(),
        )
        .unwrap();
        let glyphs = buffer.glyph_infos().iter().zip(buffer.glyph_positions());
        glyphs
            .map(|(info, place)| {
                assert_eq!((place.x_offset, place.y_offset), (0, 0), "{text}");
                (info.glyph_id as u16, place.x_advance)
            })
            .collect()
    }

    fn shape_plainly(face: &Face, text: &str) -> Option<Vec<(u16, i32)>> {
        let mut glyphs = Vec::new();
        let total = face.plain()?.shape(text, &mut glyphs)?;
        assert_eq!(
            total,
            glyphs
                .iter()
                .map(|glyph| i64::from(glyph.advance))
                .sum::<i64>()
        );
        Some(
            glyphs
                .iter()
                .map(|glyph| (glyph.id, glyph.advance))
                .collect(),
        )
    }

    fn plain_of(face: &Face) -> Vec<char> {
        let may_be = (0..LATIN_END as u32).chain(PUNCTUATION.start as u32..PUNCTUATION.end as u32);
        may_be
            .filter_map(char::from_u32)
            .filter(|character| shape_plainly(face, &character.to_string()).is_some())
            .collect()
    }

    #[test]
    fn every_pair_is_kerned_as_the_shaper_does() {
        for member in FontSet::embedded().members() {
            let characters = plain_of(&member.face);
            for first in &characters {
                // first second first second' first …: every pair in both orders.
                let text: String = characters
                    .iter()
                    .flat_map(|second| [*first, *second])
                    .collect();
                let plainly = shape_plainly(&member.face, &text).unwrap();
                let fully = shape_fully(&member.face, &text);
                assert!(plainly == fully, "{:?} {first:?}", member.face);
            }
        }
    }

    #[test]
    fn ordinary_text_is_plain() {
        let fonts = FontSet::embedded();
        for family in [SANS, MONO] {
            for member in fonts
                .members()
                .iter()
                .filter(|member| member.family == family)
            {
                let text = "Jürgen Łukaszewicz-Ñandú & Søren Čapek, “Row 12” – Țarnă (Ø) 49,90 €";
                assert!(
                    shape_plainly(&member.face, text).is_some(),
                    "{:?}",
                    member.face
                );
            }
        }
    }

    #[test]
    fn letters_of_ligatures_take_the_long_way() {
        let fonts = FontSet::embedded();
        let face = fonts
            .members()
            .iter()
            .find(|member| member.family == FALLBACK)
            .unwrap();
        assert_eq!(shape_fully(&face.face, "fi").len(), 1);
        assert_eq!(shape_plainly(&face.face, "fi"), None);
        assert!(shape_plainly(&face.face, "tail").is_some());
    }

    #[test]
    fn other_text_is_not_plain() {
        let fonts = FontSet::embedded();
        let face = &fonts.members()[0].face;
        for text in [
            "e\u{301}",
            "Việt",
            "αβγ",
            "Київ",
            "1\u{2044}2",
            "a\u{AD}b",
            "a\nb",
            "語",
            "\u{200D}",
        ] {
            assert_eq!(shape_plainly(face, text), None, "{text:?}");
        }
    }

    #[test]
    fn a_language_with_rules_of_its_own_is_known() {
        let fonts = FontSet::embedded();
        let table = fonts.members()[0].face.plain().unwrap();
        assert!(table.has_rules_for(&[Tag::new(b"ROM "), Tag::new(b"MOL ")]));
        assert!(!table.has_rules_for(&[Tag::new(b"DEU ")]));
    }
}
