//! Glyph runs as references to outlines.

use std::fmt::Write as _;

use super::Drawing;
use super::number::{Coordinate, Decimal, FontUnits, escape};
use super::shape::css;
use crate::fonts::{FontId, OutlineStep};
use crate::scene::GlyphRun;

impl Drawing<'_> {
    pub(super) fn glyph_run(&mut self, run: &GlyphRun) {
        let face = self.assets.fonts().face(run.font);
        let units_per_em = i32::from(face.metrics().units_per_em);
        // Font units turn y, so the run is drawn in a mirrored system of font units.
        let scale = Decimal::of_ratio(run.size.to_emu(), units_per_em.saturating_mul(100));
        let _ = write!(
            self.body,
            "<g role=\"img\" aria-label=\"{}\" fill=\"{}\" transform=\"translate({} {})scale({scale} -{scale})\">",
            escape(&run.text),
            css(run.color),
            Coordinate(run.origin.x),
            Coordinate(run.origin.y),
        );
        // In thousandths of a font unit, so that letter spacing adds up exactly.
        let spacing = run
            .letter_spacing
            .scaled(1000 * i64::from(units_per_em), i64::from(run.size.to_emu()));
        let mut pen_milli: i64 = 0;
        for glyph in &run.glyphs {
            if self.define_glyph(run.font, glyph.id) {
                let x = pen_milli + i64::from(glyph.x_offset) * 1000;
                let x = Decimal::thousandths(i32::try_from(x).unwrap_or(i32::MAX));
                let _ = write!(
                    self.body,
                    "<use xlink:href=\"#g{}-{}\" x=\"{x}\"",
                    run.font.0, glyph.id
                );
                if glyph.y_offset != 0 {
                    let _ = write!(self.body, " y=\"{}\"", glyph.y_offset);
                }
                self.body.push_str("/>");
            }
            pen_milli += i64::from(glyph.advance) * 1000 + i64::from(spacing.to_emu());
        }
        self.body.push_str("</g>");
    }

    /// Defines a glyph if it is not yet. Answers whether there is anything to see of it.
    fn define_glyph(&mut self, font: FontId, glyph: u16) -> bool {
        if let Some(visible) = self.glyphs.get(&(font, glyph)) {
            return *visible;
        }
        let mut data = String::new();
        self.assets.fonts().face(font).outline(glyph, &mut |step| {
            let u = FontUnits;
            let _ = match step {
                OutlineStep::Move(x, y) => write!(data, "M{} {}", u(x), u(y)),
                OutlineStep::Line(x, y) => write!(data, "L{} {}", u(x), u(y)),
                OutlineStep::Quadratic((cx, cy), (x, y)) => {
                    write!(data, "Q{} {} {} {}", u(cx), u(cy), u(x), u(y))
                }
                OutlineStep::Cubic((ax, ay), (bx, by), (x, y)) => {
                    write!(
                        data,
                        "C{} {} {} {} {} {}",
                        u(ax),
                        u(ay),
                        u(bx),
                        u(by),
                        u(x),
                        u(y)
                    )
                }
                OutlineStep::Close => write!(data, "Z"),
            };
        });
        let visible = !data.is_empty();
        if visible {
            let _ = write!(
                self.definitions,
                "<path id=\"g{}-{glyph}\" d=\"{data}\"/>",
                font.0
            );
        }
        self.glyphs.insert((font, glyph), visible);
        visible
    }
}
