//! The choice among the eight data masks (ISO/IEC 18004 clause 7.8), a whole row at a time.
//!
//! `qrcode` judges a mask module by module, 0.85 ms for a ticket's code. On rows of bits, and on the
//! transposed matrix for columns, all eight take some ten microseconds.

use super::placement::Grid;
use super::row::{Row, transposed};

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
///
/// The two common loops are plain arithmetic without a branch, which compilers do for several rows at
/// a time.
fn line_penalty<const WORDS: usize>(rows: &[Row<WORDS>], width: u8) -> u32 {
    let neighbours = Row::filled(width - 1);
    let in_line: u32 = rows.iter().map(|row| run_cost(*row, neighbours)).sum();
    let finders: u32 = rows.iter().map(|row| finder_like(*row, 1)).sum();
    let larger: u32 = rows.iter().map(|row| larger_finder_like(*row)).sum();
    in_line + (finders + larger) * FINDER_LIKE
}

/// What runs of five or more equal modules of a row cost: each three, and one for each module more.
fn run_cost<const WORDS: usize>(row: Row<WORDS>, neighbours: Row<WORDS>) -> u32 {
    let equal = !(row ^ row >> 1) & neighbours;
    let pairs = equal & equal >> 1;
    // Where five begin. In a run of n these are n - 4 in line, and the n - 2 that it costs with two
    // more; there is room for them before the next run's.
    let fives = pairs & pairs >> 2;
    (fives | fives << 1 | fives << 2).count()
}

/// How often dark and light alternate as 1:1:3:1:1 with four light on one side, at this scale;
/// outside of the symbol counts as light.
#[inline(always)]
fn finder_like<const WORDS: usize>(row: Row<WORDS>, scale: u32) -> u32 {
    let dark = run_starts(row, scale);
    let light = !dark_within(row, scale);
    let cores = dark
        & light >> scale
        & run_starts(row, 3 * scale) >> (2 * scale)
        & light >> (5 * scale)
        & dark >> (6 * scale);
    let after = row >> (7 * scale);
    let wide_before = cores & !(dark_before(row, 4 * scale) | dark_within(after, scale));
    let wide_after = cores & !(dark_before(row, scale) | dark_within(after, 4 * scale));
    // No two patterns begin side by side, so both kinds fit into one row.
    (wide_before | wide_after << 1).count()
}

/// The same at all scales above one. Long runs of dark modules, which stand in the middle of each
/// pattern, are rare.
fn larger_finder_like<const WORDS: usize>(row: Row<WORDS>) -> u32 {
    if run_starts(row, 6).is_empty() {
        return 0;
    }
    let mut found = finder_like(row, 2);
    let mut scale = 3;
    while !run_starts(row, 3 * scale).is_empty() {
        found += finder_like(row, scale);
        scale += 1;
    }
    found
}

/// Where `length` dark modules in line begin.
#[inline(always)]
fn run_starts<const WORDS: usize>(row: Row<WORDS>, length: u32) -> Row<WORDS> {
    in_doubling_steps(row, length, |runs, step| runs & runs >> step)
}

/// Where a dark module is among the next `length`.
#[inline(always)]
fn dark_within<const WORDS: usize>(row: Row<WORDS>, length: u32) -> Row<WORDS> {
    in_doubling_steps(row, length, |near, step| near | near >> step)
}

/// Where a dark module is among the `length` before.
#[inline(always)]
fn dark_before<const WORDS: usize>(row: Row<WORDS>, length: u32) -> Row<WORDS> {
    in_doubling_steps(row << 1, length, |near, step| near | near << step)
}

/// Extends what is known of single modules to `length` in line; `extend` joins two lines that begin
/// so far from each other.
#[inline(always)]
fn in_doubling_steps<const WORDS: usize>(
    row: Row<WORDS>,
    length: u32,
    extend: impl Fn(Row<WORDS>, u32) -> Row<WORDS>,
) -> Row<WORDS> {
    let (mut joined, mut known) = (row, 1);
    while known * 2 <= length {
        joined = extend(joined, known);
        known *= 2;
    }
    if known < length {
        joined = extend(joined, length - known);
    }
    joined
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, module by module, by the words of clause 7.8.3.1.
    fn penalty_by_modules(row: &[bool]) -> u32 {
        let runs: Vec<(bool, usize)> = row
            .chunk_by(|one, other| one == other)
            .map(|run| (run[0], run.len()))
            .collect();
        let in_line: usize = runs
            .iter()
            .map(|(_, n)| n.checked_sub(2).filter(|n| *n > 2).unwrap_or(0))
            .sum();
        let mut finders = 0;
        for start in 0..runs.len() {
            let Some(pattern) = runs.get(start..start + 5) else {
                break;
            };
            let unit = pattern[0].1;
            let lengths = [1, 1, 3, 1, 1].map(|share| share * unit);
            if !pattern[0].0 || !pattern.iter().map(|run| run.1).eq(lengths) {
                continue;
            }
            let light = |run: Option<&(bool, usize)>, is_edge: bool| {
                run.map_or(0, |run| run.1) + if is_edge { 1_000 } else { 0 }
            };
            let before = start.checked_sub(1).and_then(|index| runs.get(index));
            let after = runs.get(start + 5);
            let (before, after) = (
                light(before, start <= 1),
                light(after, start + 6 >= runs.len()),
            );
            finders += u32::from(before >= 4 * unit && after >= unit);
            finders += u32::from(before >= unit && after >= 4 * unit);
        }
        in_line as u32 + finders * FINDER_LIKE
    }

    fn check<const WORDS: usize>(modules: &[bool]) {
        let mut row = Row::<WORDS>::EMPTY;
        for (x, dark) in (0..).zip(modules) {
            row.set(x, *dark);
        }
        let found = line_penalty(&[row], modules.len() as u8);
        assert_eq!(found, penalty_by_modules(modules), "{modules:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn rows_cost_what_their_modules_cost(
            runs in prop::collection::vec((1..4_usize, 1..7_usize), 8..60),
            dark in any::<bool>(),
            units in prop::sample::select(vec![1, 2, 3]),
        ) {
            // Lengths from few numbers, so that finders are met.
            let lengths = runs.iter().map(|(small, large)| if *large < 5 { *small } else { *large } * units);
            let modules: Vec<bool> = lengths
                .zip([dark, !dark].into_iter().cycle())
                .flat_map(|(length, dark)| std::iter::repeat_n(dark, length))
                .collect();
            for width in [21, 41, 61] {
                check::<1>(modules.get(..width).unwrap_or(&modules[..modules.len().min(61)]));
            }
            check::<2>(modules.get(..125).unwrap_or(&modules[..modules.len().min(61)]));
            check::<3>(modules.get(..177).unwrap_or(&modules[..modules.len().min(61)]));
        }
    }

    #[test]
    fn finders_cost_on_both_sides_and_at_the_edges() {
        let modules = |text: &str| text.bytes().map(|byte| byte == b'#').collect::<Vec<bool>>();
        for text in [
            "#.###.#....#.###.#...",
            "....#.###.#....#.###.",
            "##..######..##.......",
            "#.###.#.#.###.#.#.###",
            "####################.",
        ] {
            check::<1>(&modules(text));
        }
        assert_eq!(penalty_by_modules(&modules("#.###.#....#.#.#.#.#.")), 80);
    }
}
