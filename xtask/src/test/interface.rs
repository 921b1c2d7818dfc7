//! The REST API as its description tells it: by a client of each language, by the Postman collection,
//! and by a program that makes up requests from the description alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::console::say;
use crate::demo::client::Client;
use crate::installation::{Engine, Installation, Running};
use crate::workspace::Workspace;
use crate::{node, process, python};

const COLLECTION: &str = "docs/guichet.postman_collection.json";
const NEWMAN: &str = "newman@6.2.2";
const PYTHON_CLIENT: &str = "examples/clients/python/guichet.py";
/// Pinned requirements and settings of schemathesis.
const EXPLORER: &str = "tests/interface";
/// Checks of our own, in that folder.
const CHECKS: &str = "checks.py";
const EXPLORER_REPORT: &str = "requests.har";
const COLLECTION_REPORT: &str = "collection.json";
/// Made-up requests for each operation and phase.
const EXAMPLES: &str = "10";
/// More than all made-up orders come to.
const MADE_UP_TICKETS: &str = "1000000000000";
const TYPESCRIPT_CLIENT: &str = "examples/clients/typescript";

/// Runs them against hosts of our own on both databases.
pub fn run(workspace: &Workspace) -> Result<()> {
    let description = Description::print(workspace)?;
    let typescript = typescript_client(workspace, &description)?;
    let newman = node::with_packages(workspace, "newman", &[NEWMAN])?;
    for engine in Engine::ALL {
        let mut installation = Installation::make(workspace, engine, "interface")?;
        let target = Target::start(&installation)?;
        say(&format!("clients, on {}", engine.name()));
        target.run(Command::new("python3").arg(workspace.root().join(PYTHON_CLIENT)))?;
        target.run(Command::new("node").arg(typescript.join("build/sell.js")))?;
        say(&format!("the Postman collection, on {}", engine.name()));
        process::run(
            Command::new(newman.join("node_modules/.bin/newman"))
                .arg("run")
                .arg(workspace.root().join(COLLECTION))
                .arg("--environment")
                .arg(target.environment()?)
                .args(["--color", "off", "--reporters", "cli,json"])
                .args([
                    "--reporter-cli-no-success-assertions",
                    "--reporter-cli-no-banner",
                ])
                .arg("--reporter-json-export")
                .arg(target.folder.join(COLLECTION_REPORT)),
        )?;
        let uploaded = upload_and_roll_back(workspace, &target)?;
        target.host.stop()?;
        // Millions of tickets will be ordered, of which none needs to be made.
        installation.set("BATCH_CONCURRENCY", "0");
        installation.set("QUEUE_MAX_TICKETS", MADE_UP_TICKETS);
        let target = Target::start(&installation)?;
        explore(workspace, &target, &description)?;
        each_succeeded(&description.operations()?, &target, &uploaded)?;
        target.host.stop()?;
    }
    Ok(())
}

/// What `guichet openapi` prints.
struct Description {
    path: PathBuf,
}

impl Description {
    fn print(workspace: &Workspace) -> Result<Self> {
        let text = process::capture(Command::new(workspace.host()).arg("openapi"))?;
        let path = folder(workspace)?.join("openapi.json");
        fs::write(&path, text)?;
        Ok(Self { path })
    }

    fn operations(&self) -> Result<Vec<Operation>> {
        let document: Value = serde_json::from_slice(&fs::read(&self.path)?)?;
        let paths = document["paths"].as_object().context("no paths")?;
        let mut operations = Vec::new();
        for (path, item) in paths {
            for method in item.as_object().context("a path is no object")?.keys() {
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                });
            }
        }
        Ok(operations)
    }
}

/// A method and a path with its parameters in braces.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Operation {
    method: String,
    path: String,
}

impl Operation {
    /// Among `all`, the one that serves a request: of several that fit, the one with fewer parameters.
    fn serving<'a>(all: &'a [Self], method: &str, path: &str) -> Option<&'a Self> {
        let asked: Vec<&str> = path.split('/').collect();
        all.iter()
            .filter(|operation| operation.method == method && operation.fits(&asked))
            .min_by_key(|operation| operation.path.matches('{').count())
    }

    fn fits(&self, asked: &[&str]) -> bool {
        let said: Vec<&str> = self.path.split('/').collect();
        said.len() == asked.len()
            && said
                .iter()
                .zip(asked)
                .all(|(said, asked)| said.starts_with('{') || said == asked)
    }
}

/// Lets schemathesis make up requests from the description, good and bad, alone and in sequence, and
/// check every answer against it. Its check that whatever fits the schema is accepted is replaced by our own:
/// there are rules across members that a schema does not say.
fn explore(workspace: &Workspace, target: &Target, description: &Description) -> Result<()> {
    let python = python::with_requirements(workspace, "schemathesis", EXPLORER)?;
    let report = target.folder.join(EXPLORER_REPORT);
    target.run(
        Command::new(python.with_file_name("st"))
            .env(
                "SCHEMATHESIS_HOOKS",
                workspace.root().join(EXPLORER).join(CHECKS),
            )
            // It leaves what failed where it runs.
            .current_dir(&target.folder)
            .arg("--config-file")
            .arg(workspace.root().join(EXPLORER).join("schemathesis.toml"))
            .arg("run")
            .arg(&description.path)
            .args(["--url", target.host.origin(), "--no-color", "--seed", "1"])
            .args([
                "--checks",
                "all",
                // A stream of events lasts as long as its job, which is for ever here. The collection and the
                // black-box tests read some.
                "--exclude-operation-id",
                "stream_events",
                "--exclude-checks",
                "positive_data_acceptance",
            ])
            .args(["--max-examples", EXAMPLES])
            .args(["--phases", "examples,coverage,fuzzing,stateful"])
            .args(["--report", "har", "--report-har-path"])
            .arg(&report),
    )?;
    Ok(())
}

/// What neither of the other two can send: a file, and so a second version to roll back from. Returns
/// the method and path of each request.
fn upload_and_roll_back(workspace: &Workspace, target: &Target) -> Result<Vec<Served>> {
    let component = fs::read(workspace.dist().join("templates/classic.wasm"))?;
    let client = Client::new(target.host.origin(), &target.admin);
    let mut served = Vec::new();
    for version in ["1", "2"] {
        client.send("/api/templates?name=badge", "application/wasm", &component)?;
        served.push(("POST".to_owned(), "/api/templates".to_owned()));
        let path = format!("/api/templates/badge/versions/{version}/activate");
        client.post(&path, &json!({}))?;
    }
    let path = "/api/templates/badge/rollback";
    client.post(path, &json!({}))?;
    served.push(("POST".to_owned(), path.to_owned()));
    Ok(served)
}

/// Method and path of a request that was answered with 2xx.
type Served = (String, String);

/// Each operation must have succeeded at least once: what only ever fails was not tested.
fn each_succeeded(operations: &[Operation], target: &Target, uploaded: &[Served]) -> Result<()> {
    let served = [
        uploaded.to_vec(),
        served_by_collection(&target.folder.join(COLLECTION_REPORT))?,
        served_by_explorer(&target.folder.join(EXPLORER_REPORT))?,
    ];
    let succeeded: Vec<&Operation> = served
        .iter()
        .flatten()
        .filter_map(|(method, path)| Operation::serving(operations, method, path))
        .collect();
    let missing: Vec<String> = operations
        .iter()
        .filter(|operation| !succeeded.contains(operation))
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    ensure!(
        missing.is_empty(),
        "never answered with success: {}",
        missing.join(", ")
    );
    say(&format!(
        "each of {} operations succeeded at least once",
        operations.len()
    ));
    Ok(())
}

fn read_json(path: &Path) -> Result<Value> {
    let text = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", path.display()))
}

fn is_success(status: &Value) -> bool {
    status
        .as_u64()
        .is_some_and(|status| (200..300).contains(&status))
}

/// Out of newman's report.
fn served_by_collection(report: &Path) -> Result<Vec<Served>> {
    let report = read_json(report)?;
    let executions = report["run"]["executions"].as_array();
    let served = executions.into_iter().flatten().filter_map(|execution| {
        let request = &execution["request"];
        let steps: Vec<&str> = request["url"]["path"]
            .as_array()?
            .iter()
            .filter_map(Value::as_str)
            .collect();
        is_success(&execution["response"]["code"]).then_some(())?;
        Some((
            request["method"].as_str()?.to_owned(),
            format!("/{}", steps.join("/")),
        ))
    });
    Ok(served.collect())
}

/// Out of a HAR file (HTTP Archive 1.2).
fn served_by_explorer(archive: &Path) -> Result<Vec<Served>> {
    let archive = read_json(archive)?;
    let entries = archive["log"]["entries"].as_array();
    let served = entries.into_iter().flatten().filter_map(|entry| {
        is_success(&entry["response"]["status"]).then_some(())?;
        let address = entry["request"]["url"].as_str()?;
        let path = address.splitn(4, '/').nth(3)?.split('?').next()?;
        Some((
            entry["request"]["method"].as_str()?.to_owned(),
            format!("/{path}"),
        ))
    });
    Ok(served.collect())
}

/// A host, and tokens of its organizer `demo`, which the examples name.
struct Target {
    host: Running,
    folder: PathBuf,
    admin: String,
    operator: String,
}

impl Target {
    fn start(installation: &Installation) -> Result<Self> {
        Ok(Self {
            admin: installation.token("demo", "admin")?,
            operator: installation.token("demo", "operator")?,
            folder: installation.folder().to_path_buf(),
            host: installation.start()?,
        })
    }

    /// Runs a client that takes address and token from its environment.
    fn run(&self, command: &mut Command) -> Result<()> {
        process::run(
            command
                .env("GUICHET_URL", self.host.origin())
                .env("GUICHET_TOKEN", &self.operator),
        )
    }

    /// Address and tokens as Postman's variables, in a file: arguments can be seen by everybody.
    fn environment(&self) -> Result<PathBuf> {
        let path = self.folder.join("postman-environment.json");
        let value = |key: &str, value: &str| json!({ "key": key, "value": value, "enabled": true });
        let values = [
            value("baseUrl", self.host.origin()),
            value("token", &self.admin),
            value("operatorToken", &self.operator),
        ];
        fs::write(
            &path,
            json!({ "name": "test", "values": values }).to_string(),
        )?;
        Ok(path)
    }
}

/// Compiles the example against the types that the description makes. Returns its folder.
fn typescript_client(workspace: &Workspace, description: &Description) -> Result<PathBuf> {
    let source = workspace.root().join(TYPESCRIPT_CLIENT);
    let folder = workspace.target().join("node/typescript-client");
    fs::create_dir_all(&folder)?;
    for entry in fs::read_dir(&source)? {
        let path = entry?.path();
        if let (true, Some(name)) = (path.is_file(), path.file_name()) {
            fs::copy(&path, folder.join(name))?;
        }
    }
    fs::copy(&description.path, folder.join("openapi.json"))?;
    node::install_manifest(&folder)?;
    for script in ["types", "build"] {
        process::run(
            Command::new("npm")
                .current_dir(&folder)
                .args(["run", "--silent", script]),
        )?;
    }
    Ok(folder)
}

fn folder(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target().join("interface");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_served_by_the_most_literal_path() {
        let operation = |method: &str, path: &str| Operation {
            method: method.to_owned(),
            path: path.to_owned(),
        };
        let all = [
            operation("GET", "/tickets/{id}"),
            operation("GET", "/tickets/health"),
            operation("POST", "/tickets/{id}"),
            operation("GET", "/tickets/{id}/download"),
        ];
        let check = |method: &str, path: &str, expected: Option<usize>| {
            let found = Operation::serving(&all, method, path);
            assert_eq!(found, expected.map(|index| &all[index]), "{method} {path}");
        };
        check("GET", "/tickets/health", Some(1));
        check("GET", "/tickets/t-1", Some(0));
        check("POST", "/tickets/health", Some(2));
        check("GET", "/tickets/t-1/download", Some(3));
        check("GET", "/tickets", None);
        check("PUT", "/tickets/t-1", None);
    }
}
