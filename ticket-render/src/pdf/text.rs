//! Runs of glyphs.

use super::clusters::spoken;
use super::content::{ContentWriter, push_lengths};
use super::numbering::Numbering;
use super::resources::font_name;
use crate::decimal::{push_integer, push_points};
use crate::length::Length;
use crate::scene::{Glyph, GlyphRun};

impl ContentWriter<'_, '_> {
    pub(super) fn glyphs(&mut self, run: &GlyphRun) {
        if run.glyphs.is_empty() {
            return;
        }
        let Some(font) = self.document.font_for(run) else {
            return;
        };
        self.resources.add_font(font.name, font.object);
        self.text();
        self.set_fill(run.color);
        let font_changed =
            self.state.font.replace((run.font, run.size)) != Some((run.font, run.size));
        let spacing_changed = self.state.letter_spacing != run.letter_spacing;
        self.state.letter_spacing = run.letter_spacing;
        let out = self.text();
        if font_changed {
            out.push(b'/');
            out.extend_from_slice(&font_name(font.name));
            out.push(b' ');
            push_points(out, run.size);
            out.extend_from_slice(b" Tf\n");
        }
        if spacing_changed {
            push_points(out, run.letter_spacing);
            out.extend_from_slice(b" Tc\n");
        }
        out.extend_from_slice(b"1 0 0 -1 ");
        push_lengths(out, &[run.origin.x, run.origin.y]);
        out.extend_from_slice(b"Tm\n");
        let mut pen = Pen {
            run,
            numbering: &font.numbering,
            wanted_units: 0,
            shown: 0,
            rise: 0,
        };
        for part in spoken(run, &font.numbering) {
            let glyphs = run.glyphs.get(part.glyphs).unwrap_or_default();
            match part.text {
                None => pen.show(out, glyphs),
                Some(text) => {
                    out.extend_from_slice(b"/Span<</ActualText ");
                    push_text_string(out, &text);
                    out.extend_from_slice(b">>BDC\n");
                    pen.show(out, glyphs);
                    pen.close_gap(out);
                    out.extend_from_slice(b"EMC\n");
                }
            }
        }
        if pen.rise != 0 {
            out.extend_from_slice(b"0 Ts\n");
        }
    }
}

/// Shows the glyphs of a run where the run wants them.
struct Pen<'a> {
    run: &'a GlyphRun,
    numbering: &'a Numbering,
    /// Where the run's pen is, in font units.
    wanted_units: i64,
    /// Where a viewer's pen is, in hundredths of a thousandth of the em, as widths in the file are.
    shown: i64,
    rise: i32,
}

impl Pen<'_> {
    fn show(&mut self, out: &mut Vec<u8>, glyphs: &[Glyph]) {
        let units_per_em = i64::from(self.numbering.units_per_em());
        out.extend_from_slice(b"[(");
        for glyph in glyphs {
            if glyph.y_offset != self.rise {
                self.rise = glyph.y_offset;
                out.extend_from_slice(b")]TJ\n");
                push_points(
                    out,
                    self.run.size.scaled(i64::from(self.rise), units_per_em),
                );
                out.extend_from_slice(b" Ts[(");
            }
            self.go_to(out, self.wanted_units + i64::from(glyph.x_offset), 0);
            let (number, known) = self.numbering.glyph(glyph.id);
            push_number(out, number);
            self.wanted_units += i64::from(glyph.advance);
            self.shown += known.width;
        }
        out.extend_from_slice(b")]TJ\n");
    }

    /// Brings a viewer's pen to `units` of the run less `before`, within an array of strings.
    fn go_to(&mut self, out: &mut Vec<u8>, units: i64, before: i64) {
        let units_per_em = i64::from(self.numbering.units_per_em());
        let back = self.shown - units * 100_000 / units_per_em + before;
        let back = (back + if back < 0 { -50 } else { 50 }) / 100;
        if back != 0 {
            out.push(b')');
            push_integer(out, back);
            out.push(b'(');
            self.shown -= back * 100;
        }
    }

    /// Shows a space that ends where the run's pen is, unless the last glyph ends there. Poppler
    /// takes the end of the last glyph for the end of the word; where that is a mark over the
    /// middle of its letter, it would see a gap, and tear the word in two.
    fn close_gap(&mut self, out: &mut Vec<u8>) {
        const NARROW: u64 = 2_000; // A fiftieth of the em.
        let end = self.wanted_units * 100_000 / i64::from(self.numbering.units_per_em());
        let Some((number, space)) = self.numbering.space() else {
            return;
        };
        // With extra space after each glyph, one more glyph would move the next.
        if self.run.letter_spacing != Length::ZERO || self.shown.abs_diff(end) < NARROW {
            return;
        }
        out.extend_from_slice(b"[(");
        self.go_to(out, self.wanted_units, space.width);
        push_number(out, number);
        self.shown += space.width;
        out.extend_from_slice(b")]TJ\n");
    }
}

fn push_number(out: &mut Vec<u8>, number: u16) {
    for byte in number.to_be_bytes() {
        push_string_byte(out, byte);
    }
}

fn push_string_byte(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'(' | b')' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
        // A bare carriage return reads as a line feed.
        b'\r' => out.extend_from_slice(b"\\r"),
        _ => out.push(byte),
    }
}

/// A text string in UTF-16 (ISO 32000-1 clause 7.9.2.2).
fn push_text_string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    out.extend_from_slice(b"<FEFF");
    for unit in text.encode_utf16() {
        let digits = [12, 8, 4, 0].map(|shift| HEX[usize::from(unit >> shift & 0xF)]);
        out.extend_from_slice(&digits);
    }
    out.push(b'>');
}
