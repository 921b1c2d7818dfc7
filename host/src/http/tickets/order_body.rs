//! The shapes in which callers order a ticket, and how they become [`Order`]s.
//!
//! Three shapes are in use: `ticketData` with `eventData` and `userData`; the short form with
//! `eventId`, `ticketType` and `quantity`; and one with `attendeeInfo` and `ticketOptions`. They are
//! one type here, so that each field is documented and checked once.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::order_check::Check;
use crate::config::PriceUnit;
use crate::http::error::{ApiError, FieldProblem};
use crate::http::events::EventData;
use crate::http::extract::distinct;
use crate::http::openapi::{
    CallerIdWord, ColorWord, CorrectionWord, CustomFieldsWord, EmailWord, EventIdWord, FormatWord,
    LanguageWord, MomentWord, NameWord, PictureWord, PriceWord, ShortWord, TitleWord, TypeWord,
};
use crate::issue::{EventReference, Holder, Lines, Order, TypeName, caller_id, printable};

/// Most tickets of one short-form order; more are a batch.
pub const MAX_QUANTITY: u32 = 20;
/// Longest printed name in characters.
pub const MAX_NAME_CHARS: usize = 200;
/// Longest of the shorter printed values in characters.
pub const MAX_SHORT_CHARS: usize = 100;
/// Most further values of a ticket.
pub const MAX_CUSTOM_FIELDS: usize = 50;
/// Longest further value in characters.
pub const MAX_CUSTOM_CHARS: usize = 2_000;

/// Body of `POST /api/tickets/generate` and `/qr/generate`.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(example = json!(
    {
        "ticketData": {
            "id": "order-17-1", "eventId": "gala-2027", "type": "vip", "price": 9900,
            "attendeeName": "Zoë Kraus", "attendeeEmail": "zoe@example.org", "seat": "12", "zone": "A",
            "orderId": "order-17", "language": "de", "customFields": { "table": "7" },
        },
        "options": { "template": "classic", "qrOptions": { "width": 300, "margin": 4 } },
    }
))]
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
    #[schema(value_type = Option<EventIdWord>, inline)]
    pub event_id: Option<String>,
    /// Short form: name of the ticket type.
    #[schema(value_type = Option<TypeWord>, inline)]
    pub ticket_type: Option<String>,
    /// Short form: how many, 1 to 20.
    #[schema(minimum = 1, maximum = 20)]
    pub quantity: Option<u32>,
    /// Who comes.
    pub attendee_info: Option<AttendeeInfo>,
    /// As `options`.
    pub ticket_options: Option<OrderOptions>,
}

/// One ticket.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TicketData {
    /// The caller's own id.
    #[schema(value_type = Option<CallerIdWord>, inline)]
    pub id: Option<String>,
    /// The event.
    #[schema(value_type = Option<EventIdWord>, inline)]
    pub event_id: Option<String>,
    /// Ignored: who bought it is the caller's business.
    pub user_id: Option<Value>,
    /// Name of the ticket type.
    #[serde(rename = "type")]
    #[schema(value_type = Option<TypeWord>, inline)]
    pub ticket_type: Option<String>,
    /// Price.
    #[schema(value_type = Option<PriceWord>, inline)]
    pub price: Option<Value>,
    /// Holder's name.
    #[schema(value_type = Option<NameWord>, inline)]
    pub attendee_name: Option<String>,
    /// Holder's e-mail address.
    #[schema(value_type = Option<EmailWord>, inline)]
    pub attendee_email: Option<String>,
    /// Holder's telephone number.
    #[schema(value_type = Option<ShortWord>, inline)]
    pub attendee_phone: Option<String>,
    /// Seat.
    #[schema(value_type = Option<ShortWord>, inline)]
    pub seat: Option<String>,
    /// Block, gate or area.
    #[schema(value_type = Option<ShortWord>, inline)]
    pub zone: Option<String>,
    /// The order that it belongs to.
    #[schema(value_type = Option<ShortWord>, inline)]
    pub order_id: Option<String>,
    /// Language of the ticket.
    #[schema(value_type = Option<LanguageWord>, inline)]
    pub language: Option<String>,
    /// Title of the event, for an event that does not exist yet.
    #[schema(value_type = Option<TitleWord>, inline)]
    pub event_title: Option<String>,
    /// Begin of the event, likewise.
    #[schema(value_type = Option<MomentWord>, inline)]
    pub event_date: Option<String>,
    /// Place of the event, likewise.
    #[schema(value_type = Option<NameWord>, inline)]
    pub location: Option<String>,
    /// Ignored: the time of issue is the host's.
    pub created_at: Option<Value>,
    /// Ignored, as it was by the old service.
    pub metadata: Option<Value>,
    /// Further values for the template.
    #[serde(default, deserialize_with = "distinct")]
    #[schema(value_type = CustomFieldsWord, inline)]
    pub custom_fields: BTreeMap<String, Value>,
}

/// Who comes, as the old service's clients say it.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserData {
    /// Given name.
    #[schema(value_type = Option<NameWord>, inline)]
    pub first_name: Option<String>,
    /// Family name.
    #[schema(value_type = Option<NameWord>, inline)]
    pub last_name: Option<String>,
    /// E-mail address.
    #[schema(value_type = Option<EmailWord>, inline)]
    pub email: Option<String>,
    /// Telephone number.
    #[schema(value_type = Option<ShortWord>, inline)]
    pub phone: Option<String>,
}

/// Who comes, in the third shape.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AttendeeInfo {
    /// Name.
    #[schema(value_type = Option<NameWord>, inline)]
    pub name: Option<String>,
    /// E-mail address.
    #[schema(value_type = Option<EmailWord>, inline)]
    pub email: Option<String>,
    /// Telephone number.
    #[schema(value_type = Option<ShortWord>, inline)]
    pub phone: Option<String>,
    /// Ignored: tickets are not posted.
    pub address: Option<Value>,
}

/// How to print.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OrderOptions {
    /// Template by name.
    pub template: Option<String>,
    /// As `template`.
    pub template_id: Option<String>,
    /// Render now: `pdf`, `png` or `svg`.
    #[schema(value_type = Option<FormatWord>, inline)]
    pub format: Option<String>,
    /// Render a PDF now and send it along.
    #[serde(alias = "includePDF")]
    #[schema(extensions(("x-aliases" = json!(["includePDF"]))))]
    pub include_pdf: Option<bool>,
    /// Ignored: a ticket always has its code.
    #[serde(alias = "includeQr", alias = "includeQR")]
    #[schema(extensions(("x-aliases" = json!(["includeQR"]))))]
    pub include_qr: Option<bool>,
    /// How the code's picture in the answer looks.
    pub qr_options: Option<QrOptions>,
    /// Ignored: the answer's picture is a PNG.
    pub qr_format: Option<Value>,
    /// Width of the code's picture in pixels.
    #[schema(minimum = 100, maximum = 2048)]
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
    #[serde(default, deserialize_with = "distinct")]
    #[schema(value_type = CustomFieldsWord, inline)]
    pub custom_fields: BTreeMap<String, Value>,
}

/// How a picture of a code looks.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QrOptions {
    /// Width in pixels, 100 to 2048.
    #[schema(minimum = 100, maximum = 2048)]
    pub width: Option<u32>,
    /// Quiet zone in modules, 4 to 20; less than 4 would not be read reliably.
    #[schema(minimum = 4, maximum = 20)]
    pub margin: Option<u32>,
    /// Colours.
    pub color: Option<QrColor>,
    /// `L`, `M`, `Q` or `H`; a token is at least `M`.
    #[schema(value_type = Option<CorrectionWord>, inline)]
    pub error_correction: Option<String>,
    /// `png` or `svg`.
    #[schema(value_type = Option<PictureWord>, inline)]
    pub format: Option<String>,
}

/// Colours of a picture of a code, as `#rrggbb`.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QrColor {
    /// The modules.
    #[schema(value_type = Option<ColorWord>, inline)]
    pub dark: Option<String>,
    /// The ground.
    #[schema(value_type = Option<ColorWord>, inline)]
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

    /// How its fields are named.
    pub fn names(&self) -> Names {
        let of_ticket = self.ticket_data.as_ref();
        Names {
            ticket_type: match of_ticket.and_then(|ticket| ticket.ticket_type.as_ref()) {
                Some(_) => "ticketData.type",
                None => "ticketType",
            },
            options: match self.options {
                Some(_) => "options",
                None => "ticketOptions",
            },
        }
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
        let options_name = self.names().options;
        let ticket = self.ticket_data.unwrap_or_default();
        if quantity > 1 && ticket.id.is_some() {
            check.problem(
                "quantity",
                "must be 1 when ticketData.id is given".to_owned(),
            );
        }
        let user = self.user_data.unwrap_or_default();
        let info = self.attendee_info.unwrap_or_default();

        // Each with the name of the field that it came by.
        let of_ticket = ticket
            .event_id
            .as_deref()
            .map(|id| ("ticketData.eventId", id));
        let event_id = of_ticket.or(self.event_id.as_deref().map(|id| ("eventId", id)));
        let event_data_id = self.event_data.as_ref().and_then(|data| data.id.as_deref());
        if let (Some((_, named)), Some(described)) = (event_id, event_data_id)
            && named != described
        {
            check.problem(
                "eventData.id",
                "differs from the eventId of the ticket".to_owned(),
            );
        }
        let event = event_id
            .or(event_data_id.map(|id| ("eventData.id", id)))
            .and_then(|(field, text)| check.parsed(field, EventReference::parse(text)));
        let caller_id = ticket
            .id
            .as_deref()
            .and_then(|text| check.parsed("ticketData.id", caller_id(text)));
        let of_ticket = ticket
            .ticket_type
            .as_deref()
            .map(|name| ("ticketData.type", name));
        let ticket_type = of_ticket
            .or(self.ticket_type.as_deref().map(|name| ("ticketType", name)))
            .and_then(|(field, text)| check.parsed(field, TypeName::new(text)))
            .unwrap_or_else(TypeName::standard);

        let full_name = joined_name(user.first_name.as_deref(), user.last_name.as_deref());
        let first_of = |candidates: [(&'static str, Option<String>); 3]| {
            let mut given = candidates
                .into_iter()
                .filter_map(|(field, text)| Some((field, text?)));
            given.next()
        };
        let mut text = |given: Option<(&str, String)>, max_chars| {
            given.and_then(|(field, text)| check.text(field, Some(&text), max_chars))
        };
        let holder = Holder {
            name: text(
                first_of([
                    ("ticketData.attendeeName", ticket.attendee_name),
                    ("attendeeInfo.name", info.name),
                    (wrong_part(&user), full_name),
                ]),
                MAX_NAME_CHARS,
            ),
            email: text(
                first_of([
                    ("ticketData.attendeeEmail", ticket.attendee_email),
                    ("attendeeInfo.email", info.email),
                    ("userData.email", user.email),
                ]),
                254,
            ),
            phone: text(
                first_of([
                    ("ticketData.attendeePhone", ticket.attendee_phone),
                    ("attendeeInfo.phone", info.phone),
                    ("userData.phone", user.phone),
                ]),
                MAX_SHORT_CHARS,
            ),
        };

        let has_event_data = self.event_data.is_some();
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
                check.extend(problems.into_iter().map(|problem| FieldProblem {
                    field: match (has_event_data, problem.field.as_str()) {
                        (true, field) => format!("eventData.{field}"),
                        (false, "title") => "ticketData.eventTitle".to_owned(),
                        (false, field) => format!("ticketData.{field}"),
                    },
                    ..problem
                }));
                None
            }
        });
        let price = ticket
            .price
            .as_ref()
            .and_then(|value| check.price("ticketData.price", value, price_unit));
        let mut custom = BTreeMap::new();
        for (parent, fields) in [
            ("ticketData", &ticket.custom_fields),
            (options_name, &options.custom_fields),
        ] {
            let parent = format!("{parent}.customFields");
            for (name, value) in fields {
                if let Some(value) = check.custom(&parent, name, value) {
                    custom.insert(name.clone(), value);
                }
            }
            if custom.len() > MAX_CUSTOM_FIELDS {
                check.problem(
                    &parent,
                    format!("makes more than {MAX_CUSTOM_FIELDS} values; send fewer"),
                );
                break;
            }
        }
        let order = Order {
            event,
            event_details,
            caller_id,
            ticket_type,
            price,
            holder,
            seat: check.text("ticketData.seat", ticket.seat.as_deref(), MAX_SHORT_CHARS),
            zone: check.text("ticketData.zone", ticket.zone.as_deref(), MAX_SHORT_CHARS),
            order_id: check.text(
                "ticketData.orderId",
                ticket.order_id.as_deref(),
                MAX_SHORT_CHARS,
            ),
            language: check.language("ticketData.language", ticket.language.as_deref()),
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

/// The names under which an order's fields came, for what is found out later on.
pub struct Names {
    ticket_type: &'static str,
    options: &'static str,
}

impl Names {
    /// Of an order that is given as `ticketData`.
    pub const fn of_ticket_data() -> Self {
        Self {
            ticket_type: "ticketData.type",
            options: "options",
        }
    }

    /// The error, with the names that the caller gave.
    pub fn given(&self, error: ApiError) -> ApiError {
        error.with_fields_renamed(|field| match field {
            "price" => Some("ticketData.price".to_owned()),
            "ticketType" => Some(self.ticket_type.to_owned()),
            _ => {
                let option = field.strip_prefix("options.")?;
                Some(format!("{}.{option}", self.options))
            }
        })
    }
}

/// Which of the two parts of a name is to blame, if one is.
fn wrong_part(user: &UserData) -> &'static str {
    let is_wrong = |part: Option<&str>| {
        part.is_some_and(|part| {
            !part.trim().is_empty() && printable(part, MAX_NAME_CHARS, Lines::One).is_err()
        })
    };
    match (user.first_name.as_deref(), user.last_name.as_deref()) {
        (first, _) if is_wrong(first) => "userData.first_name",
        (None, _) => "userData.last_name",
        (Some(_), None) => "userData.first_name",
        (Some(_), Some(_)) => "userData.last_name",
    }
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
        check(r#"{"ticketData":{"price":12.5}}"#, "ticketData.price");
        check(
            r#"{"ticketData":{"attendeeName":"a\u0000b"}}"#,
            "ticketData.attendeeName",
        );
        check(
            r#"{"ticketData":{"customFields":{"x":[1]}}}"#,
            "ticketData.customFields.x",
        );
        check(r#"{"ticketData":{"colour":"red"}}"#, "ticketData.colour");
        check(
            r#"{"ticketData":{"attendeeName":7}}"#,
            "ticketData.attendeeName",
        );
        check(
            r#"{"ticketData":{"language":"no such tag!"}}"#,
            "ticketData.language",
        );
        check(
            r#"{"eventData":{"title":"x","timeZone":"Mars/Base"}}"#,
            "eventData.timeZone",
        );
        check("{", "body");
    }
}
