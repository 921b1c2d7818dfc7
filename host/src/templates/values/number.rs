//! Whole and decimal numbers.

use icu_decimal::input::Decimal;
use icu_decimal::options::DecimalFormatterOptions;
use icu_decimal::{DecimalFormatter, DecimalFormatterPreferences};
use icu_locale_core::Locale;

/// More digits than an `i64` has.
const MOST_DIGITS: u8 = 18;

pub(super) struct NumberFormats {
    /// `None` if even the root locale has no data, which compiled data rules out.
    formatter: Option<DecimalFormatter>,
}

impl NumberFormats {
    pub fn of(locale: &Locale) -> Self {
        let preferences = DecimalFormatterPreferences::from(locale);
        let formatter =
            DecimalFormatter::try_new(preferences, DecimalFormatterOptions::default()).ok();
        Self { formatter }
    }

    pub fn decimal(&self, unscaled: i64, scale: u8) -> String {
        self.write(&shifted(Decimal::from(unscaled), scale))
    }

    pub fn decimal_unsigned(&self, unscaled: u64, scale: u8) -> String {
        self.write(&shifted(Decimal::from(unscaled), scale))
    }

    fn write(&self, number: &Decimal) -> String {
        match &self.formatter {
            Some(formatter) => formatter.format(number).to_string(),
            None => number.to_string(),
        }
    }
}

fn shifted(mut number: Decimal, scale: u8) -> Decimal {
    let scale = i16::from(scale.min(MOST_DIGITS));
    number.multiply_pow10(-scale);
    // All digits after the point are meant: 12.50, not 12.5.
    number.absolute.pad_end(-scale);
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(locale: &str, unscaled: i64, scale: u8, expected: &str) {
        let formats = NumberFormats::of(&Locale::try_from_str(locale).unwrap());
        assert_eq!(formats.decimal(unscaled, scale), expected, "{locale}");
    }

    #[test]
    fn numbers_follow_the_locale() {
        check("en", 123_450, 2, "1,234.50");
        check("de", 123_450, 2, "1.234,50");
        check("fr", 123_450, 2, "1\u{202f}234,50");
        check("de-CH", 1_234_567, 0, "1'234'567");
        check("en", -5, 0, "-5");
        check("en", i64::MIN, 18, "-9.223372036854775808");
        check("en", 0, 2, "0.00");
    }
}
