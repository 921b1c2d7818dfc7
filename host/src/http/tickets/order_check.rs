//! Checks of what orders and changes say, which collect every problem before they refuse.

use serde_json::Value;

use super::order_body::MAX_CUSTOM_CHARS;
use crate::config::PriceUnit;
use crate::http::error::{ApiError, FieldProblem};
use crate::issue::{CustomValue, Lines, Price, printable};

/// Collects what is wrong, so that the caller can mend it in one go.
#[derive(Default)]
pub(super) struct Check {
    problems: Vec<FieldProblem>,
}

impl Check {
    pub(super) fn problem(&mut self, field: &str, message: String) {
        self.problems.push(FieldProblem::new(field, message));
    }

    pub(super) fn extend(&mut self, problems: impl IntoIterator<Item = FieldProblem>) {
        self.problems.extend(problems);
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

    pub(super) fn language(&mut self, field: &str, text: Option<&str>) -> Option<String> {
        let text = text?;
        let well_formed = text.len() <= 35
            && text.split('-').all(|part| {
                (1..=8).contains(&part.len())
                    && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
            });
        if !well_formed {
            self.problem(field, "must be a BCP 47 tag such as en or de-CH".to_owned());
            return None;
        }
        Some(text.to_owned())
    }

    pub(super) fn price(&mut self, field: &str, value: &Value, unit: PriceUnit) -> Option<Price> {
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
            self.problem(field, expected.to_owned());
        }
        price
    }

    /// A value of the object at `parent`.
    pub(super) fn custom(
        &mut self,
        parent: &str,
        name: &str,
        value: &Value,
    ) -> Option<CustomValue> {
        let field = format!("{parent}.{name}");
        if let Err(error) = printable(name, 64, Lines::One) {
            self.problem(parent, format!("a name in it {error}"));
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

    #[test]
    fn numbers_stay_exact() {
        assert_eq!(decimal("12.50"), Some(CustomValue::Decimal(1250, 2)));
        assert_eq!(decimal("-3"), Some(CustomValue::Integer(-3)));
        assert_eq!(decimal("1e400"), None);
    }
}
