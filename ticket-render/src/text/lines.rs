//! Greedy line breaking, at any scale.

use std::ops::Range;

use super::block::{Block, Scale, size_at, to_emu};
use super::clusters::{Cluster, Clusters, Entry, hangs};
use crate::fonts::FontId;
use crate::scene::Glyph;

/// One line. Positions are bytes of the source.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Index of the stretch that it is cut from.
    pub(super) stretch: u32,
    /// Its text.
    pub(super) bytes: Range<u32>,
    /// Where its text ends without the white space that stands out.
    pub(super) visible_end: u32,
    /// The runs that it touches.
    pub(super) runs: Range<u32>,
    /// What is added at its end.
    pub(super) tail: Option<Tail>,
    /// Whether nothing of the stretch is left after it.
    pub(super) is_last: bool,
}

/// A sign at the end of a line that is not in the text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tail {
    /// What the sign stands for when text is copied.
    pub(super) text: char,
    /// Whose style it has.
    pub(super) span: u32,
    /// The face that has it.
    pub(super) font: FontId,
    /// The sign.
    pub(super) glyph: Glyph,
}

/// What to do with a word that is longer than a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LongWord {
    /// Give up.
    GiveUp,
    /// Divide it between any two clusters.
    Divide,
}

/// Lines at some scale.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) lines: Vec<Line>,
    /// At how many places words were divided.
    pub(super) divided: u32,
}

impl Block<'_> {
    /// Every stretch as one line, whatever its width.
    pub(super) fn whole_lines(&self) -> Lines {
        let lines = (0u32..)
            .zip(&self.source.stretches)
            .map(|(index, stretch)| {
                let text = self.source.slice(stretch.bytes.clone());
                let visible = text.trim_end_matches(hangs).len() as u32;
                Line {
                    stretch: index,
                    bytes: stretch.bytes.clone(),
                    visible_end: stretch.bytes.start + visible,
                    runs: stretch.runs.clone(),
                    tail: None,
                    is_last: true,
                }
            });
        Lines {
            lines: lines.collect(),
            divided: 0,
        }
    }

    /// Breaks all text into lines of this width. `None` when a word is too long and may not be
    /// divided.
    pub(super) fn break_lines(
        &self,
        clusters: &Clusters,
        width: i64,
        scale: Scale,
        long_word: LongWord,
    ) -> Option<Lines> {
        let mut lines = Lines::default();
        for index in 0..self.source.stretches.len() {
            let breaker = Breaker {
                block: self,
                clusters: clusters.of(index),
                stretch: index,
                width,
                scale,
            };
            breaker.run(long_word, &mut lines)?;
        }
        Some(lines)
    }

    /// This line again, with as much of its stretch as fits before a sign that more would follow.
    pub(super) fn cut_line(
        &self,
        clusters: &Clusters,
        line: &Line,
        width: i64,
        scale: Scale,
        sign: char,
    ) -> Line {
        let stretch = line.stretch as usize;
        let clusters = clusters.of(stretch);
        let start = clusters.partition_point(|cluster| cluster.end <= line.bytes.start);
        Breaker {
            block: self,
            clusters,
            stretch,
            width,
            scale,
        }
        .cut(start, sign)
    }
}

/// Breaks one stretch.
struct Breaker<'a> {
    block: &'a Block<'a>,
    clusters: &'a [Cluster],
    stretch: usize,
    width: i64,
    scale: Scale,
}

/// How wide a line is so far: whole runs in EMU, and the last run in its font units.
struct Pen {
    run: Option<u32>,
    /// Width of the runs before, in EMU.
    before: i64,
    units: i64,
    size: i64,
    em: u16,
    /// How many units of this run fit.
    limit: i64,
}

impl Pen {
    fn new() -> Self {
        Self {
            run: None,
            before: 0,
            units: 0,
            size: 1,
            em: 1,
            limit: 0,
        }
    }
}

impl Breaker<'_> {
    fn run(&self, long_word: LongWord, lines: &mut Lines) -> Option<()> {
        if self.clusters.is_empty() {
            lines.lines.push(self.line(0..0, Entry::Within));
            return Some(());
        }
        let mut start = 0;
        while start < self.clusters.len() {
            let (end, entry) = match self.find_end(start) {
                End::All => (self.clusters.len(), Entry::Within),
                End::Before(end, entry) => (end, entry),
                End::WithinWord(end) => {
                    if long_word == LongWord::GiveUp {
                        return None;
                    }
                    let divides = self.clusters.get(end).map(|cluster| cluster.entry);
                    lines.divided += u32::from(divides == Some(Entry::Within));
                    (end, Entry::Within)
                }
            };
            lines.lines.push(self.line(start..end, entry));
            start = end;
        }
        Some(())
    }

    /// Where a line that begins with cluster `start` ends.
    fn find_end(&self, start: usize) -> End {
        let mut pen = Pen::new();
        let mut last_entry = None;
        for (index, cluster) in self.clusters.iter().enumerate().skip(start) {
            if index > start && self.may_begin(cluster, &pen) {
                last_entry = Some((index, cluster.entry));
            }
            self.enter_run(&mut pen, cluster.run);
            if !cluster.hangs && pen.units + cluster.last_advance > pen.limit {
                return match last_entry {
                    Some((end, entry)) => End::Before(end, entry),
                    None => End::WithinWord(index.max(start + 1)),
                };
            }
            pen.units += cluster.advance;
        }
        End::All
    }

    fn may_begin(&self, cluster: &Cluster, pen: &Pen) -> bool {
        match cluster.entry {
            Entry::Within => false,
            Entry::Allowed => true,
            Entry::AfterSoftHyphen => {
                let hyphen = self
                    .hyphen_before(cluster)
                    .map_or(0, |hyphen| self.block.tail_width(&hyphen, self.scale));
                pen.before + to_emu(pen.units, pen.size, pen.em) + hyphen <= self.width
            }
        }
    }

    /// The line that begins with cluster `start`, cut where a sign still fits behind it.
    fn cut(&self, start: usize, sign: char) -> Line {
        let mut pen = Pen::new();
        let mut end = start;
        let mut tail = None;
        let mut candidate: Option<(u32, Option<Tail>)> = None;
        for (index, cluster) in self.clusters.iter().enumerate().skip(start) {
            self.enter_run(&mut pen, cluster.run);
            if !cluster.hangs {
                let sign = match candidate {
                    Some((run, sign)) if run == cluster.run => sign,
                    _ => self.sign_for(cluster.run, sign),
                };
                candidate = Some((cluster.run, sign));
                let sign_width = sign.map_or(0, |sign| self.block.tail_width(&sign, self.scale));
                let width = pen.before
                    + to_emu(pen.units + cluster.last_advance, pen.size, pen.em)
                    + sign_width;
                if width > self.width {
                    break;
                }
                end = index + 1;
                tail = sign;
            }
            pen.units += cluster.advance;
        }
        let mut line = self.line(start..end, Entry::Within);
        if end == start {
            let first = self.clusters.get(start);
            line.bytes.start = first.map_or(line.bytes.start, |cluster| cluster.start);
            line.bytes.end = line.bytes.start;
            line.visible_end = line.bytes.start;
            tail = first.map_or_else(
                || self.sign_without_text(sign),
                |c| self.sign_for(c.run, sign),
            );
        }
        line.bytes.end = line.visible_end;
        line.tail = tail;
        line.is_last = true;
        line
    }

    fn sign_for(&self, run: u32, sign: char) -> Option<Tail> {
        self.block.tail(self.block.run(run)?.span, sign, sign)
    }

    fn sign_without_text(&self, sign: char) -> Option<Tail> {
        let spans = &self.block.source.stretches.get(self.stretch)?.spans;
        self.block
            .tail(spans.start, sign, sign)
            .or_else(|| self.block.tail(spans.start.checked_sub(1)?, sign, sign))
    }

    fn hyphen_before(&self, cluster: &Cluster) -> Option<Tail> {
        self.block.hyphen(self.block.run(cluster.run)?.span)
    }

    fn enter_run(&self, pen: &mut Pen, index: u32) {
        if pen.run == Some(index) {
            return;
        }
        pen.before += to_emu(pen.units, pen.size, pen.em);
        pen.units = 0;
        pen.run = Some(index);
        let Some(run) = self.block.run(index) else {
            return;
        };
        pen.em = self
            .block
            .fonts
            .face(run.font)
            .metrics()
            .units_per_em
            .max(1);
        pen.size = self
            .block
            .source
            .style(run.span)
            .map_or(1, |style| size_at(style, self.scale));
        // to_emu(units) <= room exactly when units <= limit.
        let em = i64::from(pen.em);
        let room = self.width - pen.before;
        pen.limit = (room.saturating_mul(em) + em - 1 - em / 2).div_euclid(pen.size);
    }

    fn line(&self, range: Range<usize>, next: Entry) -> Line {
        let stretch = self.block.source.stretches.get(self.stretch);
        let stretch_bytes = stretch.map_or(0..0, |stretch| stretch.bytes.clone());
        let is_last = range.end == self.clusters.len();
        let clusters = self.clusters.get(range.clone()).unwrap_or(&[]);
        let (Some(first), Some(last)) = (clusters.first(), clusters.last()) else {
            return Line {
                stretch: self.stretch as u32,
                visible_end: stretch_bytes.start,
                bytes: stretch_bytes,
                runs: 0..0,
                tail: None,
                is_last: true,
            };
        };
        // Invisible characters at the edges have no cluster, but they have bytes.
        let start = if range.start == 0 {
            stretch_bytes.start
        } else {
            first.start
        };
        let end = if is_last { stretch_bytes.end } else { last.end };
        let visible = clusters.iter().rev().find(|cluster| !cluster.hangs);
        let hyphen = match next {
            Entry::AfterSoftHyphen => self.hyphen_before(last),
            Entry::Within | Entry::Allowed => None,
        };
        Line {
            stretch: self.stretch as u32,
            bytes: start..end,
            visible_end: visible.map_or(start, |cluster| cluster.end),
            runs: first.run..last.run + 1,
            tail: hyphen,
            is_last,
        }
    }
}

/// How a line ends.
enum End {
    /// With the last cluster of the stretch.
    All,
    /// Before this cluster, where the text may be broken.
    Before(usize, Entry),
    /// Before this cluster, within a word.
    WithinWord(usize),
}
