//! From what handlers say of themselves to the whole document.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::{Map, Value, json};
use utoipa::openapi::OpenApi;

use super::errors::{codes_of, known};
use super::examples::sample;
use super::parts;
use super::simplify::simplified;
use crate::http::front::class_of;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
const JSON: &str = "application/json";

/// The document of these routes.
pub fn completed(described: &OpenApi) -> Value {
    let mut paths = json!(described.paths.paths);
    let mut schemas = json!(described.components.as_ref().map(|parts| &parts.schemas));
    simplified(&mut paths);
    simplified(&mut schemas);
    if let Some(schemas) = schemas.as_object_mut() {
        name_data(schemas);
        schemas.insert("Error".to_owned(), parts::error_schema());
    }
    never_null(&paths, &mut schemas);
    for (path, item) in paths.as_object_mut().into_iter().flatten() {
        for (method, operation) in item.as_object_mut().into_iter().flatten() {
            if let Some(operation) = operation.as_object_mut() {
                Operation {
                    path,
                    method,
                    operation,
                }
                .complete(&schemas);
            }
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Guichet",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "A self-hosted ticket host.",
            "description": include_str!("introduction.md"),
            "license": { "name": "MIT", "identifier": "MIT" },
        },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }],
        "tags": parts::tags(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "parameters": parameters(),
            "headers": parts::headers(),
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT or API key",
                    "description": "A token of `guichet token`, of a signer that the operator trusts, or an API key (`gk_…`).",
                },
            },
        },
    })
}

/// A member of an answer that may be missing is never null. Bodies say `null` for what they take away.
fn never_null(paths: &Value, schemas: &mut Value) {
    let mut asked = BTreeSet::new();
    for body in paths
        .as_object()
        .into_iter()
        .flat_map(Map::values)
        .flat_map(bodies_of)
    {
        find_names(body, schemas, &mut asked);
    }
    for (name, schema) in schemas.as_object_mut().into_iter().flatten() {
        if asked.contains(name) {
            continue;
        }
        let parts = match schema.get_mut("allOf").and_then(Value::as_array_mut) {
            Some(parts) => parts.iter_mut().collect(),
            None => vec![schema],
        };
        for part in parts {
            let required = part.get("required").cloned().unwrap_or_default();
            let is_required = |name: &str| {
                required
                    .as_array()
                    .is_some_and(|names| names.contains(&json!(name)))
            };
            let members = part.get_mut("properties").and_then(Value::as_object_mut);
            for (name, member) in members.into_iter().flatten() {
                if !is_required(name) {
                    remove_null(member);
                }
            }
        }
    }
}

fn bodies_of(item: &Value) -> impl Iterator<Item = &Value> {
    let operations = item.as_object().into_iter().flat_map(Map::values);
    operations.filter_map(|operation| operation.get("requestBody"))
}

/// Names of the schemas that a value uses, and that those use.
fn find_names(value: &Value, schemas: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items
            .iter()
            .for_each(|item| find_names(item, schemas, found)),
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str);
            if let Some(name) = name.and_then(|path| path.rsplit('/').next())
                && found.insert(name.to_owned())
                && let Some(schema) = schemas.get(name)
            {
                find_names(schema, schemas, found);
            }
            members
                .values()
                .for_each(|member| find_names(member, schemas, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn remove_null(member: &mut Value) {
    if let Some(Value::Array(kinds)) = member.get("type")
        && let [kind, null] = kinds.as_slice()
        && null == "null"
    {
        member["type"] = kind.clone();
    }
    if let Some(Value::Array(parts)) = member.get("oneOf")
        && let [schema, null] = parts.as_slice()
        && *null == json!({ "type": "null" })
    {
        *member = schema.clone();
    }
}

/// The data in an envelope by name: the derive macro writes what is generic in full.
fn name_data(schemas: &mut Map<String, Value>) {
    let names: Vec<String> = schemas.keys().cloned().collect();
    for name in &names {
        let Some(data) = name
            .strip_prefix("Success_")
            .filter(|data| names.iter().any(|name| name == data))
        else {
            continue;
        };
        if let Some(members) = schemas
            .get_mut(name)
            .and_then(|schema| schema.get_mut("properties"))
        {
            members["data"] = json!({ "$ref": format!("#/components/schemas/{data}") });
            members["success"] = json!({ "type": "boolean", "enum": [true] });
        }
    }
}

/// Method and path of each route.
pub fn routes(document: &Value) -> Vec<String> {
    let paths = document.get("paths").and_then(Value::as_object);
    paths
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| {
            METHODS
                .iter()
                .filter(|method| item.get(**method).is_some())
                .map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect()
}

fn parameters() -> Value {
    let mut all = parts::path_parameters();
    if let (Some(all), Value::Object(headers)) = (all.as_object_mut(), parts::header_parameters()) {
        all.extend(headers);
    }
    all
}

struct Operation<'a> {
    path: &'a str,
    method: &'a str,
    operation: &'a mut Map<String, Value>,
}

impl Operation<'_> {
    fn complete(&mut self, schemas: &Value) {
        self.shorten_summary();
        let mutates = self.method != "get";
        let method = self.method.to_uppercase();
        let is_counted = Method::from_bytes(method.as_bytes())
            .is_ok_and(|method| class_of(&method, self.path).is_some());
        let permission = self.name_permission();
        let mut codes = self.own_codes();
        if permission != "none" {
            codes.extend(["UNAUTHORIZED", "INSUFFICIENT_PERMISSIONS"].map(str::to_owned));
        }
        codes.push("ADDRESS_NOT_ALLOWED".to_owned());
        if is_counted {
            codes.push("QUOTA_EXCEEDED".to_owned());
        }
        codes.extend(["INTERNAL_ERROR", "OVERLOADED"].map(str::to_owned));
        let has_query = self
            .list("parameters")
            .iter()
            .any(|parameter| parameter.get("in") == Some(&json!("query")));
        let has_body = self.operation.contains_key("requestBody");
        if has_query || has_body || mutates || self.path.contains('{') {
            codes.push("VALIDATION_ERROR".to_owned());
        }
        if has_body {
            codes.extend(["PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"].map(str::to_owned));
        }
        if mutates {
            codes.extend(["IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED"].map(str::to_owned));
        }
        self.add_examples(schemas);
        let is_tagged = self.answer_unchanged();
        self.add_errors(&codes);
        self.add_headers(mutates, is_counted);
        self.add_parameters(mutates, is_tagged);
    }

    /// The first sentence; what follows it is part of the description.
    fn shorten_summary(&mut self) {
        let text = |name: &str| {
            self.operation
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let whole = text("summary").replace('\n', " ");
        let (first, rest) = whole
            .split_once(". ")
            .unwrap_or((whole.trim_end_matches('.'), ""));
        let description = [rest, text("description")];
        let description: Vec<&str> = description
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let (first, description) = (json!(first), description.join("\n\n"));
        self.operation.insert("summary".to_owned(), first);
        if !description.is_empty() {
            self.operation
                .insert("description".to_owned(), json!(description));
        }
    }

    /// Says the permission where programs look for it, too.
    fn name_permission(&mut self) -> String {
        let security = self.operation.get("security").and_then(Value::as_array);
        let permission = match security.map(Vec::as_slice) {
            None => "any token",
            Some([first, ..]) if first.get("bearer").is_some() => first
                .pointer("/bearer/0")
                .and_then(Value::as_str)
                .unwrap_or("any token"),
            Some(_) => "none",
        };
        let permission = permission.to_owned();
        if permission == "none" {
            self.operation.insert("security".to_owned(), json!([]));
        }
        self.operation
            .insert("x-permission".to_owned(), json!(permission));
        permission
    }

    /// Codes of errors that the handler names.
    fn own_codes(&mut self) -> Vec<String> {
        let named = self.operation.remove("x-errors").unwrap_or_default();
        let names = named
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str);
        names.flat_map(codes_of).map(str::to_owned).collect()
    }

    fn list(&self, name: &str) -> Vec<Value> {
        let list = self.operation.get(name).and_then(Value::as_array);
        list.cloned().unwrap_or_default()
    }

    fn add_examples(&mut self, schemas: &Value) {
        if let Some(content) = self
            .operation
            .get_mut("requestBody")
            .and_then(|body| body.get_mut("content"))
        {
            add_example(content, schemas, None);
        }
        let answers = self
            .operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for answer in answers.into_iter().flat_map(Map::values_mut) {
            let message = answer.get("description").cloned();
            if let Some(content) = answer.get_mut("content") {
                add_example(content, schemas, message);
            }
        }
    }

    /// Where an answer has a tag, 304 is an answer too.
    fn answer_unchanged(&mut self) -> bool {
        let Some(Value::Object(answers)) = self.operation.get_mut("responses") else {
            return false;
        };
        let mut is_tagged = false;
        for headers in answers
            .values_mut()
            .filter_map(|answer| answer.get_mut("headers"))
        {
            for (name, part) in [
                ("ETag", "ETag"),
                ("Content-Disposition", "ContentDisposition"),
            ] {
                if let Some(header) = headers.get_mut(name) {
                    *header = json!({ "$ref": format!("#/components/headers/{part}") });
                }
            }
            is_tagged |= headers.get("ETag").is_some();
        }
        if is_tagged {
            let unchanged = json!({
                "description": "what If-None-Match names still holds; no body",
                "headers": { "ETag": { "$ref": "#/components/headers/ETag" } },
            });
            answers.insert("304".to_owned(), unchanged);
        }
        is_tagged
    }

    fn add_errors(&mut self, codes: &[String]) {
        let Some(Value::Object(answers)) = self.operation.get_mut("responses") else {
            return;
        };
        let mut statuses: Vec<u16> = codes
            .iter()
            .filter_map(|code| known(code))
            .map(|(status, _)| status)
            .collect();
        statuses.sort_unstable();
        statuses.dedup();
        for status in statuses {
            let mut of_status: Vec<(&str, &str)> = Vec::new();
            for code in codes {
                if let Some((found, meaning)) = known(code)
                    && found == status
                    && of_status.iter().all(|(known, _)| known != code)
                {
                    of_status.push((code, meaning));
                }
            }
            // A health check says 503 in its own words.
            answers
                .entry(status.to_string())
                .or_insert_with(|| error_answer(&of_status));
        }
    }

    fn add_headers(&mut self, mutates: bool, is_counted: bool) {
        let answers = self
            .operation
            .get_mut("responses")
            .and_then(Value::as_object_mut);
        for (status, answer) in answers.into_iter().flatten() {
            let mut add = |name: &str, part: &str| {
                if let Some(answer) = answer.as_object_mut() {
                    let headers = answer.entry("headers").or_insert_with(|| json!({}));
                    headers[name] = json!({ "$ref": format!("#/components/headers/{part}") });
                }
            };
            add("X-Request-Id", "RequestId");
            if is_counted {
                add("RateLimit-Limit", "RateLimitLimit");
                add("RateLimit-Remaining", "RateLimitRemaining");
                add("RateLimit-Reset", "RateLimitReset");
            }
            if mutates && status.starts_with('2') {
                add("Idempotent-Replayed", "IdempotentReplayed");
            }
            if matches!(status.as_str(), "429" | "503") || (mutates && status == "409") {
                add("Retry-After", "RetryAfter");
            }
        }
    }

    fn add_parameters(&mut self, mutates: bool, is_tagged: bool) {
        let part = |name: &str| json!({ "$ref": format!("#/components/parameters/{name}") });
        let in_path = self
            .path
            .split('/')
            .filter_map(|step| step.strip_prefix('{')?.strip_suffix('}'));
        let mut parameters: Vec<Value> = in_path.map(part).collect();
        parameters.extend(self.list("parameters"));
        if mutates {
            parameters.push(part("IdempotencyKey"));
        }
        if is_tagged {
            parameters.push(part("IfNoneMatch"));
        }
        parameters.push(part("RequestId"));
        self.operation
            .insert("parameters".to_owned(), Value::Array(parameters));
    }
}

/// Adds an example to JSON content that has none, made of the examples of its types.
fn add_example(content: &mut Value, schemas: &Value, message: Option<Value>) {
    let Some(json) = content.get_mut(JSON).and_then(Value::as_object_mut) else {
        return;
    };
    if json.contains_key("example") || json.contains_key("examples") {
        return;
    }
    let Some(mut example) = json
        .get("schema")
        .and_then(|schema| sample(schema, schemas))
    else {
        return;
    };
    if let (Some(told), Some(message)) = (example.get_mut("message"), message) {
        *told = message;
    }
    json.insert("example".to_owned(), example);
}

fn error_answer(codes: &[(&str, &str)]) -> Value {
    let names: Vec<&str> = codes.iter().map(|(code, _)| *code).collect();
    let lines: Vec<String> = codes
        .iter()
        .map(|(code, meaning)| format!("`{code}`: {meaning}"))
        .collect();
    let (code, message) = codes.first().copied().unwrap_or_default();
    let details = match code {
        "VALIDATION_ERROR" => json!([{ "field": "limit", "message": "must be 1 to 100" }]),
        _ => json!([]),
    };
    json!({
        "description": lines.join("\n\n"),
        "content": { JSON: {
            "schema": { "allOf": [
                { "$ref": "#/components/schemas/Error" },
                { "properties": { "error": { "properties": { "code": { "enum": names } } } } },
            ] },
            "example": {
                "success": false,
                "error": {
                    "code": code,
                    "message": message,
                    "details": details,
                    "requestId": "3f0c9a52b7d14c0e8a6f5d2b1c9e7a40",
                },
            },
        } },
    })
}
