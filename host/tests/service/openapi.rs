//! The description of the API, held against the host.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::schema::problems;
use crate::support::{Answer, Folder, Host, token};

/// Every operation of a document by method and path.
pub fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths.iter().flat_map(|(path, item)| {
        let item = item.as_object().expect("operations");
        item.iter().map(move |(method, operation)| {
            (format!("{} {path}", method.to_uppercase()), operation)
        })
    })
}

/// What the command prints; nothing is configured and no host runs.
fn printed(arguments: &[&str]) -> Value {
    let output = crate::support::guichet(arguments);
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Whether a value fits the schema at this place of the document.
fn fits(document: &Value, place: &str, value: &Value) -> Result<(), String> {
    let schema = document.pointer(place).expect(place);
    let problems = problems(document, schema, value);
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems.join("; "))
    }
}

fn escaped(path: &str) -> String {
    path.replace('~', "~0").replace('/', "~1")
}

fn resolved<'a>(document: &'a Value, part: &'a Value) -> &'a Value {
    match part["$ref"].as_str() {
        Some(name) => document.pointer(name.trim_start_matches('#')).expect(name),
        None => part,
    }
}

#[test]
fn the_document_is_whole() {
    let document = printed(&["openapi"]);
    assert_eq!(document["openapi"], "3.1.0");
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["name"].as_str().unwrap())
        .collect();
    let mut ids = BTreeSet::new();
    for (route, operation) in operations(&document) {
        let id = operation["operationId"].as_str().expect(&route);
        assert!(ids.insert(id), "{id} is said of two routes");
        assert!(operation["summary"].is_string(), "{route} has no summary");
        assert!(operation["x-permission"].is_string(), "{route}");
        let tag = operation["tags"][0].as_str().expect(&route);
        assert!(tags.contains(tag), "{route}: {tag}");
        // Each part of the path is a parameter, and no other.
        let path = route.split_once(' ').unwrap().1;
        let in_path: BTreeSet<&str> = path
            .split('/')
            .filter_map(|step| step.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        let described: BTreeSet<&str> = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|parameter| resolved(&document, parameter))
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(in_path, described, "{route}");
        assert!(
            operation["responses"]
                .as_object()
                .unwrap()
                .keys()
                .any(|status| status.starts_with('2')),
            "{route} never succeeds"
        );
    }
    every_reference_leads_somewhere(&document, &document);
    every_example_fits_its_schema(&document);
}

fn every_reference_leads_somewhere(document: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(name) = members.get("$ref").and_then(Value::as_str) {
                assert!(
                    document.pointer(name.trim_start_matches('#')).is_some(),
                    "{name}"
                );
            }
            for member in members.values() {
                every_reference_leads_somewhere(document, member);
            }
        }
        Value::Array(items) => {
            for item in items {
                every_reference_leads_somewhere(document, item);
            }
        }
        _ => {}
    }
}

fn every_example_fits_its_schema(document: &Value) {
    for (route, operation) in operations(document) {
        let (method, path) = route.split_once(' ').unwrap();
        let at = format!("/paths/{}/{}", escaped(path), method.to_lowercase());
        let check = |content: &Value, place: String| {
            let json = &content["application/json"];
            if json.is_object() {
                assert!(json["example"] != Value::Null, "{route} has no example");
                let place = format!("{place}/content/application~1json/schema");
                if let Err(problem) = fits(document, &place, &json["example"]) {
                    panic!("{route}: {problem}\n{}", json["example"]);
                }
            }
        };
        check(
            &operation["requestBody"]["content"],
            format!("{at}/requestBody"),
        );
        for (status, answer) in operation["responses"].as_object().unwrap() {
            check(&answer["content"], format!("{at}/responses/{status}"));
        }
    }
}

#[test]
fn every_example_is_answered_as_documented() {
    let folder = Folder::new();
    let mut variables: BTreeMap<String, String> = BTreeMap::new();
    variables.insert("token".to_owned(), token(&folder, "demo", "admin"));
    variables.insert(
        "operatorToken".to_owned(),
        token(&folder, "demo", "operator"),
    );
    let host = Host::start(&folder);
    let document = printed(&["openapi"]);
    assert_eq!(
        host.client("").get("/openapi.json").json(),
        document,
        "the host serves what the command prints"
    );
    let collection = printed(&["openapi", "--postman"]);
    for variable in collection["variable"].as_array().unwrap() {
        let text = |name: &str| variable[name].as_str().unwrap().to_owned();
        variables.entry(text("key")).or_insert(text("value"));
    }
    for item in collection["item"].as_array().unwrap() {
        run(&host, &document, item, &mut variables);
    }
}

/// One request of the collection, as the tools that read such files run it.
fn run(host: &Host, document: &Value, item: &Value, variables: &mut BTreeMap<String, String>) {
    let request = &item["request"];
    let name = item["id"].as_str().unwrap();
    let put_in = |text: &str| {
        let mut text = text.to_owned();
        for (name, value) in &*variables {
            text = text.replace(&format!("{{{{{name}}}}}"), value);
        }
        text
    };
    let path = request["url"]["raw"].as_str().unwrap();
    let path = put_in(path.trim_start_matches("{{baseUrl}}"));
    let token = match &request["auth"] {
        Value::Null => put_in("{{token}}"),
        auth if auth["type"] == "noauth" => String::new(),
        auth => put_in(auth["bearer"][0]["value"].as_str().unwrap()),
    };
    let client = host.client(&token);
    let method = request["method"].as_str().unwrap();
    let answer = match request["body"]["raw"].as_str() {
        Some(body) => client
            .send(method, &path, "application/json", put_in(body).as_bytes())
            .unwrap(),
        None if method == "GET" => client.get(&path),
        None if method == "DELETE" => client.delete(&path),
        None => client.send(method, &path, "", b"").unwrap(),
    };
    for line in item["event"][0]["script"]["exec"].as_array().unwrap() {
        let line = line.as_str().unwrap();
        if let Some(status) = line.split("status(").nth(1) {
            let expected = status.trim_end_matches("));");
            let body = String::from_utf8_lossy(&answer.bytes);
            assert_eq!(answer.status.to_string(), expected, "{name}: {body:.600}");
        } else {
            let (name, value) = kept(line, &answer);
            variables.insert(name, value);
        }
    }
    let (route, operation) = operations(document)
        .find(|(_, operation)| operation["operationId"] == name)
        .unwrap();
    let content = &operation["responses"][answer.status.to_string()]["content"];
    if content["application/json"].is_object() {
        let (method, path) = route.split_once(' ').unwrap();
        let place = format!(
            "/paths/{}/{}/responses/{}/content/application~1json/schema",
            escaped(path),
            method.to_lowercase(),
            answer.status
        );
        if let Err(problem) = fits(document, &place, &answer.json()) {
            panic!("{name}: {problem}\n{}", answer.json());
        }
    }
}

/// Reads `pm.collectionVariables.set("name", pm.response.json().data.id);`.
fn kept(line: &str, answer: &Answer) -> (String, String) {
    let (name, rest) = line
        .strip_prefix("pm.collectionVariables.set(\"")
        .and_then(|rest| rest.split_once("\", pm.response.json()."))
        .expect(line);
    let place = rest.trim_end_matches(");");
    let (place, is_last_part) = match place.strip_suffix(".split(\"/\").pop()") {
        Some(place) => (place, true),
        None => (place, false),
    };
    let pointer = place.replace(['.', '['], "/").replace(']', "");
    let json = answer.json();
    let value = json.pointer(&format!("/{pointer}")).expect(line);
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let text = match is_last_part {
        true => text.rsplit('/').next().unwrap().to_owned(),
        false => text,
    };
    (name.to_owned(), text)
}

#[test]
fn the_document_and_its_page_are_kept_by_clients_and_load_nothing_else() {
    let folder = Folder::new();
    token(&folder, "demo", "viewer");
    let host = Host::start(&folder);
    for path in ["/openapi.json", "/docs"] {
        let first = host.raw("GET", path, &[]);
        assert_eq!(first.status(), 200);
        let tag = first.header("etag").expect(path);
        let again = host.raw("GET", path, &[("If-None-Match", tag.as_str())]);
        assert_eq!((again.status(), again.body.len()), (304, 0), "{path}");
    }
    let page = host.raw("GET", "/docs", &[]);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    // Nothing is named that a browser would have to fetch from elsewhere.
    assert!(!page.body.contains("http://") && !page.body.contains("https://"));
}
