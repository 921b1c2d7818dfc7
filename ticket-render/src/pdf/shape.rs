//! Filled and stroked outlines.

use super::content::{ContentWriter, push_lengths};
use crate::decimal::{push_integer, push_points};
use crate::length::Length;
use crate::scene::{FillRule, LineCap, LineJoin, Outline, Paint, Segment, Shape, Stroke};

impl ContentWriter<'_, '_> {
    pub(super) fn shape(&mut self, shape: &Shape) {
        self.graphics();
        let fill = shape.fill.as_ref().map(|fill| {
            match fill.paint {
                Paint::Solid(color) => self.set_fill(color),
            }
            fill.rule
        });
        if let Some(stroke) = &shape.stroke {
            self.set_stroke(stroke.color);
            push_stroke_style(self.graphics(), stroke);
        }
        let operator: &[u8] = match (fill, &shape.stroke) {
            (None, None) => return,
            (Some(FillRule::NonZero), None) => b"f\n",
            (Some(FillRule::EvenOdd), None) => b"f*\n",
            (None, Some(_)) => b"S\n",
            (Some(FillRule::NonZero), Some(_)) => b"B\n",
            (Some(FillRule::EvenOdd), Some(_)) => b"B*\n",
        };
        let out = self.graphics();
        push_outline(out, &shape.outline);
        out.extend_from_slice(operator);
    }
}

fn push_stroke_style(out: &mut Vec<u8>, stroke: &Stroke) {
    push_points(out, stroke.width);
    out.extend_from_slice(b" w ");
    push_integer(
        out,
        match stroke.cap {
            LineCap::Butt => 0,
            LineCap::Round => 1,
            LineCap::Square => 2,
        },
    );
    out.extend_from_slice(b" J ");
    push_integer(
        out,
        match stroke.join {
            LineJoin::Miter => 0,
            LineJoin::Round => 1,
            LineJoin::Bevel => 2,
        },
    );
    out.extend_from_slice(b" j [");
    // A pattern without any length is an error to some viewers, a solid line to all exporters.
    if stroke.dashes.iter().any(|dash| *dash > Length::ZERO) {
        push_lengths(out, &stroke.dashes);
    }
    out.extend_from_slice(b"]");
    push_points(out, stroke.dash_phase);
    out.extend_from_slice(b" d\n");
}

/// Writes the operators that build a path.
pub(super) fn push_outline(out: &mut Vec<u8>, outline: &Outline) {
    if let Outline::Rect { rect, radius } = outline
        && *radius <= Length::ZERO
    {
        push_lengths(out, &[rect.x, rect.y, rect.width, rect.height]);
        out.extend_from_slice(b"re\n");
        return;
    }
    for segment in outline.segments().iter() {
        match segment {
            Segment::Move(to) => {
                push_lengths(out, &[to.x, to.y]);
                out.extend_from_slice(b"m\n");
            }
            Segment::Line(to) => {
                push_lengths(out, &[to.x, to.y]);
                out.extend_from_slice(b"l\n");
            }
            Segment::Cubic(first, second, to) => {
                push_lengths(out, &[first.x, first.y, second.x, second.y, to.x, to.y]);
                out.extend_from_slice(b"c\n");
            }
            Segment::Close => out.extend_from_slice(b"h\n"),
        }
    }
}
