//! Jobs: how many at once, how much may wait, and for how long.

use std::num::NonZeroU32;

use jiff::SignedDuration;

use super::settings::parsed;
use super::{ConfigError, Environment};

/// Jobs and who works on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSettings {
    /// Items of one JSON body; streams have no bound.
    pub max_size: u32,
    /// Chunks that this process works on at once; 0: it leaves them to `guichet worker`.
    pub concurrency: u32,
    /// Chunks of one organizer that all workers may have under way at once.
    pub organizer_cap: u32,
    /// How long a job may be worked on.
    pub timeout: SignedDuration,
    /// Tickets that may wait.
    pub most_queued: u64,
    /// How long jobs are kept that are over.
    pub kept: SignedDuration,
}

impl BatchSettings {
    const DEFAULT_MAX_SIZE: u32 = 1_000;
    const LARGEST_MAX_SIZE: u32 = 100_000;
    const DEFAULT_ORGANIZER_CAP: u32 = 16;
    const DEFAULT_MOST_QUEUED: u64 = 20_000_000;
    const DEFAULT_TIMEOUT: SignedDuration = SignedDuration::from_hours(24);
    const DEFAULT_KEPT_DAYS: u32 = 30;
    const LONGEST_KEPT_DAYS: u32 = 3_650;

    /// Reads the section. `processors`: how many this machine has.
    ///
    /// # Errors
    /// The first setting that is wrong, by name, with the fix.
    pub fn read(environment: Environment<'_>, processors: u32) -> Result<Self, ConfigError> {
        let bounded =
            |name: &'static str, default: u32, range: std::ops::RangeInclusive<u32>, fix| {
                let value: u32 = parsed(environment, name, fix)?.unwrap_or(default);
                match range.contains(&value) {
                    true => Ok(value),
                    false => Err(ConfigError::Value {
                        name,
                        value: value.to_string(),
                        fix,
                    }),
                }
            };
        let timeout: Option<NonZeroU32> = parsed(
            environment,
            "BATCH_TIMEOUT",
            "give a whole number of milliseconds, 1 or more",
        )?;
        let kept_days = bounded(
            "JOB_RETENTION_DAYS",
            Self::DEFAULT_KEPT_DAYS,
            1..=Self::LONGEST_KEPT_DAYS,
            "give a number of days, 1 to 3650",
        )?;
        Ok(Self {
            max_size: bounded(
                "BATCH_MAX_SIZE",
                Self::DEFAULT_MAX_SIZE,
                1..=Self::LARGEST_MAX_SIZE,
                "give a number of tickets, 1 to 100000; larger batches are streamed as CSV or NDJSON",
            )?,
            concurrency: bounded(
                "BATCH_CONCURRENCY",
                processors.max(1),
                0..=1_024,
                "give a number of chunks, 0 to 1024; 0 leaves all work to `guichet worker`",
            )?,
            organizer_cap: bounded(
                "QUEUE_ORGANIZER_CONCURRENCY",
                Self::DEFAULT_ORGANIZER_CAP,
                1..=1_000_000,
                "give a number of chunks, 1 or more",
            )?,
            timeout: timeout.map_or(Self::DEFAULT_TIMEOUT, |milliseconds| {
                SignedDuration::from_millis(i64::from(milliseconds.get()))
            }),
            most_queued: parsed(environment, "QUEUE_MAX_TICKETS", "give a number of tickets")?
                .unwrap_or(Self::DEFAULT_MOST_QUEUED),
            kept: SignedDuration::from_hours(i64::from(kept_days) * 24),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<BatchSettings, ConfigError> {
        let find = |name: &str| {
            let pair = pairs.iter().find(|(known, _)| *known == name);
            pair.map(|(_, value)| (*value).to_owned())
        };
        BatchSettings::read(&find, 4)
    }

    #[test]
    fn bounds_are_named() {
        let defaults = read(&[]).unwrap();
        assert_eq!((defaults.concurrency, defaults.max_size), (4, 1_000));
        assert_eq!(read(&[("BATCH_CONCURRENCY", "0")]).unwrap().concurrency, 0);
        let timeout = read(&[("BATCH_TIMEOUT", "300000")]).unwrap().timeout;
        assert_eq!(timeout, SignedDuration::from_mins(5));
        for (name, value) in [
            ("BATCH_MAX_SIZE", "0"),
            ("BATCH_MAX_SIZE", "100001"),
            ("BATCH_CONCURRENCY", "-1"),
            ("BATCH_TIMEOUT", "0"),
            ("BATCH_TIMEOUT", "5m"),
            ("QUEUE_MAX_TICKETS", "many"),
            ("QUEUE_ORGANIZER_CONCURRENCY", "0"),
            ("JOB_RETENTION_DAYS", "0"),
        ] {
            let error = read(&[(name, value)]).unwrap_err().to_string();
            assert!(error.contains(name), "{error}");
        }
    }
}
