//! Lengths of time as people write them.

use jiff::SignedDuration;

/// Longest life of a token. Whoever needs more needs a key that can be withdrawn.
const LONGEST: SignedDuration = SignedDuration::from_hours(10 * 366 * 24);

/// A length of time such as `90s`, `15m`, `24h` or `30d`: at least a second, at most ten years.
///
/// # Errors
/// What would be right.
pub fn length_of_time(text: &str) -> Result<SignedDuration, String> {
    const FORMS: &str = "write a whole number and a unit, such as 90s, 15m, 24h or 30d";
    let (number, unit_s) = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400)]
        .into_iter()
        .find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)))
        .ok_or(FORMS)?;
    let number: u32 = number.parse().map_err(|_| FORMS)?;
    let length = SignedDuration::from_secs(i64::from(number) * unit_s);
    if length.is_zero() || length > LONGEST {
        return Err(format!("must be 1s to {}d", LONGEST.as_hours() / 24));
    }
    Ok(length)
}

/// In the largest unit that counts it whole, so that it can be given back.
pub fn in_words(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    for (unit, unit_s) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds % unit_s == 0 {
            return format!("{}{unit}", seconds / unit_s);
        }
    }
    format!("{seconds}s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_have_a_unit_and_a_bound() {
        let check = |text: &str, seconds: Option<i64>| {
            assert_eq!(
                length_of_time(text).ok().map(|length| length.as_secs()),
                seconds,
                "{text}"
            );
        };
        check("90s", Some(90));
        check("15m", Some(900));
        check("24h", Some(86_400));
        check("30d", Some(2_592_000));
        check("3660d", Some(316_224_000));
        check("3661d", None);
        check("0h", None);
        check("-1h", None);
        check("24", None);
        check("h", None);
        check("1.5h", None);
        check("4294967296s", None);
        check("", None);
    }

    #[test]
    fn what_is_shown_can_be_given_back() {
        for text in ["90s", "15m", "25h", "30d"] {
            assert_eq!(in_words(length_of_time(text).unwrap()), text);
        }
    }
}
