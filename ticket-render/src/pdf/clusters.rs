//! Which glyphs of a run say their text by themselves.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::numbering::Numbering;
use crate::scene::GlyphRun;

/// Glyphs that stand together, and what they say.
#[derive(Debug, PartialEq)]
pub(super) struct Spoken<'a> {
    /// Which glyphs of the run.
    pub glyphs: Range<usize>,
    /// The text, where the characters of the glyphs are not it, or where a viewer that goes by the
    /// places of glyphs would tear a letter from its mark.
    pub text: Option<Cow<'a, str>>,
}

/// Parts a run into glyphs that say their text and words that need to be told.
///
/// Whole words, since poppler sees a gap behind a mark that stands over the middle of its letter,
/// and would put a space there.
pub(super) fn spoken<'a>(run: &'a GlyphRun, numbering: &Numbering) -> Vec<Spoken<'a>> {
    if says_itself(run, numbering) {
        let all = 0..run.glyphs.len();
        return vec![Spoken {
            glyphs: all,
            text: None,
        }];
    }
    by_words(run, numbering)
}

/// Whether there is a glyph for each character, none of which composing changes; so it is with
/// nearly all text.
fn says_itself(run: &GlyphRun, numbering: &Numbering) -> bool {
    let mut characters = run.text.char_indices();
    let each = run.glyphs.iter().all(|glyph| {
        characters.next().is_some_and(|(index, character)| {
            character < FIRST_COMPOSABLE
                && glyph.cluster as usize == index
                && (glyph.x_offset, glyph.y_offset) == (0, 0)
                && numbering.glyph(glyph.id).1.character == Some(character)
        })
    });
    each && characters.next().is_none() && !run.glyphs.is_empty()
}

fn by_words<'a>(run: &'a GlyphRun, numbering: &Numbering) -> Vec<Spoken<'a>> {
    let mut parts: Vec<Spoken> = Vec::new();
    let mut word = Word::default();
    let mut at = 0;
    while let Some(first) = run.glyphs.get(at) {
        let rest = run.glyphs.get(at..).unwrap_or_default();
        let count = rest
            .iter()
            .take_while(|glyph| glyph.cluster == first.cluster)
            .count();
        let end = at + count;
        let text_end = run
            .glyphs
            .get(end)
            .map_or(run.text.len(), |next| next.cluster as usize);
        let Some(text) = run.text.get(word.text.end..text_end) else {
            // Clusters out of order, or of another text: tell all of it at once.
            let text = Some(composed(&run.text));
            return vec![Spoken {
                glyphs: 0..run.glyphs.len(),
                text,
            }];
        };
        let is_plain = count == 1
            && (first.x_offset, first.y_offset) == (0, 0)
            && numbering
                .glyph(first.id)
                .1
                .character
                .is_some_and(|known| is_just(text, known));
        let is_space = is_plain && text == " ";
        if is_space {
            word.end_in(&mut parts, run);
        }
        word.glyphs.end = end;
        word.text.end = text_end;
        word.needs_telling |= !is_plain;
        if is_space {
            word.end_in(&mut parts, run);
        }
        at = end;
    }
    word.end_in(&mut parts, run);
    parts
}

#[derive(Default)]
struct Word {
    glyphs: Range<usize>,
    text: Range<usize>,
    needs_telling: bool,
}

impl Word {
    /// Adds the word to the parts, and begins another one behind it.
    fn end_in<'a>(&mut self, parts: &mut Vec<Spoken<'a>>, run: &'a GlyphRun) {
        let next = Self {
            glyphs: self.glyphs.end..self.glyphs.end,
            text: self.text.end..self.text.end,
            needs_telling: false,
        };
        let word = std::mem::replace(self, next);
        if word.glyphs.is_empty() {
            return;
        }
        match parts.last_mut() {
            Some(last) if last.text.is_none() && !word.needs_telling => {
                last.glyphs.end = word.glyphs.end;
            }
            _ => {
                let text = run.text.get(word.text).unwrap_or_default();
                let text = word.needs_telling.then(|| composed(text));
                parts.push(Spoken {
                    glyphs: word.glyphs,
                    text,
                });
            }
        }
    }
}

/// Characters before this one stay what they are when text is composed, as long as none follows.
const FIRST_COMPOSABLE: char = '\u{300}';

/// Whether the text, composed, is this one character.
fn is_just(text: &str, character: char) -> bool {
    let mut characters = text.chars();
    if let (Some(first @ ..FIRST_COMPOSABLE), None) = (characters.next(), characters.next()) {
        return first == character;
    }
    let text = composed(text);
    let mut characters = text.chars();
    characters.next() == Some(character) && characters.next().is_none()
}

/// The text in composed form (NFC), which is what people type when they search.
fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::numbering::Characters;
    use super::*;
    use crate::fonts::{FontId, FontSet};
    use crate::length::{Length, Point};
    use crate::scene::{Color, Glyph};

    /// The glyph of each character, with the bytes of the text at which their clusters begin.
    fn check(text: &str, glyphs: &[(char, u32)], expected: &[(Range<usize>, Option<&str>)]) {
        let fonts = FontSet::embedded();
        let face = fonts.face(FontId(0));
        let glyphs: Vec<Glyph> = glyphs
            .iter()
            .map(|(character, cluster)| Glyph {
                id: face.glyph(*character).unwrap(),
                advance: 1000,
                x_offset: 0,
                y_offset: 0,
                cluster: *cluster,
            })
            .collect();
        let characters = Characters::of(face);
        let mut numbering = Numbering::new(face, &characters);
        for glyph in &glyphs {
            numbering.admit(face, &characters, glyph.id);
        }
        let run = GlyphRun {
            font: FontId(0),
            size: Length::pt(10),
            origin: Point::default(),
            letter_spacing: Length::ZERO,
            color: Color::BLACK,
            text: text.to_owned(),
            glyphs,
        };
        let parts = spoken(&run, &numbering);
        assert_eq!(parts, by_words(&run, &numbering), "{text}");
        let found: Vec<_> = parts
            .iter()
            .map(|part| (part.glyphs.clone(), part.text.as_deref()))
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn plain_text_is_one_part() {
        check("a b", &[('a', 0), (' ', 1), ('b', 2)], &[(0..3, None)]);
        check("", &[], &[]);
        check("a", &[('b', 0)], &[(0..1, Some("a"))]);
        check(
            "aé b",
            &[('a', 0), ('é', 1), (' ', 3), ('b', 4)],
            &[(0..4, None)],
        );
    }

    #[test]
    fn a_word_is_told_where_its_glyphs_do_not_say_it() {
        let glyphs = [('a', 0), (' ', 1), ('b', 2), ('c', 4), (' ', 5), ('d', 6)];
        check(
            "a bxc d",
            &glyphs,
            &[(0..2, None), (2..4, Some("bxc")), (4..6, None)],
        );
        // A letter and its mark by two glyphs, which have no composed form.
        let glyphs = [('m', 0), ('\u{303}', 0), ('a', 3)];
        check("m\u{303}a", &glyphs, &[(0..3, Some("m\u{303}a"))]);
    }

    #[test]
    fn decomposed_text_that_one_glyph_shows_needs_no_telling() {
        check("e\u{301}a", &[('é', 0), ('a', 3)], &[(0..2, None)]);
    }

    #[test]
    fn characters_before_the_first_composable_one_are_composed() {
        for character in '\0'..FIRST_COMPOSABLE {
            let text = character.to_string();
            assert_eq!(composed(&text), text);
            assert!(is_just(&text, character) && !is_just(&text, '\u{2260}'));
        }
        assert!(is_just("\u{212B}", '\u{C5}') && !is_just("\u{212B}", '\u{212B}'));
        assert!(!is_just("", 'a') && !is_just("ab", 'a') && is_just("a\u{30A}", 'å'));
    }

    #[test]
    fn what_makes_no_sense_is_told_whole() {
        check("ab", &[('a', 1), ('b', 0)], &[(0..2, Some("ab"))]);
        check("é", &[('a', 0), ('b', 1)], &[(0..2, Some("é"))]);
        check("ab", &[('a', 0), ('b', 9)], &[(0..2, Some("ab"))]);
    }
}
