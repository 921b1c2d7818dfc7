//! What comes of laying out text, for the author of the text.

use thiserror::Error;

use crate::fonts::FontId;
use crate::length::{Length, Size};
use crate::scene::Element;

/// Text in its place.
#[derive(Clone, Debug, PartialEq)]
pub struct LaidOut {
    /// What to paint, in page coordinates. A paragraph of several runs is a group.
    pub elements: Vec<Element>,
    /// The widest line, and the height of all lines.
    pub size: Size,
    /// From the top of the page to the first baseline.
    pub first_baseline: Length,
    /// How many lines there are.
    pub lines: u32,
    /// What the author should know.
    pub notes: Notes,
}

/// How much room text takes; from [`super::measure`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// The widest line and the height of all lines, at the given width.
    pub size: Size,
    /// The least width at which no word is divided.
    pub least_width: Length,
    /// The width at which no line needs to be broken.
    pub full_width: Length,
    /// From the top to the first baseline.
    pub first_baseline: Length,
    /// How many lines there are.
    pub lines: u32,
}

/// Notes for the author, of bounded number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    entries: Vec<Note>,
    omitted: u32,
}

impl Notes {
    /// At most so many notes about single characters are kept for one box. Those about the whole
    /// box are few, and always kept.
    pub const MAX_CHARACTERS: usize = 20;

    /// The notes, in the order in which things were found; none twice.
    pub fn entries(&self) -> &[Note] {
        &self.entries
    }

    /// How many more notes about characters there would have been, repetitions included.
    pub fn omitted(&self) -> u32 {
        self.omitted
    }

    /// Adds a note about a character, while there is room.
    pub(super) fn push_character(&mut self, note: Note) {
        if self.entries.contains(&note) {
            return;
        }
        if self.entries.len() < Self::MAX_CHARACTERS {
            self.entries.push(note);
        } else {
            self.omitted = self.omitted.saturating_add(1);
        }
    }

    /// Adds a note about the whole box.
    pub(super) fn push(&mut self, note: Note) {
        self.entries.push(note);
    }
}

/// Something that the author of a text should know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// No face of the set has this character; a replacement sign stands for it and those that
    /// belong to it.
    MissingGlyph {
        /// The character.
        character: char,
        /// The face that was asked.
        font: FontId,
    },
    /// Another face lent its glyph.
    Substituted {
        /// The first character that was lent from there.
        character: char,
        /// The face that was asked.
        asked: FontId,
        /// The face that has it.
        used: FontId,
    },
    /// All text was made smaller.
    Shrunk {
        /// Thousandths of the size asked.
        per_mille: u16,
    },
    /// Characters were left out at the end.
    Cut {
        /// How many, without white space at the ends.
        characters: u32,
    },
    /// Words longer than a line were divided anywhere.
    WordsDivided {
        /// At how many places.
        places: u32,
    },
    /// Text was clipped at the frame.
    Clipped,
    /// Even so, a line is larger than the frame.
    Overfull {
        /// How far text stands out of the frame.
        by: Size,
    },
}

/// Why text cannot be laid out.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum TextError {
    /// The author asked for refusal.
    #[error(
        "the text needs {} × {} mm and {lines} lines; the box has {} × {} mm{}",
        .needed.width.to_mm(), .needed.height.to_mm(),
        .available.width.to_mm(), .available.height.to_mm(),
        .max_lines.map_or_else(String::new, |max| format!(" and at most {max} lines"))
    )]
    DoesNotFit {
        /// Room that the text takes.
        needed: Size,
        /// Room that there is.
        available: Size,
        /// Lines that the text takes.
        lines: u32,
        /// Lines that are allowed.
        max_lines: Option<u16>,
    },
    /// Not supported yet.
    #[error("text that runs from right to left is not supported yet{}", at(*.character))]
    RightToLeft {
        /// The first such character; none when only the paragraph asks for the direction.
        character: Option<char>,
    },
    /// More text than any page can show.
    #[error("the text of one box has {found} bytes, more than {max}")]
    TooLong {
        /// Bytes found.
        found: usize,
        /// The bound.
        max: usize,
    },
}

fn at(character: Option<char>) -> String {
    character.map_or_else(String::new, |c| format!(" (U+{:04X})", u32::from(c)))
}
