//! Chance that can be had again: SplitMix64 (Steele, Lea and Flood, 2014).

use std::time::Duration;

/// A sequence of numbers that a seed decides.
#[derive(Clone)]
pub struct Random(u64);

impl Random {
    /// The sequence of a seed.
    pub const fn of_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// A sequence of its own for a part of the work.
    pub fn part(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, which is small.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(self.next() % bound).unwrap_or(0)
    }

    /// A time between two.
    pub fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let spread = most.saturating_sub(least).as_millis();
        let spread = usize::try_from(spread).unwrap_or(usize::MAX);
        let extra = u64::try_from(self.below(spread)).unwrap_or(0);
        least + Duration::from_millis(extra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_and_seeds_differ() {
        let of = |seed| {
            let mut random = Random::of_seed(seed);
            [random.next(), random.next(), random.part().next()]
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        // The first number of the seed 0 as in the reference implementation.
        assert_eq!(Random::of_seed(0).next(), 0xE220_A839_7B1D_CDAF);
        assert!((0..1_000).all(|seed| Random::of_seed(seed).below(7) < 7));
    }
}
