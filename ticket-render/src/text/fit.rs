//! What to do with text that does not fit: shrink, cut, clip or refuse.

use super::block::{Block, FULL, Scale};
use super::clusters::Clusters;
use super::lines::{Line, Lines, LongWord};
use super::notes::{Note, Notes, TextError};
use super::text_box::Overflow;
use crate::length::{Length, Size};

const ELLIPSIS: char = '…';

/// The lines of a box as they will be drawn.
pub(super) struct Fitted {
    pub(super) lines: Vec<Line>,
    pub(super) scale: Scale,
    /// Whether only what is within the frame is to be drawn.
    pub(super) is_clipped: bool,
}

/// Makes lines of a box's text, in the way that it asks for.
pub(super) fn fit(block: &Block<'_>, notes: &mut Notes) -> Result<Fitted, TextError> {
    let whole = block.whole_lines();
    let fitting = Fitting { block, notes };
    let width = fitting.width();
    if fitting.holds(&whole.lines, FULL)
        && whole
            .lines
            .iter()
            .all(|line| block.whole_width(line, FULL) <= width)
    {
        return Ok(Fitted {
            lines: whole.lines,
            scale: FULL,
            is_clipped: false,
        });
    }
    let clusters = Clusters::new(&block.source, &block.runs, block.fonts);
    match block.text_box.overflow {
        Overflow::Shrink(least) => Ok(fitting.shrink(&clusters, least.clamp(1, FULL))),
        Overflow::Ellipsis => Ok(fitting.cut(&clusters, FULL)),
        Overflow::Clip => Ok(fitting.clip(&clusters)),
        Overflow::Refuse => fitting.refuse(&clusters),
    }
}

struct Fitting<'a, 'n> {
    block: &'a Block<'a>,
    notes: &'n mut Notes,
}

impl Fitting<'_, '_> {
    fn width(&self) -> i64 {
        i64::from(self.block.text_box.frame.width.to_emu())
    }

    fn max_lines(&self) -> usize {
        self.block
            .text_box
            .max_lines
            .map_or(usize::MAX, |max| usize::from(max.max(1)))
    }

    /// Whether the frame is high enough.
    fn holds(&self, lines: &[Line], scale: Scale) -> bool {
        lines.len() <= self.max_lines()
            && self.block.height(lines, scale)
                <= i64::from(self.block.text_box.frame.height.to_emu())
    }

    fn break_lines(&self, clusters: &Clusters, scale: Scale) -> Lines {
        let lines = self
            .block
            .break_lines(clusters, self.width(), scale, LongWord::Divide);
        // There are lines whenever words may be divided.
        lines.unwrap_or_default()
    }

    /// Finds the largest scale at which everything fits and no word is divided.
    fn shrink(mut self, clusters: &Clusters, least: Scale) -> Fitted {
        let fits = |scale| {
            let lines = self
                .block
                .break_lines(clusters, self.width(), scale, LongWord::GiveUp)?
                .lines;
            self.holds(&lines, scale).then_some(lines)
        };
        if let Some(lines) = fits(FULL) {
            return Fitted {
                lines,
                scale: FULL,
                is_clipped: false,
            };
        }
        let Some(mut lines) = fits(least) else {
            self.note_shrunk(least);
            return self.cut(clusters, least);
        };
        let (mut scale, mut too_large) = (least, FULL);
        while too_large - scale > 1 {
            let middle = scale.midpoint(too_large);
            match fits(middle) {
                Some(fitting) => (lines, scale) = (fitting, middle),
                None => too_large = middle,
            }
        }
        self.note_shrunk(scale);
        Fitted {
            lines,
            scale,
            is_clipped: false,
        }
    }

    fn note_shrunk(&mut self, scale: Scale) {
        if scale < FULL {
            self.notes.push(Note::Shrunk { per_mille: scale });
        }
    }

    /// Keeps the lines that fit, and ends the last of them with an ellipsis.
    fn cut(mut self, clusters: &Clusters, scale: Scale) -> Fitted {
        let Lines { mut lines, divided } = self.break_lines(clusters, scale);
        let kept = self.count_fitting(&lines, scale);
        if let Some(first_lost) = lines.get(kept) {
            let is_blank = self.text_from(first_lost.bytes.start).trim().is_empty();
            lines.truncate(kept);
            if !is_blank && let Some(last) = lines.pop() {
                let cut = self
                    .block
                    .cut_line(clusters, &last, self.width(), scale, ELLIPSIS);
                self.note_cut(cut.visible_end);
                lines.push(cut);
            }
        }
        self.note_divided(&lines, divided);
        Fitted {
            lines,
            scale,
            is_clipped: false,
        }
    }

    fn clip(mut self, clusters: &Clusters) -> Fitted {
        let Lines { mut lines, divided } = self.break_lines(clusters, FULL);
        if let Some(first_lost) = lines.get(self.max_lines()) {
            self.note_cut(first_lost.bytes.start);
            lines.truncate(self.max_lines());
        }
        let is_clipped = !self.holds(&lines, FULL);
        if is_clipped {
            self.notes.push(Note::Clipped);
        }
        self.note_divided(&lines, divided);
        Fitted {
            lines,
            scale: FULL,
            is_clipped: true,
        }
    }

    fn refuse(mut self, clusters: &Clusters) -> Result<Fitted, TextError> {
        let Lines { lines, divided } = self.break_lines(clusters, FULL);
        if self.holds(&lines, FULL) {
            self.note_divided(&lines, divided);
            return Ok(Fitted {
                lines,
                scale: FULL,
                is_clipped: false,
            });
        }
        let frame = self.block.text_box.frame;
        let height = self.block.height(&lines, FULL);
        Err(TextError::DoesNotFit {
            needed: Size {
                width: frame.width,
                height: to_length(height),
            },
            available: Size {
                width: frame.width,
                height: frame.height,
            },
            lines: lines.len() as u32,
            max_lines: self.block.text_box.max_lines,
        })
    }

    /// How many lines fit, from the first; at least one.
    fn count_fitting(&self, lines: &[Line], scale: Scale) -> usize {
        let room = i64::from(self.block.text_box.frame.height.to_emu());
        let mut height = 0i64;
        let fitting = lines.iter().take(self.max_lines()).take_while(|line| {
            height += self.block.vertical(line, scale).height + self.block.space_before(line);
            height <= room
        });
        fitting.count().max(1)
    }

    fn text_from(&self, byte: u32) -> &str {
        self.block
            .source
            .slice(byte..self.block.source.text.len() as u32)
    }

    fn note_cut(&mut self, from: u32) {
        let characters = self.text_from(from).trim().chars().count() as u32;
        if characters > 0 {
            self.notes.push(Note::Cut { characters });
        }
    }

    fn note_divided(&mut self, lines: &[Line], places: u32) {
        // Of a single line nothing is divided but what is cut off.
        if places > 0 && lines.len() > 1 {
            self.notes.push(Note::WordsDivided { places });
        }
    }
}

/// Widths of a box that are of interest to what is around it: the least at which no word is
/// divided, and the one at which no line is broken.
pub(super) fn natural_widths(block: &Block<'_>, clusters: &Clusters) -> (Length, Length) {
    let whole = block.whole_lines();
    let full = whole
        .lines
        .iter()
        .map(|line| block.whole_width(line, FULL))
        .max()
        .unwrap_or(0);
    // Every word fits exactly when nothing needs to be divided.
    let fits = |width| {
        block
            .break_lines(clusters, width, FULL, LongWord::GiveUp)
            .is_some()
    };
    let (mut too_narrow, mut least) = (-1i64, full.max(0));
    while least - too_narrow > 1 {
        let middle = too_narrow.midpoint(least);
        if fits(middle) {
            least = middle;
        } else {
            too_narrow = middle;
        }
    }
    (to_length(least), to_length(full))
}

/// EMU as a length, clamped to its range.
pub(super) fn to_length(emu: i64) -> Length {
    Length::emu(emu.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32)
}
