//! Numbers and text as SVG writes them.

use std::fmt;

use crate::length::Length;

/// A length in user units of 100 EMU, rounded to nearest.
pub(super) struct Coordinate(pub Length);

impl fmt::Display for Coordinate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.scaled(1, 100).to_emu().fmt(formatter)
    }
}

/// A decimal number of six digits after the point, written without idle zeros. Exact arithmetic:
/// the same digits on every machine.
pub(super) struct Decimal(i64);

const MILLION: i64 = 1_000_000;

impl Decimal {
    /// `numerator / denominator`, rounded to nearest; zero for a denominator of zero.
    pub fn of_ratio(numerator: i32, denominator: i32) -> Self {
        if denominator == 0 {
            return Self(0);
        }
        let (scaled, divisor) = (i64::from(numerator) * MILLION, i64::from(denominator));
        let half = divisor.abs() / 2 * scaled.signum();
        Self((scaled + half) / divisor)
    }

    /// So many millionths.
    pub fn millionths(value: i32) -> Self {
        Self(i64::from(value))
    }

    /// So many thousandths.
    pub fn thousandths(value: i32) -> Self {
        Self(i64::from(value) * 1000)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let magnitude = self.0.unsigned_abs();
        let (whole, fraction) = (magnitude / MILLION as u64, magnitude % MILLION as u64);
        if self.0 < 0 {
            formatter.write_str("-")?;
        }
        write!(formatter, "{whole}")?;
        if fraction == 0 {
            return Ok(());
        }
        let digits = format!("{fraction:06}");
        write!(formatter, ".{}", digits.trim_end_matches('0'))
    }
}

/// A glyph coordinate, which fonts may give in halves or sixteenths.
pub(super) struct FontUnits(pub f32);

impl fmt::Display for FontUnits {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (self.0 * 100.0).round() as i32;
        Decimal::of_ratio(hundredths, 100).fmt(formatter)
    }
}

/// Text for attributes and content. Characters that XML 1.0 forbids are left out.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{0}'..='\u{8}'
            | '\u{B}'
            | '\u{C}'
            | '\u{E}'..='\u{1F}'
            | '\u{FFFE}'
            | '\u{FFFF}' => {}
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_short_and_exact() {
        let check = |decimal: Decimal, expected: &str| assert_eq!(decimal.to_string(), expected);
        check(Decimal::of_ratio(210 * 36_000, 36_000), "210");
        check(Decimal::of_ratio(1, 3), "0.333333");
        check(Decimal::of_ratio(-2, 3), "-0.666667");
        check(Decimal::of_ratio(1, 0), "0");
        check(Decimal::thousandths(-500), "-0.5");
    }

    #[test]
    fn text_cannot_leave_its_place() {
        assert_eq!(escape("a<b>&\"c\u{0}"), "a&lt;b&gt;&amp;&quot;c");
    }
}
