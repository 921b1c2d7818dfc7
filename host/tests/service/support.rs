//! A host on a folder of its own, and a client.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

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

/// A data folder, removed when dropped.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        let path = std::env::temp_dir().join(format!("guichet-test-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
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
        let mut process = command()
            .envs(environment.iter().copied())
            .args(["serve", "--port", "0", "--metrics-port", "0", "--data"])
            .arg(folder.path())
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
    let output = command()
        .args(["token", "--organizer", organizer, "--role", role, "--data"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn agent() -> ureq::Agent {
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
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", content_type)
            .body(body.to_vec())
            .unwrap();
        let mut response = self.agent.run(request).ok()?;
        let etag = header(&response, "etag");
        let retry_after = header(&response, "retry-after");
        let bytes = response
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_vec()
            .ok()?;
        Some(Answer {
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
        self.send(
            "POST",
            path,
            "application/json",
            body.to_string().as_bytes(),
        )
        .unwrap()
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
