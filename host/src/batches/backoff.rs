//! When a chunk that failed is tried again.

use jiff::{SignedDuration, Timestamp};

/// Before the second try; each further one waits twice as long.
const FIRST_MS: i64 = 500;
/// The longest pause.
const LONGEST_MS: i64 = 60_000;

/// When to try after `tries` tries failed. `draw`, 0 to 999, spreads chunks that failed together: by half of
/// the pause.
pub(super) fn next_try(tries: u32, now: Timestamp, draw: u16) -> Timestamp {
    let doubled = FIRST_MS.saturating_mul(1 << tries.saturating_sub(1).min(20));
    let pause = doubled.min(LONGEST_MS);
    let spread = pause / 2 * i64::from(draw.min(999)) / 1_000;
    now.saturating_add(SignedDuration::from_millis(pause - spread))
        .unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_are_bounded() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let pause = |tries, draw| next_try(tries, now, draw).duration_since(now).as_millis();
        assert_eq!(pause(1, 0), 500);
        assert_eq!(pause(2, 0), 1_000);
        assert_eq!(pause(3, 0), 2_000);
        assert_eq!(pause(9, 0), 60_000);
        assert_eq!(pause(u32::MAX, 0), 60_000);
        assert!((250..=252).contains(&pause(1, 999)), "{}", pause(1, 999));
    }
}
