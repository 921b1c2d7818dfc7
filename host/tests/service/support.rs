//! A host on a folder and a database of its own, and a client.
//!
//! The database is embedded SQLite, or with `GUICHET_TEST_ENGINE=postgres` one that is made on the server
//! that `GUICHET_TEST_DATABASE_URL` names. `cargo xtask test` runs these tests both ways.

use std::future::Future;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Once};

use serde_json::Value;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};

/// Names the server on which databases may be made.
const SERVER: &str = "GUICHET_TEST_DATABASE_URL";

/// A running host; killed when dropped.
pub struct Host {
    process: Child,
    pub origin: String,
    figures: String,
}

/// An answer with its headers.
pub struct Raw {
    response: ureq::http::Response<ureq::Body>,
    pub body: String,
}

impl Raw {
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub fn header(&self, name: &str) -> Option<String> {
        header(&self.response, name)
    }

    pub fn code(&self) -> String {
        let json: Value = serde_json::from_str(&self.body).unwrap_or_default();
        json["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

/// A data folder, and the database where that is elsewhere; removed when dropped.
pub struct Folder {
    path: PathBuf,
    database: Option<Arc<Database>>,
}

impl Folder {
    /// With a database of the engine that these tests run on.
    pub fn new() -> Self {
        let database = match std::env::var("GUICHET_TEST_ENGINE").as_deref() {
            Err(_) | Ok("sqlite") => None,
            Ok("postgres") => {
                let database = Database::make().expect("GUICHET_TEST_DATABASE_URL is not set");
                Some(Arc::new(database))
            }
            Ok(other) => panic!("GUICHET_TEST_ENGINE is {other}, not sqlite or postgres"),
        };
        if database.is_none() {
            say_if_left_out();
        }
        Self::with(database)
    }

    /// With an embedded database, whatever engine these tests run on.
    pub fn embedded() -> Self {
        Self::with(None)
    }

    /// With a database on the server, if there is one.
    pub fn on_server() -> Option<Self> {
        say_if_left_out();
        Database::make().map(|database| Self::with(Some(Arc::new(database))))
    }

    /// A folder of another host on the same database.
    pub fn of_replica(&self) -> Self {
        assert!(self.database.is_some(), "a folder of SQLite has one host");
        Self::with(self.database.clone())
    }

    /// Where the database is, if it is on a server.
    pub fn database_url(&self) -> Option<String> {
        self.database.as_deref().map(Database::url)
    }

    fn with(database: Option<Arc<Database>>) -> Self {
        let path = std::env::temp_dir().join(format!("guichet-test-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&path).unwrap();
        Self { path, database }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The built program, with nothing in its environment but what it needs to find its data.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
        command.env_clear().env("GUICHET_DATA", &self.path);
        if let Some(database) = &self.database {
            command.env("DATABASE_URL", database.url());
            for name in ["GUICHET_MASTER_KEY", "JWT_SECRET", "QR_SECRET_KEY"] {
                command.env(name, format!("a secret of the tests, for {name}"));
            }
        }
        command
    }

    /// All rows of all tables on the server; nothing where the database is embedded.
    pub fn dump_of_server(&self) -> Vec<u8> {
        self.database
            .as_ref()
            .map_or_else(Vec::new, |database| database.dump())
    }

    /// The sealed values of all tickets' revisions.
    pub fn sealed_values(&self) -> Vec<Vec<u8>> {
        self.column("SELECT sealed_values FROM ticket_revisions")
    }

    /// The tokens of all tickets' revisions, as they are stored.
    pub fn tokens(&self) -> Vec<Vec<u8>> {
        self.column("SELECT token FROM ticket_revisions")
    }

    fn column(&self, query: &'static str) -> Vec<Vec<u8>> {
        match &self.database {
            Some(database) => database.query(async |connection| {
                sqlx::query_scalar(query)
                    .fetch_all(connection)
                    .await
                    .unwrap()
            }),
            None => wait_for(async {
                let options = sqlx::sqlite::SqliteConnectOptions::new()
                    .filename(self.path.join("guichet.db"))
                    .read_only(true);
                let mut connection = options.connect().await.unwrap();
                sqlx::query_scalar(query)
                    .fetch_all(&mut connection)
                    .await
                    .unwrap()
            }),
        }
    }

    /// A command to its end.
    pub fn guichet(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.path);
    }
}

/// A database of a PostgreSQL server.
struct Database {
    server: PgConnectOptions,
    name: String,
}

impl Database {
    fn make() -> Option<Self> {
        let url = std::env::var(SERVER).ok()?;
        let database = Self {
            server: url.parse().unwrap(),
            name: format!("guichet_service_{}", uuid::Uuid::new_v4().simple()),
        };
        database.run(format!("CREATE DATABASE {}", database.name));
        Some(database)
    }

    fn url(&self) -> String {
        let options = self.server.clone().database(&self.name);
        options.to_url_lossy().to_string()
    }

    fn run(&self, statement: String) {
        wait_for(async {
            let mut connection = self.server.connect().await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await
                .unwrap();
        });
    }

    fn query<T>(&self, query: impl AsyncFnOnce(&mut PgConnection) -> T) -> T {
        wait_for(async {
            let server = self.server.clone().database(&self.name);
            let mut connection = server.connect().await.unwrap();
            query(&mut connection).await
        })
    }

    fn dump(&self) -> Vec<u8> {
        self.query(async |connection| {
            let tables: Vec<(String, String)> = sqlx::query_as(
                "SELECT quote_ident(table_name), quote_ident(column_name)
                 FROM information_schema.columns
                 WHERE table_schema = current_schema() ORDER BY 1, 2",
            )
            .fetch_all(&mut *connection)
            .await
            .unwrap();
            let mut dump = Vec::new();
            for (table, column) in tables {
                let as_bytes = format!(
                    "SELECT CASE pg_typeof({column})::text
                            WHEN 'bytea' THEN ({column}::text)::bytea
                            ELSE convert_to({column}::text, 'UTF8') END
                     FROM {table} WHERE {column} IS NOT NULL"
                );
                let values: Vec<Vec<u8>> = sqlx::query_scalar(AssertSqlSafe(as_bytes))
                    .fetch_all(&mut *connection)
                    .await
                    .unwrap();
                dump.extend(values.concat());
            }
            dump
        })
    }
}

fn wait_for<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work)
}

impl Drop for Database {
    fn drop(&mut self) {
        self.run(format!("DROP DATABASE {} WITH (FORCE)", self.name));
    }
}

/// Once, and past the harness, which keeps what a passing test prints to itself.
fn say_if_left_out() {
    static SAID: Once = Once::new();
    if std::env::var_os(SERVER).is_none() {
        SAID.call_once(|| {
            let message = "\nnote: GUICHET_TEST_DATABASE_URL is not set, so these tests run on SQLite \
                           only; `cargo xtask test` runs them on PostgreSQL too\n";
            let _ = std::io::stderr().write_all(message.as_bytes());
        });
    }
}

impl Host {
    pub fn start(folder: &Folder) -> Self {
        Self::start_with(folder, &[])
    }

    /// A host with these environment variables.
    pub fn start_with(folder: &Folder, environment: &[(&str, &str)]) -> Self {
        Self::start_logging(folder, environment, Stdio::null())
    }

    /// The same, with its log lines.
    pub fn start_logging(folder: &Folder, environment: &[(&str, &str)], log: Stdio) -> Self {
        let mut process = folder
            .command()
            .envs(environment.iter().copied())
            .args(["serve", "--port", "0", "--metrics-port", "0"])
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut address = |words: &str| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix(words).expect(&line).to_owned()
        };
        let origin = address("listening on ");
        let figures = address("figures at ");
        Self {
            process,
            origin,
            figures,
        }
    }

    /// What the operator reads.
    pub fn figures(&self) -> String {
        let mut answer = agent().get(&self.figures).call().unwrap();
        answer.body_mut().read_to_string().unwrap()
    }

    /// Memory of the process that is in use now, in KiB.
    pub fn resident_kib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.process.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let figure = line.and_then(|line| line.split_whitespace().nth(1));
        figure.unwrap().parse().unwrap()
    }

    /// As a power cut: no signal handler runs.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// One request as it is given.
    pub fn raw(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Raw {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = agent().run(request.body(()).unwrap()).unwrap();
        let body = response.body_mut().read_to_string().unwrap();
        Raw { response, body }
    }

    /// As a service manager ends it, and waits for the end.
    pub fn stop(mut self) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
        assert!(self.process.wait().unwrap().success());
    }

    pub fn client(&self, token: &str) -> Client {
        Client {
            origin: self.origin.clone(),
            token: token.to_owned(),
            agent: agent(),
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The built program, with nothing set.
pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_guichet"));
    command.env_clear();
    command
}

/// A command to its end.
pub fn guichet(arguments: &[&str]) -> Output {
    command().args(arguments).output().unwrap()
}

/// A bearer token; the organizer is made if there is none. The host must not run yet.
pub fn token(folder: &Folder, organizer: &str, role: &str) -> String {
    let output = folder
        .command()
        .args(["token", "--organizer", organizer, "--role", role])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .build()
        .new_agent()
}

fn header(response: &ureq::http::Response<ureq::Body>, name: &str) -> Option<String> {
    let value = response.headers().get(name)?;
    Some(value.to_str().unwrap().to_owned())
}

/// Speaks to a host with one token.
#[derive(Clone)]
pub struct Client {
    pub origin: String,
    token: String,
    agent: ureq::Agent,
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub retry_after: Option<String>,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or(Value::Null)
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub fn data(&self) -> Value {
        let json = self.json();
        assert_eq!(json["success"], true, "{json}");
        json["data"].clone()
    }
}

impl Client {
    pub fn send(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Option<Answer> {
        self.try_send(method, path, content_type, body).ok()
    }

    fn try_send(
        &self,
        method: &str,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", content_type)
            .body(body.to_vec())
            .unwrap();
        let mut response = self.agent.run(request)?;
        let etag = header(&response, "etag");
        let retry_after = header(&response, "retry-after");
        let bytes = response
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_vec()?;
        Ok(Answer {
            status: response.status().as_u16(),
            etag,
            retry_after,
            bytes,
        })
    }

    /// A JSON body with further headers; none if the connection broke, or the request cannot be sent.
    pub fn send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Option<Answer> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.to_string().into_bytes()).ok()?;
        let mut response = self.agent.run(request).ok()?;
        let etag = header(&response, "etag");
        let retry_after = header(&response, "retry-after");
        let bytes = response.body_mut().read_to_vec().ok()?;
        Some(Answer {
            status: response.status().as_u16(),
            etag,
            retry_after,
            bytes,
        })
    }

    pub fn get(&self, path: &str) -> Answer {
        let request = self
            .agent
            .get(format!("{}{path}", self.origin))
            .header("Authorization", format!("Bearer {}", self.token));
        let mut response = request.call().unwrap();
        let etag = header(&response, "etag");
        let retry_after = header(&response, "retry-after");
        let bytes = response
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_vec()
            .unwrap();
        Answer {
            status: response.status().as_u16(),
            etag,
            retry_after,
            bytes,
        }
    }

    /// Uploads a version of a template.
    pub fn upload(&self, name: &str, component: &[u8], settings: &[u8]) -> Answer {
        const BOUNDARY: &str = "a-boundary-that-is-in-no-file-of-the-tests";
        let mut body = Vec::new();
        for (part, content) in [("component", component), ("settings", settings)] {
            let head = format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"{part}\"\r\n\r\n"
            );
            body.extend(head.as_bytes());
            body.extend(content);
            body.extend(b"\r\n");
        }
        body.extend(format!("--{BOUNDARY}--\r\n").as_bytes());
        let path = format!("/api/templates?name={name}");
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        self.send("POST", &path, &content_type, &body).unwrap()
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        let sent = self.try_send("POST", path, "application/json", body.as_bytes());
        sent.unwrap()
    }

    pub fn delete(&self, path: &str) -> Answer {
        let request = self
            .agent
            .delete(format!("{}{path}", self.origin))
            .header("Authorization", format!("Bearer {}", self.token));
        let mut response = request.call().unwrap();
        let bytes = response.body_mut().read_to_vec().unwrap();
        Answer {
            status: response.status().as_u16(),
            etag: None,
            retry_after: None,
            bytes,
        }
    }
}
