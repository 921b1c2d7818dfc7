//! Whether a value fits a schema of the document: the keywords of JSON Schema that the document uses
//! for the shape of values. Patterns and formats are for the checks of requests, which have tests of
//! their own.

use serde_json::{Map, Value};

/// What does not fit, with its place.
pub fn problems(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(document, schema, value, "", &mut found);
    found
}

fn check(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(schema) = schema.as_object() else {
        return;
    };
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let target = document.pointer(name.trim_start_matches('#')).expect(name);
        check(document, target, value, at, found);
    }
    let mut fail = |words: String| found.push(format!("{at}: {words}"));
    if let Some(kinds) = schema.get("type") {
        let kinds = match kinds {
            Value::Array(kinds) => kinds.clone(),
            one => vec![one.clone()],
        };
        if !kinds.iter().any(|kind| is_a(value, kind.as_str().unwrap())) {
            fail(format!("{value} is none of {kinds:?}"));
        }
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        fail(format!("{value} is none of {allowed:?}"));
    }
    if let (Some(least), Some(number)) = (number(schema, "minimum"), value.as_f64())
        && number < least
    {
        fail(format!("{number} is less than {least}"));
    }
    if let (Some(most), Some(number)) = (number(schema, "maximum"), value.as_f64())
        && number > most
    {
        fail(format!("{number} is more than {most}"));
    }
    if let (Some(most), Some(text)) = (number(schema, "maxLength"), value.as_str())
        && text.chars().count() as f64 > most
    {
        fail(format!("{text} is longer than {most}"));
    }
    if let Some(members) = value.as_object() {
        check_members(document, schema, members, at, found);
    }
    if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
        for (index, value) in values.iter().enumerate() {
            check(document, items, value, &format!("{at}/{index}"), found);
        }
    }
    for part in list(schema, "allOf") {
        check(document, part, value, at, found);
    }
    for (keyword, only_one) in [("oneOf", true), ("anyOf", false)] {
        let choices = list(schema, keyword);
        if choices.is_empty() {
            continue;
        }
        let fitting = choices
            .iter()
            .filter(|choice| problems(document, choice, value).is_empty())
            .count();
        if fitting == 0 || (only_one && fitting > 1) {
            found.push(format!("{at}: fits {fitting} of {keyword}"));
        }
    }
}

fn check_members(
    document: &Value,
    schema: &Map<String, Value>,
    members: &Map<String, Value>,
    at: &str,
    found: &mut Vec<String>,
) {
    for name in list(schema, "required") {
        if !members.contains_key(name.as_str().unwrap()) {
            found.push(format!("{at}: {name} is missing"));
        }
    }
    let known = schema.get("properties").and_then(Value::as_object);
    for (name, value) in members {
        let at = format!("{at}/{name}");
        match known.and_then(|known| known.get(name)) {
            Some(member) => check(document, member, value, &at, found),
            None => match schema.get("additionalProperties") {
                Some(Value::Bool(false)) => found.push(format!("{at}: is not known")),
                Some(others) => check(document, others, value, &at, found),
                None => {}
            },
        }
    }
}

fn is_a(value: &Value, kind: &str) -> bool {
    match kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type of JSON Schema"),
    }
}

fn list<'a>(schema: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    let list = schema.get(keyword).and_then(Value::as_array);
    list.map_or(&[], Vec::as_slice)
}

fn number(schema: &Map<String, Value>, keyword: &str) -> Option<f64> {
    schema.get(keyword).and_then(Value::as_f64)
}

#[test]
fn what_does_not_fit_is_told() {
    let document = serde_json::json!({ "parts": { "name": { "type": "string", "maxLength": 3 } } });
    let schema = serde_json::json!({
        "type": "object",
        "required": ["id"],
        "additionalProperties": false,
        "properties": {
            "id": { "type": "integer", "minimum": 1 },
            "name": { "oneOf": [{ "$ref": "#/parts/name" }, { "type": "null" }] },
            "list": { "type": "array", "items": { "enum": ["a"] } },
        },
    });
    let check = |value: Value, count: usize| {
        let found = problems(&document, &schema, &value);
        assert_eq!(found.len(), count, "{value}: {found:?}");
    };
    check(
        serde_json::json!({ "id": 1, "name": "abc", "list": ["a"] }),
        0,
    );
    check(serde_json::json!({ "id": 1, "name": null }), 0);
    check(
        serde_json::json!({ "id": 0, "name": "abcd", "list": ["b"] }),
        3,
    );
    check(serde_json::json!({ "other": true }), 2);
    check(serde_json::json!("text"), 1);
}
