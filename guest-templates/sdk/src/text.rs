//! Text boxes, paragraphs and spans.

use crate::contract::{
    Direction, Frame, LineHeight, Overflow, Paragraph, Role, Span, TextAlign, TextBox,
    VerticalAlign,
};
use crate::length::Length;
use crate::prepared::StyleId;

impl TextBox {
    /// Text from the top of a frame. What does not fit is made smaller, down to 60 %.
    #[must_use]
    pub fn new(frame: Frame) -> Self {
        Self {
            frame,
            paragraphs: Vec::new(),
            vertical_align: VerticalAlign::Top,
            max_lines: None,
            overflow: Overflow::Shrink(600),
        }
    }

    /// One paragraph more.
    #[must_use]
    pub fn paragraph(mut self, paragraph: Paragraph) -> Self {
        self.paragraphs.push(paragraph);
        self
    }

    /// One paragraph more, if there is one.
    #[must_use]
    pub fn maybe(mut self, paragraph: Option<Paragraph>) -> Self {
        self.paragraphs.extend(paragraph);
        self
    }

    /// Where the text lies in the height of the frame.
    #[must_use]
    pub fn vertical(mut self, align: VerticalAlign) -> Self {
        self.vertical_align = align;
        self
    }

    /// At most so many lines in all.
    #[must_use]
    pub fn max_lines(mut self, lines: u16) -> Self {
        self.max_lines = Some(lines);
        self
    }

    /// What to do with text that does not fit.
    #[must_use]
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.overflow = overflow;
        self
    }
}

impl Paragraph {
    /// An empty paragraph: starts where its language starts, with the font's own line height.
    #[must_use]
    pub fn new() -> Self {
        Self {
            role: Role::None,
            spans: Vec::new(),
            align: TextAlign::Start,
            line_height: LineHeight::Normal,
            space_before: 0,
            direction: Direction::Automatic,
            hyphenate: false,
        }
    }

    /// A paragraph of one span.
    #[must_use]
    pub fn of(style: StyleId, text: &str) -> Self {
        Self::new().span(style, text)
    }

    /// One span more.
    #[must_use]
    pub fn span(mut self, style: StyleId, text: &str) -> Self {
        self.spans.push(Span {
            text: text.to_owned(),
            style: style.0,
            link: None,
        });
        self
    }

    /// One span more, which opens an address when clicked.
    #[must_use]
    pub fn linked_span(mut self, style: StyleId, text: &str, target: &str) -> Self {
        self.spans.push(Span {
            text: text.to_owned(),
            style: style.0,
            link: Some(target.to_owned()),
        });
        self
    }

    /// A role of its own, such as a heading in a box of plain text.
    #[must_use]
    pub fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    /// Lines in the middle of the box.
    #[must_use]
    pub fn centred(mut self) -> Self {
        self.align = TextAlign::Centre;
        self
    }

    /// Lines at the far edge: the right one in left-to-right text.
    #[must_use]
    pub fn at_end(mut self) -> Self {
        self.align = TextAlign::End;
        self
    }

    /// Space above, unless the paragraph is the first of its box.
    #[must_use]
    pub fn space_before(mut self, space: Length) -> Self {
        self.space_before = space.emu();
        self
    }

    /// From baseline to baseline, in thousandths of the font size.
    #[must_use]
    pub fn leading(mut self, permille: u16) -> Self {
        self.line_height = LineHeight::Relative(permille);
        self
    }

    /// Words may be divided by the rules of their language.
    #[must_use]
    pub fn hyphenated(mut self) -> Self {
        self.hyphenate = true;
        self
    }
}

impl Default for Paragraph {
    fn default() -> Self {
        Self::new()
    }
}
