//! A point in time as the caller's clock gave it.

use ticket_token::UnixTime;

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
///
/// Signed objects carry whole seconds ([`UnixTime`]); questions and admissions carry milliseconds,
/// because two people pass one gate within a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub u64);

impl Moment {
    /// The moment at which the second `time` begins.
    pub fn from_unix(time: UnixTime) -> Self {
        Self(u64::from(time.0) * 1000)
    }

    /// Milliseconds that have passed since `earlier`; 0 when `earlier` lies ahead.
    pub fn since(self, earlier: Moment) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// This moment moved ahead by `milliseconds`, stopping at the end of the range.
    pub fn plus(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }
}

impl From<UnixTime> for Moment {
    fn from(time: UnixTime) -> Self {
        Self::from_unix(time)
    }
}
