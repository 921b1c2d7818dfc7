//! Text boxes: from paragraphs of styled spans to glyphs in their places.
//!
//! The steps: [`source`](self) joins the spans and splits at line feeds; runs are shaped, plain
//! Latin by the faces' tables and everything else by harfrust; lines are broken greedily where
//! Unicode allows it; text that does not fit is shrunk, cut, clipped or refused; what remains is
//! put into place. All measures are integers, so that every machine places text alike. Text is
//! shaped only once: trying another size costs nothing but sums.
//!
//! Text that runs from right to left is refused with [`TextError::RightToLeft`]. Words are divided
//! at soft hyphens, not by dictionary. Vertical text is not there.

mod block;
mod clusters;
mod fit;
mod lines;
mod notes;
mod pieces;
mod place;
mod runs;
mod shaper;
mod source;
#[cfg(test)]
mod tests;
mod text_box;

use self::block::{Block, FULL};
use self::clusters::Clusters;
use self::lines::LongWord;
pub use self::notes::{LaidOut, Measured, Note, Notes, TextError};
use self::source::Source;
pub use self::text_box::{
    Align, Direction, FontFeature, Language, LineHeight, Overflow, Paragraph, Span, TextBox,
    TextStyle, VerticalAlign,
};
use crate::fonts::FontSet;
use crate::length::{Length, Size};

/// Lays a box out: what to paint, how much room it took, and notes for the author.
///
/// Any text in any box gives a result without panic; ranges of sizes and addresses of links are the
/// caller's to check.
pub fn lay_out(text_box: &TextBox<'_>, fonts: &FontSet) -> Result<LaidOut, TextError> {
    let mut notes = Notes::default();
    let block = shape(text_box, fonts, &mut notes)?;
    let fitted = fit::fit(&block, &mut notes)?;
    Ok(place::place(block, fitted, notes))
}

/// How much room a box's text takes at this width, if nothing is shrunk or cut. Frame, overflow and
/// maximum of lines do not count. Words longer than a line are divided.
pub fn measure(
    text_box: &TextBox<'_>,
    fonts: &FontSet,
    width: Length,
) -> Result<Measured, TextError> {
    let mut block = shape(text_box, fonts, &mut Notes::default())?;
    let clusters = Clusters::new(&block.source, &block.runs, fonts);
    let width = i64::from(width.to_emu());
    let lines = block
        .break_lines(&clusters, width, FULL, LongWord::Divide)
        .unwrap_or_default();
    let lines = lines.lines;
    let (least_width, full_width) = fit::natural_widths(&block, &clusters);
    let first = lines
        .first()
        .map(|line| block.vertical(line, FULL))
        .unwrap_or_default();
    let height = fit::to_length(block.height(&lines, FULL));
    let widest = pieces::widest(&mut block, &lines, FULL);
    Ok(Measured {
        size: Size {
            width: fit::to_length(widest),
            height,
        },
        least_width,
        full_width,
        first_baseline: fit::to_length(first.baseline),
        lines: lines.len() as u32,
    })
}

fn shape<'a>(
    text_box: &'a TextBox<'a>,
    fonts: &'a FontSet,
    notes: &mut Notes,
) -> Result<Block<'a>, TextError> {
    let asks_for_right_to_left = text_box
        .paragraphs
        .iter()
        .any(|paragraph| paragraph.direction == Direction::RightToLeft);
    if asks_for_right_to_left {
        return Err(TextError::RightToLeft { character: None });
    }
    let source = Source::new(text_box)?;
    let runs = runs::shape(&source, fonts, notes)?;
    Ok(Block::new(text_box, fonts, source, runs))
}
