//! What one call of `layout` is told: values that are typed, formatted and ready to print.
//!
//! A guest sees no more of a person than its manifest lists, and never a token, key or clock.

use super::manifest::PageFormat;

/// One ticket to lay out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayoutRequest {
    /// The ticket's values, in the manifest's order.
    pub ticket: Vec<NamedValue>,
    /// The event's values, in the manifest's order.
    pub event: Vec<NamedValue>,
    /// The organizer's values, in the manifest's order.
    pub organizer: Vec<NamedValue>,
    /// The page to fill.
    pub page_format: PageFormat,
    /// BCP 47 tag of the language to write in.
    pub locale: String,
    /// Which ticket of its order.
    pub position: Position,
}

/// Which ticket of its order: "2 of 3".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Counted from 1.
    pub index: u32,
    /// At least `index`.
    pub total: u32,
}

impl Position {
    /// A ticket sold alone.
    pub const ALONE: Self = Self { index: 1, total: 1 };
}

/// A value under its name in the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedValue {
    /// The name.
    pub name: String,
    /// The value.
    pub value: Value,
}

/// A value with its words in the request's locale.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text in Unicode normalization form C; never empty.
    Text(String),
    /// A whole number.
    Integer {
        /// The number.
        value: i64,
        /// In the locale's digits and grouping.
        formatted: String,
    },
    /// `unscaled` divided by ten to the power of `scale`.
    Decimal {
        /// All digits.
        unscaled: i64,
        /// Digits after the point, 0 to 18.
        scale: u8,
        /// In the locale's digits, grouping and sign.
        formatted: String,
    },
    /// Yes or no.
    Boolean(bool),
    /// A point in time.
    Moment(MomentValue),
    /// An amount of money.
    Money {
        /// In the smallest unit.
        minor_units: i64,
        /// Three capital letters of ISO 4217.
        currency: String,
        /// Digits after the point in this currency.
        digits: u8,
        /// In the locale's words.
        formatted: String,
    },
    /// An image; its pixels stay with the host.
    Image {
        /// Names it in this call's answer.
        id: u32,
        /// Pixels across.
        width_px: u32,
        /// Pixels down.
        height_px: u32,
        /// What it shows.
        description: Option<String>,
    },
}

/// A point in time in its own zone, with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MomentValue {
    /// Seconds since 1970 in UTC.
    pub unix_seconds: i64,
    /// How exactly it is known.
    pub precision: Precision,
    /// What calendar and wall clock show there.
    pub local: LocalTime,
    /// Seconds that local time is ahead of UTC.
    pub utc_offset_seconds: i32,
    /// The zone's name in the IANA database.
    pub zone: String,
    /// In words of the locale.
    pub formatted: MomentText,
}

/// How exactly a moment is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// To the day; the time means nothing.
    Day,
    /// To the minute.
    Minute,
}

/// What a calendar and a wall clock show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "as their names say; months and days count from 1"
)]
pub struct LocalTime {
    pub year: u16,
    pub month: u8,
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub weekday: Weekday,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the seven days")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A moment in words; none is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MomentText {
    /// `Saturday, 14 November 2026`
    pub full_date: String,
    /// `14 November 2026`
    pub long_date: String,
    /// `14/11/2026`
    pub short_date: String,
    /// `Saturday`
    pub weekday: String,
    /// `November`
    pub month: String,
    /// `19:30`
    pub time: String,
    /// `CET`
    pub zone_name: String,
}
