//! Runs of glyphs.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::content::{ContentWriter, push_lengths};
use super::document::font_name;
use super::fonts::Subset;
use crate::decimal::{push_integer, push_points};
use crate::scene::{Glyph, GlyphRun};

impl ContentWriter<'_, '_> {
    pub(super) fn glyphs(&mut self, run: &GlyphRun) {
        let Some((subset, font)) = self.document.font(run.font) else {
            return;
        };
        if run.glyphs.is_empty() {
            return;
        }
        self.resources.add_font(run.font, font);
        self.text();
        self.set_fill(run.color);
        let font_changed =
            self.state.font.replace((run.font, run.size)) != Some((run.font, run.size));
        let spacing_changed = self.state.letter_spacing != run.letter_spacing;
        self.state.letter_spacing = run.letter_spacing;
        let out = self.text();
        if font_changed {
            out.push(b'/');
            out.extend_from_slice(&font_name(run.font));
            out.push(b' ');
            push_points(out, run.size);
            out.extend_from_slice(b" Tf\n");
        }
        if spacing_changed {
            push_points(out, run.letter_spacing);
            out.extend_from_slice(b" Tc\n");
        }
        let text = composed(&run.text);
        let says_its_text = says(&subset, &run.glyphs, &text);
        if !says_its_text {
            out.extend_from_slice(b"/Span<</ActualText ");
            push_text_string(out, &text);
            out.extend_from_slice(b">>BDC\n");
        }
        out.extend_from_slice(b"1 0 0 -1 ");
        push_lengths(out, &[run.origin.x, run.origin.y]);
        out.extend_from_slice(b"Tm\n");
        show(out, run, &subset);
        if !says_its_text {
            out.extend_from_slice(b"EMC\n");
        }
    }
}

/// The text in composed form (NFC), which is what people type when they search.
fn composed(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.nfc().collect())
    }
}

/// Whether the characters of the glyphs, one after the other, are the text.
fn says(subset: &Subset, glyphs: &[Glyph], text: &str) -> bool {
    let mut characters = text.chars();
    glyphs.iter().all(|glyph| {
        let (_, known) = subset.glyph(glyph.id);
        known.character.is_some() && known.character == characters.next()
    }) && characters.next().is_none()
}

/// Writes the operators that show the glyphs where the run wants them.
fn show(out: &mut Vec<u8>, run: &GlyphRun, subset: &Subset) {
    let units_per_em = i64::from(subset.units_per_em());
    // In hundredths of a thousandth of the em, as widths are in the file.
    let scaled = |units: i64| units * 100_000 / units_per_em;
    let mut pen_units = 0_i64; // Where the run's pen is, in font units.
    let mut shown = 0_i64; // Where a viewer's pen is.
    let mut rise = 0;
    out.extend_from_slice(b"[(");
    for glyph in &run.glyphs {
        if glyph.y_offset != rise {
            rise = glyph.y_offset;
            out.extend_from_slice(b")]TJ\n");
            push_points(out, run.size.scaled(i64::from(rise), units_per_em));
            out.extend_from_slice(b" Ts[(");
        }
        let wanted = scaled(pen_units + i64::from(glyph.x_offset));
        let back = (shown - wanted + if shown > wanted { 50 } else { -50 }) / 100;
        if back != 0 {
            out.push(b')');
            push_integer(out, back);
            out.push(b'(');
            shown -= back * 100;
        }
        let (number, known) = subset.glyph(glyph.id);
        for byte in number.to_be_bytes() {
            push_string_byte(out, byte);
        }
        pen_units += i64::from(glyph.advance);
        shown += known.width;
    }
    out.extend_from_slice(b")]TJ\n");
    if rise != 0 {
        out.extend_from_slice(b"0 Ts\n");
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
