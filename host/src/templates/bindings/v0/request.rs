//! A request as wasmtime hands it over: borrowed from the host's, so that no text is copied twice.

use super::wit;
use crate::templates::request::{
    LayoutRequest, MomentValue, NamedValue, Precision, Value, Weekday,
};

/// The lists of a request in the contract's types.
pub(super) struct Lowered<'request> {
    request: &'request LayoutRequest,
    ticket: Vec<wit::NamedValue<'request>>,
    event: Vec<wit::NamedValue<'request>>,
    organizer: Vec<wit::NamedValue<'request>>,
}

impl<'request> Lowered<'request> {
    pub fn new(request: &'request LayoutRequest) -> Self {
        let lower = |values: &'request [NamedValue]| values.iter().map(named_value).collect();
        Self {
            request,
            ticket: lower(&request.ticket),
            event: lower(&request.event),
            organizer: lower(&request.organizer),
        }
    }

    pub fn as_wit<'lowered>(&'lowered self, state: &'lowered [u8]) -> wit::Request<'lowered> {
        let size = self.request.page_format.size;
        wit::Request {
            state,
            ticket: &self.ticket,
            event: &self.event,
            organizer: &self.organizer,
            page_format: wit::PageFormatParam {
                name: &self.request.page_format.name,
                size: wit::Size {
                    width: size.width.to_emu(),
                    height: size.height.to_emu(),
                },
            },
            locale: &self.request.locale,
            position: wit::Position {
                index: self.request.position.index,
                total: self.request.position.total,
            },
        }
    }
}

fn named_value(named: &NamedValue) -> wit::NamedValue<'_> {
    wit::NamedValue {
        name: &named.name,
        value: value(&named.value),
    }
}

fn value(value: &Value) -> wit::Value<'_> {
    match value {
        Value::Text(text) => wit::Value::Text(text),
        Value::Integer { value, formatted } => wit::Value::Integer(wit::IntegerValue {
            value: *value,
            formatted,
        }),
        Value::Decimal {
            unscaled,
            scale,
            formatted,
        } => wit::Value::Decimal(wit::DecimalValue {
            value: wit::DecimalNumber {
                unscaled: *unscaled,
                scale: *scale,
            },
            formatted,
        }),
        Value::Boolean(value) => wit::Value::Boolean(*value),
        Value::Moment(value) => wit::Value::Moment(moment(value)),
        Value::Money {
            minor_units,
            currency,
            digits,
            formatted,
        } => wit::Value::Money(wit::MoneyValue {
            value: wit::MoneyAmountParam {
                minor_units: *minor_units,
                currency,
            },
            digits: *digits,
            formatted,
        }),
        Value::Image {
            id,
            width_px,
            height_px,
            description,
        } => wit::Value::Image(wit::ImageValue {
            id: *id,
            size: wit::PixelSize {
                width_px: *width_px,
                height_px: *height_px,
            },
            description: description.as_deref(),
        }),
    }
}

fn moment(moment: &MomentValue) -> wit::MomentValue<'_> {
    let local = &moment.local;
    let words = &moment.formatted;
    wit::MomentValue {
        unix_seconds: moment.unix_seconds,
        precision: match moment.precision {
            Precision::Day => wit::Precision::Day,
            Precision::Minute => wit::Precision::Minute,
        },
        local: wit::LocalTime {
            year: local.year,
            month: local.month,
            day: local.day,
            hour: local.hour,
            minute: local.minute,
            second: local.second,
            weekday: match local.weekday {
                Weekday::Monday => wit::Weekday::Monday,
                Weekday::Tuesday => wit::Weekday::Tuesday,
                Weekday::Wednesday => wit::Weekday::Wednesday,
                Weekday::Thursday => wit::Weekday::Thursday,
                Weekday::Friday => wit::Weekday::Friday,
                Weekday::Saturday => wit::Weekday::Saturday,
                Weekday::Sunday => wit::Weekday::Sunday,
            },
        },
        utc_offset_seconds: moment.utc_offset_seconds,
        zone: &moment.zone,
        formatted: wit::MomentText {
            full_date: &words.full_date,
            long_date: &words.long_date,
            short_date: &words.short_date,
            weekday: &words.weekday,
            month: &words.month,
            time: &words.time,
            zone_name: &words.zone_name,
        },
    }
}
