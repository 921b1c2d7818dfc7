//! Glyph runs as filled outlines.

use std::collections::BTreeMap;

use tiny_skia::{FillRule as Winding, Path, PathBuilder};

use super::Drawing;
use super::bounds;
use super::shape::{brush, matrix};
use super::surface::Surface;
use crate::fonts::{Face, FontId, OutlineStep};
use crate::scene::GlyphRun;
use crate::transform::Transform;

/// Outlines in font units, y up, read once for each rendering; `None` for blanks.
#[derive(Default)]
pub(super) struct GlyphPaths(BTreeMap<(FontId, u16), Option<Path>>);

impl GlyphPaths {
    fn get(&mut self, face: &Face, font: FontId, glyph: u16) -> Option<&Path> {
        self.0
            .entry((font, glyph))
            .or_insert_with(|| read_path(face, glyph))
            .as_ref()
    }
}

fn read_path(face: &Face, glyph: u16) -> Option<Path> {
    let mut builder = PathBuilder::new();
    face.outline(glyph, &mut |step| match step {
        OutlineStep::Move(x, y) => builder.move_to(x, y),
        OutlineStep::Line(x, y) => builder.line_to(x, y),
        OutlineStep::Quadratic((cx, cy), (x, y)) => builder.quad_to(cx, cy, x, y),
        OutlineStep::Cubic((ax, ay), (bx, by), (x, y)) => builder.cubic_to(ax, ay, bx, by, x, y),
        OutlineStep::Close => builder.close(),
    });
    builder.finish()
}

impl Drawing<'_> {
    pub(super) fn glyph_run(&mut self, surface: &mut Surface, space: Transform, run: &GlyphRun) {
        let reached = bounds::of_glyph_run(self.assets, space, run).to_pixels();
        if reached.intersection(surface.area()).size() == (0, 0) {
            return;
        }
        let face = self.assets.fonts().face(run.font);
        let unit = f64::from(run.size.to_emu()) / f64::from(face.metrics().units_per_em.max(1));
        let spacing = f64::from(run.letter_spacing.to_emu());
        let brush = brush(run.color);
        let local = surface.space(space);
        let (x, y) = (
            f64::from(run.origin.x.to_emu()),
            f64::from(run.origin.y.to_emu()),
        );
        let mut pen = x;
        for glyph in &run.glyphs {
            if let Some(path) = self.glyphs.get(face, run.font, glyph.id) {
                // Font units turn y.
                let placed = local.after(Transform {
                    a: unit,
                    d: -unit,
                    e: pen + f64::from(glyph.x_offset) * unit,
                    f: y - f64::from(glyph.y_offset) * unit,
                    ..Transform::IDENTITY
                });
                let rule = Winding::Winding;
                surface
                    .pixmap()
                    .fill_path(path, &brush, rule, matrix(placed), None);
            }
            pen += f64::from(glyph.advance) * unit + spacing;
        }
    }
}
