//! Schemas as a person would have written them: the derive macro nests more than it says.

use serde_json::{Map, Value, json};

/// Rewrites every schema in a value, from the inside out.
pub fn simplified(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(simplified),
        Value::Object(members) => {
            members.values_mut().for_each(simplified);
            flatten_described(members);
            join_null(members);
            bound_integers(members);
            expand_aliases(members);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `allOf: [schema, {type: object, description}]` is how a description is put on an inlined schema,
/// although it then says that a text is an object.
fn flatten_described(members: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = members.get("allOf") else {
        return;
    };
    let [schema, note] = parts.as_slice() else {
        return;
    };
    let is_note = note.as_object().is_some_and(|note| {
        note.get("type") == Some(&json!("object"))
            && note
                .keys()
                .all(|key| matches!(key.as_str(), "type" | "description" | "default"))
    });
    if let (true, Some(schema), Some(note)) = (is_note, schema.as_object(), note.as_object()) {
        let mut joined = schema.clone();
        for (key, value) in note.iter().filter(|(key, _)| *key != "type") {
            joined.insert(key.clone(), value.clone());
        }
        members.remove("allOf");
        members.extend(joined);
    }
}

/// `oneOf: [{type: string, …}, {type: null}]` is `{type: [string, null], …}`.
fn join_null(members: &mut Map<String, Value>) {
    let Some(Value::Array(parts)) = members.get("oneOf") else {
        return;
    };
    let null = json!({ "type": "null" });
    let schema = match parts.as_slice() {
        [schema, other] | [other, schema] if *other == null => schema,
        _ => return,
    };
    let Some(mut schema) = schema.as_object().cloned() else {
        return;
    };
    let Some(Value::String(kind)) = schema.get("type").cloned() else {
        return;
    };
    if let Some(Value::Array(allowed)) = schema.get_mut("enum") {
        allowed.push(Value::Null);
    }
    schema.insert("type".to_owned(), json!([kind, "null"]));
    members.remove("oneOf");
    for (key, value) in schema {
        // What is said where it is used is nearer.
        members.entry(key).or_insert(value);
    }
}

/// Formats of integers that other tools do not know, as bounds that they do.
fn bound_integers(members: &mut Map<String, Value>) {
    let maximum = match members.get("format").and_then(Value::as_str) {
        Some("u-int8") => u64::from(u8::MAX),
        Some("u-int16") => u64::from(u16::MAX),
        Some("u-int32") => u64::from(u32::MAX),
        Some("u-int64") => u64::MAX,
        _ => return,
    };
    members.remove("format");
    members.entry("minimum").or_insert(json!(0));
    if maximum < u64::MAX {
        members.entry("maximum").or_insert(json!(maximum));
    }
}

/// Members that go by several names, `x-aliases`, under each of them.
fn expand_aliases(schema: &mut Map<String, Value>) {
    let Some(Value::Object(members)) = schema.get_mut("properties") else {
        return;
    };
    let mut named = Vec::new();
    for (name, member) in members.iter_mut() {
        let aliases = member
            .as_object_mut()
            .and_then(|member| member.remove("x-aliases"));
        for alias in aliases
            .as_ref()
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            if let Some(alias) = alias.as_str() {
                let mut same = member.clone();
                same["description"] =
                    Value::String(format!("As `{name}`, of which only one is given."));
                named.push((name.clone(), alias.to_owned(), same));
            }
        }
    }
    for (_, alias, member) in &named {
        members.insert(alias.clone(), member.clone());
    }
    // What has to be given may be given under any of its names.
    let Some(Value::Array(required)) = schema.get_mut("required") else {
        return;
    };
    let mut choices = Vec::new();
    required.retain(|name| {
        let aliases = named.iter().filter(|(known, _, _)| *name == *known);
        let others: Vec<Value> = aliases
            .map(|(_, alias, _)| json!({ "required": [alias] }))
            .collect();
        let is_plain = others.is_empty();
        if !is_plain {
            choices.push(json!({ "required": [name] }));
            choices.extend(others);
        }
        is_plain
    });
    if required.is_empty() {
        schema.remove("required");
    }
    if !choices.is_empty() {
        schema.insert("anyOf".to_owned(), Value::Array(choices));
    }
}
