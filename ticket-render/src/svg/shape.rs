//! Outlines, fills and strokes.

use std::fmt::Write as _;

use super::Drawing;
use super::number::Coordinate;
use crate::length::Point;
use crate::scene::{Color, FillRule, LineCap, LineJoin, Outline, Paint, Segment, Shape, Stroke};

impl Drawing<'_> {
    pub(super) fn shape(&mut self, shape: &Shape) {
        match &shape.outline {
            Outline::Rect { rect, radius } => {
                let _ = write!(
                    self.body,
                    "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
                    Coordinate(rect.x),
                    Coordinate(rect.y),
                    Coordinate(rect.width),
                    Coordinate(rect.height),
                );
                if radius.to_emu() > 0 {
                    let _ = write!(self.body, " rx=\"{}\"", Coordinate(*radius));
                }
            }
            Outline::Path(segments) => {
                let _ = write!(self.body, "<path d=\"{}\"", path_data(segments));
            }
        }
        match &shape.fill {
            None => self.body.push_str(" fill=\"none\""),
            Some(fill) => {
                let Paint::Solid(color) = fill.paint;
                let _ = write!(self.body, " fill=\"{}\"", css(color));
                match fill.rule {
                    FillRule::NonZero => {}
                    FillRule::EvenOdd => self.body.push_str(" fill-rule=\"evenodd\""),
                }
            }
        }
        if let Some(stroke) = &shape.stroke {
            self.stroke(stroke);
        }
        self.body.push_str("/>");
    }

    fn stroke(&mut self, stroke: &Stroke) {
        let width = Coordinate(stroke.width);
        let _ = write!(
            self.body,
            " stroke=\"{}\" stroke-width=\"{width}\"",
            css(stroke.color)
        );
        if !stroke.dashes.is_empty() {
            let dashes: Vec<String> = stroke
                .dashes
                .iter()
                .map(|dash| Coordinate(*dash).to_string())
                .collect();
            let _ = write!(self.body, " stroke-dasharray=\"{}\"", dashes.join(" "));
            if stroke.dash_phase.to_emu() != 0 {
                let _ = write!(
                    self.body,
                    " stroke-dashoffset=\"{}\"",
                    Coordinate(stroke.dash_phase)
                );
            }
        }
        match stroke.cap {
            LineCap::Butt => {}
            LineCap::Round => self.body.push_str(" stroke-linecap=\"round\""),
            LineCap::Square => self.body.push_str(" stroke-linecap=\"square\""),
        }
        match stroke.join {
            LineJoin::Miter => self.body.push_str(" stroke-miterlimit=\"10\""),
            LineJoin::Round => self.body.push_str(" stroke-linejoin=\"round\""),
            LineJoin::Bevel => self.body.push_str(" stroke-linejoin=\"bevel\""),
        }
    }

    /// Defines a clip and answers its name.
    pub(super) fn define_clip(&mut self, outline: &Outline) -> String {
        let name = format!("{}c{}", self.clip_name, self.clip_count);
        self.clip_count += 1;
        let _ = write!(self.clips, "<clipPath id=\"{name}\">");
        match outline {
            Outline::Rect { rect, radius } => {
                let _ = write!(
                    self.clips,
                    "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"{}\"/>",
                    Coordinate(rect.x),
                    Coordinate(rect.y),
                    Coordinate(rect.width),
                    Coordinate(rect.height),
                    Coordinate(*radius),
                );
            }
            Outline::Path(segments) => {
                let _ = write!(self.clips, "<path d=\"{}\"/>", path_data(segments));
            }
        }
        self.clips.push_str("</clipPath>");
        name
    }
}

fn path_data(segments: &[Segment]) -> String {
    let mut data = String::with_capacity(segments.len() * 12);
    let pair = |data: &mut String, point: Point| {
        let _ = write!(data, "{} {}", Coordinate(point.x), Coordinate(point.y));
    };
    for segment in segments {
        match segment {
            Segment::Move(to) => {
                data.push('M');
                pair(&mut data, *to);
            }
            Segment::Line(to) => {
                data.push('L');
                pair(&mut data, *to);
            }
            Segment::Cubic(first, second, to) => {
                data.push('C');
                pair(&mut data, *first);
                data.push(' ');
                pair(&mut data, *second);
                data.push(' ');
                pair(&mut data, *to);
            }
            Segment::Close => data.push('Z'),
        }
    }
    data
}

/// A colour as CSS writes it.
pub(super) fn css(color: Color) -> String {
    let [r, g, b] = color.to_rgb();
    format!("#{r:02x}{g:02x}{b:02x}")
}
