//! From an order's values to the request of one call.

use std::collections::BTreeMap;
use std::sync::Arc;

use thiserror::Error;
use ticket_render::images::PreparedImage;

use super::{LocaleFormats, currency_digits, printable};
use crate::templates::manifest::{Field, Manifest, PageFormat, Sample, Subject};
use crate::templates::request::{LayoutRequest, NamedValue, Position, Precision, Value};

/// A value as an order, an event or an organizer's profile has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RawValue {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// `unscaled` divided by ten to the power of `scale`.
    Decimal {
        /// All digits.
        unscaled: i64,
        /// Digits after the point, 0 to 18.
        scale: u8,
    },
    /// Yes or no.
    Boolean(bool),
    /// A point in time.
    Moment {
        /// Seconds since 1970 in UTC.
        unix_seconds: i64,
        /// An IANA zone of its own; `None` for the event's.
        zone: Option<String>,
        /// How exactly it is known.
        precision: Precision,
    },
    /// An amount.
    Money {
        /// In the smallest unit.
        minor_units: i64,
        /// A code of ISO 4217.
        currency: String,
    },
    /// An image.
    Image {
        /// Its pixels.
        pixels: ValueImage,
        /// What it shows.
        description: Option<String>,
    },
}

/// An image that came as a value. Two are equal only if they are the same one.
#[derive(Clone, Debug)]
pub struct ValueImage(pub Arc<PreparedImage>);

impl PartialEq for ValueImage {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for ValueImage {}

impl RawValue {
    /// The type's name in the contract.
    const fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Integer(_) => "integer",
            Self::Decimal { .. } => "decimal",
            Self::Boolean(_) => "boolean",
            Self::Moment { .. } => "moment",
            Self::Money { .. } => "money",
            Self::Image { .. } => "image",
        }
    }
}

/// All values that a ticket could print; a template gets those that its manifest lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderValues {
    values: BTreeMap<(Subject, String), RawValue>,
    /// Zone of moments that bring none.
    zone: String,
}

impl OrderValues {
    /// No values yet; moments stand in this IANA zone unless they bring their own.
    pub fn in_zone(zone: &str) -> Self {
        Self {
            values: BTreeMap::new(),
            zone: zone.to_owned(),
        }
    }

    /// Adds or replaces a value.
    pub fn set(&mut self, subject: Subject, name: &str, value: RawValue) {
        self.values.insert((subject, name.to_owned()), value);
    }

    /// Adds a text, unless it is empty.
    pub fn set_text(&mut self, subject: Subject, name: &str, text: &str) {
        if !text.trim().is_empty() {
            self.set(subject, name, RawValue::Text(text.to_owned()));
        }
    }

    /// The value of that name.
    pub fn get(&self, subject: Subject, name: &str) -> Option<&RawValue> {
        // Looked up seldom, and keys are short.
        self.values.get(&(subject, name.to_owned()))
    }
}

/// Why an order cannot be printed with a template, before the template is called.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueProblem {
    /// A required value is not there.
    #[error("the template needs `{name}` of the {}, which is missing", subject.name())]
    Missing {
        /// Whose.
        subject: Subject,
        /// Its name.
        name: String,
    },
    /// A value of another type, which cannot be converted without loss.
    #[error("`{name}` of the {} must be {expected}, but it is {found}", subject.name())]
    WrongType {
        /// Whose.
        subject: Subject,
        /// Its name.
        name: String,
        /// The type in the manifest.
        expected: &'static str,
        /// The type that came.
        found: &'static str,
    },
}

/// What a request says besides its values.
pub struct Circumstances<'a> {
    /// The page to fill.
    pub page_format: &'a PageFormat,
    /// BCP 47 tag of the language to write in.
    pub locale: &'a str,
    /// That locale's formats.
    pub formats: &'a LocaleFormats,
    /// Which ticket of its order.
    pub position: Position,
}

/// A request, and the images of its image values; the position of each is its id.
pub struct Filled {
    /// What the guest is told.
    pub request: LayoutRequest,
    /// What it may refer to.
    pub images: Vec<Arc<PreparedImage>>,
}

/// Makes a request of what the manifest lists.
///
/// # Errors
/// Every required value that is missing, and every value of a wrong type.
pub fn fill(
    manifest: &Manifest,
    values: &OrderValues,
    circumstances: &Circumstances,
) -> Result<Filled, Vec<ValueProblem>> {
    let mut request = LayoutRequest {
        ticket: Vec::new(),
        event: Vec::new(),
        organizer: Vec::new(),
        page_format: circumstances.page_format.clone(),
        locale: circumstances.locale.to_owned(),
        position: circumstances.position,
    };
    let mut problems = Vec::new();
    let mut images = Vec::new();
    for field in &manifest.fields {
        match fill_field(field, values, circumstances.formats, &mut images) {
            Ok(Some(value)) => {
                let list = match field.subject {
                    Subject::Ticket => &mut request.ticket,
                    Subject::Event => &mut request.event,
                    Subject::Organizer => &mut request.organizer,
                };
                list.push(NamedValue {
                    name: field.name.clone(),
                    value,
                });
            }
            Ok(None) if field.required => problems.push(ValueProblem::Missing {
                subject: field.subject,
                name: field.name.clone(),
            }),
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        Ok(Filled { request, images })
    } else {
        Err(problems)
    }
}

fn fill_field(
    field: &Field,
    values: &OrderValues,
    formats: &LocaleFormats,
    images: &mut Vec<Arc<PreparedImage>>,
) -> Result<Option<Value>, ValueProblem> {
    let Some(raw) = values.get(field.subject, &field.name) else {
        return Ok(None);
    };
    let wrong = || ValueProblem::WrongType {
        subject: field.subject,
        name: field.name.clone(),
        expected: field.sample.type_name(),
        found: raw.type_name(),
    };
    let converted = match &field.sample {
        Sample::Text(_) => {
            let text = printable(&as_text(raw).ok_or_else(wrong)?);
            if text.is_empty() {
                return Ok(None);
            }
            Value::Text(text)
        }
        Sample::Integer(_) => {
            let value = as_integer(raw).ok_or_else(wrong)?;
            Value::Integer {
                value,
                formatted: formats.integer(value),
            }
        }
        Sample::Decimal { .. } => {
            let (unscaled, scale) = as_decimal(raw).ok_or_else(wrong)?;
            Value::Decimal {
                unscaled,
                scale,
                formatted: formats.decimal(unscaled, scale),
            }
        }
        Sample::Boolean(_) => Value::Boolean(as_boolean(raw).ok_or_else(wrong)?),
        Sample::Moment(_) => {
            let (unix_seconds, zone, precision) = as_moment(raw).ok_or_else(wrong)?;
            let zone = zone.unwrap_or(&values.zone);
            Value::Moment(formats.moment(unix_seconds, zone, precision))
        }
        Sample::Money { .. } => match raw {
            RawValue::Money {
                minor_units,
                currency,
            } => Value::Money {
                minor_units: *minor_units,
                currency: currency.clone(),
                digits: currency_digits(currency),
                formatted: formats.money(*minor_units, currency),
            },
            _ => return Err(wrong()),
        },
        Sample::Image { .. } => match raw {
            RawValue::Image {
                pixels,
                description,
            } => {
                let id = u32::try_from(images.len()).unwrap_or(u32::MAX);
                images.push(Arc::clone(&pixels.0));
                Value::Image {
                    id,
                    width_px: pixels.0.width_px(),
                    height_px: pixels.0.height_px(),
                    description: description.clone(),
                }
            }
            _ => return Err(wrong()),
        },
    };
    Ok(Some(converted))
}

fn as_text(raw: &RawValue) -> Option<String> {
    match raw {
        RawValue::Text(text) => Some(text.clone()),
        RawValue::Integer(value) => Some(value.to_string()),
        RawValue::Boolean(value) => Some(value.to_string()),
        RawValue::Decimal { unscaled, scale } => Some(plain_decimal(*unscaled, *scale)),
        RawValue::Moment { .. } | RawValue::Money { .. } | RawValue::Image { .. } => None,
    }
}

fn plain_decimal(unscaled: i64, scale: u8) -> String {
    let digits = unscaled.unsigned_abs().to_string();
    let sign = if unscaled < 0 { "-" } else { "" };
    let scale = usize::from(scale);
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = padded.split_at(padded.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

fn as_integer(raw: &RawValue) -> Option<i64> {
    match raw {
        RawValue::Integer(value) => Some(*value),
        RawValue::Text(text) => text.trim().parse().ok(),
        RawValue::Decimal { unscaled, scale } => {
            let divisor = 10_i64.checked_pow(u32::from(*scale))?;
            (unscaled % divisor == 0).then_some(unscaled / divisor)
        }
        _ => None,
    }
}

fn as_decimal(raw: &RawValue) -> Option<(i64, u8)> {
    match raw {
        RawValue::Decimal { unscaled, scale } => Some((*unscaled, *scale)),
        RawValue::Integer(value) => Some((*value, 0)),
        RawValue::Text(text) => parse_decimal(text.trim()),
        _ => None,
    }
}

fn parse_decimal(text: &str) -> Option<(i64, u8)> {
    const MOST_DIGITS: usize = 18;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = whole.strip_prefix('-').unwrap_or(whole);
    if unsigned.is_empty() || !digits(unsigned) || !digits(fraction) || fraction.len() > MOST_DIGITS
    {
        return None;
    }
    let unscaled = format!("{whole}{fraction}").parse().ok()?;
    Some((unscaled, u8::try_from(fraction.len()).ok()?))
}

fn as_boolean(raw: &RawValue) -> Option<bool> {
    match raw {
        RawValue::Boolean(value) => Some(*value),
        RawValue::Text(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn as_moment(raw: &RawValue) -> Option<(i64, Option<&str>, Precision)> {
    match raw {
        RawValue::Moment {
            unix_seconds,
            zone,
            precision,
        } => Some((*unix_seconds, zone.as_deref(), *precision)),
        RawValue::Text(text) => {
            let timestamp: jiff::Timestamp = text.trim().parse().ok()?;
            Some((timestamp.as_second(), None, Precision::Minute))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ticket_render::length::{Length, Size};

    fn manifest(fields: &[(&str, Sample, bool)]) -> Manifest {
        Manifest {
            name: "test".to_owned(),
            version: "1.0.0".to_owned(),
            description: String::new(),
            languages: vec!["en".to_owned()],
            page_formats: vec![PageFormat {
                name: "a6".to_owned(),
                size: Size {
                    width: Length::mm(105),
                    height: Length::mm(148),
                },
            }],
            fields: fields
                .iter()
                .map(|(name, sample, required)| Field {
                    subject: Subject::Ticket,
                    name: (*name).to_owned(),
                    required: *required,
                    description: String::new(),
                    sample: sample.clone(),
                })
                .collect(),
            settings_schema: Vec::new(),
            assets: Vec::new(),
            fonts: Vec::new(),
            token: crate::templates::manifest::TokenUse::None,
        }
    }

    fn filled(
        fields: &[(&str, Sample, bool)],
        values: &[(&str, RawValue)],
    ) -> Result<Vec<Value>, Vec<ValueProblem>> {
        let manifest = manifest(fields);
        let mut order = OrderValues::in_zone("Europe/Zurich");
        for (name, value) in values {
            order.set(Subject::Ticket, name, value.clone());
        }
        let circumstances = Circumstances {
            page_format: &manifest.page_formats[0],
            locale: "en",
            formats: &LocaleFormats::of("en"),
            position: Position::ALONE,
        };
        fill(&manifest, &order, &circumstances).map(|filled| {
            filled
                .request
                .ticket
                .into_iter()
                .map(|named| named.value)
                .collect()
        })
    }

    #[test]
    fn only_listed_values_are_handed_over_in_the_manifests_order() {
        let text = || Sample::Text(String::new());
        let fields = [("seat", text(), false), ("holder", text(), true)];
        let values = [
            ("secret", RawValue::Text("not listed".to_owned())),
            ("holder", RawValue::Text("Ada".to_owned())),
            ("seat", RawValue::Integer(12)),
        ];
        assert_eq!(
            filled(&fields, &values).unwrap(),
            [Value::Text("12".to_owned()), Value::Text("Ada".to_owned())]
        );
    }

    #[test]
    fn what_is_missing_or_of_another_type_is_named() {
        let fields = [
            ("holder", Sample::Text(String::new()), true),
            (
                "price",
                Sample::Money {
                    minor_units: 0,
                    currency: "EUR".to_owned(),
                },
                false,
            ),
            ("row", Sample::Integer(0), false),
        ];
        let values = [
            ("price", RawValue::Text("12 euro".to_owned())),
            (
                "row",
                RawValue::Decimal {
                    unscaled: 125,
                    scale: 1,
                },
            ),
        ];
        let problems = filled(&fields, &values).unwrap_err();
        let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "the template needs `holder` of the ticket, which is missing",
                "`price` of the ticket must be money, but it is text",
                "`row` of the ticket must be integer, but it is decimal",
            ]
        );
    }

    #[test]
    fn values_are_converted_where_nothing_is_lost() {
        let fields = [
            ("a", Sample::Integer(0), true),
            (
                "b",
                Sample::Decimal {
                    unscaled: 0,
                    scale: 0,
                },
                true,
            ),
            ("c", Sample::Text(String::new()), true),
            ("d", Sample::Boolean(false), true),
        ];
        let values = [
            (
                "a",
                RawValue::Decimal {
                    unscaled: 1_200,
                    scale: 2,
                },
            ),
            ("b", RawValue::Text("-1234.50".to_owned())),
            (
                "c",
                RawValue::Decimal {
                    unscaled: -5,
                    scale: 3,
                },
            ),
            ("d", RawValue::Text("true".to_owned())),
        ];
        let found = filled(&fields, &values).unwrap();
        assert_eq!(
            found[0],
            Value::Integer {
                value: 12,
                formatted: "12".to_owned()
            }
        );
        assert_eq!(
            found[1],
            Value::Decimal {
                unscaled: -123_450,
                scale: 2,
                formatted: "-1,234.50".to_owned()
            }
        );
        assert_eq!(found[2], Value::Text("-0.005".to_owned()));
        assert_eq!(found[3], Value::Boolean(true));
    }

    #[test]
    fn an_empty_text_does_not_exist() {
        let fields = [("seat", Sample::Text(String::new()), true)];
        let problems = filled(&fields, &[("seat", RawValue::Text(" \u{7}".to_owned()))]);
        assert!(matches!(
            problems.unwrap_err()[..],
            [ValueProblem::Missing { .. }]
        ));
    }
}
