//! A shaped box, and what can be measured of its lines.

use super::lines::{Line, Tail};
use super::runs::Run;
use super::source::Source;
use super::text_box::{LineHeight, TextBox, TextStyle};
use crate::fonts::FontSet;
use crate::length::Length;
use crate::scene::Glyph;

/// Thousandths of the asked size: 1000 leaves it.
pub(super) type Scale = u16;
/// The size that was asked for.
pub(super) const FULL: Scale = 1000;

/// All that is known of a box before lines are made.
pub(super) struct Block<'a> {
    pub(super) text_box: &'a TextBox<'a>,
    pub(super) fonts: &'a FontSet,
    pub(super) source: Source<'a>,
    pub(super) runs: Vec<Run>,
}

/// Where a line's baseline is, and how high it is; in EMU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Vertical {
    pub(super) height: i64,
    /// From the top of the line to its baseline.
    pub(super) baseline: i64,
}

/// Font units at some size, in EMU; rounds half up.
pub(super) fn to_emu(units: i64, size: i64, units_per_em: u16) -> i64 {
    let em = i64::from(units_per_em.max(1));
    units
        .saturating_mul(size)
        .saturating_add(em / 2)
        .div_euclid(em)
}

/// A length at a scale, in EMU.
pub(super) fn scaled(length: Length, scale: Scale) -> i64 {
    let emu = i64::from(length.to_emu());
    if scale == FULL {
        emu
    } else {
        (emu * i64::from(scale) + 500).div_euclid(i64::from(FULL))
    }
}

/// The em size of a style at a scale, in EMU; at least one.
pub(super) fn size_at(style: &TextStyle, scale: Scale) -> i64 {
    scaled(style.size, scale).max(1)
}

impl Run {
    /// The space after each cluster, in font units.
    pub(super) fn letter_spacing(&self, source: &Source<'_>, fonts: &FontSet) -> i64 {
        let per_mille = source
            .style(self.span)
            .map_or(0, |style| style.letter_spacing_per_mille);
        if per_mille == 0 {
            return 0;
        }
        let em = fonts.face(self.font).metrics().units_per_em;
        (i64::from(per_mille) * i64::from(em) + 500).div_euclid(1000)
    }

    /// How many of its glyphs stand for text before this byte of the source.
    pub(super) fn glyphs_before(&self, byte: u32) -> usize {
        let offset = byte.saturating_sub(self.bytes.start);
        self.glyphs.partition_point(|glyph| glyph.cluster < offset)
    }
}

impl<'a> Block<'a> {
    pub(super) fn new(
        text_box: &'a TextBox<'a>,
        fonts: &'a FontSet,
        mut source: Source<'a>,
        runs: Vec<Run>,
    ) -> Self {
        let mut next = 0;
        for stretch in &mut source.stretches {
            let first = next;
            let is_within = |run: &Run| run.bytes.end <= stretch.bytes.end;
            while runs.get(next).is_some_and(is_within) {
                next += 1;
            }
            stretch.runs = first as u32..next as u32;
        }
        Self {
            text_box,
            fonts,
            source,
            runs,
        }
    }

    pub(super) fn run(&self, index: u32) -> Option<&Run> {
        self.runs.get(index as usize)
    }

    /// The width of a whole line without the white space that stands out, in EMU.
    pub(super) fn whole_width(&self, line: &Line, scale: Scale) -> i64 {
        let runs = line.runs.clone().filter_map(|index| self.run(index));
        let mut width = 0;
        for run in runs {
            let Some(style) = self.source.style(run.span) else {
                continue;
            };
            let spacing = run.letter_spacing(&self.source, self.fonts);
            let mut units = run.units + spacing * i64::from(run.clusters);
            if run.bytes.end >= line.visible_end {
                let visible = run.glyphs_before(line.visible_end);
                let hanging = run.glyphs.get(visible..).unwrap_or(&[]);
                units -= hanging
                    .iter()
                    .map(|glyph| i64::from(glyph.advance) + spacing)
                    .sum::<i64>();
                if visible > 0 && run.bytes.start < line.visible_end {
                    units -= spacing;
                }
            }
            let em = self.fonts.face(run.font).metrics().units_per_em;
            width += to_emu(units, size_at(style, scale), em);
        }
        width
    }

    /// Height and baseline of a line.
    pub(super) fn vertical(&self, line: &Line, scale: Scale) -> Vertical {
        let mut tallest = Tallest::default();
        let mut last_span = None;
        let runs = line.runs.clone().filter_map(|index| self.run(index));
        for run in runs.filter(|run| run.bytes.start < line.bytes.end) {
            if last_span.replace(run.span) != Some(run.span)
                && let Some(style) = self.source.style(run.span)
            {
                tallest.add(self.fonts, style, scale);
            }
        }
        let stretch = self.source.stretches.get(line.stretch as usize);
        if last_span.is_none()
            && let Some(strut) = stretch.and_then(|stretch| stretch.strut)
        {
            tallest.add(self.fonts, strut, scale);
        }
        let paragraph =
            stretch.and_then(|stretch| self.text_box.paragraphs.get(stretch.paragraph as usize));
        let letters = tallest.ascent + tallest.descent;
        let height = match paragraph.map_or(LineHeight::Normal, |paragraph| paragraph.line_height) {
            LineHeight::Normal => letters + tallest.gap,
            LineHeight::Relative(per_mille) => {
                (tallest.size * i64::from(per_mille) + 500).div_euclid(1000)
            }
            LineHeight::Exact(height) => scaled(height, scale),
        };
        let half_leading = (height - letters).div_euclid(2);
        Vertical {
            height,
            baseline: half_leading + tallest.ascent,
        }
    }

    /// The space above a line that begins a paragraph other than the first.
    pub(super) fn space_before(&self, line: &Line) -> i64 {
        let Some(stretch) = self.source.stretches.get(line.stretch as usize) else {
            return 0;
        };
        let begins = stretch.is_first && line.bytes.start == stretch.bytes.start;
        let paragraph = self.text_box.paragraphs.get(stretch.paragraph as usize);
        match paragraph {
            Some(paragraph) if begins && stretch.paragraph > 0 => {
                i64::from(paragraph.space_before.to_emu())
            }
            _ => 0,
        }
    }

    /// The height of these lines together.
    pub(super) fn height(&self, lines: &[Line], scale: Scale) -> i64 {
        let heights = lines.iter().map(|line| {
            self.vertical(line, scale)
                .height
                .saturating_add(self.space_before(line))
        });
        heights.fold(0, i64::saturating_add)
    }

    /// A sign in the style of a span, from its face or another.
    pub(super) fn tail(&self, span: u32, sign: char, text: char) -> Option<Tail> {
        let style = self.source.style(span)?;
        let font = match self.fonts.face(style.font).glyph(sign) {
            Some(_) => style.font,
            None => self
                .fonts
                .find_fallback(style.font, sign.encode_utf8(&mut [0; 4]))?,
        };
        let face = self.fonts.face(font);
        let id = face.glyph(sign)?;
        let advance = i32::from(face.advance(id));
        let glyph = Glyph {
            id,
            advance,
            x_offset: 0,
            y_offset: 0,
            cluster: 0,
        };
        Some(Tail {
            text,
            span,
            font,
            glyph,
        })
    }

    /// The hyphen for a word that is divided at a soft hyphen.
    pub(super) fn hyphen(&self, span: u32) -> Option<Tail> {
        const HYPHENS: [char; 2] = ['\u{2010}', '-'];
        HYPHENS
            .into_iter()
            .find_map(|sign| self.tail(span, sign, '\u{AD}'))
    }

    /// The width of a sign, in EMU.
    pub(super) fn tail_width(&self, tail: &Tail, scale: Scale) -> i64 {
        let em = self.fonts.face(tail.font).metrics().units_per_em;
        let size = self
            .source
            .style(tail.span)
            .map_or(0, |style| size_at(style, scale));
        to_emu(i64::from(tail.glyph.advance), size, em)
    }
}

/// The largest measures of the styles in a line, in EMU.
#[derive(Default)]
struct Tallest {
    ascent: i64,
    descent: i64,
    gap: i64,
    size: i64,
}

impl Tallest {
    fn add(&mut self, fonts: &FontSet, style: &TextStyle, scale: Scale) {
        // The face that was asked for, so that a rare character moves no line.
        let metrics = fonts.face(style.font).metrics();
        let size = size_at(style, scale);
        let emu = |units: i16| to_emu(i64::from(units), size, metrics.units_per_em);
        self.ascent = self.ascent.max(emu(metrics.ascent));
        self.descent = self.descent.max(-emu(metrics.descent));
        self.gap = self.gap.max(emu(metrics.line_gap));
        self.size = self.size.max(size);
    }
}
