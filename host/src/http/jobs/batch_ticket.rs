//! One ticket of a batch: what `ticketData` says, and how many of it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{RefOr, schema::Schema as OpenApiSchema};
use utoipa::{PartialSchema, ToSchema};

use crate::http::complaints;
use crate::http::error::{ApiError, FieldProblem};
use crate::http::extract::distinct;
use crate::http::objects::ObjectsOnly;
use crate::http::tickets::TicketData;

/// Most tickets of one entry.
pub const MAX_QUANTITY: u32 = 10_000_000;

/// An entry of a batch, not checked yet.
#[derive(Debug, Clone)]
pub struct BatchTicket(pub BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for BatchTicket {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        distinct(deserializer).map(Self)
    }
}

/// An entry of a batch.
#[derive(Debug, Default)]
pub struct Entry {
    /// The ticket.
    pub ticket: TicketData,
    /// How many of it.
    pub quantity: u32,
    /// The template asked for.
    pub template: Option<String>,
}

impl BatchTicket {
    /// Reads the entry.
    ///
    /// # Errors
    /// The first member that is wrong.
    pub fn into_entry(self) -> Result<Entry, FieldProblem> {
        let mut members = self.0;
        let quantity = match members.remove("quantity") {
            None => 1,
            Some(value) => quantity(&value).ok_or_else(|| {
                FieldProblem::new(
                    "quantity",
                    format!("must be a whole number, 1 to {MAX_QUANTITY}"),
                )
            })?,
        };
        let template = match members.remove("template") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err(FieldProblem::new("template", "must be text")),
        };
        if let Some(name) = members.remove("ticketType") {
            if members.contains_key("type") {
                return Err(FieldProblem::new(
                    "ticketType",
                    "is the same as type; give one of them",
                ));
            }
            members.insert("type".to_owned(), name);
        }
        let object = Value::Object(Map::from_iter(members));
        let ticket = serde_path_to_error::deserialize(ObjectsOnly(object)).map_err(|error| {
            let path = error.path().to_string();
            complaints::problem(&path, &error.into_inner().to_string())
        })?;
        Ok(Entry {
            ticket,
            quantity,
            template,
        })
    }
}

fn quantity(value: &Value) -> Option<u32> {
    let quantity = u32::try_from(value.as_u64()?).ok()?;
    (1..=MAX_QUANTITY).contains(&quantity).then_some(quantity)
}

impl PartialSchema for BatchTicket {
    fn schema() -> RefOr<OpenApiSchema> {
        let mut object = match TicketData::schema() {
            RefOr::T(Schema::Object(object)) => object,
            _ => Object::new(),
        };
        let count = ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::Integer))
            .description(Some(
                "How many of it; 1 if not given. With more than one there is no `id`.",
            ))
            .minimum(Some(1))
            .maximum(Some(f64::from(MAX_QUANTITY)));
        let template = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("Template by name."));
        let kind = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("As `type`."));
        object
            .properties
            .insert("quantity".to_owned(), count.into());
        object
            .properties
            .insert("template".to_owned(), template.into());
        object
            .properties
            .insert("ticketType".to_owned(), kind.into());
        object.description = Some("A ticket, or several alike.".to_owned());
        object.example = Some(json!({ "type": "vip", "quantity": 3 }));
        object.into()
    }
}

impl ToSchema for BatchTicket {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("BatchTicket")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<OpenApiSchema>)>) {
        TicketData::schemas(schemas);
    }
}

/// A problem with an entry, in the place of the entry.
pub fn in_place(place: &str, problem: FieldProblem) -> ApiError {
    ApiError::Validation(vec![FieldProblem {
        field: format!("{place}.{}", problem.field),
        ..problem
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(json: Value) -> Result<Entry, FieldProblem> {
        serde_json::from_value::<BatchTicket>(json)
            .unwrap()
            .into_entry()
    }

    #[test]
    fn an_entry_is_a_ticket_and_a_number() {
        let read = entry(json!({ "ticketType": "vip", "quantity": 3, "seat": "1" })).unwrap();
        assert_eq!(read.ticket.ticket_type.as_deref(), Some("vip"));
        assert_eq!((read.quantity, read.ticket.seat.as_deref()), (3, Some("1")));
        assert_eq!(entry(json!({})).unwrap().quantity, 1);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let check = |json: Value, field: &str| {
            assert_eq!(entry(json).unwrap_err().field, field);
        };
        check(json!({ "quantity": "7" }), "quantity");
        check(json!({ "quantity": 0 }), "quantity");
        check(json!({ "quantity": -1 }), "quantity");
        check(json!({ "quantity": 1.5 }), "quantity");
        check(json!({ "quantity": 10_000_001 }), "quantity");
        check(json!({ "colour": "red" }), "colour");
        check(json!({ "type": "a", "ticketType": "a" }), "ticketType");
        check(json!({ "seat": 7 }), "seat");
        check(json!({ "template": [] }), "template");
        check(
            json!({ "customFields": { "a": 1 }, "price": {}, "x": 1 }),
            "x",
        );
    }

    #[test]
    fn a_member_is_given_once() {
        let twice = serde_json::from_str::<BatchTicket>(r#"{"seat":"1","seat":"2"}"#);
        assert!(twice.is_err());
    }
}
