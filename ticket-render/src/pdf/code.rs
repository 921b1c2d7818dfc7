//! Matrix codes, as vectors.

use super::content::{ContentWriter, push_lengths};
use crate::codes::{ModuleRect, Symbol};
use crate::length::Length;
use crate::scene::PlacedCode;
use crate::transform::Transform;

impl ContentWriter<'_, '_> {
    /// The ground with the quiet zone, then all dark modules as one path, which leaves no seams.
    pub(super) fn code(&mut self, code: &PlacedCode) {
        let quiet = i64::from(code.quiet_modules);
        let side = code
            .module
            .scaled(i64::from(code.symbol.width()) + 2 * quiet, 1);
        self.save();
        self.set_fill(code.light);
        let out = self.graphics();
        push_lengths(out, &[code.origin.x, code.origin.y, side, side]);
        out.extend_from_slice(b"re f\n");
        self.set_fill(code.dark);
        let inset = code.module.scaled(quiet, 1);
        let module = f64::from(code.module.to_emu()) / f64::from(Length::pt(1).to_emu());
        self.concatenate(Transform {
            a: module,
            d: module,
            e: f64::from((code.origin.x + inset).to_emu()),
            f: f64::from((code.origin.y + inset).to_emu()),
            ..Transform::IDENTITY
        });
        push_modules(self.graphics(), &code.symbol);
        self.restore();
    }
}

/// By far the longest part of a ticket's page, so it is formatted by hand.
fn push_modules(out: &mut Vec<u8>, symbol: &Symbol) {
    let rectangles = symbol.rectangles();
    out.reserve(rectangles.len() * MODULE_BYTES + 2);
    for ModuleRect {
        x,
        y,
        width,
        height,
    } in rectangles
    {
        let mut line = [0; MODULE_BYTES];
        let mut end = 0;
        for number in [x, y, width, height] {
            end = put_number(&mut line, end, number);
        }
        line[end] = b'r';
        line[end + 1] = b'e';
        line[end + 2] = b'\n';
        out.extend_from_slice(&line[..end + 3]);
    }
    out.extend_from_slice(b"f\n");
}

/// Four numbers of up to three digits, each with its space, and an operator.
const MODULE_BYTES: usize = 4 * 4 + 3;

/// Writes a number and a space at `at`; returns where they end.
fn put_number(line: &mut [u8; MODULE_BYTES], at: usize, number: u8) -> usize {
    let mut end = at;
    let mut put = |byte: u8| {
        line[end] = byte;
        end += 1;
    };
    if number >= 100 {
        put(b'0' + number / 100);
    }
    if number >= 10 {
        put(b'0' + number / 10 % 10);
    }
    put(b'0' + number % 10);
    put(b' ');
    end
}
