//! A square matrix of modules.

/// The modules of a matrix code, without its quiet zone. Immutable once made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Symbol {
    /// Modules along each side, 1 to 192.
    width: u8,
    /// `width` rows of `words_per_row` words; column 0 is the lowest bit of a row's first word, and
    /// bits beyond `width` are zero.
    rows: Vec<u64>,
}

/// A rectangle of dark modules, in module coordinates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModuleRect {
    /// Left column.
    pub x: u8,
    /// Top row.
    pub y: u8,
    /// Columns covered, at least one.
    pub width: u8,
    /// Rows covered, at least one.
    pub height: u8,
}

impl Symbol {
    /// A symbol from its rows, each of `WORDS` words as described at the field; excess bits are cut.
    pub(super) fn from_rows<const WORDS: usize>(
        width: u8,
        rows: impl Iterator<Item = [u64; WORDS]>,
    ) -> Self {
        let words = usize::from(width).div_ceil(64);
        let mut packed = Vec::with_capacity(words * usize::from(width));
        for row in rows.take(usize::from(width)) {
            let used = row.into_iter().take(words).enumerate();
            packed.extend(used.map(|(word, bits)| bits & word_mask(width, word)));
        }
        Self {
            width,
            rows: packed,
        }
    }

    /// Modules along each side.
    pub fn width(&self) -> u8 {
        self.width
    }

    /// Whether the module in column `x` of row `y` is dark; false outside of the symbol.
    pub fn is_dark(&self, x: u8, y: u8) -> bool {
        let word = usize::from(y) * self.words_per_row() + usize::from(x / 64);
        x < self.width
            && self
                .rows
                .get(word)
                .is_some_and(|bits| bits >> (x % 64) & 1 == 1)
    }

    /// The dark modules as rectangles that do not overlap, in order of their top rows: each run of a
    /// row, reaching as far down as the rows below are dark along all of it.
    pub fn rectangles(&self) -> Vec<ModuleRect> {
        // A random symbol has about one rectangle for every five modules.
        let mut rectangles = Vec::with_capacity(usize::from(self.width).pow(2) / 5 + 8);
        if self.words_per_row() == 1 {
            self.take_narrow_rectangles(&mut rectangles);
        } else {
            self.take_wide_rectangles(&mut rectangles);
        }
        rectangles
    }

    /// Of rows that are one word each, as in all codes of tickets.
    fn take_narrow_rectangles(&self, rectangles: &mut Vec<ModuleRect>) {
        let mut left = self.rows.clone();
        let mut rows = left.as_mut_slice();
        let mut y = 0;
        while let Some((row, below)) = rows.split_first_mut() {
            while *row != 0 {
                let x = row.trailing_zeros();
                let width = (*row >> x).trailing_ones();
                let run = (u64::MAX >> (64 - width)) << x;
                *row &= !run;
                let mut height = 1;
                for row in below.iter_mut() {
                    if *row & run != run {
                        break;
                    }
                    *row &= !run;
                    height += 1;
                }
                // Columns and rows of a symbol are below 64 here.
                rectangles.push(ModuleRect {
                    x: x as u8,
                    y,
                    width: width as u8,
                    height,
                });
            }
            rows = below;
            y += 1;
        }
    }

    fn take_wide_rectangles(&self, rectangles: &mut Vec<ModuleRect>) {
        let words = self.words_per_row();
        let mut left = self.rows.clone();
        for y in 0..self.width {
            let mut from = 0;
            while let Some((x, width)) = next_run(row_of(&left, words, y), from) {
                let mut height = 0;
                while y + height < self.width && take_run(&mut left, words, y + height, x, width) {
                    height += 1;
                }
                rectangles.push(ModuleRect {
                    x,
                    y,
                    width,
                    height,
                });
                from = x + width;
            }
        }
    }

    fn words_per_row(&self) -> usize {
        usize::from(self.width).div_ceil(64)
    }
}

/// The bits of `word` that lie within `width` columns.
fn word_mask(width: u8, word: usize) -> u64 {
    let columns = usize::from(width).saturating_sub(word * 64);
    if columns >= 64 {
        u64::MAX
    } else {
        (1 << columns) - 1
    }
}

fn row_of(rows: &[u64], words: usize, y: u8) -> &[u64] {
    let start = usize::from(y) * words;
    rows.get(start..start + words).unwrap_or_default()
}

/// The first run of dark modules at or after column `from`: where it begins, how long it is.
fn next_run(row: &[u64], from: u8) -> Option<(u8, u8)> {
    let start = next_column(row, from, 0)?;
    let end = next_column(row, start, u64::MAX).unwrap_or((row.len() * 64) as u8);
    Some((start, end - start))
}

/// The first column at or after `from` whose bit differs from the same bit of `flip`.
fn next_column(row: &[u64], from: u8, flip: u64) -> Option<u8> {
    let mut below = u64::MAX << (from % 64);
    for (index, bits) in row.iter().enumerate().skip(usize::from(from / 64)) {
        let found = (bits ^ flip) & below;
        if found != 0 {
            return Some((index * 64) as u8 + found.trailing_zeros() as u8);
        }
        below = u64::MAX;
    }
    None
}

/// Clears `width` modules from column `x` of row `y`, if all of them are dark.
fn take_run(rows: &mut [u64], words: usize, y: u8, x: u8, width: u8) -> bool {
    let start = usize::from(y) * words;
    let Some(row) = rows.get_mut(start..start + words) else {
        return false;
    };
    let bits_in = |word: usize| word_mask(x + width, word) & !word_mask(x, word);
    if row
        .iter()
        .enumerate()
        .any(|(word, bits)| bits & bits_in(word) != bits_in(word))
    {
        return false;
    }
    for (word, bits) in row.iter_mut().enumerate() {
        *bits &= !bits_in(word);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol(rows: &[&str]) -> Symbol {
        let bits = rows.iter().map(|row| {
            let mut words = [0; 3];
            for (x, _) in row.bytes().enumerate().filter(|(_, byte)| *byte == b'#') {
                words[x / 64] |= 1 << (x % 64);
            }
            words
        });
        Symbol::from_rows::<3>(rows.len() as u8, bits)
    }

    #[test]
    fn runs_reach_down_where_all_of_them_is_dark() {
        let rectangles = symbol(&["##.#", "##.#", "####", "#..."]).rectangles();
        let expected = [(0, 0, 2, 3), (3, 0, 1, 3), (2, 2, 1, 1), (0, 3, 1, 1)];
        assert_eq!(rectangles.len(), expected.len());
        for (x, y, width, height) in expected {
            assert!(
                rectangles.contains(&ModuleRect {
                    x,
                    y,
                    width,
                    height
                }),
                "{rectangles:?}"
            );
        }
    }

    #[test]
    fn rectangles_cover_each_dark_module_once_across_word_borders() {
        let width = 130_u8;
        let rows = (0..u64::from(width))
            .map(|y| std::array::from_fn(|word| (y + 7).wrapping_pow(9 + word as u32) | y << 60));
        let symbol = Symbol::from_rows::<3>(width, rows);
        let mut covered = vec![0; usize::from(width).pow(2)];
        for part in symbol.rectangles() {
            for y in part.y..part.y + part.height {
                for x in part.x..part.x + part.width {
                    covered[usize::from(y) * usize::from(width) + usize::from(x)] += 1;
                }
            }
        }
        for y in 0..width {
            for x in 0..width {
                let times = covered[usize::from(y) * usize::from(width) + usize::from(x)];
                assert_eq!(times, u8::from(symbol.is_dark(x, y)), "column {x}, row {y}");
            }
        }
    }

    #[test]
    fn narrow_symbols_are_parted_as_wide_ones() {
        for width in [1_u8, 21, 41, 61, 63, 64] {
            for seed in [0, 1, 7, 0x9E37_79B9_7F4A_7C15, u64::MAX] {
                let rows = (1..=u64::from(width)).map(|y| {
                    let bits = seed.wrapping_mul(y.pow(3)) ^ seed.rotate_left(y as u32 / 3);
                    [bits | bits >> 1]
                });
                let symbol = Symbol::from_rows::<1>(width, rows);
                let (mut narrow, mut wide) = (Vec::new(), Vec::new());
                symbol.take_narrow_rectangles(&mut narrow);
                symbol.take_wide_rectangles(&mut wide);
                assert_eq!(narrow, wide, "{width} {seed}");
            }
        }
    }

    #[test]
    fn outside_of_a_symbol_is_light() {
        let dark = symbol(&["#"]);
        assert!(dark.is_dark(0, 0));
        assert!(!dark.is_dark(1, 0) && !dark.is_dark(0, 1) && !dark.is_dark(255, 255));
    }
}
