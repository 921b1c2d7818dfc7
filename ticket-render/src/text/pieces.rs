//! Cuts the runs of a box into pieces that lie within one line each.

use std::ops::Range;

use super::block::{Block, Scale, size_at, to_emu};
use super::lines::{Line, Tail};
use super::runs::{Origin, Run};
use super::shaper::Shaper;
use crate::fonts::FontId;
use crate::scene::Glyph;

/// Part of a run, in one line, or a sign at its end.
pub(super) struct Piece {
    /// The face.
    pub(super) font: FontId,
    /// Index of the span, which has the style.
    pub(super) span: u32,
    /// What it stands for.
    pub(super) text: PieceText,
    /// Its glyphs; clusters count from the beginning of the piece.
    pub(super) glyphs: Vec<Glyph>,
    /// So many glyphs come before the white space that stands out of the line.
    pub(super) visible: usize,
    /// The em size in EMU, and its font units.
    pub(super) size: i64,
    pub(super) em: u16,
    /// Space after each cluster, in font units.
    pub(super) spacing: i64,
    /// Whether that space is in the advances already.
    pub(super) is_spaced: bool,
    /// The last piece of a line has no space after its last glyph.
    pub(super) ends_line: bool,
}

/// What a piece stands for.
pub(super) enum PieceText {
    /// Bytes of the source.
    Source(Range<u32>),
    /// A sign that was added.
    Sign(char),
}

impl Piece {
    /// How far the pen moves, in EMU; what stands out of the line does not count.
    pub(super) fn width(&self) -> i64 {
        let glyphs = self.glyphs.get(..self.visible).unwrap_or(&[]);
        let advances: i64 = glyphs.iter().map(|glyph| i64::from(glyph.advance)).sum();
        let after_each = if self.is_spaced {
            0
        } else {
            glyphs.len() as i64
        };
        let dropped = i64::from(self.ends_line && !glyphs.is_empty());
        to_emu(
            advances + self.spacing * (after_each - dropped),
            self.size,
            self.em,
        )
    }
}

/// Cuts the pieces of one line after the other.
pub(super) struct Cutter {
    shaper: Shaper,
}

impl Cutter {
    pub(super) fn new() -> Self {
        Self {
            shaper: Shaper::default(),
        }
    }

    /// Replaces `pieces` by those of a line. Takes the glyphs of runs that lie in it as a whole, so that each line
    /// can be cut once only.
    pub(super) fn cut(
        &mut self,
        block: &mut Block<'_>,
        line: &Line,
        scale: Scale,
        pieces: &mut Vec<Piece>,
    ) {
        pieces.clear();
        for index in line.runs.clone() {
            let Some(run) = block.run(index) else { break };
            let start = run.bytes.start.max(line.bytes.start);
            let end = run.bytes.end.min(line.bytes.end);
            if start >= end {
                continue;
            }
            let whole = start == run.bytes.start && end == run.bytes.end;
            let glyphs = if whole {
                let run = block.runs.get_mut(index as usize);
                run.map_or_else(Vec::new, |run| std::mem::take(&mut run.glyphs))
            } else {
                self.cut_run(block, run, start..end)
            };
            pieces.extend(piece(block, index, start..end, glyphs, line, scale));
        }
        pieces.extend(
            line.tail
                .as_ref()
                .and_then(|tail| tail_piece(block, tail, scale)),
        );
        let last = pieces.iter_mut().rev().find(|piece| piece.visible > 0);
        if let Some(last) = last {
            last.ends_line = true;
        }
    }

    /// The glyphs for part of a run: those that it has, unless they would be others without the
    /// rest.
    fn cut_run(&mut self, block: &Block<'_>, run: &Run, bytes: Range<u32>) -> Vec<Glyph> {
        let offset = |byte: u32| byte - run.bytes.start;
        if let Origin::Shaper { script, joints } = &run.origin {
            let is_joint = |byte| joints.binary_search(&offset(byte)).is_ok();
            if (is_joint(bytes.start) || is_joint(bytes.end))
                && let Some(style) = block.source.style(run.span)
            {
                let text = block.source.slice(bytes);
                let face = block.fonts.face(run.font);
                return self.shaper.shape(face, text, *script, style).glyphs;
            }
        }
        let range = run.glyphs_before(bytes.start)..run.glyphs_before(bytes.end);
        let mut glyphs = run
            .glyphs
            .get(range)
            .map_or_else(Vec::new, <[Glyph]>::to_vec);
        for glyph in &mut glyphs {
            // Invisible characters before the first glyph belong to it.
            glyph.cluster = glyph.cluster.saturating_sub(offset(bytes.start));
        }
        if let (Origin::Table, Some(last)) = (&run.origin, glyphs.last_mut()) {
            last.advance = i32::from(block.fonts.face(run.font).advance(last.id));
        }
        glyphs
    }
}

/// The width of the widest line, in EMU. Takes the glyphs, as [`Cutter::cut`] does.
pub(super) fn widest(block: &mut Block<'_>, lines: &[Line], scale: Scale) -> i64 {
    let mut cutter = Cutter::new();
    let mut pieces = Vec::new();
    let widths = lines.iter().map(|line| {
        cutter.cut(block, line, scale, &mut pieces);
        pieces.iter().map(Piece::width).sum::<i64>()
    });
    widths.max().unwrap_or(0)
}

fn piece(
    block: &Block<'_>,
    run: u32,
    bytes: Range<u32>,
    mut glyphs: Vec<Glyph>,
    line: &Line,
    scale: Scale,
) -> Option<Piece> {
    let run = block.run(run)?;
    let style = block.source.style(run.span)?;
    let visible_bytes = line.visible_end.saturating_sub(bytes.start);
    let visible = if visible_bytes == 0 {
        0
    } else {
        glyphs.partition_point(|glyph| glyph.cluster < visible_bytes)
    };
    let spacing = run.letter_spacing(&block.source, block.fonts);
    let is_stacked = |glyphs: &[Glyph]| {
        let mut pairs = glyphs.windows(2);
        pairs.any(|pair| matches!(pair, [a, b] if a.cluster == b.cluster))
    };
    let is_spaced = spacing != 0 && is_stacked(&glyphs);
    if is_spaced {
        // Marks stay with their letter: the space goes behind the last glyph of each cluster.
        let mut last_cluster = None;
        for glyph in glyphs.iter_mut().rev() {
            if last_cluster.replace(glyph.cluster) != Some(glyph.cluster) {
                glyph.advance = glyph.advance.saturating_add(spacing as i32);
            }
        }
    }
    Some(Piece {
        font: run.font,
        span: run.span,
        text: PieceText::Source(bytes),
        glyphs,
        visible,
        size: size_at(style, scale),
        em: block.fonts.face(run.font).metrics().units_per_em,
        spacing,
        is_spaced,
        ends_line: false,
    })
}

fn tail_piece(block: &Block<'_>, tail: &Tail, scale: Scale) -> Option<Piece> {
    Some(Piece {
        font: tail.font,
        span: tail.span,
        text: PieceText::Sign(tail.text),
        glyphs: vec![tail.glyph],
        visible: 1,
        size: size_at(block.source.style(tail.span)?, scale),
        em: block.fonts.face(tail.font).metrics().units_per_em,
        spacing: 0,
        is_spaced: false,
        ends_line: false,
    })
}
