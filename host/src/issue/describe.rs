//! What a template is told of a ticket: the values that its manifest lists, and no others.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::order::CustomValue;
use super::ticket_values::TicketValues;
use crate::events::EventDetails;
use crate::storage::Organizer;
use crate::templates::manifest::{Field, Manifest, Sample, Subject};
use crate::templates::request::{LayoutRequest, NamedValue, Position, Precision, Value};
use crate::templates::values::Words;

/// Everything that could be told.
pub struct ValueSources<'a> {
    /// The organizer.
    pub organizer: &'a Organizer,
    /// The caller's id of the event.
    pub event_id: &'a str,
    /// The event.
    pub event: &'a EventDetails,
    /// Name of the ticket type.
    pub type_name: &'a str,
    /// The short number for people.
    pub ticket_number: &'a str,
    /// Time of issue.
    pub issued: Timestamp,
    /// The order's values.
    pub values: &'a TicketValues,
}

/// A value that the template needs and the order does not give, or gives in another type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfitValue {
    /// Path in the order.
    pub field: String,
    /// What is wrong and what to send.
    pub message: String,
}

/// Collects the values that a manifest lists.
///
/// # Errors
/// [`UnfitValue`] for a required value that is missing, or one of another type.
pub fn layout_request(
    manifest: &Manifest,
    sources: &ValueSources<'_>,
) -> Result<LayoutRequest, UnfitValue> {
    let locale = sources.values.language.as_deref().unwrap_or(&sources.event.locale);
    let unfit = |error: String| UnfitValue { field: "language".to_owned(), message: error };
    let words = Words::of(locale).map_err(|error| unfit(error.to_string()))?;
    let zone = TimeZone::get(&sources.event.time_zone).unwrap_or(TimeZone::UTC);
    let teller = Teller { sources, words: &words, zone: &zone };
    let mut lists = [Vec::new(), Vec::new(), Vec::new()];
    for field in &manifest.fields {
        let value = teller.value_of(field)?;
        let Some(value) = value else {
            if field.required {
                return Err(UnfitValue {
                    field: order_path(field),
                    message: format!("the template \"{}\" needs it: {}", manifest.name, field.description),
                });
            }
            continue;
        };
        let [ticket, event, organizer] = &mut lists;
        let list = match field.subject {
            Subject::Ticket => ticket,
            Subject::Event => event,
            Subject::Organizer => organizer,
        };
        list.push(NamedValue { name: field.name.clone(), value });
    }
    let [ticket, event, organizer] = lists;
    let (index, total) = sources.values.position;
    let page_format = manifest.page_formats.first().cloned().ok_or_else(|| UnfitValue {
        field: "options.template".to_owned(),
        message: "the template has no page format".to_owned(),
    })?;
    Ok(LayoutRequest {
        ticket,
        event,
        organizer,
        page_format,
        locale: locale.to_owned(),
        position: Position { index, total },
    })
}

struct Teller<'a> {
    sources: &'a ValueSources<'a>,
    words: &'a Words,
    zone: &'a TimeZone,
}

impl Teller<'_> {
    fn value_of(&self, field: &Field) -> Result<Option<Value>, UnfitValue> {
        let known = match field.subject {
            Subject::Ticket => self.of_ticket(&field.name)?,
            Subject::Event => self.of_event(&field.name)?,
            Subject::Organizer => self.of_organizer(&field.name),
        };
        if known.is_some() || field.subject != Subject::Ticket {
            return Ok(known);
        }
        match self.sources.values.custom.get(&field.name) {
            Some(custom) => self.converted(field, custom).map(Some),
            None => Ok(None),
        }
    }

    fn of_ticket(&self, name: &str) -> Result<Option<Value>, UnfitValue> {
        let values = self.sources.values;
        Ok(match name {
            "number" => text(Some(self.sources.ticket_number)),
            "type" => text(Some(self.sources.type_name)),
            "price" => values.price.as_ref().map(|(minor, currency)| self.words.money(*minor, currency)),
            "holder" => text(values.holder.name.as_deref()),
            "email" => text(values.holder.email.as_deref()),
            "seat" => text(values.seat.as_deref()),
            "zone" => text(values.zone.as_deref()),
            "order" => text(values.order_id.as_deref()),
            "issued" => Some(self.moment(self.sources.issued)?),
            "valid-from" => self.optional_moment(self.declared_type().and_then(|known| known.valid_from))?,
            "valid-until" => self.optional_moment(self.declared_type().and_then(|known| known.valid_until))?,
            _ => None,
        })
    }

    fn of_event(&self, name: &str) -> Result<Option<Value>, UnfitValue> {
        let event = self.sources.event;
        Ok(match name {
            "id" => text(Some(self.sources.event_id)),
            "title" => text(Some(&event.title)),
            "starts" => self.optional_moment(event.starts)?,
            "ends" => self.optional_moment(event.ends)?,
            "doors" => self.optional_moment(event.doors)?,
            "venue" => text(event.venue.as_deref()),
            "address" => text(event.address.as_deref()),
            "description" => text(event.description.as_deref()),
            _ => None,
        })
    }

    fn of_organizer(&self, name: &str) -> Option<Value> {
        match name {
            "name" => text(self.sources.event.organizer_name.as_deref().or(Some(&self.sources.organizer.name))),
            "website" | "email" => {
                text(self.sources.organizer.settings.get(name).and_then(serde_json::Value::as_str))
            }
            _ => None,
        }
    }

    fn declared_type(&self) -> Option<&crate::events::TicketTypeDetails> {
        self.sources.event.ticket_types.iter().find(|known| known.name == self.sources.type_name)
    }

    fn optional_moment(&self, at: Option<Timestamp>) -> Result<Option<Value>, UnfitValue> {
        at.map(|at| self.moment(at)).transpose()
    }

    /// Midnight stands for a day whose hour is not known: callers send plain dates.
    fn moment(&self, at: Timestamp) -> Result<Value, UnfitValue> {
        let local = at.to_zoned(self.zone.clone());
        let midnight = local.hour() == 0 && local.minute() == 0 && local.second() == 0;
        let precision = if midnight { Precision::Day } else { Precision::Minute };
        self.words.moment(at, self.zone, precision).map_err(|error| UnfitValue {
            field: "eventData.eventDate".to_owned(),
            message: error.to_string(),
        })
    }

    /// A custom value as the manifest's type, where that loses nothing.
    fn converted(&self, field: &Field, custom: &CustomValue) -> Result<Value, UnfitValue> {
        let value = match (&field.sample, custom) {
            (Sample::Text(_), CustomValue::Text(text)) => Value::Text(text.clone()),
            (Sample::Text(_), CustomValue::Integer(number)) => Value::Text(number.to_string()),
            (Sample::Integer(_), CustomValue::Integer(number)) => self.words.integer(*number),
            (Sample::Decimal { .. }, CustomValue::Integer(number)) => self.words.decimal(*number, 0),
            (Sample::Decimal { .. }, CustomValue::Decimal(unscaled, scale)) => {
                self.words.decimal(*unscaled, *scale)
            }
            (Sample::Boolean(_), CustomValue::Boolean(value)) => Value::Boolean(*value),
            (Sample::Money { currency, .. }, CustomValue::Integer(minor)) => {
                let currency = self.sources.event.currency.as_deref().unwrap_or(currency);
                self.words.money(*minor, currency)
            }
            (Sample::Moment(_), CustomValue::Text(text)) => {
                let at = crate::events::parse_moment(text, self.zone).map_err(|message| UnfitValue {
                    field: order_path(field),
                    message: message.to_owned(),
                })?;
                self.moment(at)?
            }
            (wanted, _) => {
                return Err(UnfitValue {
                    field: order_path(field),
                    message: format!("the template reads {} here", wanted.type_name()),
                });
            }
        };
        Ok(value)
    }
}

fn text(text: Option<&str>) -> Option<Value> {
    text.filter(|text| !text.is_empty()).map(|text| Value::Text(text.to_owned()))
}

/// Where a caller puts the value in an order.
fn order_path(field: &Field) -> String {
    let path = match (field.subject, field.name.as_str()) {
        (Subject::Ticket, "holder") => "ticketData.attendeeName",
        (Subject::Ticket, "email") => "ticketData.attendeeEmail",
        (Subject::Ticket, "seat") => "ticketData.seat",
        (Subject::Ticket, "zone") => "ticketData.zone",
        (Subject::Ticket, "order") => "ticketData.orderId",
        (Subject::Ticket, "price") => "ticketData.price",
        (Subject::Event, "starts") => "eventData.eventDate",
        (Subject::Event, "ends") => "eventData.endDate",
        (Subject::Event, "doors") => "eventData.doorsAt",
        (Subject::Event, "venue") => "eventData.location",
        (Subject::Event, "address") => "eventData.address",
        (Subject::Event, "description") => "eventData.description",
        (Subject::Ticket, name) => return format!("ticketData.customFields.{name}"),
        (subject, name) => return format!("{}.{name}", subject.name()),
    };
    path.to_owned()
}
