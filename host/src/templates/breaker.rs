//! Versions that break again and again are left alone for a while.
//!
//! A broken version costs a sandbox, and often a second of a core, for each ticket that it does not make.
//! After twenty in a row it is suspended; then one call may try again. If that works, all is as before; if
//! not, the next pause is twice as long. Each process counts for itself and forgets when it stops: what is
//! protected is its own time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::storage::TemplateVersionId;

/// Breaks in a row that suspend a version.
pub const BREAKS: u32 = 20;
const FIRST_PAUSE: Duration = Duration::from_secs(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// A call that was let through to try, and of which nothing was heard for so long, is given up.
const TRIAL_LIMIT: Duration = Duration::from_secs(30);

/// The versions that broke of late. Those that work are not in it.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    versions: Mutex<HashMap<TemplateVersionId, State>>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// It broke so many times in a row.
    Counting { breaks: u32 },
    /// Nothing is let through before that time.
    Suspended { until: Instant, pause: Duration },
    /// One call was let through, and answers before that time or never.
    Trying { until: Instant, pause: Duration },
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// With a page, or with a refusal by the author's own rule.
    Sound,
    /// Otherwise, by the version's own fault.
    Broken,
    /// For want of time or turns: nothing is said of the version.
    Unknown,
}

impl Breaker {
    /// Whether a version may be called.
    ///
    /// # Errors
    /// For how long it may not.
    pub fn admit(&self, version: TemplateVersionId, now: Instant) -> Result<(), Duration> {
        let mut versions = self.lock();
        let Some(state) = versions.get_mut(&version) else {
            return Ok(());
        };
        match *state {
            State::Counting { .. } => Ok(()),
            State::Suspended { until, .. } | State::Trying { until, .. } if now < until => {
                Err(until - now)
            }
            State::Suspended { pause, .. } | State::Trying { pause, .. } => {
                let until = now + TRIAL_LIMIT;
                *state = State::Trying { until, pause };
                Ok(())
            }
        }
    }

    /// Counts a call that was admitted. Whether it suspended the version.
    pub fn count(&self, version: TemplateVersionId, ending: Ending, now: Instant) -> bool {
        let suspended = |pause| State::Suspended {
            until: now + pause,
            pause,
        };
        let mut versions = self.lock();
        let next = match (versions.get(&version).copied(), ending) {
            (None, Ending::Sound | Ending::Unknown) => return false,
            (Some(_), Ending::Sound) => {
                versions.remove(&version);
                return false;
            }
            (None, Ending::Broken) => State::Counting { breaks: 1 },
            (Some(State::Counting { breaks }), Ending::Broken) if breaks + 1 < BREAKS => {
                State::Counting { breaks: breaks + 1 }
            }
            (Some(State::Counting { .. }), Ending::Broken) => suspended(FIRST_PAUSE),
            (Some(State::Trying { pause, .. }), Ending::Broken) => {
                suspended((pause * 2).min(LONGEST_PAUSE))
            }
            // Another may try at once.
            (Some(State::Trying { pause, .. }), Ending::Unknown) => {
                State::Suspended { until: now, pause }
            }
            // A call that began before the suspension makes it no longer.
            (Some(state @ State::Suspended { .. }), Ending::Broken | Ending::Unknown)
            | (Some(state @ State::Counting { .. }), Ending::Unknown) => state,
        };
        let before = versions.insert(version, next);
        matches!(next, State::Suspended { .. }) && !matches!(before, Some(State::Suspended { .. }))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TemplateVersionId, State>> {
        self.versions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: TemplateVersionId = TemplateVersionId(7);
    const OTHER: TemplateVersionId = TemplateVersionId(8);

    fn broken_so_often(times: u32, now: Instant) -> Breaker {
        let breaker = Breaker::default();
        for _ in 0..times {
            breaker.count(VERSION, Ending::Broken, now);
        }
        breaker
    }

    #[test]
    fn twenty_breaks_in_a_row_suspend_a_version_and_no_other() {
        let now = Instant::now();
        let breaker = broken_so_often(BREAKS - 1, now);
        assert_eq!(breaker.admit(VERSION, now), Ok(()));
        breaker.count(VERSION, Ending::Sound, now);
        for _ in 1..BREAKS {
            assert!(!breaker.count(VERSION, Ending::Broken, now));
        }
        assert_eq!(breaker.admit(VERSION, now), Ok(()));
        breaker.count(VERSION, Ending::Unknown, now);
        assert!(breaker.count(VERSION, Ending::Broken, now));
        assert_eq!(breaker.admit(VERSION, now), Err(FIRST_PAUSE));
        assert_eq!(breaker.admit(OTHER, now), Ok(()));
    }

    #[test]
    fn one_call_tries_after_the_pause_and_decides() {
        let now = Instant::now();
        let breaker = broken_so_often(BREAKS, now);
        // Calls that were under way change nothing.
        assert!(!breaker.count(VERSION, Ending::Broken, now + FIRST_PAUSE / 2));
        let then = now + FIRST_PAUSE;
        assert_eq!(breaker.admit(VERSION, then), Ok(()));
        assert_eq!(breaker.admit(VERSION, then), Err(TRIAL_LIMIT));
        assert!(breaker.count(VERSION, Ending::Broken, then));
        assert_eq!(breaker.admit(VERSION, then), Err(FIRST_PAUSE * 2));
        let then = then + FIRST_PAUSE * 2;
        assert_eq!(breaker.admit(VERSION, then), Ok(()));
        breaker.count(VERSION, Ending::Sound, then);
        assert_eq!(breaker.admit(VERSION, then), Ok(()));
        assert_eq!(breaker.admit(VERSION, then), Ok(()));
    }

    #[test]
    fn pauses_have_an_end() {
        let mut now = Instant::now();
        let breaker = broken_so_often(BREAKS, now);
        for _ in 0..20 {
            now += LONGEST_PAUSE;
            assert_eq!(breaker.admit(VERSION, now), Ok(()));
            assert!(breaker.count(VERSION, Ending::Broken, now));
        }
        assert_eq!(breaker.admit(VERSION, now), Err(LONGEST_PAUSE));
        // Who was let through to try and never answered keeps nobody out for ever.
        now += LONGEST_PAUSE;
        assert_eq!(breaker.admit(VERSION, now), Ok(()));
        assert_eq!(breaker.admit(VERSION, now + TRIAL_LIMIT), Ok(()));
    }
}
