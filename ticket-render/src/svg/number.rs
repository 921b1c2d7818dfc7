//! Numbers and text as SVG writes them.

use std::borrow::Cow;
use std::fmt;

use crate::length::Length;

/// A length in user units of 100 EMU, rounded to nearest.
pub(super) struct Coordinate(pub Length);

impl fmt::Display for Coordinate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = i64::from(self.0.scaled(1, 100).to_emu());
        formatter.write_str(Digits::of(units, 0).as_str())
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

impl Decimal {
    /// Writes the number, some ten times faster than [`fmt`] does.
    pub fn push_to(&self, out: &mut String) {
        out.push_str(Digits::of(self.0, 6).as_str());
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Digits::of(self.0, 6).as_str())
    }
}

/// Writes a whole number.
pub(super) fn push_integer(out: &mut String, value: i64) {
    out.push_str(Digits::of(value, 0).as_str());
}

/// A number as it is written, built from its end.
struct Digits {
    bytes: [u8; 24],
    start: usize,
}

impl Digits {
    /// The digits of `value / 10^decimals`, for at most 20 decimals.
    fn of(value: i64, decimals: u32) -> Self {
        let mut digits = Self {
            bytes: [0; 24],
            start: 24,
        };
        let mut rest = value.unsigned_abs();
        let mut decimals = decimals;
        while decimals > 0 && rest.is_multiple_of(10) {
            rest /= 10;
            decimals -= 1;
        }
        for _ in 0..decimals {
            digits.put_digit(&mut rest);
        }
        if decimals > 0 {
            digits.put(b'.');
        }
        digits.put_digit(&mut rest);
        while rest > 0 {
            digits.put_digit(&mut rest);
        }
        if value < 0 {
            digits.put(b'-');
        }
        digits
    }

    fn put_digit(&mut self, rest: &mut u64) {
        self.put(b'0' + (*rest % 10) as u8);
        *rest /= 10;
    }

    fn put(&mut self, byte: u8) {
        // 20 digits, a point and a sign are 22 bytes.
        self.start = self.start.saturating_sub(1);
        if let Some(place) = self.bytes.get_mut(self.start) {
            *place = byte;
        }
    }

    fn as_str(&self) -> &str {
        let digits = self.bytes.get(self.start..).unwrap_or_default();
        std::str::from_utf8(digits).unwrap_or_default()
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
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| !matches!(byte, b'&' | b'<' | b'>' | b'"' | ..b' ');
    // U+FFFE and U+FFFF begin with this byte, as few other characters do.
    if text.bytes().all(|byte| is_plain(byte) && byte != 0xEF) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
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
    Cow::Owned(escaped)
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
        check(Decimal::millionths(-1), "-0.000001");
        check(Decimal(i64::MIN), "-9223372036854.775808");
    }

    #[test]
    fn integers_are_whole() {
        let check = |value: i64, expected: &str| {
            let mut out = String::new();
            push_integer(&mut out, value);
            assert_eq!(out, expected);
        };
        check(0, "0");
        check(100, "100");
        check(i64::MIN, "-9223372036854775808");
    }

    #[test]
    fn text_cannot_leave_its_place() {
        assert_eq!(escape("a<b>&\"c\u{0}"), "a&lt;b&gt;&amp;&quot;c");
        assert_eq!(escape("a\u{FFFF}\u{1}é"), "aé");
        assert_eq!(escape("Zürich"), "Zürich");
    }
}
