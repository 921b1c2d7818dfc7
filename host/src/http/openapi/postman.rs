//! A Postman collection (v2.1) of the document, in an order that can be run.

use serde_json::{Map, Value, json};

use super::story::{Asker, Step, story};

const SCHEMA: &str = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";
const ABOUT: &str = "Made of the OpenAPI document by `guichet openapi --postman`. Start `guichet serve --demo` on an empty data folder and run it with the token that this prints as `token`, and as `operatorToken` one of `guichet token --organizer demo --role operator`. Uploading a template is left out: it sends a file.";

/// The collection of a document.
pub fn collection(document: &Value) -> Value {
    let items: Vec<Value> = story()
        .iter()
        .filter_map(|step| item(step, document))
        .collect();
    json!({
        "info": { "name": "Guichet", "description": ABOUT, "schema": SCHEMA },
        "auth": bearer("token"),
        "variable": variables(document),
        "item": items,
    })
}

fn bearer(variable: &str) -> Value {
    json!({
        "type": "bearer",
        "bearer": [{ "key": "token", "value": format!("{{{{{variable}}}}}"), "type": "string" }],
    })
}

/// Where the host is, who asks, and each part of a path by its example.
fn variables(document: &Value) -> Value {
    let mut variables = vec![
        json!({ "key": "baseUrl", "value": "http://127.0.0.1:3004" }),
        json!({ "key": "token", "value": "" }),
        json!({ "key": "operatorToken", "value": "" }),
        json!({ "key": "qrText", "value": "" }),
    ];
    for (name, part) in parts_of_paths(document) {
        let value = match &part["example"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        variables.push(json!({ "key": name, "value": value }));
    }
    Value::Array(variables)
}

fn parts_of_paths(document: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let parameters = document
        .pointer("/components/parameters")
        .and_then(Value::as_object);
    parameters
        .into_iter()
        .flatten()
        .filter(|(_, parameter)| parameter["in"] == "path")
}

fn item(step: &Step, document: &Value) -> Option<Value> {
    let (path, method, operation) = find(document, step.operation)?;
    let answers = operation.get("responses")?.as_object()?;
    let status = match step.status {
        Some(status) => status.to_string(),
        None => answers
            .keys()
            .find(|status| status.starts_with('2'))?
            .clone(),
    };
    let description = answers.get(&status)?.get("description")?.as_str()?;
    let mut script = vec![format!(
        "pm.test({}, () => pm.response.to.have.status({status}));",
        json!(format!(
            "{status}: {}",
            description.lines().next().unwrap_or_default()
        ))
    )];
    for (variable, place) in step.keeps {
        let mut value = "pm.response.json()".to_owned();
        for name in place.split('.') {
            match name.parse::<usize>() {
                Ok(index) => value.push_str(&format!("[{index}]")),
                Err(_) => value.push_str(&format!(".{name}")),
            }
        }
        if place.ends_with("Url") || place.ends_with(".url") {
            value.push_str(".split(\"/\").pop()");
        }
        script.push(format!(
            "pm.collectionVariables.set(\"{variable}\", {value});"
        ));
    }
    let steps: Vec<String> = path
        .split('/')
        .skip(1)
        .map(|part| part.replace('{', "{{").replace('}', "}}"))
        .collect();
    let mut request = json!({
        "method": method.to_uppercase(),
        "header": [],
        "url": {
            "raw": format!("{{{{baseUrl}}}}/{}", steps.join("/")),
            "host": ["{{baseUrl}}"],
            "path": steps,
        },
        "description": operation.get("summary"),
    });
    let body = step.body.clone().or_else(|| {
        let content = operation.get("requestBody")?.get("content")?;
        content.pointer("/application~1json/example").cloned()
    });
    if let Some(mut body) = body {
        let kept: Vec<&str> = step.keeps.iter().map(|(variable, _)| *variable).collect();
        name_variables(&mut body, document, &kept);
        let raw = serde_json::to_string_pretty(&body).ok()?;
        request["header"] = json!([{ "key": "Content-Type", "value": "application/json" }]);
        request["body"] =
            json!({ "mode": "raw", "raw": raw, "options": { "raw": { "language": "json" } } });
    }
    match (operation.get("security"), step.asker) {
        (Some(Value::Array(none)), _) if none.is_empty() => {
            request["auth"] = json!({ "type": "noauth" })
        }
        (_, Asker::Operator) => request["auth"] = bearer("operatorToken"),
        (_, Asker::Admin) => {}
    }
    Some(json!({
        "name": operation.get("summary").and_then(Value::as_str).unwrap_or(step.operation),
        "id": step.operation,
        "request": request,
        "event": [{ "listen": "test", "script": { "type": "text/javascript", "exec": script } }],
    }))
}

fn find<'a>(
    document: &'a Value,
    name: &str,
) -> Option<(&'a String, &'a String, &'a Map<String, Value>)> {
    let paths = document.get("paths")?.as_object()?;
    paths.iter().find_map(|(path, item)| {
        let (method, operation) = item
            .as_object()?
            .iter()
            .find(|(_, operation)| operation["operationId"] == name)?;
        Some((path, method, operation.as_object()?))
    })
}

/// Ids that an earlier request gave, by their variables. What a request makes, it names itself.
fn name_variables(body: &mut Value, document: &Value, made: &[&str]) {
    let Value::Object(members) = body else {
        return;
    };
    for (name, value) in members {
        if name == "qr" {
            *value = json!("{{qrText}}");
        }
        let known = value.is_string()
            && parts_of_paths(document)
                .any(|(part, parameter)| part == name && parameter["example"] == *value);
        if known && !made.contains(&name.as_str()) {
            *value = json!(format!("{{{{{name}}}}}"));
        }
        name_variables(value, document, made);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::openapi::document;

    /// A file would have to be sent.
    const LEFT_OUT: [&str; 1] = ["upload_template"];

    #[test]
    fn the_story_tells_every_operation() {
        let paths = document().json["paths"].as_object().unwrap();
        let described: BTreeSet<&str> = paths
            .values()
            .flat_map(|item| item.as_object().unwrap().values())
            .map(|operation| operation["operationId"].as_str().unwrap())
            .collect();
        let told: BTreeSet<&str> = story()
            .iter()
            .map(|step| step.operation)
            .chain(LEFT_OUT)
            .collect();
        assert_eq!(described, told);
        let items = collection(&document().json);
        assert_eq!(items["item"].as_array().unwrap().len(), story().len());
    }

    #[test]
    fn the_collection_in_the_docs_is_of_this_version() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../docs/guichet.postman_collection.json"
        );
        let stored: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert!(
            stored == collection(&document().json),
            "write it again: guichet openapi --postman > docs/guichet.postman_collection.json"
        );
    }
}
