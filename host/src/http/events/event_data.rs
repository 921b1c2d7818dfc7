//! How callers describe an event: the body of `/api/events` and the `eventData` of an order.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::events::{EventDetails, TicketTypeDetails, parse_moment};
use crate::http::error::FieldProblem;
use crate::http::openapi::{
    CallerIdWord, CurrencyWord, GateWord, LanguageWord, MomentWord, NameWord, ParagraphWord,
    TimeZoneWord, TitleWord, TypeWord,
};
use crate::issue::{Lines, TypeName, printable};

/// Longest title in characters.
pub const MAX_TITLE_CHARS: usize = 200;
/// Longest text in characters.
pub const MAX_TEXT_CHARS: usize = 2_000;
const MAX_TYPES: usize = 1_000;
const MAX_GATES: usize = 100;

/// An event. Dates are RFC 3339, or local in `timeZone`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    {
        "id": "gala-2027", "title": "Gala", "eventDate": "2027-05-01T20:00", "endDate": "2027-05-02T01:00",
        "doorsAt": "2027-05-01T19:00", "location": "Stadthalle", "address": "Ring 1\nBerlin",
        "timeZone": "Europe/Berlin", "locale": "de", "currency": "EUR",
        "ticketTypes": [
            { "name": "standard", "price": 4900 },
            { "name": "vip", "price": 9900, "gates": ["north"], "reEntry": true },
        ],
    }
))]
pub struct EventData {
    /// The caller's own id.
    #[schema(value_type = Option<CallerIdWord>, inline)]
    pub id: Option<String>,
    /// Title as printed; required.
    #[serde(alias = "name")]
    #[schema(value_type = TitleWord, inline, required, extensions(("x-aliases" = json!(["name"]))))]
    pub title: Option<String>,
    /// Begin.
    #[serde(alias = "date", alias = "startsAt")]
    #[schema(value_type = Option<MomentWord>, inline, extensions(("x-aliases" = json!(["date", "startsAt"]))))]
    pub event_date: Option<String>,
    /// End.
    #[serde(alias = "endsAt")]
    #[schema(value_type = Option<MomentWord>, inline, extensions(("x-aliases" = json!(["endsAt"]))))]
    pub end_date: Option<String>,
    /// When the doors open.
    #[serde(alias = "doors")]
    #[schema(value_type = Option<MomentWord>, inline, extensions(("x-aliases" = json!(["doors"]))))]
    pub doors_at: Option<String>,
    /// Name of the place.
    #[serde(alias = "venue")]
    #[schema(value_type = Option<NameWord>, inline, extensions(("x-aliases" = json!(["venue"]))))]
    pub location: Option<String>,
    /// Address of the place; may have several lines.
    #[schema(value_type = Option<ParagraphWord>, inline)]
    pub address: Option<String>,
    /// IANA time zone; UTC if none.
    #[schema(value_type = Option<TimeZoneWord>, inline)]
    pub time_zone: Option<String>,
    /// BCP 47 tag; `en` if none.
    #[schema(value_type = Option<LanguageWord>, inline)]
    pub locale: Option<String>,
    /// ISO 4217 code.
    #[schema(value_type = Option<CurrencyWord>, inline)]
    pub currency: Option<String>,
    /// A few sentences.
    #[schema(value_type = Option<ParagraphWord>, inline)]
    pub description: Option<String>,
    /// Name of the organizer as printed.
    #[serde(rename = "organizer_name", alias = "organizerName")]
    #[schema(value_type = Option<NameWord>, inline, extensions(("x-aliases" = json!(["organizerName"]))))]
    pub organizer_name: Option<String>,
    /// The types of tickets; without any, the event is open to all.
    #[serde(default)]
    #[schema(max_items = 1000)]
    pub ticket_types: Vec<TicketTypeData>,
    /// The template of this event's tickets.
    pub template: Option<String>,
}

/// A type of tickets.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TicketTypeData {
    /// Name, unique in the event.
    #[schema(value_type = TypeWord, inline)]
    pub name: String,
    /// Price in the smallest unit of the event's currency.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub price: Option<i64>,
    /// How often one ticket admits, 1 to 1,000; once if not given.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000)]
    pub entries: Option<u16>,
    /// How many people one ticket admits together, 1 to 1,000; one if not given.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1000)]
    pub group_size: Option<u16>,
    /// When the gate begins to admit it.
    #[serde(default)]
    #[schema(value_type = Option<MomentWord>, inline)]
    pub valid_from: Option<String>,
    /// When the gate ceases to admit it.
    #[serde(default)]
    #[schema(value_type = Option<MomentWord>, inline)]
    pub valid_until: Option<String>,
    /// Gates that admit it; all if empty.
    #[serde(default)]
    #[schema(value_type = Vec<GateWord>, inline, max_items = 100)]
    pub gates: Vec<String>,
    /// Whether its holder may leave and come back.
    #[serde(default)]
    pub re_entry: bool,
    /// The template of this type's tickets.
    #[serde(default)]
    pub template: Option<String>,
}

impl EventData {
    /// Checked details.
    ///
    /// # Errors
    /// Every problem found.
    pub fn into_details(self) -> Result<EventDetails, Vec<FieldProblem>> {
        let mut check = Check::default();
        let title = match &self.title {
            Some(title) => check.text("title", Some(title), MAX_TITLE_CHARS, Lines::One),
            None => check.fail("title", "is required"),
        };
        let time_zone = self.time_zone.unwrap_or_else(|| "UTC".to_owned());
        let zone = match TimeZone::get(&time_zone) {
            Ok(zone) => zone,
            Err(_) => {
                check.fail::<()>("timeZone", "is not an IANA time zone such as Europe/Paris");
                TimeZone::UTC
            }
        };
        let starts = check.moment("eventDate", self.event_date.as_deref(), &zone);
        let ends = check.moment("endDate", self.end_date.as_deref(), &zone);
        let doors = check.moment("doorsAt", self.doors_at.as_deref(), &zone);
        if let (Some(starts), Some(ends)) = (starts, ends)
            && ends < starts
        {
            check.fail::<()>("endDate", "lies before eventDate");
        }
        let locale = self.locale.unwrap_or_else(|| "en".to_owned());
        let tag_like = |part: &str| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        if locale.len() > 35 || !locale.split('-').all(tag_like) {
            check.fail::<()>("locale", "must be a BCP 47 tag such as en or de-CH");
        }
        let currency = self.currency.and_then(|code| {
            if code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
                Some(code)
            } else {
                check.fail(
                    "currency",
                    "must be three capital letters of ISO 4217, such as EUR",
                )
            }
        });
        if self.ticket_types.len() > MAX_TYPES {
            check.fail::<()>("ticketTypes", "holds more than 1000 types");
        }
        let mut ticket_types: Vec<TicketTypeDetails> = Vec::new();
        for (index, data) in self.ticket_types.iter().take(MAX_TYPES).enumerate() {
            let details = check.ticket_type(index, data, &zone);
            if ticket_types.iter().any(|known| known.name == details.name) {
                check.fail::<()>(&format!("ticketTypes[{index}].name"), "is declared twice");
            }
            if details.price_minor.is_some() && currency.is_none() {
                check.fail::<()>("currency", "is required when a ticket type has a price");
            }
            ticket_types.push(details);
        }
        let details = EventDetails {
            title: title.unwrap_or_default(),
            description: check.text(
                "description",
                self.description.as_deref(),
                MAX_TEXT_CHARS,
                Lines::Many,
            ),
            venue: check.text(
                "location",
                self.location.as_deref(),
                MAX_TITLE_CHARS,
                Lines::One,
            ),
            address: check.text(
                "address",
                self.address.as_deref(),
                MAX_TEXT_CHARS,
                Lines::Many,
            ),
            starts,
            ends,
            doors,
            time_zone,
            locale,
            currency,
            organizer_name: check.text(
                "organizer_name",
                self.organizer_name.as_deref(),
                MAX_TITLE_CHARS,
                Lines::One,
            ),
            ticket_types,
            template: self.template,
        };
        if check.problems.is_empty() {
            Ok(details)
        } else {
            Err(check.problems)
        }
    }
}

#[derive(Default)]
struct Check {
    problems: Vec<FieldProblem>,
}

impl Check {
    fn fail<T>(&mut self, field: &str, message: &str) -> Option<T> {
        self.problems.push(FieldProblem::new(field, message));
        None
    }

    fn text(
        &mut self,
        field: &str,
        text: Option<&str>,
        max: usize,
        lines: Lines,
    ) -> Option<String> {
        let text = text.filter(|text| !text.trim().is_empty() || field == "title")?;
        match printable(text, max, lines) {
            Ok(text) => Some(text),
            Err(error) => self.fail(field, &error.to_string()),
        }
    }

    fn moment(&mut self, field: &str, text: Option<&str>, zone: &TimeZone) -> Option<Timestamp> {
        match parse_moment(text?, zone) {
            Ok(moment) => Some(moment),
            Err(message) => self.fail(field, message),
        }
    }

    fn ticket_type(
        &mut self,
        index: usize,
        data: &TicketTypeData,
        zone: &TimeZone,
    ) -> TicketTypeDetails {
        let at = |field: &str| format!("ticketTypes[{index}].{field}");
        let name = match TypeName::new(&data.name) {
            Ok(name) => name.as_str().to_owned(),
            Err(error) => {
                self.fail::<()>(&at("name"), &error.to_string());
                String::new()
            }
        };
        let mut bounded = |field: &str, value: Option<u16>| {
            let value = value.unwrap_or(1);
            if !(1..=1_000).contains(&value) {
                self.fail::<()>(&at(field), "must be 1 to 1000");
            }
            value
        };
        let entries = bounded("entries", data.entries);
        let group_size = bounded("groupSize", data.group_size);
        if data.price.is_some_and(|price| price < 0) {
            self.fail::<()>(&at("price"), "must not be negative");
        }
        if data.gates.len() > MAX_GATES {
            self.fail::<()>(&at("gates"), "holds more than 100 gates");
        }
        for gate in &data.gates {
            if printable(gate, 32, Lines::One).is_err() || gate.len() > 32 {
                self.fail::<()>(&at("gates"), "each gate has 1 to 32 printable bytes");
            }
        }
        let valid_from = self.moment(&at("validFrom"), data.valid_from.as_deref(), zone);
        let valid_until = self.moment(&at("validUntil"), data.valid_until.as_deref(), zone);
        if let (Some(from), Some(until)) = (valid_from, valid_until)
            && until <= from
        {
            self.fail::<()>(&at("validUntil"), "must lie after validFrom");
        }
        TicketTypeDetails {
            name,
            price_minor: data.price,
            entries,
            group_size,
            valid_from,
            valid_until,
            gates: data.gates.clone(),
            re_entry: data.re_entry,
            template: data.template.clone(),
        }
    }
}
