//! Values of a request, by name and type.

use core::fmt;

use crate::contract::{
    DecimalValue, Failure, ImageValue, IntegerValue, MomentValue, MoneyValue, NamedValue, Request,
    Subject, Value,
};

/// The values of one subject. A look-up answers `None` both for a value that is not there and for one
/// of another type: the manifest fixes the types, so the second is a slip of the author, which the
/// `require` functions tell apart.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    subject: Subject,
    values: &'a [NamedValue],
}

/// A value that the template cannot do without is not there. Turns into [`Failure::Failed`]: the
/// manifest should have listed it as required.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    subject: &'static str,
    name: String,
    wanted: &'static str,
}

impl Request {
    /// What is known of the ticket.
    #[must_use]
    pub fn ticket(&self) -> Values<'_> {
        Values {
            subject: Subject::Ticket,
            values: &self.ticket,
        }
    }

    /// What is known of the event.
    #[must_use]
    pub fn event(&self) -> Values<'_> {
        Values {
            subject: Subject::Event,
            values: &self.event,
        }
    }

    /// What is known of the organizer.
    #[must_use]
    pub fn organizer(&self) -> Values<'_> {
        Values {
            subject: Subject::Organizer,
            values: &self.organizer,
        }
    }

    /// The language of the locale without its region: `de` of `de-CH`.
    #[must_use]
    pub fn language(&self) -> &str {
        self.locale
            .split_once('-')
            .map_or(self.locale.as_str(), |(language, _)| language)
    }
}

impl<'a> Values<'a> {
    /// The value of this name, of whatever type.
    #[must_use]
    pub fn get(self, name: &str) -> Option<&'a Value> {
        self.values
            .iter()
            .find(|named| named.name == name)
            .map(|named| &named.value)
    }

    /// A text.
    #[must_use]
    pub fn text(self, name: &str) -> Option<&'a str> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A whole number.
    #[must_use]
    pub fn integer(self, name: &str) -> Option<&'a IntegerValue> {
        match self.get(name)? {
            Value::Integer(integer) => Some(integer),
            _ => None,
        }
    }

    /// A decimal number.
    #[must_use]
    pub fn decimal(self, name: &str) -> Option<&'a DecimalValue> {
        match self.get(name)? {
            Value::Decimal(decimal) => Some(decimal),
            _ => None,
        }
    }

    /// A yes or no.
    #[must_use]
    pub fn boolean(self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Boolean(boolean) => Some(*boolean),
            _ => None,
        }
    }

    /// A point in time.
    #[must_use]
    pub fn moment(self, name: &str) -> Option<&'a MomentValue> {
        match self.get(name)? {
            Value::Moment(moment) => Some(moment),
            _ => None,
        }
    }

    /// An amount of money.
    #[must_use]
    pub fn money(self, name: &str) -> Option<&'a MoneyValue> {
        match self.get(name)? {
            Value::Money(money) => Some(money),
            _ => None,
        }
    }

    /// An image.
    #[must_use]
    pub fn image(self, name: &str) -> Option<&'a ImageValue> {
        match self.get(name)? {
            Value::Image(image) => Some(image),
            _ => None,
        }
    }

    /// The value in words, whatever its type: numbers, money and dates as formatted for the locale. An
    /// image has none, and a yes or no is for the template to word.
    #[must_use]
    pub fn printed(self, name: &str) -> Option<&'a str> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            Value::Integer(integer) => Some(&integer.formatted),
            Value::Decimal(decimal) => Some(&decimal.formatted),
            Value::Moment(moment) => Some(&moment.formatted.full_date),
            Value::Money(money) => Some(&money.formatted),
            Value::Boolean(_) | Value::Image(_) => None,
        }
    }

    /// A text that the manifest lists as required.
    ///
    /// # Errors
    /// When it is missing or of another type.
    pub fn require_text(self, name: &str) -> Result<&'a str, Missing> {
        self.text(name).ok_or_else(|| self.missing(name, "text"))
    }

    /// A moment that the manifest lists as required.
    ///
    /// # Errors
    /// When it is missing or of another type.
    pub fn require_moment(self, name: &str) -> Result<&'a MomentValue, Missing> {
        self.moment(name)
            .ok_or_else(|| self.missing(name, "moment"))
    }

    fn missing(self, name: &str, wanted: &'static str) -> Missing {
        Missing {
            subject: match self.subject {
                Subject::Ticket => "ticket",
                Subject::Event => "event",
                Subject::Organizer => "organizer",
            },
            name: name.to_owned(),
            wanted,
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subject,
            name,
            wanted,
        } = self;
        write!(
            formatter,
            "the {subject} has no {wanted} \"{name}\": list it in the manifest as a required {wanted}"
        )
    }
}

impl core::error::Error for Missing {}

impl From<Missing> for Failure {
    fn from(missing: Missing) -> Self {
        Self::Failed(missing.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> [NamedValue; 2] {
        [
            NamedValue {
                name: "seat".to_owned(),
                value: Value::Text("12".to_owned()),
            },
            NamedValue {
                name: "member".to_owned(),
                value: Value::Boolean(true),
            },
        ]
    }

    #[test]
    fn values_are_found_by_name_and_type() {
        let named = values();
        let ticket = Values {
            subject: Subject::Ticket,
            values: &named,
        };
        assert_eq!(ticket.text("seat"), Some("12"));
        assert_eq!(ticket.printed("seat"), Some("12"));
        assert_eq!(ticket.boolean("member"), Some(true));
        assert_eq!(ticket.text("member"), None);
        assert_eq!(ticket.text("zone"), None);
    }

    #[test]
    fn a_missing_value_says_what_to_do() {
        let named = values();
        let ticket = Values {
            subject: Subject::Ticket,
            values: &named,
        };
        let missing = ticket.require_text("zone").expect_err("no zone");
        assert_eq!(
            Failure::from(missing),
            Failure::Failed(
                "the ticket has no text \"zone\": list it in the manifest as a required text"
                    .to_owned()
            )
        );
    }
}
