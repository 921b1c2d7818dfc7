//! Shapes, images, codes, groups, and what they are painted with.

use ticket_render::length::{Angle, Length, Point, Rect};
use ticket_render::scene::{Color, FillRule, LineCap, LineJoin, Segment};

use super::super::reader::{Reader, quoted};
use super::wit;
use crate::templates::contrast::{contrast_ratio, is_darker};
use crate::templates::layout::{
    Code, CodeContent, Crop, ErrorCorrection, Group, Image, ImageFit, ImageSource, Shape,
    ShapeOutline, Stroke,
};

const GREATEST_STROKE_EMU: i32 = 100 * 36_000;
const DASHES: usize = 16;
const SEGMENTS_OF_A_PATH: usize = 10_000;
const WHOLE_PER_MILLE: u16 = 1_000;
const CODE_TEXT_BYTES: usize = 1_000;
/// Contrast that a code's colours must have (WCAG 2 calls 7 "enhanced").
const LEAST_CONTRAST: f64 = 7.0;
/// What every ticket's signed code begins with.
const TOKEN_PREFIX: &str = "TK1:";

pub(super) fn frame(reader: &mut Reader, frame: &wit::Frame) -> Rect {
    reader.rect(frame.x, frame.y, frame.width, frame.height)
}

fn point(reader: &mut Reader, field: &str, point: &wit::Point) -> Point {
    reader.point(field, point.x, point.y)
}

pub(super) fn rectangle(reader: &mut Reader, rectangle: wit::Rectangle) -> Shape {
    let frame = frame(reader, &rectangle.frame);
    let radius = corner_radius(reader, "radius", rectangle.radius, frame);
    painted(
        reader,
        ShapeOutline::Rectangle { frame, radius },
        rectangle.fill,
        rectangle.stroke,
    )
}

pub(super) fn line(reader: &mut Reader, line: wit::Line) -> Shape {
    let segments = vec![
        Segment::Move(point(reader, "from", &line.from)),
        Segment::Line(point(reader, "to", &line.to)),
    ];
    Shape {
        outline: ShapeOutline::Path {
            segments,
            rule: FillRule::NonZero,
        },
        fill: None,
        stroke: Some(stroke(reader, line.stroke)),
    }
}

pub(super) fn path(reader: &mut Reader, path: wit::Path) -> Shape {
    let outline = ShapeOutline::Path {
        segments: segments(reader, "segments", path.segments),
        rule: fill_rule(path.fill_rule),
    };
    painted(reader, outline, path.fill, path.stroke)
}

fn painted(
    reader: &mut Reader,
    outline: ShapeOutline,
    fill: Option<wit::Paint>,
    edge: Option<wit::Stroke>,
) -> Shape {
    if fill.is_none() && edge.is_none() {
        reader.problem(
            "fill",
            "neither fill nor stroke is given, so that nothing is drawn",
        );
    }
    Shape {
        outline,
        fill: fill.map(|fill| paint(reader, "fill", fill)),
        stroke: edge.map(|edge| stroke(reader, edge)),
    }
}

fn corner_radius(reader: &mut Reader, field: &str, radius: i32, frame: Rect) -> Length {
    let radius = reader.extent(field, radius);
    let shorter = frame.width.min(frame.height);
    if radius > shorter.half() {
        reader.problem(field, "is more than half of the shorter side");
        return Length::ZERO;
    }
    radius
}

fn segments(reader: &mut Reader, field: &str, segments: Vec<wit::Segment>) -> Vec<Segment> {
    let countable = reader.count(field, segments.len(), 1, SEGMENTS_OF_A_PATH)
        && reader.more_path_segments(field, segments.len());
    if !countable {
        return Vec::new();
    }
    if !matches!(segments.first(), Some(wit::Segment::MoveTo(_))) {
        reader.problem(field, "does not begin with `move-to`");
    }
    segments
        .iter()
        .map(|segment| match segment {
            wit::Segment::MoveTo(to) => Segment::Move(point(reader, field, to)),
            wit::Segment::LineTo(to) => Segment::Line(point(reader, field, to)),
            wit::Segment::CurveTo(curve) => Segment::Cubic(
                point(reader, field, &curve.control1),
                point(reader, field, &curve.control2),
                point(reader, field, &curve.to),
            ),
            wit::Segment::Close => Segment::Close,
        })
        .collect()
}

fn fill_rule(rule: wit::FillRule) -> FillRule {
    match rule {
        wit::FillRule::Nonzero => FillRule::NonZero,
        wit::FillRule::EvenOdd => FillRule::EvenOdd,
    }
}

fn stroke(reader: &mut Reader, stroke: wit::Stroke) -> Stroke {
    if reader.count("stroke.dash", stroke.dash.len(), 0, DASHES)
        && !stroke.dash.is_empty()
        && stroke.dash.iter().all(|&dash| dash <= 0)
    {
        reader.problem("stroke.dash", "has no dash that is longer than 0");
    }
    Stroke {
        color: paint(reader, "stroke.paint", stroke.paint),
        width: reader.bounded("stroke.width", stroke.width, 1, GREATEST_STROKE_EMU),
        dashes: stroke
            .dash
            .iter()
            .take(DASHES)
            .map(|&dash| reader.extent("stroke.dash", dash))
            .collect(),
        dash_phase: reader.extent("stroke.dash-offset", stroke.dash_offset),
        cap: match stroke.cap {
            wit::LineCap::Butt => LineCap::Butt,
            wit::LineCap::Round => LineCap::Round,
            wit::LineCap::Square => LineCap::Square,
        },
        join: match stroke.join {
            wit::LineJoin::Miter => LineJoin::Miter,
            wit::LineJoin::Round => LineJoin::Round,
            wit::LineJoin::Bevel => LineJoin::Bevel,
        },
    }
}

fn paint(reader: &mut Reader, field: &str, paint: wit::Paint) -> Color {
    match paint {
        wit::Paint::Colour(solid) => colour(reader, field, solid),
        wit::Paint::Gradient(_) => {
            reader.unsupported(field, "a gradient");
            Color::BLACK
        }
        wit::Paint::Pattern(_) => {
            reader.unsupported(field, "a pattern");
            Color::BLACK
        }
    }
}

pub(super) fn colour(reader: &mut Reader, field: &str, colour: wit::Colour) -> Color {
    match colour {
        wit::Colour::Rgb(wit::Rgb { red, green, blue }) => Color::Rgb {
            r: red,
            g: green,
            b: blue,
        },
        wit::Colour::Gray(level) => Color::Gray(level),
        wit::Colour::Cmyk(wit::Cmyk {
            cyan,
            magenta,
            yellow,
            black,
        }) => Color::Cmyk {
            c: cyan,
            m: magenta,
            y: yellow,
            k: black,
        },
        wit::Colour::Spot(_) => {
            reader.unsupported(field, "a spot colour");
            Color::BLACK
        }
    }
}

pub(super) fn image(reader: &mut Reader, image: wit::Image) -> Image {
    let frame = frame(reader, &image.frame);
    if frame.width == Length::ZERO || frame.height == Length::ZERO {
        reader.problem("frame", "has a side of 0; an image needs room");
    }
    Image {
        frame,
        source: match image.source {
            wit::ImageSource::Asset(name) => ImageSource::Asset { name },
            wit::ImageSource::Value(id) => ImageSource::Value { id },
        },
        fit: match image.fit {
            wit::ImageFit::Contain => ImageFit::Contain,
            wit::ImageFit::Cover => ImageFit::Cover,
            wit::ImageFit::Stretch => ImageFit::Stretch,
        },
        align_x_per_mille: reader.number("align-x", image.align_x, 0, WHOLE_PER_MILLE),
        align_y_per_mille: reader.number("align-y", image.align_y, 0, WHOLE_PER_MILLE),
        crop: image.crop.and_then(|part| crop(reader, &part)),
    }
}

fn crop(reader: &mut Reader, part: &wit::Crop) -> Option<Crop> {
    let wit::Crop {
        left,
        top,
        right,
        bottom,
    } = *part;
    if left >= right || top >= bottom || right > WHOLE_PER_MILLE || bottom > WHOLE_PER_MILLE {
        reader.problem(
            "crop",
            format!("{left}, {top} to {right}, {bottom} is no part of 0, 0 to 1000, 1000"),
        );
        return None;
    }
    Some(Crop {
        left,
        top,
        right,
        bottom,
    })
}

/// Reads a code. What says `TK1:` could be taken for a ticket, and is refused before all else.
pub(super) fn code(reader: &mut Reader, code: wit::Code) -> Option<Code> {
    let symbology = match code.symbology {
        wit::Symbology::Qr => None,
        wit::Symbology::Aztec => Some("an Aztec code"),
        wit::Symbology::DataMatrix => Some("a Data Matrix code"),
        wit::Symbology::Pdf417 => Some("a PDF417 code"),
        wit::Symbology::Code128 => Some("a Code 128 code"),
        wit::Symbology::Ean13 => Some("an EAN-13 code"),
    };
    if let Some(unknown) = symbology {
        reader.unsupported("symbology", unknown);
    }
    let correction = match code.error_correction {
        wit::ErrorCorrection::Low => ErrorCorrection::Low,
        wit::ErrorCorrection::Medium => ErrorCorrection::Medium,
        wit::ErrorCorrection::Quartile => ErrorCorrection::Quartile,
        wit::ErrorCorrection::High => ErrorCorrection::High,
    };
    let content = match code.content {
        wit::CodeContent::Token => {
            if correction == ErrorCorrection::Low {
                reader.problem(
                    "error-correction",
                    "`low` is too little for a token; `medium` is what it is made for",
                );
            }
            CodeContent::Token
        }
        wit::CodeContent::Text(text) => CodeContent::Text(code_text(reader, text)),
    };
    let (dark, light) = match code.colours {
        Some(colours) => code_colours(reader, colours),
        None => (Color::BLACK, Color::WHITE),
    };
    let frame = frame(reader, &code.frame);
    symbology.is_none().then_some(Code {
        frame,
        content,
        correction,
        dark,
        light,
    })
}

fn code_text(reader: &mut Reader, text: String) -> String {
    // Readers fold case and trim, so that these would pass for the prefix as well.
    let start: String = text
        .trim_start_matches(|character: char| character.is_whitespace() || character.is_control())
        .chars()
        .take(TOKEN_PREFIX.len())
        .collect();
    if start.eq_ignore_ascii_case(TOKEN_PREFIX) {
        reader.problem(
            "content",
            format!("the text begins with `{TOKEN_PREFIX}`, which only a signed ticket may; leave a slot for the token instead"),
        );
        return String::new();
    }
    if text.is_empty() || text.len() > CODE_TEXT_BYTES {
        reader.problem(
            "content",
            format!(
                "the text has {} bytes; allowed are 1 to {CODE_TEXT_BYTES}: `{}`",
                text.len(),
                quoted(&text)
            ),
        );
        return String::new();
    }
    text
}

fn code_colours(reader: &mut Reader, colours: wit::CodeColours) -> (Color, Color) {
    let dark = colour(reader, "colours.dark", colours.dark);
    let light = colour(reader, "colours.light", colours.light);
    if !is_darker(dark, light) {
        reader.problem(
            "colours",
            "the dark colour is not darker than the light one",
        );
    } else if contrast_ratio(dark, light) < LEAST_CONTRAST {
        reader.problem(
            "colours",
            format!(
                "the contrast is {:.1} to 1; readers need {LEAST_CONTRAST} to 1",
                contrast_ratio(dark, light)
            ),
        );
    }
    (dark, light)
}

pub(super) fn group(reader: &mut Reader, group: wit::Group) -> Group {
    const FULL_TURN: i32 = 360_000;
    Group {
        translate: point(reader, "translate", &group.translate),
        rotate: Angle::millidegrees(reader.number("rotate", group.rotate, -FULL_TURN, FULL_TURN)),
        scale_ppm: (
            scale(reader, "scale-x", group.scale_x),
            scale(reader, "scale-y", group.scale_y),
        ),
        clip: group.clip.map(|clip| match clip {
            wit::Clip::Rectangle(clip) => {
                let frame = frame(reader, &clip.frame);
                let radius = corner_radius(reader, "clip.radius", clip.radius, frame);
                ShapeOutline::Rectangle { frame, radius }
            }
            wit::Clip::Path(clip) => ShapeOutline::Path {
                segments: segments(reader, "clip.segments", clip.segments),
                rule: fill_rule(clip.fill_rule),
            },
        }),
        opacity: group.opacity,
    }
}

fn scale(reader: &mut Reader, field: &str, ppm: i32) -> i32 {
    const LEAST: u32 = 1_000;
    const GREATEST: u32 = 1_000_000_000;
    if (LEAST..=GREATEST).contains(&ppm.unsigned_abs()) {
        return ppm;
    }
    reader.problem(
        field,
        format!("{ppm} is out of range; allowed are {LEAST} to {GREATEST}, or the same negative"),
    );
    1_000_000
}
