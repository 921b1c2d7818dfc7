//! Moments in words: on one line where they share a day, each with its date where they do not.

use guichet_template_sdk::prelude::*;

/// A moment and what it is called.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    pub label: &'a str,
    pub moment: &'a MomentValue,
}

impl<'a> Named<'a> {
    /// A value of the event under a label, if there is one.
    pub fn of(event: Values<'a>, name: &str, label: &'a str) -> Option<Self> {
        event.moment(name).map(|moment| Self { label, moment })
    }

    /// Whether both are on one day of the calendar.
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
