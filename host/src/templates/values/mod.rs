//! Values as a template gets them: typed, and in words of the ticket's locale.
//!
//! Dates and numbers come from CLDR through ICU4X with the data compiled in, time zones from the
//! database that is compiled in: the same ticket reads the same on every machine.

mod fill;
mod moment;
mod money;
mod number;
mod text;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use icu_locale_core::Locale;

pub use fill::{Circumstances, Filled, OrderValues, RawValue, ValueImage, ValueProblem, fill};
pub use moment::{is_time_zone, local_moment};
pub use money::{currency_digits, is_currency};
pub use text::printable;

use super::request::MomentValue;
use super::request::Precision;

/// Locales whose formats are kept; making one takes tens of microseconds and some kilobytes.
const KEPT_LOCALES: usize = 64;

/// Formats of all locales, made when first asked for.
#[derive(Default)]
pub struct Formats {
    kept: Mutex<HashMap<String, Arc<LocaleFormats>>>,
}

impl Formats {
    /// The formats of a locale. A tag that is no locale is answered as English, and a locale
    /// without data by its nearest relative (CLDR's fallback).
    pub fn of(&self, locale: &str) -> Arc<LocaleFormats> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(formats) = kept.get(locale) {
            return Arc::clone(formats);
        }
        let formats = Arc::new(LocaleFormats::of(locale));
        if kept.len() >= KEPT_LOCALES {
            // Callers choose locales: start again rather than grow. Whoever uses many pays a little.
            kept.clear();
        }
        kept.insert(locale.to_owned(), Arc::clone(&formats));
        formats
    }
}

/// How one locale writes dates, numbers and money.
pub struct LocaleFormats {
    moments: moment::MomentFormats,
    numbers: number::NumberFormats,
    money: money::MoneyPattern,
}

impl LocaleFormats {
    /// The formats of a tag; English for one that is no locale.
    pub fn of(tag: &str) -> Self {
        let locale = Locale::try_from_str(tag).unwrap_or_else(|_| english());
        Self {
            moments: moment::MomentFormats::of(&locale),
            numbers: number::NumberFormats::of(&locale),
            money: money::MoneyPattern::of(&locale),
        }
    }

    /// A whole number with the locale's digits and grouping.
    pub fn integer(&self, value: i64) -> String {
        self.numbers.decimal(value, 0)
    }

    /// `unscaled` divided by ten to the power of `scale`, at most 18.
    pub fn decimal(&self, unscaled: i64, scale: u8) -> String {
        self.numbers.decimal(unscaled, scale)
    }

    /// An amount in the smallest unit of a currency.
    pub fn money(&self, minor_units: i64, currency: &str) -> String {
        let digits = currency_digits(currency);
        let amount = self
            .numbers
            .decimal_unsigned(minor_units.unsigned_abs(), digits);
        self.money.write(&amount, minor_units < 0, currency)
    }

    /// A moment in a time zone of the IANA database; an unknown one is read as UTC.
    pub fn moment(&self, unix_seconds: i64, zone: &str, precision: Precision) -> MomentValue {
        self.moments.moment(unix_seconds, zone, precision)
    }
}

fn english() -> Locale {
    icu_locale_core::locale!("en")
}
