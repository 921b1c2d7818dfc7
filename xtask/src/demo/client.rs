//! The host's REST API, as any service would call it.

use std::fs::File;
use std::io;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use ureq::http::Response;
use ureq::{Agent, Body};

/// More than any document of the demonstration, and still a bound: 64 MiB.
const LARGEST_ANSWER_BYTES: u64 = 64 << 20;

/// A caller with one bearer token.
pub struct Client {
    agent: Agent,
    origin: String,
    authorization: String,
}

/// A status and what came with it.
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Client {
    /// A client of the host at `origin` (`http://127.0.0.1:3004`).
    pub fn new(origin: &str, token: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .build()
            .new_agent();
        Self {
            agent,
            origin: origin.to_owned(),
            authorization: format!("Bearer {token}"),
        }
    }

    /// The body at `path`, whatever its media type.
    pub fn download(&self, path: &str) -> Result<Vec<u8>> {
        let answer = read(
            self.agent
                .get(self.address(path))
                .header("authorization", &self.authorization)
                .call(),
        )?;
        Ok(succeeded("GET", path, answer)?.body)
    }

    /// Writes the body at `path` to a file, however large it is.
    pub fn download_to(&self, path: &str, file: &Path) -> Result<()> {
        let mut response = self
            .agent
            .get(self.address(path))
            .header("authorization", &self.authorization)
            .call()
            .context("the host does not answer")?;
        ensure!(
            response.status().is_success(),
            "GET {path} answered {}",
            response.status()
        );
        let mut into = File::create(file)?;
        io::copy(&mut response.body_mut().as_reader(), &mut into)
            .context("the host's answer broke off")?;
        Ok(())
    }

    /// The `data` of a JSON answer.
    pub fn get(&self, path: &str) -> Result<Value> {
        data(path, &self.download(path)?)
    }

    /// Sends JSON and returns the `data` of the answer.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let answer = self.send(path, "application/json", &serde_json::to_vec(body)?)?;
        data(path, &answer.body)
    }

    /// Sends a body of any media type.
    pub fn send(&self, path: &str, media_type: &str, body: &[u8]) -> Result<Answer> {
        succeeded("POST", path, self.try_send(path, media_type, body)?)
    }

    /// Sends a body of any media type, and returns a refusal like any other answer.
    pub fn try_send(&self, path: &str, media_type: &str, body: &[u8]) -> Result<Answer> {
        read(
            self.agent
                .post(self.address(path))
                .header("authorization", &self.authorization)
                .header("content-type", media_type)
                .send(body),
        )
    }

    /// Deletes what is at `path`.
    pub fn delete(&self, path: &str) -> Result<()> {
        let answer = read(
            self.agent
                .delete(self.address(path))
                .header("authorization", &self.authorization)
                .call(),
        )?;
        succeeded("DELETE", path, answer).map(|_| ())
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }
}

/// The `data` of the success envelope in `body`.
pub fn data(path: &str, body: &[u8]) -> Result<Value> {
    let mut envelope: Value =
        serde_json::from_slice(body).with_context(|| format!("{path} answered no JSON"))?;
    ensure!(
        envelope.get("success") == Some(&Value::Bool(true)),
        "{path} answered 2xx without success: {envelope}"
    );
    Ok(envelope["data"].take())
}

fn read(response: Result<Response<Body>, ureq::Error>) -> Result<Answer> {
    let mut response = response.context("the host does not answer")?;
    let body = response
        .body_mut()
        .with_config()
        .limit(LARGEST_ANSWER_BYTES)
        .read_to_vec()
        .context("the host's answer broke off")?;
    Ok(Answer {
        status: response.status().as_u16(),
        body,
    })
}

fn succeeded(method: &str, path: &str, answer: Answer) -> Result<Answer> {
    if (200..300).contains(&answer.status) {
        return Ok(answer);
    }
    bail!(
        "{method} {path} answered {}: {}",
        answer.status,
        String::from_utf8_lossy(&answer.body)
    )
}
