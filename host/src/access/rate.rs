//! How often a caller may ask: a bucket for each caller and kind of request, which refills evenly.
//!
//! The arithmetic is the generic cell rate algorithm: of each bucket only one moment is kept, at which
//! it is full again. Why it is not a library's: `docs/decisions/0007-rate-limits.md`.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::storage::OrganizerId;
use crate::storage::postgres::Level;

/// What kind of work a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RouteClass {
    /// Issues or changes one ticket, or a few.
    Generate,
    /// Begins work on many tickets, or compiles a template.
    Batch,
    /// Renders something stored.
    Download,
    /// Asks for a verdict, or brings a gate up to date.
    Validate,
    /// Everything else.
    Read,
}

impl RouteClass {
    /// Its name in figures.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Generate => "generate",
            Self::Batch => "batch",
            Self::Download => "download",
            Self::Validate => "validate",
            Self::Read => "read",
        }
    }
}

/// So many requests in such a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// How many, at least one. So many may come at once.
    count: u32,
    /// In what time the bucket is filled again.
    window: Duration,
}

impl Allowance {
    /// None is no limit: for a count of zero, and for a window too short to be counted.
    pub fn new(count: u32, window: Duration) -> Option<Self> {
        let allowance = Self { count, window };
        (count > 0 && allowance.interval() > 0).then_some(allowance)
    }

    /// So many a minute.
    pub fn per_minute(count: u32) -> Option<Self> {
        Self::new(count, Duration::from_secs(60))
    }

    /// How many.
    pub const fn count(self) -> u32 {
        self.count
    }

    /// In what time.
    pub const fn window(self) -> Duration {
        self.window
    }

    /// Nanoseconds in which one request comes back.
    pub(super) fn interval(self) -> i64 {
        let window = i64::try_from(self.window.as_nanos()).unwrap_or(i64::MAX);
        window / i64::from(self.count.max(1))
    }

    /// Nanoseconds in which all of them come back.
    pub(super) fn span(self) -> i64 {
        self.interval().saturating_mul(i64::from(self.count))
    }

    /// How an asker stands whose bucket stands so.
    fn standing(self, level: Level, now: i64) -> Standing {
        let empty_at = now.saturating_add(self.span());
        let (full_at, wait) = match level {
            Level::Taken { full_at_ns } => (full_at_ns.clamp(now, empty_at), None),
            Level::Empty { full_at_ns } => {
                let full_at = full_at_ns.clamp(now, empty_at);
                // At least something: by the time that it comes, others may have been faster.
                let wait = full_at.saturating_add(self.interval()) - empty_at;
                (full_at, Some(nanoseconds(wait.max(1))))
            }
        };
        Standing {
            limit: self.count,
            remaining: u32::try_from((empty_at - full_at) / self.interval().max(1)).unwrap_or(0),
            reset: nanoseconds(full_at - now),
            wait,
        }
    }
}

/// The allowance of each class; none is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is explained at RouteClass")]
pub struct RateRules {
    pub generate: Option<Allowance>,
    pub batch: Option<Allowance>,
    pub download: Option<Allowance>,
    pub validate: Option<Allowance>,
    pub read: Option<Allowance>,
}

impl RateRules {
    const fn of(&self, class: RouteClass) -> Option<Allowance> {
        match class {
            RouteClass::Generate => self.generate,
            RouteClass::Batch => self.batch,
            RouteClass::Download => self.download,
            RouteClass::Validate => self.validate,
            RouteClass::Read => self.read,
        }
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub enum Asker<'a> {
    /// Whoever sits at this address.
    Address(IpAddr),
    /// The subject of a token of an organizer.
    Principal(OrganizerId, &'a str),
}

/// How an asker stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many requests fit in the bucket.
    pub limit: u32,
    /// How many are left.
    pub remaining: u32,
    /// When the bucket is full again.
    pub reset: Duration,
    /// When to ask again, if this request was one too many.
    pub wait: Option<Duration>,
}

/// Buckets of everybody who asked lately.
pub struct RateLimits {
    rules: RateRules,
    hasher: RandomState,
    shards: Vec<Mutex<Shard>>,
}

#[derive(Default)]
struct Shard {
    /// When each bucket is full again, in nanoseconds since 1970.
    full_at: HashMap<Bucket, i64>,
    /// When full buckets were last looked for.
    swept: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Bucket {
    class: RouteClass,
    owner: Owner,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Owner {
    Address(IpAddr),
    /// A keyed hash: subjects may be long, and there is no need to keep them.
    Principal(u64),
    /// Everybody for whom there was no room.
    Others,
}

/// Threads seldom meet in one shard.
const SHARDS: usize = 16;
/// Buckets of a shard that are kept apart: some 8 MB in all. Who comes when there are so many shares
/// one bucket with all others that do, so that a flood of addresses costs neither memory nor those
/// who were there before.
const BUCKETS_PER_SHARD: usize = 8 << 10;
/// A full shard is searched for buckets that filled up meanwhile at most this often.
const SWEEP_EVERY: i64 = 1_000_000_000;

impl RateLimits {
    /// Nobody has asked yet.
    pub fn new(rules: RateRules) -> Self {
        Self {
            rules,
            hasher: RandomState::new(),
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }

    /// Counts one request; none where the class has no limit. One that is refused costs nothing.
    pub fn take(&self, asker: Asker<'_>, class: RouteClass, now: Timestamp) -> Option<Standing> {
        let allowance = self.rules.of(class)?;
        let (bucket, mut shard) = self.bucket(asker, class)?;
        Some(shard.take(bucket, allowance, since_1970(now)))
    }

    /// How the asker stands, if by what is known here alone it has asked too often. Counts nothing.
    pub(super) fn refused(
        &self,
        asker: Asker<'_>,
        class: RouteClass,
        now: Timestamp,
    ) -> Option<Standing> {
        let allowance = self.rules.of(class)?;
        let (bucket, shard) = self.bucket(asker, class)?;
        let now = since_1970(now);
        let full_at = shard.full_at.get(&bucket).copied().unwrap_or(now);
        let empty = Level::Empty {
            full_at_ns: full_at,
        };
        let standing = allowance.standing(empty, now);
        (full_at.saturating_add(allowance.interval()) > now.saturating_add(allowance.span()))
            .then_some(standing)
    }

    /// Notes how the asker stands by what all hosts counted.
    pub(super) fn learn(
        &self,
        asker: Asker<'_>,
        class: RouteClass,
        now: Timestamp,
        level: Level,
    ) -> Option<Standing> {
        let allowance = self.rules.of(class)?;
        let (bucket, mut shard) = self.bucket(asker, class)?;
        let now = since_1970(now);
        let (Level::Taken { full_at_ns } | Level::Empty { full_at_ns }) = level;
        let bucket = shard.room_for(bucket, now);
        // Answers may overtake each other; the latest moment is the one that holds.
        let known = shard.full_at.entry(bucket).or_insert(full_at_ns);
        *known = (*known).max(full_at_ns);
        Some(allowance.standing(level, now))
    }

    /// The allowance of a class; none is no limit.
    pub(super) const fn allowance(&self, class: RouteClass) -> Option<Allowance> {
        self.rules.of(class)
    }

    /// What names the bucket of this asker on every host: the class, and who it is, so that no two are
    /// written alike.
    pub(super) fn place(asker: Asker<'_>, class: RouteClass) -> Vec<u8> {
        let class = class.name();
        match asker {
            Asker::Address(address) => format!("{class} address {}", household(address)),
            Asker::Principal(organizer, subject) => {
                format!("{class} principal {} {subject}", organizer.0)
            }
        }
        .into_bytes()
    }

    fn bucket(
        &self,
        asker: Asker<'_>,
        class: RouteClass,
    ) -> Option<(Bucket, MutexGuard<'_, Shard>)> {
        let owner = match asker {
            Asker::Address(address) => Owner::Address(household(address)),
            Asker::Principal(organizer, subject) => {
                Owner::Principal(self.hasher.hash_one((organizer, subject)))
            }
        };
        let bucket = Bucket { class, owner };
        let shards = u64::try_from(self.shards.len().max(1)).unwrap_or(1);
        let place = usize::try_from(self.hasher.hash_one(bucket) % shards).unwrap_or(0);
        let shard = self.shards.get(place)?;
        Some((bucket, shard.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    #[cfg(test)]
    fn buckets(&self) -> usize {
        let sizes = self.shards.iter().map(|shard| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.full_at.len()
        });
        sizes.sum()
    }
}

impl Shard {
    fn take(&mut self, bucket: Bucket, allowance: Allowance, now: i64) -> Standing {
        let bucket = self.room_for(bucket, now);
        let interval = allowance.interval();
        let empty_at = now.saturating_add(allowance.span());
        // Never later than an empty bucket would be: a clock that was set back locks nobody out.
        let full_at = self.full_at.get(&bucket).copied().unwrap_or(now);
        let full_at = full_at.clamp(now, empty_at);
        let after = full_at.saturating_add(interval);
        let level = if after > empty_at {
            Level::Empty {
                full_at_ns: full_at,
            }
        } else {
            self.full_at.insert(bucket, after);
            Level::Taken { full_at_ns: after }
        };
        allowance.standing(level, now)
    }

    /// The bucket itself, or the common one if there is no room for another.
    fn room_for(&mut self, bucket: Bucket, now: i64) -> Bucket {
        let full = self.full_at.len() >= BUCKETS_PER_SHARD;
        if !full || self.full_at.contains_key(&bucket) {
            return bucket;
        }
        if now.abs_diff(self.swept) >= SWEEP_EVERY.unsigned_abs() {
            self.swept = now;
            self.full_at.retain(|_, full_at| *full_at > now);
        }
        if self.full_at.len() < BUCKETS_PER_SHARD {
            return bucket;
        }
        Bucket {
            owner: Owner::Others,
            ..bucket
        }
    }
}

fn since_1970(now: Timestamp) -> i64 {
    i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX)
}

fn nanoseconds(count: i64) -> Duration {
    Duration::from_nanos(u64::try_from(count).unwrap_or(0))
}

/// The addresses that one customer is given: one of IPv4, a /64 of IPv6.
fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use jiff::SignedDuration;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
    const ALICE: Asker<'_> = Asker::Address(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));
    const BOB: Asker<'_> = Asker::Address(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));

    fn limits(count: u32) -> RateLimits {
        RateLimits::new(RateRules {
            generate: Allowance::per_minute(count),
            batch: Allowance::per_minute(1),
            download: None,
            validate: None,
            read: None,
        })
    }

    fn after(seconds: i64) -> Timestamp {
        NOW + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn a_bucket_empties_and_fills_evenly() {
        let limits = limits(3);
        let take = |seconds| {
            limits
                .take(ALICE, RouteClass::Generate, after(seconds))
                .unwrap()
        };
        let first = take(0);
        assert_eq!((first.limit, first.remaining, first.wait), (3, 2, None));
        assert_eq!(first.reset, Duration::from_secs(20));
        assert_eq!(take(0).remaining, 1);
        assert_eq!(take(0).remaining, 0);
        let refused = take(5);
        assert_eq!(refused.remaining, 0);
        assert_eq!(refused.wait, Some(Duration::from_secs(15)));
        assert_eq!(refused.reset, Duration::from_secs(55));
        assert_eq!(take(20).wait, None);
        assert_eq!(take(20).wait, Some(Duration::from_secs(20)));
        assert_eq!(take(600).remaining, 2);
    }

    #[test]
    fn callers_and_classes_do_not_share_a_bucket() {
        let limits = limits(1);
        let allowed = |asker, class| {
            let standing = limits.take(asker, class, NOW);
            standing.is_none_or(|standing| standing.wait.is_none())
        };
        assert!(allowed(ALICE, RouteClass::Generate));
        assert!(!allowed(ALICE, RouteClass::Generate));
        assert!(allowed(ALICE, RouteClass::Batch));
        assert!(allowed(BOB, RouteClass::Generate));
        let principal = |name| Asker::Principal(OrganizerId(1), name);
        assert!(allowed(principal("a"), RouteClass::Generate));
        assert!(!allowed(principal("a"), RouteClass::Generate));
        assert!(allowed(principal("b"), RouteClass::Generate));
        let other = Asker::Principal(OrganizerId(2), "a");
        assert!(allowed(other, RouteClass::Generate));
        for _ in 0..1_000 {
            assert!(allowed(ALICE, RouteClass::Download));
        }
    }

    #[test]
    fn one_customer_of_ipv6_is_one_caller() {
        let limits = limits(1);
        let wait = |address: &str| {
            let asker = Asker::Address(address.parse().unwrap());
            limits.take(asker, RouteClass::Generate, NOW).unwrap().wait
        };
        assert_eq!(wait("2001:db8:1:1::1"), None);
        assert!(wait("2001:db8:1:1:ffff::2").is_some());
        assert_eq!(wait("2001:db8:1:2::1"), None);
    }

    #[test]
    fn a_clock_set_back_locks_nobody_out_for_longer_than_the_window() {
        let limits = limits(1);
        limits.take(ALICE, RouteClass::Generate, after(86_400));
        let refused = limits.take(ALICE, RouteClass::Generate, NOW).unwrap();
        assert!(refused.wait.unwrap() <= Duration::from_secs(60));
        let later = limits.take(ALICE, RouteClass::Generate, after(60)).unwrap();
        assert_eq!(later.wait, Some(Duration::from_secs(60)));
    }

    #[test]
    fn a_flood_of_addresses_takes_bounded_memory_and_spares_those_who_came_before() {
        let limits = limits(2);
        let take = |asker, now| limits.take(asker, RouteClass::Generate, now).unwrap();
        assert_eq!(take(ALICE, NOW).remaining, 1);
        let addresses = 3 * u32::try_from(SHARDS * BUCKETS_PER_SHARD).unwrap();
        let mut refused = 0;
        for number in 0..addresses {
            let address = Asker::Address(Ipv4Addr::from_bits(0x0A00_0000 + number).into());
            refused += u32::from(take(address, NOW).wait.is_some());
        }
        // One more a shard, for all others.
        assert!(limits.buckets() <= SHARDS * (BUCKETS_PER_SHARD + 1));
        assert!(refused > addresses / 2);
        assert_eq!(take(ALICE, NOW).remaining, 0);
        assert_eq!(take(BOB, after(120)).remaining, 1);
        for number in 0..addresses {
            let address = Asker::Address(Ipv4Addr::from_bits(0x0B00_0000 + number).into());
            take(address, after(240));
        }
        assert!(limits.buckets() <= SHARDS * (BUCKETS_PER_SHARD + 1));
    }
}
