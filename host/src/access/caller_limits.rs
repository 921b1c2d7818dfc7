//! Rate limits on which all hosts of one database agree, as far as it answers in time.
//!
//! Each host goes on counting in memory. What it knows there is the least that a caller took, so whoever
//! is beyond the limit by that alone is refused without a question; and when the database is slow or
//! away, it decides alone.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use metrics::counter;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::rate::{Asker, RateLimits, RouteClass, Standing};
use crate::clock::Clock;
use crate::storage::postgres::{Draught, Level, RateBuckets};
use crate::telemetry;

/// A request waits no longer for what other hosts counted.
const PATIENCE: Duration = Duration::from_millis(250);
/// After a database that did not answer in time, nobody waits for it for so long.
const REST: Duration = Duration::from_secs(1);
/// Between two searches for buckets that are full.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// How often callers may ask.
pub struct CallerLimits {
    local: RateLimits,
    shared: Option<Shared>,
}

struct Shared {
    buckets: RateBuckets,
    secret: Zeroizing<[u8; 32]>,
    /// The database is not asked before, in nanoseconds since 1970.
    rests_until: AtomicI64,
}

impl CallerLimits {
    /// This host counts alone.
    pub fn alone(local: RateLimits) -> Self {
        Self {
            local,
            shared: None,
        }
    }

    /// All hosts count together that have this `secret`, under which the names of callers are hidden.
    pub fn shared(local: RateLimits, buckets: RateBuckets, secret: Zeroizing<[u8; 32]>) -> Self {
        Self {
            local,
            shared: Some(Shared {
                buckets,
                secret,
                rests_until: AtomicI64::new(i64::MIN),
            }),
        }
    }

    /// Counts one request; none where the class has no limit. One that is refused costs nothing.
    pub async fn take(
        &self,
        asker: Asker<'_>,
        class: RouteClass,
        now: Timestamp,
    ) -> Option<Standing> {
        let Some(shared) = &self.shared else {
            return self.local.take(asker, class, now);
        };
        let allowance = self.local.allowance(class)?;
        if let Some(refused) = self.local.refused(asker, class, now) {
            return Some(refused);
        }
        let now_ns = i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX);
        let draught = Draught {
            bucket: shared.bucket(&RateLimits::place(asker, class)),
            now_ns,
            interval_ns: allowance.interval(),
            span_ns: allowance.span(),
        };
        match shared.take(draught).await {
            Some(level) => self.local.learn(asker, class, now, level),
            None => self.local.take(asker, class, now),
        }
    }

    /// Forgets what says nothing any more, for as long as the host runs.
    pub async fn sweep(&self, clock: &dyn Clock) {
        let Some(shared) = &self.shared else {
            return;
        };
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            if let Err(error) = shared.buckets.forget_full(clock.now()).await {
                tracing::debug!(%error, "full rate limit buckets were not swept");
            }
        }
    }

    /// Closes the connections.
    pub async fn close(&self) {
        if let Some(shared) = &self.shared {
            shared.buckets.close().await;
        }
    }
}

impl Shared {
    /// None if the database does not say in time.
    async fn take(&self, draught: Draught) -> Option<Level> {
        if draught.now_ns < self.rests_until.load(Ordering::Relaxed) {
            counter!(telemetry::RATE_ALONE).increment(1);
            return None;
        }
        let cause = match tokio::time::timeout(PATIENCE, self.buckets.take(draught)).await {
            Ok(Ok(level)) => return Some(level),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer in {} ms", PATIENCE.as_millis()),
        };
        let rest = i64::try_from(REST.as_nanos()).unwrap_or(i64::MAX);
        let until = draught.now_ns.saturating_add(rest);
        let before = self.rests_until.fetch_max(until, Ordering::Relaxed);
        if before < draught.now_ns {
            // One line for all requests that failed together.
            tracing::warn!(cause, "rate limits are counted alone for a second");
        }
        counter!(telemetry::RATE_ALONE).increment(1);
        None
    }

    fn bucket(&self, place: &[u8]) -> [u8; 16] {
        let mut bucket = [0; 16];
        // A key of 32 bytes always fits.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&*self.secret) {
            mac.update(place);
            let tag = mac.finalize().into_bytes();
            bucket.iter_mut().zip(tag).for_each(|(to, from)| *to = from);
        }
        bucket
    }
}
