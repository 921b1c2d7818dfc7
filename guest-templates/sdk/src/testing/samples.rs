//! Requests for tests, in plain English formatting.

use crate::contract::{
    DecimalNumber, DecimalValue, Field, ImageValue, IntegerValue, LocalTime, Manifest, MomentText,
    MomentValue, MoneyAmount, MoneyValue, NamedValue, PageFormat, Position, Precision, Request,
    Sample, Size, Subject, Value, Weekday,
};

const SECONDS_A_DAY: i64 = 86_400;

/// A request with every field of the manifest at its sample, on the preferred page format and in the
/// preferred language. Times are UTC, formatted in English whatever the language; currencies have two
/// digits. `state` is empty: take it from what `prepare` returned if the template uses it.
#[must_use]
pub fn sample_request(manifest: &Manifest) -> Request {
    request(manifest, |_| true)
}

/// The same with nothing but the required fields.
#[must_use]
pub fn required_only(manifest: &Manifest) -> Request {
    request(manifest, |field| field.required)
}

/// Puts a value in, in place of one of the same name.
pub fn set(request: &mut Request, subject: Subject, name: &str, value: Value) {
    remove(request, subject, name);
    values_of(request, subject).push(NamedValue {
        name: name.to_owned(),
        value,
    });
}

/// Puts a text in, in place of a value of the same name.
pub fn set_text(request: &mut Request, subject: Subject, name: &str, text: &str) {
    set(request, subject, name, Value::Text(text.to_owned()));
}

/// Takes a value out.
pub fn remove(request: &mut Request, subject: Subject, name: &str) {
    values_of(request, subject).retain(|named| named.name != name);
}

fn values_of(request: &mut Request, subject: Subject) -> &mut Vec<NamedValue> {
    match subject {
        Subject::Ticket => &mut request.ticket,
        Subject::Event => &mut request.event,
        Subject::Organizer => &mut request.organizer,
    }
}

fn request(manifest: &Manifest, wanted: impl Fn(&Field) -> bool) -> Request {
    let of = |subject| {
        manifest
            .fields
            .iter()
            .zip(0u32..)
            .filter(|(field, _)| field.source == subject && wanted(field))
            .map(|(field, index)| NamedValue {
                name: field.name.clone(),
                value: value_of(&field.sample, index),
            })
            .collect()
    };
    Request {
        state: Vec::new(),
        ticket: of(Subject::Ticket),
        event: of(Subject::Event),
        organizer: of(Subject::Organizer),
        page_format: manifest
            .page_formats
            .first()
            .cloned()
            .unwrap_or(PageFormat {
                name: "a4".to_owned(),
                size: Size::A4,
            }),
        locale: manifest
            .languages
            .first()
            .cloned()
            .unwrap_or_else(|| "en".to_owned()),
        position: Position { index: 1, total: 1 },
    }
}

fn value_of(sample: &Sample, image_id: u32) -> Value {
    match sample {
        Sample::Text(text) => Value::Text(text.clone()),
        Sample::Integer(integer) => Value::Integer(IntegerValue {
            value: *integer,
            formatted: integer.to_string(),
        }),
        Sample::Decimal(decimal) => Value::Decimal(DecimalValue {
            value: *decimal,
            formatted: decimal_text(*decimal),
        }),
        Sample::Boolean(boolean) => Value::Boolean(*boolean),
        Sample::Moment(unix_seconds) => Value::Moment(moment_of(*unix_seconds)),
        Sample::Money(amount) => Value::Money(money_of(amount)),
        Sample::Image(size) => Value::Image(ImageValue {
            id: image_id,
            size: *size,
            description: None,
        }),
    }
}

fn decimal_text(decimal: DecimalNumber) -> String {
    let sign = if decimal.unscaled < 0 { "-" } else { "" };
    let scale = usize::from(decimal.scale);
    let digits = format!("{:0>1$}", decimal.unscaled.unsigned_abs(), scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let point = if scale == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

fn money_of(amount: &MoneyAmount) -> MoneyValue {
    let digits = 2;
    let number = decimal_text(DecimalNumber {
        unscaled: amount.minor_units,
        scale: digits,
    });
    MoneyValue {
        value: amount.clone(),
        digits,
        formatted: format!("{number} {}", amount.currency),
    }
}

fn moment_of(unix_seconds: i64) -> MomentValue {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let days = unix_seconds.div_euclid(SECONDS_A_DAY);
    let second_of_day = unix_seconds.rem_euclid(SECONDS_A_DAY);
    let (year, month, day) = civil_date(days);
    let (hour, minute) = (second_of_day / 3600, second_of_day / 60 % 60);
    // 1970-01-01 was a Thursday.
    let (weekday, weekday_name) = match (days + 3).rem_euclid(7) {
        0 => (Weekday::Monday, "Monday"),
        1 => (Weekday::Tuesday, "Tuesday"),
        2 => (Weekday::Wednesday, "Wednesday"),
        3 => (Weekday::Thursday, "Thursday"),
        4 => (Weekday::Friday, "Friday"),
        5 => (Weekday::Saturday, "Saturday"),
        _ => (Weekday::Sunday, "Sunday"),
    };
    let month_name = usize::try_from(month - 1)
        .ok()
        .and_then(|index| MONTHS.get(index))
        .copied()
        .unwrap_or_default();
    let long_date = format!("{day} {month_name} {year}");
    MomentValue {
        unix_seconds,
        precision: Precision::Minute,
        local: LocalTime {
            year: narrow(year),
            month: narrow(month),
            day: narrow(day),
            hour: narrow(hour),
            minute: narrow(minute),
            second: narrow(second_of_day % 60),
            weekday,
        },
        utc_offset_seconds: 0,
        zone: "Etc/UTC".to_owned(),
        formatted: MomentText {
            full_date: format!("{weekday_name}, {long_date}"),
            long_date,
            short_date: format!("{day:02}/{month:02}/{year}"),
            weekday: weekday_name.to_owned(),
            month: month_name.to_owned(),
            time: format!("{hour:02}:{minute:02}"),
            zone_name: "UTC".to_owned(),
        },
    }
}

fn narrow<T: TryFrom<i64> + Default>(number: i64) -> T {
    T::try_from(number).unwrap_or_default()
}

/// Year, month and day of a day counted from 1970-01-01, in the proleptic Gregorian calendar. Counts in
/// eras of 400 years that begin on 1 March, so that the leap day is the last of its year.
fn civil_date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let cases = [
            (0, "Thursday, 1 January 1970"),
            (951_782_400, "Tuesday, 29 February 2000"),
            (1_794_682_800, "Saturday, 14 November 2026"),
            (-86_400, "Wednesday, 31 December 1969"),
        ];
        for (unix_seconds, expected) in cases {
            assert_eq!(moment_of(unix_seconds).formatted.full_date, expected);
        }
        assert_eq!(moment_of(1_794_682_800).formatted.time, "19:00");
    }

    #[test]
    fn decimals_keep_their_zeros() {
        let text = |unscaled, scale| decimal_text(DecimalNumber { unscaled, scale });
        assert_eq!(text(5, 2), "0.05");
        assert_eq!(text(-1250, 2), "-12.50");
        assert_eq!(text(7, 0), "7");
    }
}
