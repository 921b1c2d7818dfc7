//! From characters to glyphs in constant time.

use harfrust::Font;
use harfrust::unicode::{Decomposed, compose, decompose};

const PAGE: usize = 256;

/// The Basic Multilingual Plane of a face's character map, unfolded into pages.
///
/// A face's own map is searched, which takes longer than shaping the character.
pub(super) struct CharacterMap {
    /// For each 256 characters the index of their page; page 0 is blank.
    page_of: Box<[u16; PAGE]>,
    pages: Vec<[u16; PAGE]>,
}

impl CharacterMap {
    pub(super) fn new(font: &Font) -> Self {
        let mut map = Self {
            page_of: Box::new([0; PAGE]),
            pages: vec![[0; PAGE]],
        };
        for (code, glyph) in font.charmap().unicodes() {
            let Ok(glyph) = u16::try_from(glyph.to_u32()) else {
                continue;
            };
            let Some(page) = map.page_of.get_mut(code as usize / PAGE) else {
                continue;
            };
            if *page == 0 {
                *page = map.pages.len() as u16;
                map.pages.push([0; PAGE]);
            }
            if let Some(glyphs) = map.pages.get_mut(usize::from(*page)) {
                glyphs[code as usize % PAGE] = glyph;
            }
        }
        map
    }

    pub(super) fn get(&self, font: &Font, character: char) -> Option<u16> {
        let code = character as usize;
        let glyph = match self.page_of.get(code / PAGE) {
            Some(page) => self
                .pages
                .get(usize::from(*page))
                .map(|glyphs| glyphs[code % PAGE]),
            None => {
                let glyph = font.charmap().map_unicode(character)?;
                u16::try_from(glyph.to_u32()).ok()
            }
        };
        glyph.filter(|glyph| *glyph != 0)
    }

    /// Whether each character has a glyph, is invisible, or can be taken apart or put together so
    /// that it has.
    pub(super) fn covers(&self, font: &Font, cluster: &str) -> bool {
        if cluster
            .chars()
            .all(|character| self.covers_alone(font, character))
        {
            return true;
        }
        // A mark without a glyph of its own may be part of a letter that has one.
        let mut held: Option<char> = None;
        for character in cluster.chars() {
            let joined = held
                .and_then(|base| compose(u32::from(base), u32::from(character)))
                .and_then(char::from_u32)
                .filter(|joined| self.get(font, *joined).is_some());
            if joined.is_none() && held.is_some_and(|base| !self.covers_alone(font, base)) {
                return false;
            }
            held = joined.or(Some(character));
        }
        held.is_none_or(|last| self.covers_alone(font, last))
    }

    fn covers_alone(&self, font: &Font, character: char) -> bool {
        // Canonical decompositions are at most this deep.
        const MAX_DEPTH: u8 = 4;
        self.covers_taken_apart(font, character, MAX_DEPTH)
    }

    fn covers_taken_apart(&self, font: &Font, character: char, depth: u8) -> bool {
        if self.get(font, character).is_some() || is_invisible(character) {
            return true;
        }
        let Some(parts) = decompose(u32::from(character)).filter(|_| depth > 0) else {
            return false;
        };
        let covered = |part: u32| {
            char::from_u32(part).is_some_and(|part| self.covers_taken_apart(font, part, depth - 1))
        };
        match parts {
            Decomposed::Singleton(part) => covered(part),
            Decomposed::Pair(base, mark) => covered(base) && covered(mark),
        }
    }
}

/// Characters that the shaper hides (Unicode's Default_Ignorable_Code_Point, as far as text has
/// them).
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{E0000}'..='\u{E0FFF}')
}
