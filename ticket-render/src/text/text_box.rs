//! What is to be laid out: boxes of paragraphs of spans.

use harfrust::{Script, Tag};

use crate::fonts::FontId;
use crate::length::{Length, Rect};
use crate::scene::{Color, Role};

/// Text in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct TextBox<'a> {
    /// Where the text goes.
    pub frame: Rect,
    /// The paragraphs, from the top.
    pub paragraphs: Vec<Paragraph<'a>>,
    /// Where lines lie in a frame that is higher than they are.
    pub vertical_align: VerticalAlign,
    /// At most so many lines in all, at least one; `None` for as many as fit.
    pub max_lines: Option<u16>,
    /// What to do with text that does not fit.
    pub overflow: Overflow,
}

/// Lines that belong together. A line feed within a span begins a new line of the same paragraph.
#[derive(Clone, Debug, PartialEq)]
pub struct Paragraph<'a> {
    /// Its part in the document's structure.
    pub role: Role,
    /// The text, piece by piece. A paragraph without spans is an empty line in the style of the
    /// text before it.
    pub spans: Vec<Span<'a>>,
    /// Where lines lie in the width of the frame.
    pub align: Align,
    /// Distance of its baselines.
    pub line_height: LineHeight,
    /// Space above it, unless it is the first; does not shrink with the text.
    pub space_before: Length,
    /// In which direction it runs.
    pub direction: Direction,
}

/// Text in one style.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span<'a> {
    /// The text, in any Unicode normalization form.
    pub text: &'a str,
    /// How it looks.
    pub style: &'a TextStyle,
    /// What opens when it is clicked; the caller has checked the address.
    pub link: Option<&'a str>,
}

/// How text looks.
#[derive(Clone, Debug, PartialEq)]
pub struct TextStyle {
    /// The face. What it lacks comes from other faces of the set.
    pub font: FontId,
    /// The em size, above zero.
    pub size: Length,
    /// The colour.
    pub color: Color,
    /// Whether there is a line below the text.
    pub underline: bool,
    /// Added after each character, in thousandths of the size.
    pub letter_spacing_per_mille: i16,
    /// Raised above the baseline, in thousandths of the size; negative lowers.
    pub baseline_shift_per_mille: i16,
    /// OpenType features beyond those that are always on.
    pub features: Vec<FontFeature>,
    /// The language, where letters depend on it (Romanian, Serbian, Catalan and others).
    pub language: Option<Language>,
}

impl TextStyle {
    /// Black text of a face and size, without anything special.
    pub fn new(font: FontId, size: Length) -> Self {
        Self {
            font,
            size,
            color: Color::BLACK,
            underline: false,
            letter_spacing_per_mille: 0,
            baseline_shift_per_mille: 0,
            features: Vec::new(),
            language: None,
        }
    }
}

/// An OpenType feature, such as `tnum` for figures of one width.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FontFeature {
    /// Its tag.
    pub tag: [u8; 4],
    /// 0 for off, 1 for on; some features have more choices.
    pub value: u16,
}

/// The language of text, ready for the shaper.
#[derive(Clone, Debug)]
pub struct Language {
    pub(super) shaping: harfrust::Language,
    /// The OpenType language systems that stand for it.
    pub(super) systems: Vec<Tag>,
}

impl Language {
    /// From a BCP 47 tag, which is not checked. `None` for the empty text.
    pub fn new(tag: &str) -> Option<Self> {
        let shaping = harfrust::Language::new(tag)?;
        let (_, systems) = Script::tags_for_language(Some(Script::LATIN), Some(&shaping));
        Some(Self {
            shaping,
            systems: systems.as_slice().to_vec(),
        })
    }
}

impl PartialEq for Language {
    fn eq(&self, other: &Self) -> bool {
        self.shaping == other.shaping
    }
}

/// Where lines lie in the width of their frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// At the side where the paragraph's direction begins.
    #[default]
    Start,
    /// In the middle.
    Center,
    /// At the side where the paragraph's direction ends.
    End,
    /// At the left side.
    Left,
    /// At the right side.
    Right,
    /// From side to side, by wider spaces; the last line of a paragraph and lines before a line
    /// feed as [`Align::Start`].
    Justify,
}

/// Where lines lie in the height of their frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum VerticalAlign {
    /// At the top.
    #[default]
    Top,
    /// In the middle.
    Middle,
    /// At the bottom.
    Bottom,
}

/// From one baseline to the next. Half of what it has more than the letters is above a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineHeight {
    /// As the faces have it.
    #[default]
    Normal,
    /// Thousandths of the largest size in the line.
    Relative(u16),
    /// This distance; it shrinks with the text.
    Exact(Length),
}

/// In which direction a paragraph runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// As its first letter has it.
    #[default]
    Automatic,
    /// Left to right.
    LeftToRight,
    /// Right to left; not supported yet.
    RightToLeft,
}

/// What to do with text that does not fit its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// Make all of it smaller in equal proportion until it fits, without dividing words, down to
    /// this many thousandths of its size; then as [`Overflow::Ellipsis`].
    Shrink(u16),
    /// Cut it after the last character that fits, and add `…`.
    Ellipsis,
    /// Draw only what lies within the frame.
    Clip,
    /// Give [`super::TextError::DoesNotFit`].
    Refuse,
}
