//! The display list: what stands where on each page, shaped and positioned.
//!
//! A scene is trusted. Whoever builds one (the host's `compose`, from a guest's untrusted layout)
//! has checked ranges, counts and nesting, has shaped all text, and has resolved every reference.
//! The exporters in [`crate::pdf`], [`crate::svg`] and [`crate::png`] walk it and decide nothing.

use std::borrow::Cow;

use crate::codes::Symbol;
use crate::fonts::FontId;
use crate::images::ImageId;
use crate::length::{Angle, Length, Point, Rect, Size};

/// A whole document.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Document title, shown by PDF viewers.
    pub title: String,
    /// BCP 47 language tag of the document.
    pub language: String,
    /// The pages in order; at least one.
    pub pages: Vec<Page>,
}

/// One page; its items are painted in order, the last on top. List order is reading order.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Name for people ("front", "back"); may be empty.
    pub name: String,
    /// The trimmed size.
    pub size: Size,
    /// How far paint may reach beyond each edge, for cutting; zero or more.
    pub bleed: Length,
    /// What is painted.
    pub elements: Vec<Element>,
}

/// One painted thing and what it means to a reader who cannot see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its part in the document's structure.
    pub role: Role,
    /// Alternative text, for figures.
    pub alternative: Option<String>,
    /// What is painted.
    pub content: Content,
}

impl Element {
    /// Decoration, which assistive technology passes over.
    pub fn artifact(content: Content) -> Self {
        Self {
            role: Role::Artifact,
            alternative: None,
            content,
        }
    }
}

/// Structure roles, after ISO 32000-2 clause 14.8.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Decoration.
    Artifact,
    /// Nothing of its own: it belongs to the element around it, as a line does to its paragraph.
    Part,
    /// A paragraph.
    Paragraph,
    /// A heading, level 1 to 6.
    Heading(u8),
    /// A picture or a code.
    Figure,
    /// A hyperlink.
    Link,
    /// A table.
    Table,
    /// A row of a table.
    TableRow,
    /// A header cell of a table.
    TableHeader,
    /// A data cell of a table.
    TableCell,
}

/// What can be painted.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Elements that share a transform, a clip and an opacity.
    Group(Group),
    /// A run of glyphs on one baseline.
    Glyphs(GlyphRun),
    /// A filled or stroked outline.
    Shape(Shape),
    /// A raster image.
    Image(PlacedImage),
    /// A matrix code with its quiet zone.
    Code(PlacedCode),
    /// A link target; paints nothing.
    Link(Link),
    /// A background prepared once for the template version.
    Background(BackgroundId),
}

/// Index of a prepared background in [`crate::assets::Assets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BackgroundId(pub u16);

/// Elements painted together: first scaled, then rotated about the group's origin, then moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Where the group's origin stands in its parent.
    pub translate: Point,
    /// Rotation about that origin.
    pub rotate: Angle,
    /// Scale in millionths along x and y; 1,000,000 leaves the size, negative mirrors.
    pub scale_ppm: (i32, i32),
    /// Nothing is painted outside of this outline, given in the group's own coordinates.
    pub clip: Option<Outline>,
    /// 255 is opaque. The group is composited as one.
    pub opacity: u8,
    /// What it holds.
    pub elements: Vec<Element>,
}

/// Glyphs of one font, size and colour on one baseline, left to right in visual order.
#[derive(Clone, Debug, PartialEq)]
pub struct GlyphRun {
    /// The face.
    pub font: FontId,
    /// The em size.
    pub size: Length,
    /// Where the first glyph's origin stands on the baseline.
    pub origin: Point,
    /// Extra space after each glyph.
    pub letter_spacing: Length,
    /// The colour of the glyphs.
    pub color: Color,
    /// The text that these glyphs stand for, in logical order; copied and searched in viewers.
    pub text: String,
    /// The glyphs.
    pub glyphs: Vec<Glyph>,
}

/// One glyph; distances in font units (thousandths or 2048ths of the em, as the face says).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyph {
    /// Glyph index in the whole face, before subsetting.
    pub id: u16,
    /// How far the pen moves, kerning included.
    pub advance: i32,
    /// Displacement from the pen, to the right.
    pub x_offset: i32,
    /// Displacement from the baseline, up (as fonts count).
    pub y_offset: i32,
    /// Byte index in [`GlyphRun::text`] where this glyph's cluster begins.
    pub cluster: u32,
}

/// An outline with paint.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// The outline.
    pub outline: Outline,
    /// How its inside is painted.
    pub fill: Option<Fill>,
    /// How its edge is painted.
    pub stroke: Option<Stroke>,
}

/// A closed or open figure.
#[derive(Clone, Debug, PartialEq)]
pub enum Outline {
    /// A rectangle, with round corners when the radius is above zero.
    Rect {
        /// Its place.
        rect: Rect,
        /// Corner radius, at most half of the shorter side.
        radius: Length,
    },
    /// A path.
    Path(Vec<Segment>),
}

impl Outline {
    /// The outline as a path. Quarter circles are cubic curves, right to 0.03 % of the radius.
    pub fn segments(&self) -> Cow<'_, [Segment]> {
        match self {
            Self::Path(segments) => Cow::Borrowed(segments),
            Self::Rect { rect, radius } => Cow::Owned(rect_segments(*rect, *radius)),
        }
    }
}

fn rect_segments(rect: Rect, radius: Length) -> Vec<Segment> {
    let at = |x, y| Point { x, y };
    let (left, top, right, bottom) = (rect.x, rect.y, rect.right(), rect.bottom());
    let radius = radius.min(rect.width.min(rect.height).half());
    if radius <= Length::ZERO {
        return vec![
            Segment::Move(at(left, top)),
            Segment::Line(at(right, top)),
            Segment::Line(at(right, bottom)),
            Segment::Line(at(left, bottom)),
            Segment::Close,
        ];
    }
    // How far a control point is from the corner: 1 - 4/3 (√2 - 1) of the radius.
    let control = radius.scaled(447_715, 1_000_000);
    vec![
        Segment::Move(at(left + radius, top)),
        Segment::Line(at(right - radius, top)),
        Segment::Cubic(
            at(right - control, top),
            at(right, top + control),
            at(right, top + radius),
        ),
        Segment::Line(at(right, bottom - radius)),
        Segment::Cubic(
            at(right, bottom - control),
            at(right - control, bottom),
            at(right - radius, bottom),
        ),
        Segment::Line(at(left + radius, bottom)),
        Segment::Cubic(
            at(left + control, bottom),
            at(left, bottom - control),
            at(left, bottom - radius),
        ),
        Segment::Line(at(left, top + radius)),
        Segment::Cubic(
            at(left, top + control),
            at(left + control, top),
            at(left + radius, top),
        ),
        Segment::Close,
    ]
}

/// One step of a path; a path begins with [`Segment::Move`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment {
    /// Begin a new subpath here.
    Move(Point),
    /// A straight line to here.
    Line(Point),
    /// A cubic Bézier curve: two control points and the end.
    Cubic(Point, Point, Point),
    /// Back to the beginning of the subpath.
    Close,
}

/// Inside paint.
#[derive(Clone, Debug, PartialEq)]
pub struct Fill {
    /// The paint.
    pub paint: Paint,
    /// Which regions are inside.
    pub rule: FillRule,
}

/// What a surface is painted with. Gradients and patterns join here.
#[derive(Clone, Debug, PartialEq)]
pub enum Paint {
    /// One colour.
    Solid(Color),
}

/// Which regions of a self-crossing outline are inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillRule {
    /// Non-zero winding.
    NonZero,
    /// Even-odd.
    EvenOdd,
}

/// Edge paint.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// The colour.
    pub color: Color,
    /// Line width, above zero.
    pub width: Length,
    /// Lengths of dashes and gaps in turn; empty for a solid line.
    pub dashes: Vec<Length>,
    /// Where in the dash pattern the line begins.
    pub dash_phase: Length,
    /// Line ends.
    pub cap: LineCap,
    /// Corners.
    pub join: LineJoin,
}

/// How an open line ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineCap {
    /// At its end point.
    Butt,
    /// With a half disc.
    Round,
    /// With a half square.
    Square,
}

/// How two lines meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineJoin {
    /// Pointed, with the customary limit of 10.
    Miter,
    /// Round.
    Round,
    /// Cut off.
    Bevel,
}

/// A device colour; 255 is full intensity, or full ink for CMYK.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    missing_docs,
    reason = "the channels are named by the customary letters"
)]
pub enum Color {
    /// sRGB.
    Rgb { r: u8, g: u8, b: u8 },
    /// 0 is black, 255 white.
    Gray(u8),
    /// Ink amounts, for print; shown on screens by the usual naive conversion.
    Cmyk { c: u8, m: u8, y: u8, k: u8 },
}

impl Color {
    /// Black as one ink.
    pub const BLACK: Self = Self::Gray(0);
    /// White.
    pub const WHITE: Self = Self::Gray(255);

    /// As screens show it: red, green, blue. CMYK is converted by the usual naive formula, as viewers
    /// without a colour profile do.
    pub fn to_rgb(self) -> [u8; 3] {
        match self {
            Self::Rgb { r, g, b } => [r, g, b],
            Self::Gray(value) => [value; 3],
            Self::Cmyk { c, m, y, k } => [c, m, y].map(|ink| {
                let left = (255 - u32::from(ink)) * (255 - u32::from(k));
                ((left + 127) / 255) as u8
            }),
        }
    }
}

/// An image on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedImage {
    /// Which image of [`crate::assets::Assets`].
    pub image: ImageId,
    /// Where the *whole* image stands, even where it is cropped.
    pub place: Rect,
    /// Only this part is shown.
    pub crop: Option<Rect>,
}

/// A code on the page, drawn as vector squares upon an opaque ground.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedCode {
    /// The modules.
    pub symbol: Symbol,
    /// Top left corner of the quiet zone.
    pub origin: Point,
    /// Side of one module.
    pub module: Length,
    /// Width of the quiet zone, in modules.
    pub quiet_modules: u8,
    /// Colour of the dark modules.
    pub dark: Color,
    /// Colour of the ground, quiet zone included.
    pub light: Color,
}

/// An area that opens an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The area.
    pub area: Rect,
    /// An `https:`, `http:`, `mailto:` or `tel:` address, checked by the builder.
    pub uri: String,
}
