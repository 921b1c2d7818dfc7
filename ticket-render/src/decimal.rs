//! Numbers as text, written the same everywhere: PDF and SVG share the syntax.

use crate::length::Length;

/// Writes thousandths: at most three decimals, no zeros at the end.
pub(crate) fn push_thousandths(out: &mut Vec<u8>, thousandths: i64) {
    push_fixed::<3>(out, thousandths);
}

/// Writes a length in points, rounded to the nearest thousandth.
pub(crate) fn push_points(out: &mut Vec<u8>, length: Length) {
    push_thousandths(out, thousandths_of_point(i64::from(length.to_emu())));
}

/// Writes a distance in EMU as points, rounded to the nearest thousandth.
pub(crate) fn push_emu(out: &mut Vec<u8>, emu: f64) {
    push_thousandths(out, thousandths_of_point(emu.round() as i64));
}

/// Writes a ratio, such as a matrix has, rounded to six decimals.
pub(crate) fn push_ratio(out: &mut Vec<u8>, ratio: f64) {
    push_fixed::<6>(out, (ratio * 1e6).round() as i64);
}

/// An EMU is 10/127 of a thousandth of a point.
fn thousandths_of_point(emu: i64) -> i64 {
    let half = if emu < 0 { -63 } else { 63 };
    (emu * 10 + half) / 127
}

/// Writes an integer.
pub(crate) fn push_integer(out: &mut Vec<u8>, value: i64) {
    push_fixed::<0>(out, value);
}

/// Writes `value / 10^DECIMALS` without zeros at the end.
fn push_fixed<const DECIMALS: usize>(out: &mut Vec<u8>, value: i64) {
    let mut digits = [0_u8; 24];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    let mut decimals = DECIMALS;
    while decimals > 0 && rest.is_multiple_of(10) {
        rest /= 10;
        decimals -= 1;
    }
    let mut put = |byte: u8| {
        at -= 1;
        digits[at] = byte;
    };
    for _ in 0..decimals {
        put(b'0' + (rest % 10) as u8);
        rest /= 10;
    }
    if decimals > 0 {
        put(b'.');
    }
    // ".5" is a number in PDF and SVG, and one byte less.
    if rest > 0 || decimals == 0 {
        loop {
            put(b'0' + (rest % 10) as u8);
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
    }
    if value < 0 {
        put(b'-');
    }
    out.extend_from_slice(digits.get(at..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(write: impl Fn(&mut Vec<u8>), expected: &str) {
        let mut out = Vec::new();
        write(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        check(|out| push_thousandths(out, 0), "0");
        check(|out| push_thousandths(out, 1_000), "1");
        check(|out| push_thousandths(out, -1_500), "-1.5");
        check(|out| push_thousandths(out, 5), ".005");
        check(|out| push_thousandths(out, -20), "-.02");
        check(|out| push_thousandths(out, 100_000), "100");
        check(|out| push_ratio(out, 0.5), ".5");
        check(|out| push_ratio(out, -1.0 / 3.0), "-.333333");
        check(|out| push_integer(out, i64::MIN), "-9223372036854775808");
        check(|out| push_integer(out, 100), "100");
    }

    #[test]
    fn lengths_are_points() {
        check(|out| push_points(out, Length::pt(-7)), "-7");
        check(|out| push_points(out, Length::mm(210)), "595.276");
        check(|out| push_points(out, Length::emu(6)), "0");
        check(|out| push_points(out, Length::emu(7)), ".001");
        check(|out| push_points(out, Length::emu(-7)), "-.001");
        check(|out| push_points(out, Length::emu(i32::MIN)), "-169093.201");
    }
}
