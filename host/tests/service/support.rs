//! A host on a folder of its own, and a client.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// A running host; killed when dropped.
pub struct Host {
    process: Child,
    pub origin: String,
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
        let mut process = command()
            .args(["serve", "--port", "0", "--data"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let origin = line
            .trim()
            .strip_prefix("listening on ")
            .expect(&line)
            .to_owned();
        Self { process, origin }
    }

    /// As a power cut: no signal handler runs.
    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
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

fn command() -> Command {
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
        let etag = response
            .headers()
            .get("etag")
            .map(|tag| tag.to_str().unwrap().to_owned());
        let bytes = response
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_vec()
            .ok()?;
        Some(Answer {
            status: response.status().as_u16(),
            etag,
            bytes,
        })
    }

    pub fn get(&self, path: &str) -> Answer {
        let request = self
            .agent
            .get(format!("{}{path}", self.origin))
            .header("Authorization", format!("Bearer {}", self.token));
        let mut response = request.call().unwrap();
        let etag = response
            .headers()
            .get("etag")
            .map(|tag| tag.to_str().unwrap().to_owned());
        let bytes = response
            .body_mut()
            .with_config()
            .limit(64 << 20)
            .read_to_vec()
            .unwrap();
        Answer {
            status: response.status().as_u16(),
            etag,
            bytes,
        }
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
            bytes,
        }
    }
}
