//! Moments in words: on one line where they share a day, each with its date where they do not.

use crate::contract::{MomentText, MomentValue, Precision};
use crate::values::Values;
use crate::words::Words;

/// A moment and what it is called.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Such as "Doors".
    pub label: &'a str,
    /// When it is.
    pub moment: &'a MomentValue,
}

impl<'a> Named<'a> {
    /// A value under a label, if there is one.
    #[must_use]
    pub fn of(values: Values<'a>, name: &str, label: &'a str) -> Option<Self> {
        values.moment(name).map(|moment| Self { label, moment })
    }

    /// Whether both are on one day of the calendar.
    #[must_use]
    pub fn shares_day(self, other: Named<'_>) -> bool {
        self.moment.formatted.full_date == other.moment.formatted.full_date
    }
}

/// "Doors 19:00 · Start 20:00", of those whose time is known.
pub fn clock_line<'a>(moments: impl IntoIterator<Item = Named<'a>>) -> Option<String> {
    let known: Vec<String> = moments
        .into_iter()
        .filter(|named| named.moment.precision == Precision::Minute)
        // No-break spaces keep each time with its label.
        .map(|Named { label, moment }| {
            format!("{label} {}", moment.formatted.time).replace(' ', "\u{a0}")
        })
        .collect();
    (!known.is_empty()).then(|| known.join(" · "))
}

/// "Saturday, 14 November 2026, 20:00 (CET)".
#[must_use]
pub fn in_words(moment: &MomentValue) -> String {
    let MomentText {
        full_date,
        time,
        zone_name,
        ..
    } = &moment.formatted;
    match moment.precision {
        Precision::Day => full_date.clone(),
        Precision::Minute => format!("{full_date}, {time} ({zone_name})"),
    }
}

/// When an event is, in the lines that a ticket prints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// The day on which it begins.
    pub day: Option<String>,
    /// "to Monday, 16 November 2026", of an event of several days.
    pub last_day: Option<String>,
    /// "Doors 18:00 · Start 19:00".
    pub clock: Option<String>,
}

impl When {
    /// Of an event's values `doors`, `starts` and `ends`. `date` picks the form of the days, such as
    /// `|text| &text.full_date`.
    #[must_use]
    pub fn of(event: Values<'_>, words: &Words, date: fn(&MomentText) -> &String) -> Self {
        // An event that lasts longer is one of several days: a concert that ends after midnight is not.
        const SEVERAL_DAYS_SECONDS: i64 = 20 * 3600;
        let starts = event.moment("starts");
        let last_day = starts
            .zip(event.moment("ends"))
            .filter(|(starts, ends)| ends.unix_seconds - starts.unix_seconds > SEVERAL_DAYS_SECONDS)
            .map(|(_, ends)| format!("{} {}", words.until, date(&ends.formatted)));
        let moments = [
            Named::of(event, "doors", words.doors),
            Named::of(event, "starts", words.starts),
        ];
        Self {
            day: starts.map(|starts| date(&starts.formatted).clone()),
            last_day,
            clock: clock_line(moments.into_iter().flatten()),
        }
    }
}
