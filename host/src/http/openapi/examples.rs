//! Examples of whole bodies, made of the examples that types and members give.

use serde_json::{Map, Value};

/// A value of this schema, as far as it and the schemas that it names give examples.
pub fn sample(schema: &Value, schemas: &Value) -> Option<Value> {
    if let Some(example) = schema.get("example") {
        return Some(example.clone());
    }
    if let Some(first) = schema.pointer("/examples/0") {
        return Some(first.clone());
    }
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let name = name.rsplit('/').next()?;
        return sample(schemas.get(name)?, schemas);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(first) = schema.get(choice).and_then(|choices| choices.get(0)) {
            return sample(first, schemas);
        }
    }
    if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
        let mut whole = Map::new();
        for part in parts {
            if let Some(Value::Object(members)) = sample(part, schemas) {
                whole.extend(members);
            }
        }
        return Some(Value::Object(whole));
    }
    if let Some(first) = schema.pointer("/enum/0") {
        return Some(first.clone());
    }
    if let Some(members) = schema.get("properties").and_then(Value::as_object) {
        let sampled = members
            .iter()
            .filter_map(|(name, member)| Some((name.clone(), sample(member, schemas)?)));
        return Some(Value::Object(sampled.collect()));
    }
    match schema.get("items") {
        Some(items) => Some(Value::Array(sample(items, schemas).into_iter().collect())),
        // So that the caller puts in its own.
        None if schema.get("description") == Some(&Value::from("What was done, for people.")) => {
            Some(Value::from(""))
        }
        None if schema.get("type") == Some(&Value::from("object")) => {
            Some(Value::Object(Map::new()))
        }
        None => None,
    }
}
