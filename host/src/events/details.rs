//! What an organizer says of an event, in checked types.

use jiff::Timestamp;
use jiff::civil;
use jiff::tz::TimeZone;

/// Everything that a revision of an event records.
#[derive(Clone, Debug, PartialEq)]
pub struct EventDetails {
    /// Title as printed.
    pub title: String,
    /// A few sentences.
    pub description: Option<String>,
    /// Name of the place.
    pub venue: Option<String>,
    /// Address of the place; may have several lines.
    pub address: Option<String>,
    /// Begin.
    pub starts: Option<Timestamp>,
    /// End.
    pub ends: Option<Timestamp>,
    /// When the doors open.
    pub doors: Option<Timestamp>,
    /// IANA name of the event's time zone.
    pub time_zone: String,
    /// BCP 47 tag of the language in which dates and money are written.
    pub locale: String,
    /// ISO 4217 code; prices need one.
    pub currency: Option<String>,
    /// Name of the organizer as printed, if it is not the organizer's own.
    pub organizer_name: Option<String>,
    /// Declared ticket types, in order; an event without any is open.
    pub ticket_types: Vec<TicketTypeDetails>,
    /// Template of this event.
    pub template: Option<String>,
}

/// A declared ticket type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketTypeDetails {
    /// Name, unique in the event.
    pub name: String,
    /// Price in the smallest unit of the event's currency.
    pub price_minor: Option<i64>,
    /// How often one ticket admits, 1 to 1,000.
    pub entries: u16,
    /// How many people one ticket admits together, 1 to 1,000.
    pub group_size: u16,
    /// Begin of its validity at the gate, if it is not the event's.
    pub valid_from: Option<Timestamp>,
    /// End of its validity at the gate.
    pub valid_until: Option<Timestamp>,
    /// Gates where it admits; empty for all.
    pub gates: Vec<String>,
    /// Whether its holder may leave and come back.
    pub re_entry: bool,
    /// Template of this type.
    pub template: Option<String>,
}

impl EventDetails {
    /// The type that is declared under this name.
    pub fn declared_type(&self, name: &str) -> Option<&TicketTypeDetails> {
        self.ticket_types
            .iter()
            .find(|declared| declared.name == name)
    }

    /// What the organizer's built-in event begins with.
    pub fn built_in() -> Self {
        Self {
            title: "Event".to_owned(),
            description: None,
            venue: None,
            address: None,
            starts: None,
            ends: None,
            doors: None,
            time_zone: "UTC".to_owned(),
            locale: "en".to_owned(),
            currency: None,
            organizer_name: None,
            ticket_types: Vec::new(),
            template: None,
        }
    }
}

/// Reads a moment: RFC 3339, or a local date and time (or date alone) in this zone.
///
/// # Errors
/// A sentence that says which forms are read.
pub fn parse_moment(text: &str, zone: &TimeZone) -> Result<Timestamp, &'static str> {
    const FORMS: &str = "is not a date: write 2027-05-01T20:00:00Z, or 2027-05-01T20:00 in the event's time zone, or 2027-05-01";
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp);
    }
    let local = text
        .parse::<civil::DateTime>()
        .or_else(|_| text.parse::<civil::Date>().map(civil::DateTime::from))
        .map_err(|_| FORMS)?;
    zone.to_timestamp(local).map_err(|_| FORMS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_with_and_without_an_offset() {
        let paris = TimeZone::get("Europe/Paris").unwrap();
        let check = |text: &str, expected: &str| {
            assert_eq!(parse_moment(text, &paris).unwrap().to_string(), expected);
        };
        check("2027-07-01T20:00:00Z", "2027-07-01T20:00:00Z");
        check("2027-07-01T20:00:00+02:00", "2027-07-01T18:00:00Z");
        check("2027-07-01T20:00", "2027-07-01T18:00:00Z");
        check("2027-07-01", "2027-06-30T22:00:00Z");
        assert!(parse_moment("next week", &paris).is_err());
    }
}
