//! Glyphs as SVG defines and uses them, written once for each font set: drawing an outline takes
//! longer than the rest of a page.

use std::fmt::Write as _;
use std::sync::OnceLock;

use super::number::FontUnits;
use crate::fonts::{Face, FontId, FontSet, OutlineStep};

/// The glyphs of every face of a set, each drawn when it is first needed.
#[derive(Debug)]
pub(crate) struct Glyphs {
    faces: Vec<OnceLock<Vec<OnceLock<Option<DrawnGlyph>>>>>,
}

/// A glyph with something to see.
#[derive(Debug)]
pub(super) struct DrawnGlyph {
    /// The whole element that defines it.
    pub definition: Box<str>,
    /// The element that uses it, up to the value of its `x`.
    pub begin_of_use: Box<str>,
}

impl Glyphs {
    pub fn new(fonts: &FontSet) -> Self {
        Self {
            faces: fonts.members().iter().map(|_| OnceLock::new()).collect(),
        }
    }

    /// A glyph; `None` if there is nothing to see of it.
    pub(super) fn get(&self, fonts: &FontSet, font: FontId, glyph: u16) -> Option<&DrawnGlyph> {
        let face = fonts.face(font);
        let glyphs = self.faces.get(usize::from(font.0))?.get_or_init(|| {
            let blank = (0..face.glyph_count()).map(|_| OnceLock::new());
            blank.collect()
        });
        let drawn = glyphs.get(usize::from(glyph))?;
        drawn.get_or_init(|| draw(face, font, glyph)).as_ref()
    }
}

fn draw(face: &Face, font: FontId, glyph: u16) -> Option<DrawnGlyph> {
    let mut data = String::new();
    face.outline(glyph, &mut |step| push_step(&mut data, step));
    if data.is_empty() {
        return None;
    }
    let font = font.0;
    Some(DrawnGlyph {
        definition: format!("<path id=\"g{font}-{glyph}\" d=\"{data}\"/>").into(),
        begin_of_use: format!("<use xlink:href=\"#g{font}-{glyph}\" x=\"").into(),
    })
}

fn push_step(data: &mut String, step: OutlineStep) {
    let u = FontUnits;
    // Writing to a string cannot fail.
    let _ = match step {
        OutlineStep::Move(x, y) => write!(data, "M{} {}", u(x), u(y)),
        OutlineStep::Line(x, y) => write!(data, "L{} {}", u(x), u(y)),
        OutlineStep::Quadratic((cx, cy), (x, y)) => {
            write!(data, "Q{} {} {} {}", u(cx), u(cy), u(x), u(y))
        }
        OutlineStep::Cubic((ax, ay), (bx, by), (x, y)) => {
            let (a, b) = ((u(ax), u(ay)), (u(bx), u(by)));
            write!(data, "C{} {} {} {} {} {}", a.0, a.1, b.0, b.1, u(x), u(y))
        }
        OutlineStep::Close => write!(data, "Z"),
    };
}
