//! One row of modules as a wide word.

use std::ops::{BitAnd, BitOr, BitXor, Not, Shl, Shr};

/// Column `x` is bit `x % 64` of word `x / 64`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row<const WORDS: usize>(pub [u64; WORDS]);

impl<const WORDS: usize> Row<WORDS> {
    pub const EMPTY: Self = Self([0; WORDS]);

    /// The first `columns` bits set.
    pub fn filled(columns: u8) -> Self {
        Self(std::array::from_fn(|word| {
            match usize::from(columns).saturating_sub(word * 64) {
                0 => 0,
                columns @ 1..=63 => (1 << columns) - 1,
                _ => u64::MAX,
            }
        }))
    }

    pub fn get(self, x: u8) -> bool {
        self.0
            .get(usize::from(x / 64))
            .is_some_and(|word| word >> (x % 64) & 1 == 1)
    }

    pub fn set(&mut self, x: u8, value: bool) {
        if let Some(word) = self.0.get_mut(usize::from(x / 64)) {
            let bit = 1 << (x % 64);
            *word = if value { *word | bit } else { *word & !bit };
        }
    }

    pub fn is_empty(self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub fn count(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }
}

impl<const WORDS: usize> BitAnd for Row<WORDS> {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & other.0[word]))
    }
}

impl<const WORDS: usize> BitOr for Row<WORDS> {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }
}

impl<const WORDS: usize> BitXor for Row<WORDS> {
    type Output = Self;
    fn bitxor(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] ^ other.0[word]))
    }
}

impl<const WORDS: usize> Not for Row<WORDS> {
    type Output = Self;
    fn not(self) -> Self {
        Self(std::array::from_fn(|word| !self.0[word]))
    }
}

/// Moves modules to higher columns; light ones come in.
impl<const WORDS: usize> Shl<u32> for Row<WORDS> {
    type Output = Self;
    fn shl(self, columns: u32) -> Self {
        let (words, bits) = ((columns / 64) as usize, columns % 64);
        Self(std::array::from_fn(|word| {
            let from =
                |index: Option<usize>| index.and_then(|i| self.0.get(i)).copied().unwrap_or(0);
            let lower = from(word.checked_sub(words + 1));
            from(word.checked_sub(words)) << bits | (lower >> 1) >> (63 - bits)
        }))
    }
}

/// Moves modules to lower columns; light ones come in.
impl<const WORDS: usize> Shr<u32> for Row<WORDS> {
    type Output = Self;
    fn shr(self, columns: u32) -> Self {
        let (words, bits) = ((columns / 64) as usize, columns % 64);
        Self(std::array::from_fn(|word| {
            let from = |index: usize| self.0.get(index).copied().unwrap_or(0);
            from(word + words) >> bits | (from(word + words + 1) << 1) << (63 - bits)
        }))
    }
}

/// The matrix with rows and columns exchanged; `rows` holds at most `64 * WORDS` rows.
pub(super) fn transposed<const WORDS: usize>(rows: &[Row<WORDS>]) -> Vec<Row<WORDS>> {
    let mut turned = vec![Row::EMPTY; rows.len()];
    for block_y in 0..WORDS {
        for block_x in 0..WORDS {
            let mut block = [0; 64];
            for (bits, row) in block.iter_mut().zip(rows.iter().skip(block_y * 64)) {
                *bits = row.0[block_x];
            }
            transpose_block(&mut block);
            for (bits, row) in block.iter().zip(turned.iter_mut().skip(block_x * 64)) {
                row.0[block_y] = *bits;
            }
        }
    }
    turned
}

/// Exchanges ever smaller quarters across the diagonal.
fn transpose_block(block: &mut [u64; 64]) {
    let mut mask = 0x0000_0000_FFFF_FFFF_u64;
    let mut distance = 32;
    while distance > 0 {
        let mut low = 0;
        while low < 64 {
            let high = low + distance;
            let exchanged = (block[low] >> distance ^ block[high]) & mask;
            block[low] ^= exchanged << distance;
            block[high] ^= exchanged;
            low = (high + 1) & !distance;
        }
        distance /= 2;
        mask ^= mask << distance;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shifts_carry_across_words() {
        let mut row = Row::<3>::EMPTY;
        row.set(63, true);
        row.set(190, true);
        for columns in [0, 1, 63, 64, 65, 127, 128] {
            let (up, down) = (row << columns, row >> columns);
            for x in 0..192_u8 {
                let (from_up, from_down) = (
                    i64::from(x) - i64::from(columns),
                    i64::from(x) + i64::from(columns),
                );
                assert_eq!(up.get(x), [63, 190].contains(&from_up), "{x} up {columns}");
                assert_eq!(
                    down.get(x),
                    [63, 190].contains(&from_down),
                    "{x} down {columns}"
                );
            }
        }
    }

    #[test]
    fn transposing_exchanges_rows_and_columns() {
        let rows: Vec<Row<3>> = (0..177_u64)
            .map(|y| Row([y.wrapping_pow(21), !y << 7, y * 977]) & Row::filled(177))
            .collect();
        let turned = transposed(&rows);
        for y in 0..177_u8 {
            for x in 0..177_u8 {
                assert_eq!(rows[usize::from(y)].get(x), turned[usize::from(x)].get(y));
            }
        }
    }
}
