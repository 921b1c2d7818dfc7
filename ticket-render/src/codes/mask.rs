//! The choice among the eight data masks (ISO/IEC 18004 clause 7.8), a whole row at a time.
//!
//! `qrcode` judges a mask module by module, 0.85 ms for a ticket's code. On rows of bits, and on the
//! transposed matrix for columns, all eight take some ten microseconds.

use super::placement::Grid;
use super::row::{Row, transposed};

/// Penalty of five equal modules in line; each further module adds one.
const FIVE_IN_LINE: u32 = 3;
const BLOCK_OF_FOUR: u32 = 3;
const FINDER_LIKE: u32 = 40;
const FIVE_PERCENT_OFF_BALANCE: u32 = 10;

/// Draws `grid` with each mask and its format, and keeps the one of least penalty; the first among
/// equals. `format_of` gives the 15 format bits that go with a mask.
pub(super) fn with_best_mask<const WORDS: usize>(
    grid: &Grid<WORDS>,
    format_of: impl Fn(u8) -> u16,
) -> Vec<Row<WORDS>> {
    let mut best: Option<(u32, Vec<Row<WORDS>>)> = None;
    for (mask, pattern) in (0..).zip(&PATTERNS) {
        let mut drawn = grid.clone();
        drawn.flip_data(pattern);
        drawn.draw_format(format_of(mask));
        let least = best.as_ref().map_or(u32::MAX, |(least, _)| *least);
        let mut penalty =
            plane_penalty(&drawn.dark, grid.width) + line_penalty(&drawn.dark, grid.width);
        if penalty < least {
            penalty += line_penalty(&transposed(&drawn.dark), grid.width);
        }
        if penalty < least {
            best = Some((penalty, drawn.dark));
        }
    }
    best.map(|(_, rows)| rows).unwrap_or_default()
}

/// What runs of equal modules and finder-like patterns along the rows cost.
fn line_penalty<const WORDS: usize>(rows: &[Row<WORDS>], width: u8) -> u32 {
    let neighbours = Row::filled(width - 1);
    let mut penalty = 0;
    for &row in rows {
        let equal = !(row ^ row >> 1) & neighbours;
        let pairs = equal & equal >> 1;
        let fives = pairs & pairs >> 2;
        if !fives.is_empty() {
            let first_fives = fives & !(fives << 1);
            penalty += fives.count() + first_fives.count() * (FIVE_IN_LINE - 1);
        }
        penalty += finder_like(row) * FINDER_LIKE;
    }
    penalty
}

/// How often dark and light alternate as 1:1:3:1:1 with four light on one side, at any scale;
/// outside of the symbol counts as light.
fn finder_like<const WORDS: usize>(row: Row<WORDS>) -> u32 {
    let mut found = 0;
    let mut scale = 1;
    loop {
        // Dark runs of three scales, which stand in the middle of each pattern.
        let middles = run_starts(row, 3 * scale);
        if middles.is_empty() {
            return found;
        }
        let dark = run_starts(row, scale);
        let light_inside = !dark_within(row, scale);
        let cores = dark
            & light_inside >> scale
            & middles >> (2 * scale)
            & light_inside >> (5 * scale)
            & dark >> (6 * scale);
        if !cores.is_empty() {
            let light_before =
                |length: u32| !(1..=length).fold(Row::EMPTY, |near, step| near | row << step);
            let light_after = |length: u32| !(dark_within(row, length) >> (7 * scale));
            let wide_before = cores & light_before(4 * scale) & light_after(scale);
            let wide_after = cores & light_before(scale) & light_after(4 * scale);
            found += wide_before.count() + wide_after.count();
        }
        scale += 1;
    }
}

/// Where `length` dark modules in line begin.
fn run_starts<const WORDS: usize>(row: Row<WORDS>, length: u32) -> Row<WORDS> {
    (1..length).fold(row, |runs, step| runs & row >> step)
}

/// Where a dark module is among the next `length`.
fn dark_within<const WORDS: usize>(row: Row<WORDS>, length: u32) -> Row<WORDS> {
    (1..length).fold(row, |near, step| near | row >> step)
}

/// What blocks of four equal modules and an uneven share of dark ones cost.
fn plane_penalty<const WORDS: usize>(rows: &[Row<WORDS>], width: u8) -> u32 {
    let neighbours = Row::filled(width - 1);
    let mut blocks = 0;
    let mut dark = 0;
    for (&row, next) in rows.iter().zip(rows.iter().skip(1).map(Some).chain([None])) {
        dark += row.count();
        if let Some(&next) = next {
            let differs = (row ^ row >> 1) | (next ^ next >> 1) | (row ^ next);
            blocks += (neighbours & !differs).count();
        }
    }
    let total = u32::from(width).pow(2);
    let off_balance = (dark * 20)
        .abs_diff(total * 10)
        .div_ceil(total)
        .saturating_sub(1);
    blocks * BLOCK_OF_FOUR + off_balance * FIVE_PERCENT_OFF_BALANCE
}

/// Rows of a mask repeat after twelve.
pub(super) const PATTERN_ROWS: usize = 12;

/// The modules that each mask flips (table 10), in rows of three words.
static PATTERNS: [[[u64; 3]; PATTERN_ROWS]; 8] = patterns();

const fn patterns() -> [[[u64; 3]; PATTERN_ROWS]; 8] {
    let mut patterns = [[[0; 3]; PATTERN_ROWS]; 8];
    let mut mask = 0;
    while mask < 8 {
        let mut y = 0;
        while y < PATTERN_ROWS {
            let mut x = 0;
            while x < 192 {
                if is_flipped(mask, x, y) {
                    patterns[mask][y][x / 64] |= 1 << (x % 64);
                }
                x += 1;
            }
            y += 1;
        }
        mask += 1;
    }
    patterns
}

const fn is_flipped(mask: usize, x: usize, y: usize) -> bool {
    match mask {
        0 => (x + y).is_multiple_of(2),
        1 => y.is_multiple_of(2),
        2 => x.is_multiple_of(3),
        3 => (x + y).is_multiple_of(3),
        4 => (x / 3 + y / 2).is_multiple_of(2),
        5 => x * y % 2 + x * y % 3 == 0,
        6 => (x * y % 2 + x * y % 3).is_multiple_of(2),
        _ => ((x + y) % 2 + x * y % 3).is_multiple_of(2),
    }
}
