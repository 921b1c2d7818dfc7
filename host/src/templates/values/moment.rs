//! Points in time.

use std::sync::{Mutex, OnceLock, PoisonError};

use icu_calendar::{Date, Gregorian};
use icu_datetime::fieldsets::{E, M, T, YMD, YMDE};
use icu_datetime::options::YearStyle;
use icu_datetime::{
    DateTimeFormatterPreferences, FixedCalendarDateTimeFormatter, NoCalendarFormatter,
};
use icu_locale_core::Locale;
use icu_time::Time;
use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use crate::templates::request::{LocalTime, MomentText, MomentValue, Precision, Weekday};

/// What calendar and clock show at one moment in one zone, without words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalMoment {
    /// Calendar and clock.
    pub local: LocalTime,
    /// Seconds ahead of UTC.
    pub utc_offset_seconds: i32,
    /// The zone's name in the IANA database.
    pub zone: String,
    /// The zone's letters there and then, or `UTC+1`.
    pub zone_name: String,
}

/// Whether the IANA database knows a zone of this name.
pub fn is_time_zone(name: &str) -> bool {
    database().get(name).is_ok()
}

/// The moment on the wall of a zone; an unknown zone is read as UTC, and a moment beyond the years
/// 1 to 9999 as the nearest one within.
pub fn local_moment(unix_seconds: i64, zone: &str) -> LocalMoment {
    let (zone, name) = match database().get(zone) {
        Ok(known) => {
            let name = known.iana_name().unwrap_or(zone).to_owned();
            (known, name)
        }
        Err(_) => (TimeZone::UTC, "UTC".to_owned()),
    };
    let (least, greatest) = (-62_135_510_400, 253_402_207_200);
    let timestamp = Timestamp::from_second(unix_seconds.clamp(least, greatest))
        .unwrap_or(Timestamp::UNIX_EPOCH);
    let info = zone.to_offset_info(timestamp);
    let (offset, letters) = (info.offset().seconds(), info.abbreviation().to_owned());
    let civil = zone.to_datetime(timestamp);
    LocalMoment {
        local: LocalTime {
            year: u16::try_from(civil.year()).unwrap_or(1),
            month: civil.month().unsigned_abs(),
            day: civil.day().unsigned_abs(),
            hour: civil.hour().unsigned_abs(),
            minute: civil.minute().unsigned_abs(),
            second: civil.second().unsigned_abs(),
            weekday: weekday(civil.weekday()),
        },
        utc_offset_seconds: offset,
        zone: name,
        zone_name: zone_name(&letters, offset),
    }
}

/// The database that is compiled in, never the system's: it shall not depend on the machine.
fn database() -> &'static TimeZoneDatabase {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    DATABASE.get_or_init(TimeZoneDatabase::bundled)
}

/// Many zones have no letters but their offset, as `+03`.
fn zone_name(letters: &str, offset_seconds: i32) -> String {
    if letters.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return letters.to_owned();
    }
    let minutes = offset_seconds.unsigned_abs() / 60;
    let sign = if offset_seconds < 0 { '-' } else { '+' };
    match (minutes / 60, minutes % 60) {
        (0, 0) => "UTC".to_owned(),
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

fn weekday(day: jiff::civil::Weekday) -> Weekday {
    match day {
        jiff::civil::Weekday::Monday => Weekday::Monday,
        jiff::civil::Weekday::Tuesday => Weekday::Tuesday,
        jiff::civil::Weekday::Wednesday => Weekday::Wednesday,
        jiff::civil::Weekday::Thursday => Weekday::Thursday,
        jiff::civil::Weekday::Friday => Weekday::Friday,
        jiff::civil::Weekday::Saturday => Weekday::Saturday,
        jiff::civil::Weekday::Sunday => Weekday::Sunday,
    }
}

type DateFormat<Fields> = Option<FixedCalendarDateTimeFormatter<Gregorian, Fields>>;

/// `None` where even the root locale has no data, which compiled data rules out; the ISO form
/// stands in.
pub(super) struct MomentFormats {
    full_date: DateFormat<YMDE>,
    long_date: DateFormat<YMD>,
    short_date: DateFormat<YMD>,
    weekday: DateFormat<E>,
    month: DateFormat<M>,
    time: Option<NoCalendarFormatter<T>>,
    /// Moments with their words: all tickets of an event show the same few.
    kept: Mutex<Vec<KeptMoment>>,
}

/// A moment that was asked for before.
struct KeptMoment {
    /// The zone as it was asked for, which may be unknown.
    zone: String,
    value: MomentValue,
}

/// A handful of events at one time; looked through in order.
const KEPT_MOMENTS: usize = 16;

impl MomentFormats {
    pub fn of(locale: &Locale) -> Self {
        let preferences = || DateTimeFormatterPreferences::from(locale);
        let four_digits = YMD::short().with_year_style(YearStyle::Full);
        Self {
            full_date: FixedCalendarDateTimeFormatter::try_new(preferences(), YMDE::long()).ok(),
            long_date: FixedCalendarDateTimeFormatter::try_new(preferences(), YMD::long()).ok(),
            short_date: FixedCalendarDateTimeFormatter::try_new(preferences(), four_digits).ok(),
            weekday: FixedCalendarDateTimeFormatter::try_new(preferences(), E::long()).ok(),
            month: FixedCalendarDateTimeFormatter::try_new(preferences(), M::long()).ok(),
            time: NoCalendarFormatter::try_new(preferences(), T::hm()).ok(),
            kept: Mutex::default(),
        }
    }

    /// A moment with its words, as it was before if it is among those asked for of late.
    pub fn moment(&self, unix_seconds: i64, zone: &str, precision: Precision) -> MomentValue {
        let is_same = |kept: &&KeptMoment| {
            kept.value.unix_seconds == unix_seconds
                && kept.value.precision == precision
                && kept.zone == zone
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = kept.iter().find(is_same) {
            return known.value.clone();
        }
        let value = self.make_moment(unix_seconds, zone, precision);
        if kept.len() >= KEPT_MOMENTS {
            // Callers choose moments: start again rather than grow.
            kept.clear();
        }
        kept.push(KeptMoment {
            zone: zone.to_owned(),
            value: value.clone(),
        });
        value
    }

    fn make_moment(&self, unix_seconds: i64, zone: &str, precision: Precision) -> MomentValue {
        let moment = local_moment(unix_seconds, zone);
        let mut local = moment.local;
        if precision == Precision::Day {
            // The contract: the time is 00:00 and means nothing.
            (local.hour, local.minute, local.second) = (0, 0, 0);
        }
        MomentValue {
            unix_seconds,
            precision,
            local,
            utc_offset_seconds: moment.utc_offset_seconds,
            zone: moment.zone,
            formatted: self.words(&local, moment.zone_name),
        }
    }

    fn words(&self, local: &LocalTime, zone_name: String) -> MomentText {
        let LocalTime {
            year,
            month,
            day,
            hour,
            minute,
            ..
        } = *local;
        let iso_date = || format!("{year:04}-{month:02}-{day:02}");
        let iso_time = || format!("{hour:02}:{minute:02}");
        let date = Date::try_new_gregorian(i32::from(year), month, day).ok();
        let time = Time::try_new(hour, minute, 0, 0).ok();
        macro_rules! date_words {
            ($format:expr, $otherwise:expr) => {
                match (&$format, &date) {
                    (Some(format), Some(date)) => format.format(date).to_string(),
                    _ => $otherwise,
                }
            };
        }
        MomentText {
            full_date: date_words!(self.full_date, iso_date()),
            long_date: date_words!(self.long_date, iso_date()),
            short_date: date_words!(self.short_date, iso_date()),
            weekday: date_words!(self.weekday, format!("{:?}", local.weekday)),
            month: date_words!(self.month, format!("{month:02}")),
            time: match (&self.time, &time) {
                (Some(format), Some(time)) => format.format(time).to_string(),
                _ => iso_time(),
            },
            zone_name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 14 November 2026, 19:30 in Zurich.
    const EVENING: i64 = 1_794_681_000;

    #[test]
    fn what_is_kept_is_what_would_be_made() {
        let formats = MomentFormats::of(&Locale::try_from_str("de").unwrap());
        for round in 0..2 {
            for day in 0..2 * KEPT_MOMENTS as i64 {
                for zone in ["Europe/Zurich", "Asia/Tokyo", "Nowhere/Known", ""] {
                    for precision in [Precision::Day, Precision::Minute] {
                        let seconds = EVENING + day * 86_400;
                        assert_eq!(
                            formats.moment(seconds, zone, precision),
                            formats.make_moment(seconds, zone, precision),
                            "{round} {day} {zone} {precision:?}"
                        );
                        assert!(formats.kept.lock().unwrap().len() <= KEPT_MOMENTS);
                    }
                }
            }
        }
    }

    fn check(locale: &str, expected: [&str; 6]) {
        let formats = MomentFormats::of(&Locale::try_from_str(locale).unwrap());
        let words = formats
            .moment(EVENING, "Europe/Zurich", Precision::Minute)
            .formatted;
        let found = [
            words.full_date,
            words.long_date,
            words.short_date,
            words.weekday,
            words.month,
            words.time,
        ];
        assert_eq!(
            found.map(|text| text.replace(['\u{a0}', '\u{202f}'], " ")),
            expected,
            "{locale}"
        );
        assert_eq!(words.zone_name, "CET");
    }

    #[test]
    fn dates_follow_the_locale() {
        check(
            "en",
            [
                "Saturday, November 14, 2026",
                "November 14, 2026",
                "11/14/2026",
                "Saturday",
                "November",
                "7:30 PM",
            ],
        );
        check(
            "en-GB",
            [
                "Saturday, 14 November 2026",
                "14 November 2026",
                "14/11/2026",
                "Saturday",
                "November",
                "19:30",
            ],
        );
        check(
            "de",
            [
                "Samstag, 14. November 2026",
                "14. November 2026",
                "14.11.2026",
                "Samstag",
                "November",
                "19:30",
            ],
        );
        check(
            "fr",
            [
                "samedi 14 novembre 2026",
                "14 novembre 2026",
                "14/11/2026",
                "samedi",
                "novembre",
                "19:30",
            ],
        );
    }

    #[test]
    fn a_moment_stands_in_its_own_zone() {
        let moment = local_moment(EVENING, "America/New_York");
        assert_eq!((moment.local.hour, moment.local.minute), (13, 30));
        assert_eq!(
            (moment.zone_name.as_str(), moment.utc_offset_seconds),
            ("EST", -18_000)
        );
        assert_eq!(
            local_moment(EVENING, "Asia/Kathmandu").zone_name,
            "UTC+5:45"
        );
        assert_eq!(local_moment(EVENING, "No/Where").zone, "UTC");
        assert_eq!(local_moment(i64::MIN, "Asia/Tokyo").local.year, 1);
        assert_eq!(local_moment(i64::MAX, "Asia/Tokyo").local.year, 9999);
        assert!(is_time_zone("Europe/Athens") && !is_time_zone("Mars/Olympus"));
    }

    #[test]
    fn a_day_has_no_time() {
        let formats = MomentFormats::of(&icu_locale_core::locale!("en"));
        let day = formats.moment(EVENING, "Europe/Zurich", Precision::Day);
        assert_eq!((day.local.hour, day.local.minute), (0, 0));
    }
}
