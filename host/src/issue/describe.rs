//! What could be printed on a ticket: every value of the order, the event and the organizer. The
//! templates room hands on only those that a manifest lists.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::order::CustomValue;
use super::ticket_values::TicketValues;
use crate::events::EventDetails;
use crate::storage::Organizer;
use crate::templates::LayoutOrder;
use crate::templates::manifest::{Manifest, Sample, Subject};
use crate::templates::request::{Position, Precision};
use crate::templates::values::{OrderValues, RawValue, ValueProblem};

/// Where values come from.
pub struct ValueSources<'a> {
    /// The organizer.
    pub organizer: OrganizerFacts<'a>,
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

/// What is printed of an organizer.
#[derive(Clone, Copy, Debug)]
pub struct OrganizerFacts<'a> {
    /// Its name for people, where the event gives none.
    pub name: &'a str,
    /// Where it is found.
    pub website: Option<&'a str>,
    /// How it is reached.
    pub email: Option<&'a str>,
}

impl<'a> From<&'a Organizer> for OrganizerFacts<'a> {
    fn from(organizer: &'a Organizer) -> Self {
        let setting = |name: &str| organizer.settings.get(name)?.as_str();
        Self {
            name: &organizer.name,
            website: setting("website"),
            email: setting("email"),
        }
    }
}

/// Everything that a template could print of a ticket.
pub fn layout_order(sources: &ValueSources<'_>) -> LayoutOrder {
    let mut values = OrderValues::in_zone(&sources.event.time_zone);
    // The order's own values first: none of them can replace what the host knows.
    for (name, custom) in &sources.values.custom {
        values.set(Subject::Ticket, name, raw(custom));
    }
    set_ticket(&mut values, sources);
    set_event(&mut values, sources);
    set_organizer(&mut values, sources);
    let (index, total) = sources.values.position;
    LayoutOrder {
        values,
        locale: sources
            .values
            .language
            .clone()
            .unwrap_or_else(|| sources.event.locale.clone()),
        position: Position { index, total },
    }
}

/// Lets a ticket be printed by a template that cannot do without what was erased: with a dash for a
/// text, and nought for a number.
pub fn stand_in_for_erased(
    mut order: LayoutOrder,
    values: &TicketValues,
    manifest: &Manifest,
) -> LayoutOrder {
    if !values.erased {
        return order;
    }
    let needed = manifest
        .fields
        .iter()
        .filter(|field| field.required && field.subject == Subject::Ticket);
    for field in needed {
        let neutral = match &field.sample {
            Sample::Text(_) => RawValue::Text("\u{2014}".to_owned()),
            Sample::Integer(_) => RawValue::Integer(0),
            Sample::Decimal { .. } => RawValue::Decimal {
                unscaled: 0,
                scale: 0,
            },
            Sample::Boolean(_) => RawValue::Boolean(false),
            Sample::Moment(_) => RawValue::Moment {
                unix_seconds: 0,
                zone: None,
                precision: Precision::Day,
            },
            // An order cannot bring them, so none was erased.
            Sample::Money { .. } | Sample::Image { .. } => continue,
        };
        if order.values.get(Subject::Ticket, &field.name).is_none() {
            order.values.set(Subject::Ticket, &field.name, neutral);
        }
    }
    order
}

fn set_ticket(values: &mut OrderValues, sources: &ValueSources<'_>) {
    let of_order = sources.values;
    values.set_text(Subject::Ticket, "number", sources.ticket_number);
    values.set_text(Subject::Ticket, "type", sources.type_name);
    let texts = [
        ("holder", &of_order.holder.name),
        ("email", &of_order.holder.email),
        ("seat", &of_order.seat),
        ("zone", &of_order.zone),
        ("order", &of_order.order_id),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            values.set_text(Subject::Ticket, name, text);
        }
    }
    if let Some((minor_units, currency)) = &of_order.price {
        let money = RawValue::Money {
            minor_units: *minor_units,
            currency: currency.clone(),
        };
        values.set(Subject::Ticket, "price", money);
    }
    let declared = sources
        .event
        .ticket_types
        .iter()
        .find(|known| known.name == sources.type_name);
    let zone = &sources.event.time_zone;
    set_moment(
        values,
        Subject::Ticket,
        "issued",
        Some(sources.issued),
        zone,
    );
    set_moment(
        values,
        Subject::Ticket,
        "valid-from",
        declared.and_then(|known| known.valid_from),
        zone,
    );
    set_moment(
        values,
        Subject::Ticket,
        "valid-until",
        declared.and_then(|known| known.valid_until),
        zone,
    );
}

fn set_event(values: &mut OrderValues, sources: &ValueSources<'_>) {
    let event = sources.event;
    values.set_text(Subject::Event, "id", sources.event_id);
    values.set_text(Subject::Event, "title", &event.title);
    let texts = [
        ("venue", &event.venue),
        ("address", &event.address),
        ("description", &event.description),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            values.set_text(Subject::Event, name, text);
        }
    }
    set_moment(
        values,
        Subject::Event,
        "starts",
        event.starts,
        &event.time_zone,
    );
    set_moment(values, Subject::Event, "ends", event.ends, &event.time_zone);
    set_moment(
        values,
        Subject::Event,
        "doors",
        event.doors,
        &event.time_zone,
    );
}

fn set_organizer(values: &mut OrderValues, sources: &ValueSources<'_>) {
    let name = sources
        .event
        .organizer_name
        .as_deref()
        .unwrap_or(sources.organizer.name);
    values.set_text(Subject::Organizer, "name", name);
    let OrganizerFacts { website, email, .. } = sources.organizer;
    for (name, text) in [("website", website), ("email", email)] {
        if let Some(text) = text {
            values.set_text(Subject::Organizer, name, text);
        }
    }
}

/// Midnight stands for a day whose hour is not known: callers send plain dates.
fn set_moment(
    values: &mut OrderValues,
    subject: Subject,
    name: &str,
    at: Option<Timestamp>,
    zone: &str,
) {
    let Some(at) = at else { return };
    let local = at.to_zoned(TimeZone::get(zone).unwrap_or(TimeZone::UTC));
    let midnight = local.hour() == 0 && local.minute() == 0 && local.second() == 0;
    let precision = if midnight {
        Precision::Day
    } else {
        Precision::Minute
    };
    values.set(
        subject,
        name,
        RawValue::Moment {
            unix_seconds: at.as_second(),
            zone: None,
            precision,
        },
    );
}

fn raw(custom: &CustomValue) -> RawValue {
    match custom {
        CustomValue::Text(text) => RawValue::Text(text.clone()),
        CustomValue::Integer(value) => RawValue::Integer(*value),
        CustomValue::Decimal(unscaled, scale) => RawValue::Decimal {
            unscaled: *unscaled,
            scale: *scale,
        },
        CustomValue::Boolean(value) => RawValue::Boolean(*value),
    }
}

/// Further values that a template does not read: a misspelt name, or meant for another template.
pub fn unread_fields(values: &TicketValues, manifest: &Manifest) -> Vec<String> {
    let is_read = |name: &str| {
        let mut fields = manifest.fields.iter();
        fields.any(|field| field.subject == Subject::Ticket && field.name == name)
    };
    values
        .custom
        .keys()
        .filter(|name| !is_read(name))
        .map(|name| {
            let template = &manifest.name;
            format!("customFields.{name}: the template {template} does not read it")
        })
        .collect()
}

/// Where a caller puts the value that a template misses.
pub fn order_path(problem: &ValueProblem) -> String {
    let (subject, name) = match problem {
        ValueProblem::Missing { subject, name } | ValueProblem::WrongType { subject, name, .. } => {
            (*subject, name.as_str())
        }
    };
    let path = match (subject, name) {
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
