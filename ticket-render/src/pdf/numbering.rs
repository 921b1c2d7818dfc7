//! How the glyphs of a face are numbered in a file.

use crate::fonts::Face;

/// New numbers of some glyphs of a face, in the order in which they were admitted. The glyph for a
/// missing character has number 0, and is always there.
#[derive(Clone)]
pub(super) struct Numbering {
    /// New number of each glyph of the face; 0 where it is not among them.
    numbers: Vec<u16>,
    /// The new number of the space.
    space: Option<u16>,
    /// By new number.
    glyphs: Vec<NumberedGlyph>,
    units_per_em: u16,
}

/// A glyph that has a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumberedGlyph {
    /// Its index in the whole face.
    pub glyph: u16,
    /// How many hundredths of a thousandth of the em the file says that it advances.
    pub width: i64,
    /// The character that it shows; `None` where there is no one such character.
    pub character: Option<char>,
}

/// The character of each glyph of a face: the lowest, and never one that only looks like nothing.
pub(super) struct Characters(Vec<Option<char>>);

impl Characters {
    pub fn of(face: &Face) -> Self {
        let mut characters: Vec<Option<char>> = vec![None; usize::from(face.glyph_count())];
        for (character, glyph) in face.characters() {
            let Some(slot) = characters.get_mut(usize::from(glyph)) else {
                continue;
            };
            if slot.is_none_or(|known| character < known) && !character.is_control() {
                *slot = Some(character);
            }
        }
        Self(characters)
    }

    pub fn get(&self, glyph: u16) -> Option<char> {
        self.0.get(usize::from(glyph)).copied().flatten()
    }
}

impl Numbering {
    /// Just the glyph for a missing character.
    pub fn new(face: &Face, characters: &Characters) -> Self {
        let mut numbering = Self {
            numbers: vec![0; usize::from(face.glyph_count())],
            space: None,
            glyphs: Vec::new(),
            units_per_em: face.metrics().units_per_em,
        };
        numbering.push(face, characters, 0);
        numbering
    }

    /// Gives a glyph the next number if it has none, and if the face has it.
    pub fn admit(&mut self, face: &Face, characters: &Characters, glyph: u16) {
        if self.lacks(glyph) {
            self.push(face, characters, glyph);
        }
    }

    /// Whether the face has a glyph that has no number yet.
    pub fn lacks(&self, glyph: u16) -> bool {
        glyph != 0 && self.numbers.get(usize::from(glyph)) == Some(&0)
    }

    fn push(&mut self, face: &Face, characters: &Characters, glyph: u16) {
        // There are no more numbers than glyphs of the face, whose indexes are u16.
        let number = u16::try_from(self.glyphs.len()).unwrap_or(0);
        if let Some(slot) = self.numbers.get_mut(usize::from(glyph)) {
            *slot = number;
        }
        let character = characters.get(glyph);
        if character == Some(' ') {
            self.space = Some(number);
        }
        self.glyphs.push(NumberedGlyph {
            glyph,
            width: i64::from(face.advance(glyph)) * 100_000 / i64::from(self.units_per_em),
            character,
        });
    }

    /// The number of a glyph and what is known of it.
    pub fn glyph(&self, glyph: u16) -> (u16, NumberedGlyph) {
        let number = self.numbers.get(usize::from(glyph)).copied().unwrap_or(0);
        let missing = NumberedGlyph {
            glyph: 0,
            width: 0,
            character: None,
        };
        (
            number,
            self.glyphs
                .get(usize::from(number))
                .copied()
                .unwrap_or(missing),
        )
    }

    /// The space: its number and what is known of it.
    pub fn space(&self) -> Option<(u16, NumberedGlyph)> {
        let number = self.space?;
        Some((number, *self.glyphs.get(usize::from(number))?))
    }

    /// By new number.
    pub fn glyphs(&self) -> &[NumberedGlyph] {
        &self.glyphs
    }

    pub fn units_per_em(&self) -> u16 {
        self.units_per_em
    }
}
