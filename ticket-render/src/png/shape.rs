//! Outlines, fills and strokes.

use tiny_skia::{
    FillRule as Winding, LineCap as Cap, LineJoin as Join, Paint as Brush, Path, PathBuilder, Rect,
    Stroke as Pen, StrokeDash, Transform as Matrix,
};

use super::Drawing;
use super::bounds;
use super::surface::Surface;
use crate::length::{self, Length, Point};
use crate::scene::{Color, FillRule, LineCap, LineJoin, Outline, Paint, Segment, Shape, Stroke};
use crate::transform::Transform;

/// How far a pointed corner may reach, in line widths, before it is cut off.
pub(super) const MITER_LIMIT: f64 = 10.0;

impl Drawing<'_> {
    pub(super) fn shape(&mut self, surface: &mut Surface, space: Transform, shape: &Shape) {
        let reached = bounds::of_shape(space, shape).to_pixels();
        if reached.intersection(surface.area()).size() == (0, 0) {
            return;
        }
        if let Some(fill) = &shape.fill {
            let Paint::Solid(color) = fill.paint;
            fill_outline(surface, space, &shape.outline, fill.rule, &brush(color));
        }
        if let Some(stroke) = &shape.stroke {
            self.stroke(surface, space, &shape.outline, stroke);
        }
    }

    /// A line is as wide as the group's scale makes it, and unevenly so if the scale is uneven.
    fn stroke(&self, surface: &mut Surface, space: Transform, outline: &Outline, stroke: &Stroke) {
        // Not in EMU: squares and cubes of such numbers are beyond the floats of the stroker.
        let unit = self.pixels_per_emu;
        let in_units = |length: Length| (f64::from(length.to_emu()) * unit) as f32;
        let to_units = Transform {
            a: unit,
            d: unit,
            ..Transform::IDENTITY
        };
        let Some(path) = path(to_units, outline) else {
            return;
        };
        let pen = Pen {
            width: in_units(stroke.width),
            miter_limit: MITER_LIMIT as f32,
            line_cap: match stroke.cap {
                LineCap::Butt => Cap::Butt,
                LineCap::Round => Cap::Round,
                LineCap::Square => Cap::Square,
            },
            line_join: match stroke.join {
                LineJoin::Miter => Join::Miter,
                LineJoin::Round => Join::Round,
                LineJoin::Bevel => Join::Bevel,
            },
            dash: dashes(stroke, in_units),
        };
        let from_units = Transform {
            a: 1.0 / unit,
            d: 1.0 / unit,
            ..Transform::IDENTITY
        };
        let matrix = matrix(surface.space(space).after(from_units));
        surface
            .pixmap()
            .stroke_path(&path, &brush(stroke.color), &pen, matrix, None);
    }
}

/// Dashes and gaps in turn. An odd number of lengths is gone through twice, as in SVG and PDF; a
/// pattern of no length is a solid line.
fn dashes(stroke: &Stroke, in_units: impl Fn(Length) -> f32) -> Option<StrokeDash> {
    let lengths = stroke.dashes.iter().map(|length| in_units(*length));
    let rounds = 1 + stroke.dashes.len() % 2;
    let pattern: Vec<f32> = lengths
        .clone()
        .cycle()
        .take(lengths.len() * rounds)
        .collect();
    StrokeDash::new(pattern, in_units(stroke.dash_phase))
}

/// Fills an outline that `space` maps to pixels of the page.
pub(super) fn fill_outline(
    surface: &mut Surface,
    space: Transform,
    outline: &Outline,
    rule: FillRule,
    brush: &Brush<'_>,
) {
    let local = surface.space(space);
    if let Outline::Rect {
        rect,
        radius: Length::ZERO,
    } = outline
        && let Some(rect) = upright_rect(local, *rect, surface)
    {
        surface
            .pixmap()
            .fill_rect(rect, brush, Matrix::identity(), None);
        return;
    }
    let rule = match rule {
        FillRule::NonZero => Winding::Winding,
        FillRule::EvenOdd => Winding::EvenOdd,
    };
    if let Some(path) = path(local, outline) {
        surface
            .pixmap()
            .fill_path(&path, brush, rule, Matrix::identity(), None);
    }
}

/// The part of a rectangle that lies on the surface (and some pixels around it), if its sides run
/// along the axes: those have a finer coverage than the scan of a path.
fn upright_rect(local: Transform, rect: length::Rect, surface: &Surface) -> Option<Rect> {
    const AROUND: f64 = 2.0;
    if !runs_along_axes(local) {
        return None;
    }
    let (left, top, right, bottom) = crate::transform::bounds(&local.corners(rect));
    let across = |x: f64| x.clamp(-AROUND, f64::from(surface.width()) + AROUND) as f32;
    let down = |y: f64| y.clamp(-AROUND, f64::from(surface.height()) + AROUND) as f32;
    Rect::from_ltrb(across(left), down(top), across(right), down(bottom))
}

/// Whether lines along an axis stay so: nothing is turned but by quarters.
pub(super) fn runs_along_axes(space: Transform) -> bool {
    (space.b == 0.0 && space.c == 0.0) || (space.a == 0.0 && space.d == 0.0)
}

/// An outline, mapped; `None` if nothing of it can be drawn.
pub(super) fn path(space: Transform, outline: &Outline) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let at = |point: Point| {
        let (x, y) = bounds::apply(space, point);
        (x as f32, y as f32)
    };
    for segment in outline.segments().iter() {
        match *segment {
            Segment::Move(to) => {
                let (x, y) = at(to);
                builder.move_to(x, y);
            }
            Segment::Line(to) => {
                let (x, y) = at(to);
                builder.line_to(x, y);
            }
            Segment::Cubic(first, second, to) => {
                let ((x1, y1), (x2, y2), (x, y)) = (at(first), at(second), at(to));
                builder.cubic_to(x1, y1, x2, y2, x, y);
            }
            Segment::Close => builder.close(),
        }
    }
    builder.finish()
}

/// Paints with one colour, anti-aliased.
pub(super) fn brush(color: Color) -> Brush<'static> {
    let [r, g, b] = color.to_rgb();
    let mut brush = Brush::default();
    brush.set_color_rgba8(r, g, b, u8::MAX);
    brush
}

/// The same map for the rasterizer.
pub(super) fn matrix(map: Transform) -> Matrix {
    Matrix::from_row(
        map.a as f32,
        map.b as f32,
        map.c as f32,
        map.d as f32,
        map.e as f32,
        map.f as f32,
    )
}
