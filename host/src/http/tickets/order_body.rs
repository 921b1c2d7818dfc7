//! The shapes in which callers order a ticket, and how they become [`Order`]s.
//!
//! Three shapes are in use: `ticketData` with `eventData` and `userData`; the short form with
//! `eventId`, `ticketType` and `quantity`; and one with `attendeeInfo` and `ticketOptions`. They are
//! one type here, so that each field is documented and checked once.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::config::PriceUnit;
use crate::http::error::{ApiError, FieldProblem};
use crate::http::events::EventData;
use crate::issue::{
    CustomValue, EventReference, Holder, Lines, Order, Price, TypeName, caller_id, printable,
};

/// Most tickets of one short-form order; more are a batch.
pub const MAX_QUANTITY: u32 = 20;
pub(super) const MAX_NAME_CHARS: usize = 200;
pub(super) const MAX_SHORT_CHARS: usize = 100;
pub(super) const MAX_CUSTOM_FIELDS: usize = 50;
const MAX_CUSTOM_CHARS: usize = 2_000;

/// Body of `POST /api/tickets/generate` and `/qr/generate`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OrderBody {
    /// The ticket.
    pub ticket_data: Option<TicketData>,
    /// Creates the event if it does not exist.
    pub event_data: Option<EventData>,
    /// Who comes, if `ticketData` does not say.
    pub user_data: Option<UserData>,
    /// How to print.
    pub options: Option<OrderOptions>,
    /// Short form: the event.
    pub event_id: Option<String>,
    /// Short form: name of the ticket type.
    pub ticket_type: Option<String>,
    /// Short form: how many, 1 to 20.
    pub quantity: Option<u32>,
    /// Who comes.
    pub attendee_info: Option<AttendeeInfo>,
    /// As `options`.
    pub ticket_options: Option<OrderOptions>,
}

/// One ticket.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct TicketData {
    /// The caller's own id.
    pub id: Option<String>,
    /// The event.
    pub event_id: Option<String>,
    /// Ignored: who bought it is the caller's business.
    pub user_id: Option<Value>,
    /// Name of the ticket type.
    #[serde(rename = "type")]
    pub ticket_type: Option<String>,
    /// Price.
    pub price: Option<Value>,
    /// Holder's name.
    pub attendee_name: Option<String>,
    /// Holder's e-mail address.
    pub attendee_email: Option<String>,
    /// Holder's telephone number.
    pub attendee_phone: Option<String>,
    /// Seat.
    pub seat: Option<String>,
    /// Block, gate or area.
    pub zone: Option<String>,
    /// The order that it belongs to.
    pub order_id: Option<String>,
    /// Language of the ticket.
    pub language: Option<String>,
    /// Title of the event, for an event that does not exist yet.
    pub event_title: Option<String>,
    /// Begin of the event, likewise.
    pub event_date: Option<String>,
    /// Place of the event, likewise.
    pub location: Option<String>,
    /// Ignored: the time of issue is the host's.
    pub created_at: Option<Value>,
    /// Ignored, as it was by the old service.
    pub metadata: Option<Value>,
    /// Further values for the template.
    pub custom_fields: BTreeMap<String, Value>,
}

/// Who comes, as the old service's clients say it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UserData {
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
}

/// Who comes, in the third shape.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttendeeInfo {
    /// Name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// Ignored: tickets are not posted.
    pub address: Option<Value>,
}

/// How to print.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OrderOptions {
    /// Template by name.
    pub template: Option<String>,
    /// As `template`.
    pub template_id: Option<String>,
    /// Render now: `pdf`, `png` or `svg`.
    pub format: Option<String>,
    /// Render a PDF now and send it along.
    #[serde(alias = "includePDF")]
    pub include_pdf: Option<bool>,
    /// Ignored: a ticket always has its code.
    #[serde(alias = "includeQr", alias = "includeQR")]
    pub include_qr: Option<bool>,
    /// How the code's picture in the answer looks.
    pub qr_options: Option<QrOptions>,
    /// Ignored: the answer's picture is a PNG.
    pub qr_format: Option<Value>,
    /// Width of the code's picture in pixels.
    pub qr_size: Option<u32>,
    /// Ignored: the template decides the page.
    pub pdf_options: Option<Value>,
    /// Ignored, as `pdfOptions`.
    pub pdf_format: Option<Value>,
    /// Ignored: the template decides.
    pub include_logo: Option<bool>,
    /// Ignored, as `includeLogo`.
    pub include_event_info: Option<bool>,
    /// Further values for the template.
    pub custom_fields: BTreeMap<String, Value>,
}

/// How a picture of a code looks.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct QrOptions {
    /// Width in pixels, 100 to 2048.
    pub width: Option<u32>,
    /// Quiet zone in modules, 4 to 20; less than 4 would not be read reliably.
    pub margin: Option<u32>,
    /// Colours.
    pub color: Option<QrColor>,
    /// `L`, `M`, `Q` or `H`; a token is at least `M`.
    pub error_correction: Option<String>,
    /// `png` or `svg`.
    pub format: Option<String>,
}

/// Colours of a picture of a code, as `#rrggbb`.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct QrColor {
    /// The modules.
    pub dark: Option<String>,
    /// The ground.
    pub light: Option<String>,
}

impl OrderOptions {
    /// Notices about options that were understood but change nothing.
    pub fn notices(&self) -> Vec<&'static str> {
        let ignored = [
            (
                self.include_qr == Some(false),
                "options.includeQR is ignored: a ticket always has its code",
            ),
            (
                self.qr_format.is_some(),
                "options.qrFormat is ignored: qrCode is a PNG; see /qrcode for SVG",
            ),
            (
                self.pdf_options.is_some() || self.pdf_format.is_some(),
                "options.pdfOptions is ignored: the template decides the page",
            ),
            (
                self.include_logo.is_some(),
                "options.includeLogo is ignored: the template decides",
            ),
            (
                self.include_event_info.is_some(),
                "options.includeEventInfo is ignored: the template decides",
            ),
        ];
        ignored
            .into_iter()
            .filter_map(|(given, notice)| given.then_some(notice))
            .collect()
    }
}

impl OrderBody {
    /// How to print, whichever of the two names it came under.
    pub fn options(&self) -> OrderOptions {
        self.options
            .clone()
            .or_else(|| self.ticket_options.clone())
            .unwrap_or_default()
    }

    /// Notices about fields that were understood but change nothing.
    pub fn notices(&self) -> Vec<&'static str> {
        let mut notices = Vec::new();
        let mut ignored = |given: bool, notice| {
            if given {
                notices.push(notice);
            }
        };
        if let Some(ticket) = &self.ticket_data {
            ignored(ticket.user_id.is_some(), "ticketData.userId is ignored");
            ignored(
                ticket.created_at.is_some(),
                "ticketData.createdAt is ignored: the host sets the time of issue",
            );
            ignored(
                ticket.metadata.is_some(),
                "ticketData.metadata is ignored: use customFields",
            );
        }
        let address = self
            .attendee_info
            .as_ref()
            .is_some_and(|info| info.address.is_some());
        ignored(address, "attendeeInfo.address is ignored");
        notices.extend(self.options().notices());
        notices
    }

    /// The orders that this body stands for: one, or `quantity` of the short form.
    ///
    /// # Errors
    /// [`ApiError::Validation`] with every problem found.
    pub fn into_orders(self, price_unit: PriceUnit) -> Result<Vec<Order>, ApiError> {
        let mut check = Check::default();
        let quantity = self.quantity.unwrap_or(1);
        if !(1..=MAX_QUANTITY).contains(&quantity) {
            check.problem(
                "quantity",
                format!("must be 1 to {MAX_QUANTITY}; use /api/tickets/batch for more"),
            );
        }
        let options = self.options();
        let ticket = self.ticket_data.unwrap_or_default();
        if quantity > 1 && ticket.id.is_some() {
            check.problem(
                "quantity",
                "must be 1 when ticketData.id is given".to_owned(),
            );
        }
        let user = self.user_data.unwrap_or_default();
        let info = self.attendee_info.unwrap_or_default();

        let event_id = ticket.event_id.as_deref().or(self.event_id.as_deref());
        let event_data_id = self.event_data.as_ref().and_then(|data| data.id.as_deref());
        if let (Some(named), Some(described)) = (event_id, event_data_id)
            && named != described
        {
            check.problem(
                "eventData.id",
                "differs from the eventId of the ticket".to_owned(),
            );
        }
        let event = event_id
            .or(event_data_id)
            .and_then(|text| check.parsed("eventId", EventReference::parse(text)));
        let caller_id = ticket
            .id
            .as_deref()
            .and_then(|text| check.parsed("ticketData.id", caller_id(text)));
        let type_name = ticket
            .ticket_type
            .as_deref()
            .or(self.ticket_type.as_deref());
        let ticket_type = type_name
            .and_then(|text| check.parsed("ticketType", TypeName::new(text)))
            .unwrap_or_else(TypeName::standard);

        let full_name = joined_name(user.first_name.as_deref(), user.last_name.as_deref());
        let name = ticket.attendee_name.or(info.name).or(full_name);
        let email = ticket.attendee_email.or(info.email).or(user.email);
        let phone = ticket.attendee_phone.or(info.phone).or(user.phone);
        let holder = Holder {
            name: check.text("attendeeName", name.as_deref(), MAX_NAME_CHARS),
            email: check.text("attendeeEmail", email.as_deref(), 254),
            phone: check.text("attendeePhone", phone.as_deref(), MAX_SHORT_CHARS),
        };

        let described = self.event_data.or_else(|| {
            ticket.event_title.as_ref().map(|title| EventData {
                title: Some(title.clone()),
                event_date: ticket.event_date.clone(),
                location: ticket.location.clone(),
                ..EventData::default()
            })
        });
        let event_details = described.and_then(|data| match data.into_details() {
            Ok(details) => Some(details),
            Err(problems) => {
                check
                    .problems
                    .extend(problems.into_iter().map(|problem| FieldProblem {
                        field: format!("eventData.{}", problem.field),
                        ..problem
                    }));
                None
            }
        });
        let price = ticket
            .price
            .as_ref()
            .and_then(|value| check.price(value, price_unit));
        let mut custom = BTreeMap::new();
        for (name, value) in ticket.custom_fields.iter().chain(&options.custom_fields) {
            if let Some(value) = check.custom(name, value) {
                custom.insert(name.clone(), value);
            }
        }
        if custom.len() > MAX_CUSTOM_FIELDS {
            check.problem(
                "customFields",
                format!("holds more than {MAX_CUSTOM_FIELDS} values"),
            );
        }
        let order = Order {
            event,
            event_details,
            caller_id,
            ticket_type,
            price,
            holder,
            seat: check.text("seat", ticket.seat.as_deref(), MAX_SHORT_CHARS),
            zone: check.text("zone", ticket.zone.as_deref(), MAX_SHORT_CHARS),
            order_id: check.text("orderId", ticket.order_id.as_deref(), MAX_SHORT_CHARS),
            language: check.language(ticket.language.as_deref()),
            custom,
            template: options.template.or(options.template_id),
            position: (1, quantity),
        };
        check.finish()?;
        Ok((1..=quantity)
            .map(|index| Order {
                position: (index, quantity),
                ..order.clone()
            })
            .collect())
    }
}

fn joined_name(first: Option<&str>, last: Option<&str>) -> Option<String> {
    let parts: Vec<_> = [first, last]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Collects what is wrong, so that the caller can mend it in one go.
#[derive(Default)]
pub(super) struct Check {
    problems: Vec<FieldProblem>,
}

impl Check {
    pub(super) fn problem(&mut self, field: &str, message: String) {
        self.problems.push(FieldProblem::new(field, message));
    }

    pub(super) fn parsed<T, E: std::fmt::Display>(
        &mut self,
        field: &str,
        result: Result<T, E>,
    ) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(field, error.to_string());
                None
            }
        }
    }

    /// Optional printed text; an empty one counts as not given, as clients often send it.
    pub(super) fn text(
        &mut self,
        field: &str,
        text: Option<&str>,
        max_chars: usize,
    ) -> Option<String> {
        let text = text.filter(|text| !text.trim().is_empty())?;
        self.parsed(field, printable(text, max_chars, Lines::One))
    }

    pub(super) fn language(&mut self, text: Option<&str>) -> Option<String> {
        let text = text?;
        let well_formed = text.len() <= 35
            && text.split('-').all(|part| {
                (1..=8).contains(&part.len())
                    && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
        if !well_formed {
            self.problem(
                "language",
                "must be a BCP 47 tag such as en or de-CH".to_owned(),
            );
            return None;
        }
        Some(text.to_owned())
    }

    pub(super) fn price(&mut self, value: &Value, unit: PriceUnit) -> Option<Price> {
        let price = match (unit, value) {
            (PriceUnit::Minor, Value::Number(number)) => number.as_i64().map(Price::Minor),
            (PriceUnit::Major, Value::Number(number)) => number.as_f64().map(Price::Major),
            _ => None,
        };
        if price.is_none() {
            let expected = match unit {
                PriceUnit::Minor => {
                    "must be an integer in the smallest unit of the currency, such as 1250 for 12.50 EUR"
                }
                PriceUnit::Major => "must be a number in the main unit of the currency",
            };
            self.problem("price", expected.to_owned());
        }
        price
    }

    pub(super) fn custom(&mut self, name: &str, value: &Value) -> Option<CustomValue> {
        let field = format!("customFields.{name}");
        if let Err(error) = printable(name, 64, Lines::One) {
            self.problem("customFields", format!("a name {error}"));
            return None;
        }
        match value {
            Value::Null => None,
            Value::Bool(value) => Some(CustomValue::Boolean(*value)),
            Value::String(text) if text.trim().is_empty() => None,
            Value::String(text) => self
                .parsed(&field, printable(text, MAX_CUSTOM_CHARS, Lines::Many))
                .map(CustomValue::Text),
            Value::Number(number) => {
                let value = decimal(&number.to_string());
                if value.is_none() {
                    self.problem(
                        &field,
                        "has more than 18 digits; send it as text".to_owned(),
                    );
                }
                value
            }
            Value::Array(_) | Value::Object(_) => {
                self.problem(&field, "must be text, a number or a boolean".to_owned());
                None
            }
        }
    }

    pub(super) fn finish(self) -> Result<(), ApiError> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(ApiError::Validation(self.problems))
        }
    }
}

/// A JSON number as an exact decimal; none beyond 18 digits.
fn decimal(text: &str) -> Option<CustomValue> {
    if let Ok(integer) = text.parse::<i64>() {
        return Some(CustomValue::Integer(integer));
    }
    let (whole, fraction) = text.split_once('.')?;
    let scale = u8::try_from(fraction.len())
        .ok()
        .filter(|scale| *scale <= 18)?;
    let unscaled = format!("{whole}{fraction}").parse().ok()?;
    Some(CustomValue::Decimal(unscaled, scale))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::extract::parse_json;

    fn orders(json: &str) -> Result<Vec<Order>, Vec<FieldProblem>> {
        let read =
            |json: &str| parse_json::<OrderBody>(json.as_bytes())?.into_orders(PriceUnit::Minor);
        read(json).map_err(|error| error.answer().details)
    }

    #[test]
    fn all_three_shapes_say_the_same() {
        let long = r#"{"ticketData":{"eventId":"e1","type":"vip"},"userData":{"first_name":"Zoë","last_name":"Kraus"}}"#;
        let short = r#"{"eventId":"e1","ticketType":"vip","attendeeInfo":{"name":"Zoë Kraus"}}"#;
        for json in [long, short] {
            let order = orders(json).unwrap().remove(0);
            assert_eq!(order.holder.name.as_deref(), Some("Zoë Kraus"));
            assert_eq!(order.ticket_type.as_str(), "vip");
        }
        assert_eq!(orders(r#"{"eventId":"e1","quantity":3}"#).unwrap().len(), 3);
    }

    #[test]
    fn each_problem_names_its_field() {
        let check = |json: &str, field: &str| {
            let problems = orders(json).unwrap_err();
            assert!(
                problems.iter().any(|problem| problem.field == field),
                "{problems:?}"
            );
        };
        check(r#"{"quantity":21}"#, "quantity");
        check(r#"{"ticketData":{"id":"generate"}}"#, "ticketData.id");
        check(r#"{"ticketData":{"price":12.5}}"#, "price");
        check(
            r#"{"ticketData":{"attendeeName":"a\u0000b"}}"#,
            "attendeeName",
        );
        check(
            r#"{"ticketData":{"customFields":{"x":[1]}}}"#,
            "customFields.x",
        );
        check(r#"{"ticketData":{"colour":"red"}}"#, "ticketData.colour");
        check(
            r#"{"ticketData":{"attendeeName":7}}"#,
            "ticketData.attendeeName",
        );
        check(r#"{"ticketData":{"language":"no such tag!"}}"#, "language");
        check(
            r#"{"eventData":{"title":"x","timeZone":"Mars/Base"}}"#,
            "eventData.timeZone",
        );
        check("{", "");
    }

    #[test]
    fn numbers_stay_exact() {
        assert_eq!(decimal("12.50"), Some(CustomValue::Decimal(1250, 2)));
        assert_eq!(decimal("-3"), Some(CustomValue::Integer(-3)));
        assert_eq!(decimal("1e400"), None);
    }
}
