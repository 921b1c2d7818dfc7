//! What has been painted where, for the check that nothing reaches into a code.

use ticket_render::fonts::FontSet;
use ticket_render::length::{Length, Point, Rect};
use ticket_render::scene::{Content, Element, GlyphRun, LineJoin, Outline};

use super::geometry::{Bounds, Figure, Relation};

/// The customary bound of pointed corners: they reach ten half widths at most.
const MITER_LIMIT: i64 = 10;

/// A painted figure.
#[derive(Clone, Debug)]
pub(super) struct PaintedFigure {
    pub figure: Figure,
    /// Outlines outside of which nothing of it is painted.
    pub clips: Vec<Figure>,
}

impl PaintedFigure {
    /// Whether paint of it reaches into a slot. A ground beneath all of the slot does not: the host
    /// paints its own over it.
    pub fn reaches_into(&self, slot: &Bounds) -> bool {
        let mut relation = self.figure.relation_to(slot);
        for clip in &self.clips {
            relation = match (relation, clip.relation_to(slot)) {
                (Relation::Apart, _) | (_, Relation::Apart) => return false,
                (Relation::Beneath, Relation::Beneath) => Relation::Beneath,
                (Relation::Reaches, _) | (_, Relation::Reaches) => Relation::Reaches,
            };
        }
        relation == Relation::Reaches
    }
}

/// How far a stroke's paint lies from its line.
pub(super) fn stroke_reach(width: Length, join: LineJoin, has_sharp_corners: bool) -> Length {
    let half = width.half() + Length::emu(1);
    match join {
        LineJoin::Miter if has_sharp_corners => half.scaled(MITER_LIMIT, 1),
        LineJoin::Miter | LineJoin::Round | LineJoin::Bevel => half,
    }
}

/// The rectangles that laid-out text covers: its lines of glyphs, and its underlines.
pub(super) fn of_text(elements: &[Element], fonts: &FontSet, covered: &mut impl FnMut(Rect)) {
    for element in elements {
        match &element.content {
            Content::Glyphs(run) => covered(ink_box(run, fonts)),
            Content::Shape(shape) => {
                if let Outline::Rect { rect, .. } = &shape.outline {
                    covered(*rect);
                }
            }
            // Text layout groups runs without moving them; a clip only takes away.
            Content::Group(group) => of_text(&group.elements, fonts, covered),
            Content::Image(_) | Content::Code(_) | Content::Link(_) | Content::Background(_) => {}
        }
    }
}

/// From the first glyph's origin to where the pen ends, ascent to descent.
fn ink_box(run: &GlyphRun, fonts: &FontSet) -> Rect {
    let metrics = fonts.face(run.font).metrics();
    let per_em = i64::from(metrics.units_per_em.max(1));
    let advance: i64 = run
        .glyphs
        .iter()
        .map(|glyph| i64::from(glyph.advance))
        .sum();
    let spacing = i64::try_from(run.glyphs.len()).unwrap_or(0);
    let ascent = run.size.scaled(i64::from(metrics.ascent), per_em);
    let descent = run.size.scaled(-i64::from(metrics.descent), per_em);
    let Point { x, y } = run.origin;
    Rect {
        x,
        y: y - ascent,
        width: run.size.scaled(advance, per_em) + run.letter_spacing.scaled(spacing, 1),
        height: ascent + descent,
    }
}
