//! When a delivery is tried again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand_core::Rng;

/// Waits between attempts, as Standard Webhooks suggests: some 76 hours in all. The first attempt is made
/// at once, so there is one attempt more than waits.
const WAITS: [SignedDuration; 9] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(14),
    SignedDuration::from_hours(20),
    SignedDuration::from_hours(24),
];
/// A `Retry-After` is followed so far.
const LONGEST_WISH: SignedDuration = SignedDuration::from_hours(24);

/// When to try again after attempt number `attempt`, from 1, that ended `now`; `None` after the last.
/// Never before the endpoint wants it, and up to a tenth later than the schedule says, so that what failed
/// at once does not come back at once.
pub fn next_attempt(
    attempt: u32,
    now: Timestamp,
    wish: Option<SignedDuration>,
    randomness: &mut dyn Rng,
) -> Option<Timestamp> {
    let place = usize::try_from(attempt.checked_sub(1)?).ok()?;
    let wait = *WAITS.get(place)?;
    let jitter_ms = u64::from(randomness.next_u32()) * wait.as_millis().unsigned_abs() as u64
        / (10 * u64::from(u32::MAX));
    let jitter = Duration::from_millis(jitter_ms);
    let scheduled = now.saturating_add(wait).ok()?.saturating_add(jitter).ok()?;
    let wished = wish
        .map(|wish| wish.clamp(SignedDuration::ZERO, LONGEST_WISH))
        .and_then(|wish| now.saturating_add(wish).ok());
    Some(wished.map_or(scheduled, |wished| wished.max(scheduled)))
}

/// What a `Retry-After` header asks for: seconds, or a date (RFC 9110, 10.2.3).
pub fn wish_of(header: &str, now: Timestamp) -> Option<SignedDuration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<u32>() {
        return Some(SignedDuration::from_secs(seconds.into()));
    }
    let date = jiff::fmt::rfc2822::parse(header).ok()?;
    Some(date.timestamp().duration_since(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::SeedableRng as _;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    #[test]
    fn waits_grow_and_end() {
        let mut randomness = rand_chacha::ChaCha8Rng::from_seed([1; 32]);
        let mut waits = Vec::new();
        for attempt in 1..=9 {
            for _ in 0..50 {
                let next = next_attempt(attempt, now(), None, &mut randomness).unwrap();
                let wait = next.duration_since(now()).as_secs_f64();
                let scheduled = WAITS[attempt as usize - 1].as_secs_f64();
                assert!(
                    (scheduled..=scheduled * 1.1).contains(&wait),
                    "{attempt}: {wait}"
                );
                waits.push(wait);
            }
        }
        assert_eq!(next_attempt(10, now(), None, &mut randomness), None);
        assert_eq!(next_attempt(0, now(), None, &mut randomness), None);
        waits.dedup();
        assert!(waits.len() > 100, "they differ");
    }

    #[test]
    fn an_endpoint_may_ask_for_more_time_and_not_for_less() {
        let mut randomness = rand_chacha::ChaCha8Rng::from_seed([1; 32]);
        let mut wait = |attempt, wish: &str| {
            let wish = wish_of(wish, now());
            let next = next_attempt(attempt, now(), wish, &mut randomness).unwrap();
            next.duration_since(now()).as_secs()
        };
        assert_eq!(wait(1, "120"), 120);
        assert_eq!(wait(1, "Fri, 15 Jan 2027 08:02:00 GMT"), 120);
        assert!(wait(2, "1") >= 300);
        assert_eq!(wait(1, "4000000000"), 24 * 3600);
        for odd in [
            "-5",
            "soon",
            "",
            "1e9",
            "Fri, 15 Jan 1999 08:02:00 GMT",
            "99999999999999",
        ] {
            assert!(wait(1, odd) < 10, "{odd}");
        }
    }
}
