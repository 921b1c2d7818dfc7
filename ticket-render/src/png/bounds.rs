//! Boxes that surely hold all that is painted, so that the rest need not be looked at.

use crate::assets::Assets;
use crate::length::{Length, Point, Rect};
use crate::scene::{Content, Element, GlyphRun, LineJoin, Outline, Segment, Shape};
use crate::transform::{self, Transform};

use super::surface::PixelBox;

/// A box in pixels of the page, not rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Bounds {
    const NONE: Self = Self {
        left: f64::INFINITY,
        top: f64::INFINITY,
        right: f64::NEG_INFINITY,
        bottom: f64::NEG_INFINITY,
    };
    const ALL: Self = Self {
        left: f64::NEG_INFINITY,
        top: f64::NEG_INFINITY,
        right: f64::INFINITY,
        bottom: f64::INFINITY,
    };

    fn around(points: &[(f64, f64)]) -> Self {
        let (left, top, right, bottom) = transform::bounds(points);
        Self {
            left,
            top,
            right,
            bottom,
        }
    }

    fn union(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }

    fn intersection(self, other: Self) -> Self {
        Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        }
    }

    /// The pixels that the box touches. Floats beyond the range of integers saturate.
    pub fn to_pixels(self) -> PixelBox {
        PixelBox {
            left: self.left.floor() as i32,
            top: self.top.floor() as i32,
            right: self.right.ceil() as i32,
            bottom: self.bottom.ceil() as i32,
        }
    }
}

/// Around all that is painted by elements whose coordinates `space` maps to pixels.
pub(super) fn of_elements(assets: &Assets, space: Transform, elements: &[Element]) -> Bounds {
    elements.iter().fold(Bounds::NONE, |sum, element| {
        sum.union(of_content(assets, space, &element.content))
    })
}

fn of_content(assets: &Assets, space: Transform, content: &Content) -> Bounds {
    match content {
        Content::Group(group) => {
            let space = space.after(Transform::of_group(group));
            let inside = of_elements(assets, space, &group.elements);
            match &group.clip {
                Some(outline) => inside.intersection(of_outline(space, outline)),
                None => inside,
            }
        }
        Content::Glyphs(run) => of_glyph_run(assets, space, run),
        Content::Shape(shape) => of_shape(space, shape),
        Content::Image(placed) => of_rect(space, placed.crop.unwrap_or(placed.place)),
        Content::Code(code) => {
            let side = super::code::side(code);
            let (x, y) = (code.origin.x, code.origin.y);
            of_rect(
                space,
                Rect {
                    x,
                    y,
                    width: side,
                    height: side,
                },
            )
        }
        Content::Link(_) => Bounds::NONE,
        // One that is missing must be come upon by the drawing, which reports it.
        Content::Background(id) => assets
            .background(*id)
            .map_or(Bounds::ALL, |elements| of_elements(assets, space, elements)),
    }
}

/// Around a run of glyphs, by the extent that the face declares for any of its glyphs and an em of
/// distrust on each side.
pub(super) fn of_glyph_run(assets: &Assets, space: Transform, run: &GlyphRun) -> Bounds {
    let metrics = assets.fonts().face(run.font).metrics();
    let em = f64::from(run.size.to_emu());
    let unit = em / f64::from(metrics.units_per_em.max(1));
    let spacing = f64::from(run.letter_spacing.to_emu());
    let (mut pen, mut left, mut right) = (0.0_f64, 0.0_f64, 0.0_f64);
    let (mut low, mut high) = (0.0_f64, 0.0_f64);
    for glyph in &run.glyphs {
        let x = pen + f64::from(glyph.x_offset) * unit;
        let y = f64::from(glyph.y_offset) * unit;
        (left, right) = (left.min(x), right.max(x));
        (low, high) = (low.min(y), high.max(y));
        pen += f64::from(glyph.advance) * unit + spacing;
    }
    let box_of_all = metrics.bounds;
    left += f64::from(box_of_all.x_min) * unit - em;
    right += f64::from(box_of_all.x_max) * unit + em;
    low += f64::from(box_of_all.y_min) * unit - em;
    high += f64::from(box_of_all.y_max) * unit + em;
    let (x, y) = (
        f64::from(run.origin.x.to_emu()),
        f64::from(run.origin.y.to_emu()),
    );
    let corners = [(left, high), (right, high), (right, low), (left, low)];
    Bounds::around(&corners.map(|(dx, dy)| space.apply(x + dx, y - dy)))
}

pub(super) fn of_shape(space: Transform, shape: &Shape) -> Bounds {
    let outline = of_outline(space, &shape.outline);
    let Some(stroke) = &shape.stroke else {
        return outline;
    };
    // Half a line's width, or its diagonal for a square end; a pointed corner reaches further.
    let reach_in_widths = match stroke.join {
        LineJoin::Miter => super::shape::MITER_LIMIT / 2.0,
        LineJoin::Round | LineJoin::Bevel => 1.0,
    };
    let reach = f64::from(stroke.width.to_emu()) * reach_in_widths;
    let across = reach * (space.a.abs() + space.c.abs()) + 1.0;
    let down = reach * (space.b.abs() + space.d.abs()) + 1.0;
    Bounds {
        left: outline.left - across,
        top: outline.top - down,
        right: outline.right + across,
        bottom: outline.bottom + down,
    }
}

/// Around an outline, by its control points.
pub(super) fn of_outline(space: Transform, outline: &Outline) -> Bounds {
    match outline {
        Outline::Rect { rect, .. } => of_rect(space, *rect),
        Outline::Path(segments) => segments.iter().fold(Bounds::NONE, |sum, segment| {
            let at = |point: &Point| apply(space, *point);
            match segment {
                Segment::Move(to) | Segment::Line(to) => sum.union(Bounds::around(&[at(to)])),
                Segment::Cubic(first, second, to) => {
                    sum.union(Bounds::around(&[at(first), at(second), at(to)]))
                }
                Segment::Close => sum,
            }
        }),
    }
}

pub(super) fn of_rect(space: Transform, rect: Rect) -> Bounds {
    Bounds::around(&space.corners(rect))
}

/// Where a point stands.
pub(super) fn apply(space: Transform, point: Point) -> (f64, f64) {
    let emu = |length: Length| f64::from(length.to_emu());
    space.apply(emu(point.x), emu(point.y))
}
