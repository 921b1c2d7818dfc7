//! The formatters of one locale.

use icu::calendar::Gregorian;
use icu::datetime::input::{Date, DateTime, Time};
use icu::datetime::{FixedCalendarDateTimeFormatter, NoCalendarFormatter, fieldsets};
use icu::decimal::input::Decimal;
use icu::decimal::DecimalFormatter;
use icu::locale::Locale;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::currency::{currency_digits, currency_sign, sign_comes_first};
use crate::templates::request::{LocalTime, MomentText, MomentValue, Precision, Value, Weekday};

type DateWords<Fields> = FixedCalendarDateTimeFormatter<Gregorian, Fields>;

/// Writes values in one locale. Making one loads the locale's patterns, so keep it.
pub struct Words {
    language: String,
    full_date: DateWords<fieldsets::YMDE>,
    long_date: DateWords<fieldsets::YMD>,
    short_date: DateWords<fieldsets::YMD>,
    weekday: DateWords<fieldsets::E>,
    month: DateWords<fieldsets::M>,
    time: NoCalendarFormatter<fieldsets::T>,
    number: DecimalFormatter,
}

/// Why values cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// Not a language tag.
    #[error("\"{0}\" is not a BCP 47 language tag")]
    Locale(String),
    /// The locale's patterns are missing or the moment is out of range.
    #[error("the locale's patterns cannot be used: {0}")]
    Pattern(String),
}

impl Words {
    /// The formatters of a BCP 47 locale; one that is not known falls back to its language, and a
    /// language that is not known to neutral forms.
    ///
    /// # Errors
    /// [`WordsError`].
    pub fn of(locale: &str) -> Result<Self, WordsError> {
        let parsed: Locale = locale.parse().map_err(|_| WordsError::Locale(locale.to_owned()))?;
        let language = parsed.id.language.to_string();
        fn loaded<T, E: std::fmt::Display>(result: Result<T, E>) -> Result<T, WordsError> {
            result.map_err(|error| WordsError::Pattern(error.to_string()))
        }
        let dates = || (&parsed).into();
        Ok(Self {
            language,
            full_date: loaded(DateWords::try_new(dates(), fieldsets::YMDE::long()))?,
            long_date: loaded(DateWords::try_new(dates(), fieldsets::YMD::long()))?,
            short_date: loaded(DateWords::try_new(dates(), fieldsets::YMD::short()))?,
            weekday: loaded(DateWords::try_new(dates(), fieldsets::E::long()))?,
            month: loaded(DateWords::try_new(dates(), fieldsets::M::long()))?,
            time: loaded(NoCalendarFormatter::try_new(dates(), fieldsets::T::hm()))?,
            number: loaded(DecimalFormatter::try_new((&parsed).into(), Default::default()))?,
        })
    }

    /// A whole number.
    pub fn integer(&self, value: i64) -> Value {
        Value::Integer { value, formatted: self.number.format_to_string(&Decimal::from(value)) }
    }

    /// `unscaled` divided by ten to the power of `scale` (0 to 18).
    pub fn decimal(&self, unscaled: i64, scale: u8) -> Value {
        Value::Decimal { unscaled, scale, formatted: self.scaled(unscaled, scale) }
    }

    /// An amount in the smallest unit of an ISO 4217 currency.
    pub fn money(&self, minor_units: i64, currency: &str) -> Value {
        let digits = currency_digits(currency);
        let number = self.scaled(minor_units, digits);
        let sign = currency_sign(currency);
        // A no-break space keeps sign and number on one line.
        let formatted = match (sign_comes_first(&self.language), sign.chars().count() > 1) {
            (true, false) => format!("{sign}{number}"),
            (true, true) => format!("{sign}\u{A0}{number}"),
            (false, _) => format!("{number}\u{A0}{sign}"),
        };
        Value::Money { minor_units, currency: currency.to_owned(), digits, formatted }
    }

    /// A moment as its zone's calendars and clocks show it.
    ///
    /// # Errors
    /// [`WordsError::Pattern`] for years before 1 or after 9999.
    pub fn moment(
        &self,
        at: Timestamp,
        zone: &TimeZone,
        precision: Precision,
    ) -> Result<Value, WordsError> {
        let out_of_range = || WordsError::Pattern("the year is out of range".to_owned());
        let local = at.to_zoned(zone.clone());
        let (year, month, day) = (local.year(), local.month(), local.day());
        let number = |value: i8| u8::try_from(value).map_err(|_| out_of_range());
        let parts = LocalTime {
            year: u16::try_from(year).ok().filter(|year| *year > 0).ok_or_else(out_of_range)?,
            month: number(month)?,
            day: number(day)?,
            hour: number(local.hour())?,
            minute: number(local.minute())?,
            second: number(local.second())?,
            weekday: weekday_of(local.weekday()),
        };
        let date = Date::try_new_gregorian(i32::from(parts.year), parts.month, parts.day)
            .map_err(|_| out_of_range())?;
        let time = Time::try_new(parts.hour, parts.minute, parts.second, 0)
            .map_err(|_| out_of_range())?;
        let moment = DateTime { date, time };
        let formatted = MomentText {
            full_date: self.full_date.format(&moment).to_string(),
            long_date: self.long_date.format(&moment).to_string(),
            short_date: self.short_date.format(&moment).to_string(),
            weekday: self.weekday.format(&moment).to_string(),
            month: self.month.format(&moment).to_string(),
            time: self.time.format(&time).to_string(),
            zone_name: zone_name(&local),
        };
        Ok(Value::Moment(MomentValue {
            unix_seconds: at.as_second(),
            precision,
            local: parts,
            utc_offset_seconds: local.offset().seconds(),
            zone: zone.iana_name().unwrap_or("UTC").to_owned(),
            formatted,
        }))
    }

    fn scaled(&self, unscaled: i64, scale: u8) -> String {
        let mut decimal = Decimal::from(unscaled);
        decimal.multiply_pow10(-i16::from(scale));
        self.number.format_to_string(&decimal)
    }
}

fn weekday_of(weekday: jiff::civil::Weekday) -> Weekday {
    use jiff::civil::Weekday as Day;
    match weekday {
        Day::Monday => Weekday::Monday,
        Day::Tuesday => Weekday::Tuesday,
        Day::Wednesday => Weekday::Wednesday,
        Day::Thursday => Weekday::Thursday,
        Day::Friday => Weekday::Friday,
        Day::Saturday => Weekday::Saturday,
        Day::Sunday => Weekday::Sunday,
    }
}

/// `CET`, or `UTC+1` where the zone has digits for a name.
fn zone_name(local: &jiff::Zoned) -> String {
    let info = local.time_zone().to_offset_info(local.timestamp());
    let abbreviation = info.abbreviation();
    if abbreviation.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return abbreviation.to_owned();
    }
    let seconds = local.offset().seconds();
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    match (minutes / 60, minutes % 60) {
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, minutes) => format!("UTC{sign}{hours}:{minutes:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENING: Timestamp = Timestamp::constant(1_794_681_000, 0); // 2026-11-14T18:30:00Z

    fn moment(locale: &str, zone: &str) -> MomentText {
        let zone = TimeZone::get(zone).unwrap();
        match Words::of(locale).unwrap().moment(EVENING, &zone, Precision::Minute).unwrap() {
            Value::Moment(moment) => moment.formatted,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn moments_are_written_as_the_locale_writes_them() {
        let check = |locale: &str, full: &str, time: &str, zone: &str| {
            let text = moment(locale, "Europe/Zurich");
            assert_eq!((text.full_date.as_str(), text.time.as_str()), (full, time), "{locale}");
            assert_eq!(text.zone_name, zone);
        };
        check("en-GB", "Saturday 14 November 2026", "19:30", "CET");
        check("de", "Samstag, 14. November 2026", "19:30", "CET");
        check("fr", "samedi 14 novembre 2026", "19:30", "CET");
        check("el", "Σάββατο 14 Νοεμβρίου 2026", "7:30\u{202f}μ.μ.", "CET");
        assert_eq!(moment("en", "Asia/Kathmandu").zone_name, "UTC+5:45");
        assert_eq!(moment("fr", "Europe/Paris").month, "novembre");
    }

    #[test]
    fn money_stands_as_custom_has_it() {
        let check = |locale: &str, minor, currency: &str, expected: &str| {
            match Words::of(locale).unwrap().money(minor, currency) {
                Value::Money { formatted, .. } => assert_eq!(formatted, expected, "{locale}"),
                other => panic!("{other:?}"),
            }
        };
        check("en", 1_250, "EUR", "€12.50");
        check("de", 125_000, "EUR", "1.250,00\u{A0}€");
        check("fr", 125_000, "EUR", "1\u{202F}250,00\u{A0}€");
        check("ja", 1_250, "JPY", "¥1,250");
        check("en", 1_250, "CHF", "CHF\u{A0}12.50");
        check("en", 0, "GBP", "£0.00");
    }

    #[test]
    fn what_is_no_locale_is_said_to_be_none() {
        assert!(matches!(Words::of("not a locale"), Err(WordsError::Locale(_))));
        assert!(Words::of("tlh").is_ok());
    }
}
