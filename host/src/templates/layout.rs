//! A guest's page as the host holds it: one form for all versions of the contract.
//!
//! Each value here is in its own range: that is checked where a version's types are read
//! ([`super::bindings`]). What only makes sense together (references, balance, places, the code
//! slot) is checked by [`super::compose`].

use std::fmt;

use ticket_render::length::{Angle, Length, Point, Rect, Size};
use ticket_render::scene::{Color, FillRule, LineCap, LineJoin, Role, Segment};

/// One fault of a layout, told to the template's author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutProblem {
    /// Where it is.
    pub place: Place,
    /// The field in the words of the contract, such as `frame.width`; empty for the whole thing.
    pub field: String,
    /// What is wrong, the bound, and what would be right.
    pub message: String,
}

/// Where in an answer a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The document as a whole.
    Document,
    /// A page, counted from 1.
    Page {
        /// Its number.
        page: u32,
    },
    /// An item, both counted from 1.
    Item {
        /// Number of the page.
        page: u32,
        /// Number of the item on its page.
        item: u32,
    },
    /// A text style of a document or of `prepare`, counted from 0 as in its index.
    Style {
        /// Its index.
        style: u32,
    },
    /// An item of a background, the background counted from 0 as in its index, the item from 1.
    Background {
        /// Its index.
        background: u32,
        /// Number of the item.
        item: u32,
    },
    /// The manifest.
    Manifest,
}

impl LayoutProblem {
    /// A fault of the document as a whole.
    pub(super) fn of_document(field: &str, message: String) -> Self {
        Self {
            place: Place::Document,
            field: field.to_owned(),
            message,
        }
    }
}

impl fmt::Display for LayoutProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.place)?;
        if !self.field.is_empty() {
            write!(formatter, ", {}", self.field)?;
        }
        write!(formatter, ": {}", self.message)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document => formatter.write_str("document"),
            Self::Page { page } => write!(formatter, "page {page}"),
            Self::Item { page, item } => write!(formatter, "page {page}, item {item}"),
            Self::Style { style } => write!(formatter, "style {style}"),
            Self::Background { background, item } => {
                write!(formatter, "background {background}, item {item}")
            }
            Self::Manifest => formatter.write_str("manifest"),
        }
    }
}

/// One ticket, laid out by a guest; not yet trusted.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Title of the file.
    pub title: String,
    /// BCP 47 tag of all text whose style names no other.
    pub language: String,
    /// The pages, at least one.
    pub pages: Vec<Page>,
    /// Styles of this ticket; they continue the count of the version's own.
    pub styles: Vec<TextStyle>,
    /// Words to the author.
    pub notes: Vec<Note>,
}

/// A word from a guest to its author.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How much it matters.
    pub level: NoteLevel,
    /// The words.
    pub text: String,
}

/// How much a note matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteLevel {
    /// To know.
    Info,
    /// To look at.
    Warning,
}

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Unique in its document.
    pub name: String,
    /// The trimmed size.
    pub size: Size,
    /// How far it reaches beyond each edge.
    pub bleed: Length,
    /// Its items, flat.
    pub items: Vec<Item>,
}

/// One entry of a page's flat list.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// What it is for a reader who cannot see it; `None` if it belongs to what is around it.
    pub role: Option<Role>,
    /// What a figure shows, in words.
    pub alternative: Option<String>,
    /// What it draws.
    pub content: ItemContent,
}

/// What an item draws.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemContent {
    /// Text that the host shapes and breaks.
    Text(TextBox),
    /// A rectangle, a line or a path.
    Shape(Shape),
    /// A raster image.
    Image(Image),
    /// A machine-readable code.
    Code(Code),
    /// A background of the version.
    Background {
        /// Its index.
        index: u32,
        /// Where its origin comes to lie.
        at: Point,
    },
    /// An area that opens an address.
    Link {
        /// The area.
        area: Rect,
        /// The address, of an allowed scheme.
        uri: String,
    },
    /// Items up to the matching end share a coordinate system.
    GroupStart(Group),
    /// Ends the innermost group.
    GroupEnd,
}

/// An outline with paint.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The outline.
    pub outline: ShapeOutline,
    /// How its inside is painted.
    pub fill: Option<Color>,
    /// How its edge is painted.
    pub stroke: Option<Stroke>,
}

/// The outline of a shape.
#[derive(Clone, Debug, PartialEq)]
pub enum ShapeOutline {
    /// A rectangle with corners of this radius.
    Rectangle {
        /// Its place.
        frame: Rect,
        /// At most half of the shorter side.
        radius: Length,
    },
    /// Lines and curves.
    Path {
        /// Its steps; begins with a move.
        segments: Vec<Segment>,
        /// What is inside.
        rule: FillRule,
    },
}

/// How an edge is painted.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// The colour.
    pub color: Color,
    /// Above zero.
    pub width: Length,
    /// Dashes and gaps in turn.
    pub dashes: Vec<Length>,
    /// How far into them the line begins.
    pub dash_phase: Length,
    /// Its ends.
    pub cap: LineCap,
    /// Its corners.
    pub join: LineJoin,
}

/// An image in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Image {
    /// The frame.
    pub frame: Rect,
    /// Where the pixels come from.
    pub source: ImageSource,
    /// How they fill the frame.
    pub fit: ImageFit,
    /// Where the image lies across, 0 is left and 1000 right.
    pub align_x_per_mille: u16,
    /// Where the image lies down, 0 is top and 1000 bottom.
    pub align_y_per_mille: u16,
    /// The part that is used.
    pub crop: Option<Crop>,
}

/// Where an image's pixels come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSource {
    /// An asset of the version.
    Asset {
        /// Its name in the manifest.
        name: String,
    },
    /// An image value of the request.
    Value {
        /// Its id in the request.
        id: u32,
    },
}

/// How an image fills its frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFit {
    /// Whole.
    Contain,
    /// Cut at the frame.
    Cover,
    /// Distorted.
    Stretch,
}

/// A part of an image in thousandths; left < right and top < bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the four edges")]
pub struct Crop {
    pub left: u16,
    pub top: u16,
    pub right: u16,
    pub bottom: u16,
}

/// A QR code; other symbologies are refused when a version's types are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The area of symbol and quiet zone.
    pub frame: Rect,
    /// What it says.
    pub content: CodeContent,
    /// The least redundancy.
    pub correction: ErrorCorrection,
    /// Colour of the modules.
    pub dark: Color,
    /// Colour of the ground.
    pub light: Color,
}

/// What a code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeContent {
    /// The ticket's token.
    Token,
    /// The author's own text; never one that looks like a token.
    Text(String),
}

/// Redundancy of a QR code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the four levels of ISO/IEC 18004")]
pub enum ErrorCorrection {
    Low,
    Medium,
    Quartile,
    High,
}

/// A coordinate system of its own: scaled, then turned, then moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Where its origin stands in its parent.
    pub translate: Point,
    /// Turned about that origin.
    pub rotate: Angle,
    /// Factors along x and y in millionths, never zero.
    pub scale_ppm: (i32, i32),
    /// Where it may draw, in its own coordinates.
    pub clip: Option<ShapeOutline>,
    /// 255 is opaque.
    pub opacity: u8,
}

/// Text in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct TextBox {
    /// The frame.
    pub frame: Rect,
    /// At least one.
    pub paragraphs: Vec<Paragraph>,
    /// Where the text lies in the height.
    pub vertical_align: VerticalAlign,
    /// At most so many lines.
    pub max_lines: Option<u16>,
    /// What to do with too much text.
    pub overflow: Overflow,
}

/// Lines that belong together.
#[derive(Clone, Debug, PartialEq)]
pub struct Paragraph {
    /// What it is; `None` for whatever its item is.
    pub role: Option<Role>,
    /// Its text.
    pub spans: Vec<Span>,
    /// Where its lines lie.
    pub align: TextAlign,
    /// From baseline to baseline.
    pub line_height: LineHeight,
    /// Above it, unless it is the first.
    pub space_before: Length,
    /// In which direction it runs.
    pub direction: Direction,
}

/// Text in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The text; no control characters but line feeds.
    pub text: String,
    /// Index over the styles of the version, then of the document.
    pub style: u32,
    /// What opens when it is clicked.
    pub link: Option<String>,
}

/// How text looks.
#[derive(Clone, Debug, PartialEq)]
pub struct TextStyle {
    /// Family.
    pub family: String,
    /// 1 to 1000.
    pub weight: u16,
    /// Slanted or not.
    pub italic: bool,
    /// The em.
    pub size: Length,
    /// Colour.
    pub color: Color,
    /// A line under it.
    pub underline: bool,
    /// After each character, in thousandths of the em.
    pub letter_spacing_em_per_mille: i16,
    /// Above the baseline, in thousandths of the em.
    pub baseline_shift_em_per_mille: i16,
    /// OpenType features.
    pub features: Vec<FontFeature>,
    /// If it is not the document's.
    pub language: Option<String>,
}

/// An OpenType feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FontFeature {
    /// Four printable ASCII characters.
    pub tag: [u8; 4],
    /// 0 off, 1 on, or a choice.
    pub value: u16,
}

/// Where lines lie in the width of their box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "as their names say, in the paragraph's direction"
)]
pub enum TextAlign {
    Start,
    Centre,
    End,
    Justify,
}

/// Where text lies in the height of its box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as their names say")]
pub enum VerticalAlign {
    Top,
    Middle,
    Bottom,
}

/// From one baseline to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineHeight {
    /// As the font has it.
    Normal,
    /// In thousandths of the largest size in the line.
    Relative(u16),
    /// This much.
    Exact(Length),
}

/// In which direction a paragraph runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// By its first strong character.
    Automatic,
    /// Left to right.
    LeftToRight,
    /// Right to left.
    RightToLeft,
}

/// What to do with text that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// Make it smaller, down to this share in thousandths.
    Shrink(u16),
    /// Cut it and write `…`.
    Ellipsis,
    /// Draw what lies in the frame.
    Clip,
    /// Refuse the layout.
    Refuse,
}
