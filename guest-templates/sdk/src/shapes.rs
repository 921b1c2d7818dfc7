//! Rectangles, lines, paths, images, codes and groups.

use crate::contract::{
    Code, CodeContent, Colour, Crop, Curve, ErrorCorrection, FillRule, Frame, Group, Image,
    ImageFit, ImageSource, ImageValue, ItemContent, Line, LineCap, LineJoin, LinkArea, Paint, Path,
    Point, Rectangle, Segment, Stroke, Symbology, TextBox,
};
use crate::length::Length;

/// A turn that changes nothing, and the scale that does so.
const UPRIGHT_MILLIDEGREES: i32 = 0;
const FULL_SCALE_PPM: i32 = 1_000_000;
const OPAQUE: u8 = 255;
const MIDDLE_PERMILLE: u16 = 500;

impl Stroke {
    /// An unbroken line with straight ends.
    #[must_use]
    pub fn new(colour: Colour, width: Length) -> Self {
        Self {
            paint: Paint::Colour(colour),
            width: width.emu(),
            dash: Vec::new(),
            dash_offset: 0,
            cap: LineCap::Butt,
            join: LineJoin::Miter,
        }
    }

    /// With dashes and gaps of these lengths in turn.
    #[must_use]
    pub fn dashed(mut self, lengths: &[Length]) -> Self {
        self.dash = lengths.iter().map(|length| length.emu()).collect();
        self
    }

    /// With round ends and corners.
    #[must_use]
    pub fn round(mut self) -> Self {
        self.cap = LineCap::Round;
        self.join = LineJoin::Round;
        self
    }
}

impl Rectangle {
    /// A filled rectangle.
    #[must_use]
    pub fn filled(frame: Frame, paint: impl Into<Paint>) -> Self {
        Self {
            frame,
            radius: 0,
            fill: Some(paint.into()),
            stroke: None,
        }
    }

    /// An outlined rectangle.
    #[must_use]
    pub fn outlined(frame: Frame, stroke: Stroke) -> Self {
        Self {
            frame,
            radius: 0,
            fill: None,
            stroke: Some(stroke),
        }
    }

    /// With round corners.
    #[must_use]
    pub fn rounded(mut self, radius: Length) -> Self {
        self.radius = radius.emu();
        self
    }
}

impl Line {
    /// A straight line.
    #[must_use]
    pub fn new(from: Point, to: Point, stroke: Stroke) -> Self {
        Self { from, to, stroke }
    }
}

impl Path {
    /// A path that begins here and has neither fill nor stroke yet.
    #[must_use]
    pub fn from(start: Point) -> Self {
        Self {
            segments: vec![Segment::MoveTo(start)],
            fill_rule: FillRule::Nonzero,
            fill: None,
            stroke: None,
        }
    }

    /// Begins a new part.
    #[must_use]
    pub fn move_to(mut self, point: Point) -> Self {
        self.segments.push(Segment::MoveTo(point));
        self
    }

    /// On in a straight line.
    #[must_use]
    pub fn line_to(mut self, point: Point) -> Self {
        self.segments.push(Segment::LineTo(point));
        self
    }

    /// On in a cubic Bézier curve.
    #[must_use]
    pub fn curve_to(mut self, control1: Point, control2: Point, to: Point) -> Self {
        self.segments.push(Segment::CurveTo(Curve {
            control1,
            control2,
            to,
        }));
        self
    }

    /// Back to where the part began.
    #[must_use]
    pub fn close(mut self) -> Self {
        self.segments.push(Segment::Close);
        self
    }

    /// Filled.
    #[must_use]
    pub fn filled(mut self, paint: impl Into<Paint>) -> Self {
        self.fill = Some(paint.into());
        self
    }

    /// Outlined.
    #[must_use]
    pub fn outlined(mut self, stroke: Stroke) -> Self {
        self.stroke = Some(stroke);
        self
    }
}

impl Image {
    /// An asset that the manifest lists: whole, as large as fits, in the middle of the frame.
    #[must_use]
    pub fn asset(name: &str, frame: Frame) -> Self {
        Self::of(ImageSource::Asset(name.to_owned()), frame)
    }

    /// An image that came as a value of this request.
    #[must_use]
    pub fn value(image: &ImageValue, frame: Frame) -> Self {
        Self::of(ImageSource::Value(image.id), frame)
    }

    /// As small as fills the frame, cut at its edges.
    #[must_use]
    pub fn cover(mut self) -> Self {
        self.fit = ImageFit::Cover;
        self
    }

    /// Where it lies when it and the frame differ in proportion: 0 is left or top, 500 the middle,
    /// 1,000 right or bottom.
    #[must_use]
    pub fn aligned(mut self, x_permille: u16, y_permille: u16) -> Self {
        self.align_x = x_permille;
        self.align_y = y_permille;
        self
    }

    /// Only a part of it.
    #[must_use]
    pub fn cropped(mut self, crop: Crop) -> Self {
        self.crop = Some(crop);
        self
    }

    fn of(source: ImageSource, frame: Frame) -> Self {
        Self {
            frame,
            source,
            fit: ImageFit::Contain,
            align_x: MIDDLE_PERMILLE,
            align_y: MIDDLE_PERMILLE,
            crop: None,
        }
    }
}

impl Code {
    /// The slot for the signed token: the frame holds symbol and quiet zone.
    #[must_use]
    pub fn token(frame: Frame) -> Self {
        Self::qr(frame, CodeContent::Token)
    }

    /// A QR code of the author's own. The text may not begin with `TK1:`.
    #[must_use]
    pub fn text(frame: Frame, text: &str) -> Self {
        Self::qr(frame, CodeContent::Text(text.to_owned()))
    }

    fn qr(frame: Frame, content: CodeContent) -> Self {
        Self {
            frame,
            symbology: Symbology::Qr,
            content,
            error_correction: ErrorCorrection::Medium,
            colours: None,
        }
    }
}

impl Group {
    /// A coordinate system whose origin lies here.
    #[must_use]
    pub fn at(origin: Point) -> Self {
        Self {
            translate: origin,
            rotate: UPRIGHT_MILLIDEGREES,
            scale_x: FULL_SCALE_PPM,
            scale_y: FULL_SCALE_PPM,
            clip: None,
            opacity: OPAQUE,
        }
    }

    /// Turned clockwise about its origin by this many quarters.
    #[must_use]
    pub fn quarter_turns(mut self, turns: u8) -> Self {
        self.rotate = i32::from(turns % 4) * 90_000;
        self
    }

    /// Turned clockwise about its origin.
    #[must_use]
    pub fn rotated(mut self, millidegrees: i32) -> Self {
        self.rotate = millidegrees;
        self
    }

    /// See-through: 0 is invisible, 255 opaque.
    #[must_use]
    pub fn opacity(mut self, opacity: u8) -> Self {
        self.opacity = opacity;
        self
    }
}

impl LinkArea {
    /// An area that opens an `https:`, `http:`, `mailto:` or `tel:` address.
    #[must_use]
    pub fn new(frame: Frame, target: &str) -> Self {
        Self {
            frame,
            target: target.to_owned(),
        }
    }
}

impl From<TextBox> for ItemContent {
    fn from(content: TextBox) -> Self {
        Self::Text(content)
    }
}

impl From<Rectangle> for ItemContent {
    fn from(content: Rectangle) -> Self {
        Self::Rectangle(content)
    }
}

impl From<Line> for ItemContent {
    fn from(content: Line) -> Self {
        Self::Line(content)
    }
}

impl From<Path> for ItemContent {
    fn from(content: Path) -> Self {
        Self::Path(content)
    }
}

impl From<Image> for ItemContent {
    fn from(content: Image) -> Self {
        Self::Image(content)
    }
}

impl From<Code> for ItemContent {
    fn from(content: Code) -> Self {
        Self::Code(content)
    }
}

impl From<LinkArea> for ItemContent {
    fn from(content: LinkArea) -> Self {
        Self::Link(content)
    }
}
