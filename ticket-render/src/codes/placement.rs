//! Where the modules of a QR symbol stand (ISO/IEC 18004 clauses 6.3, 7.7, 7.9 and 7.10).
//!
//! The same work as `qrcode::canvas`, on rows of bits, which the choice of the mask needs.

use super::mask::PATTERN_ROWS;
use super::row::Row;

/// A symbol in the making.
#[derive(Clone)]
pub(super) struct Grid<const WORDS: usize> {
    /// Modules along each side.
    pub width: u8,
    /// Dark modules.
    pub dark: Vec<Row<WORDS>>,
    /// Modules that belong to function patterns, format or version, which no mask touches.
    reserved: Vec<Row<WORDS>>,
}

impl<const WORDS: usize> Grid<WORDS> {
    /// A symbol of `version` (1..=40) with its function patterns, the place of the format kept free.
    pub fn with_function_patterns(version: u8) -> Self {
        let width = version * 4 + 17;
        let rows = vec![Row::EMPTY; usize::from(width)];
        let mut grid = Self {
            width,
            dark: rows.clone(),
            reserved: rows,
        };
        grid.draw_timing();
        grid.draw_finders();
        grid.draw_alignments(version);
        grid.draw_version(version);
        for index in 0..15 {
            for (x, y) in format_places(index, width) {
                grid.put(x, y, false);
            }
        }
        grid
    }

    /// Lays the bits of the code words along the zigzag of clause 7.7.3; remainder bits stay light.
    pub fn draw_data(&mut self, code_words: impl Iterator<Item = u8>) {
        let mut bits =
            code_words.flat_map(|word| (0..8).rev().map(move |bit| word >> bit & 1 == 1));
        let width = self.width;
        let lower_columns = (0..width).rev().filter(|x| *x > 6).step_by(2);
        let columns = lower_columns.chain([5, 3, 1]);
        for (pair, right) in columns.enumerate() {
            for step in 0..width {
                let y = if pair % 2 == 0 {
                    width - 1 - step
                } else {
                    step
                };
                let rows = self
                    .dark
                    .get_mut(usize::from(y))
                    .zip(self.reserved.get(usize::from(y)));
                let Some((dark, reserved)) = rows else { return };
                for x in [right, right - 1] {
                    if !reserved.get(x) {
                        let Some(bit) = bits.next() else { return };
                        dark.set(x, bit);
                    }
                }
            }
        }
    }

    /// Flips the data modules that a mask's pattern names.
    pub fn flip_data(&mut self, pattern: &[[u64; 3]; PATTERN_ROWS]) {
        let inside = Row::filled(self.width);
        let rows = self.dark.iter_mut().zip(&self.reserved);
        for ((dark, &reserved), flips) in rows.zip(pattern.iter().cycle()) {
            let flips = Row(std::array::from_fn(|word| flips[word]));
            *dark = *dark ^ (flips & inside & !reserved);
        }
    }

    /// Draws the 15 bits of the format, the most significant first, at both of their places.
    pub fn draw_format(&mut self, format: u16) {
        for index in 0..15 {
            let dark = format >> (14 - index) & 1 == 1;
            for (x, y) in format_places(index, self.width) {
                self.put(x, y, dark);
            }
        }
    }

    fn put(&mut self, x: u8, y: u8, dark: bool) {
        let row = usize::from(y);
        if let (Some(modules), Some(reserved)) =
            (self.dark.get_mut(row), self.reserved.get_mut(row))
        {
            modules.set(x, dark);
            reserved.set(x, true);
        }
    }

    /// The three finder patterns with their separators, and the one module that is always dark.
    fn draw_finders(&mut self) {
        let far = self.width - 8;
        for (left, top) in [(0, 0), (far, 0), (0, far)] {
            // The separator is on the side of the symbol's middle.
            let (centre_x, centre_y) = (left + 3 + u8::from(left > 0), top + 3 + u8::from(top > 0));
            for y in top..top + 8 {
                for x in left..left + 8 {
                    self.put(x, y, matches!(ring(x, y, centre_x, centre_y), 0 | 1 | 3));
                }
            }
        }
        self.put(8, far, true);
    }

    fn draw_timing(&mut self) {
        for along in 8..self.width - 8 {
            self.put(along, 6, along % 2 == 0);
            self.put(6, along, along % 2 == 0);
        }
    }

    fn draw_alignments(&mut self, version: u8) {
        let centres = alignment_centres(version);
        let last = self.width - 7;
        for &centre_y in &centres {
            for &centre_x in &centres {
                if [(6, 6), (6, last), (last, 6)].contains(&(centre_x, centre_y)) {
                    continue; // A finder stands there.
                }
                for y in centre_y - 2..=centre_y + 2 {
                    for x in centre_x - 2..=centre_x + 2 {
                        self.put(x, y, ring(x, y, centre_x, centre_y) != 1);
                    }
                }
            }
        }
    }

    /// The version and its Golay code, twice, from version 7.
    fn draw_version(&mut self, version: u8) {
        if version < 7 {
            return;
        }
        let mut remainder = u32::from(version);
        for _ in 0..12 {
            remainder = (remainder << 1) ^ ((remainder >> 11) * 0x1F25);
        }
        let bits = u32::from(version) << 12 | remainder;
        for index in 0..18 {
            let dark = bits >> index & 1 == 1;
            let (near, far) = (index / 3, self.width - 11 + index % 3);
            self.put(near, far, dark);
            self.put(far, near, dark);
        }
    }
}

/// Which square ring around the centre a module lies on.
fn ring(x: u8, y: u8, centre_x: u8, centre_y: u8) -> u8 {
    x.abs_diff(centre_x).max(y.abs_diff(centre_y))
}

/// Columns (and rows) of the alignment patterns' centres, by the rule behind the table of annex E.
fn alignment_centres(version: u8) -> Vec<u8> {
    if version == 1 {
        return Vec::new();
    }
    let count = version / 7 + 2;
    let last = version * 4 + 10;
    let step = match version {
        32 => 26, // The one line of the table that breaks the rule.
        _ => (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2,
    };
    let mut centres = vec![6];
    centres.extend((0..count - 1).rev().map(|index| last - index * step));
    centres
}

/// The two places of format bit `index`, 0 the most significant (clause 7.9.1, figure 25).
fn format_places(index: u8, width: u8) -> [(u8, u8); 2] {
    let around_corner = match index {
        0..=5 => (index, 8),
        6 => (7, 8),
        7 => (8, 8),
        8 => (8, 7),
        _ => (8, 14 - index.min(14)),
    };
    let along_edges = if index < 7 {
        (8, width - 1 - index)
    } else {
        (width - 15 + index, 8)
    };
    [around_corner, along_edges]
}
