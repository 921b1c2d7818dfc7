//! Glyph runs as references to outlines.

use std::fmt::Write as _;

use super::Drawing;
use super::number::{Coordinate, Decimal, escape};
use super::shape::css;
use crate::assets::Assets;
use crate::fonts::FontId;
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
            let glyphs = self.assets.svg_glyphs();
            if let Some(drawn) = glyphs.get(self.assets.fonts(), run.font, glyph.id) {
                self.glyphs.add(run.font, glyph.id);
                let x = pen_milli + i64::from(glyph.x_offset) * 1000;
                self.body.push_str(&drawn.begin_of_use);
                Decimal::thousandths(i32::try_from(x).unwrap_or(i32::MAX)).push_to(&mut self.body);
                if glyph.y_offset != 0 {
                    let _ = write!(self.body, "\" y=\"{}", glyph.y_offset);
                }
                self.body.push_str("\"/>");
            }
            pen_milli += i64::from(glyph.advance) * 1000 + i64::from(spacing.to_emu());
        }
        self.body.push_str("</g>");
    }
}

/// Which glyphs a drawing shows: for each font one bit a glyph.
#[derive(Debug, Default)]
pub(super) struct GlyphUse(Vec<Vec<u64>>);

impl GlyphUse {
    fn add(&mut self, font: FontId, glyph: u16) {
        let words = self.words(usize::from(font.0), usize::from(glyph / 64) + 1);
        if let Some(word) = words.get_mut(usize::from(glyph / 64)) {
            *word |= 1 << (glyph % 64);
        }
    }

    /// Adds what another drawing shows.
    pub fn add_all(&mut self, other: &Self) {
        for (font, added) in other.0.iter().enumerate() {
            let words = self.words(font, added.len());
            for (word, added) in words.iter_mut().zip(added) {
                *word |= added;
            }
        }
    }

    /// Writes the definitions, by font and glyph.
    pub fn define(&self, assets: &Assets, out: &mut String) {
        let (fonts, glyphs) = (assets.fonts(), assets.svg_glyphs());
        for (font, glyph) in self.iter() {
            if let Some(drawn) = glyphs.get(fonts, font, glyph) {
                out.push_str(&drawn.definition);
            }
        }
    }

    fn iter(&self) -> impl Iterator<Item = (FontId, u16)> {
        self.0.iter().zip(0..).flat_map(|(words, font)| {
            words.iter().zip(0..).flat_map(move |(word, index)| {
                let mut left = *word;
                std::iter::from_fn(move || {
                    let bit = left.trailing_zeros() as u16;
                    left &= left.checked_sub(1)?;
                    Some((FontId(font), index * 64 + bit))
                })
            })
        })
    }

    /// At least so many words of a font's bits.
    fn words(&mut self, font: usize, count: usize) -> &mut Vec<u64> {
        while self.0.len() <= font {
            self.0.push(Vec::new());
        }
        let words = &mut self.0[font];
        if words.len() < count {
            words.resize(count, 0);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_glyph_is_known_once_and_in_order() {
        let mut glyphs = GlyphUse::default();
        let mut others = GlyphUse::default();
        for (font, glyph) in [(1, 700), (1, 64), (1, 700), (0, 3)] {
            glyphs.add(FontId(font), glyph);
        }
        for (font, glyph) in [(1, 700), (2, 65_535), (0, 63)] {
            others.add(FontId(font), glyph);
        }
        glyphs.add_all(&others);
        let found: Vec<(u16, u16)> = glyphs.iter().map(|(font, glyph)| (font.0, glyph)).collect();
        assert_eq!(found, [(0, 3), (0, 63), (1, 64), (1, 700), (2, 65_535)]);
    }
}
