//! A client that knows that it may never hear an answer.

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;
use ureq::http::Request;

/// Longer than any answer takes, so that a host that hangs is seen.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of a request.
pub enum Told {
    /// An answer: the status, the error's code if there is one, and the data.
    Answer {
        status: u16,
        code: String,
        data: Value,
    },
    /// None, or one that leaves open whether the act was done.
    Nothing,
}

/// Speaks to one host.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    origin: String,
    authorization: String,
}

impl Client {
    /// A client of the host at `origin`.
    pub fn new(origin: &str, token: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .new_agent();
        Self {
            agent,
            origin: origin.to_owned(),
            authorization: format!("Bearer {token}"),
        }
    }

    /// Sends a request, under a key if one is given.
    pub fn send(&self, method: &str, path: &str, key: Option<&str>, body: &Value) -> Told {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.origin))
            .header("authorization", &self.authorization)
            .header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = match body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        let answer = request
            .body(body)
            .map_err(ureq::Error::from)
            .and_then(|request| self.agent.run(request));
        let Ok(mut answer) = answer else {
            return Told::Nothing;
        };
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string();
        let Ok(mut json) = text
            .map_err(drop)
            .and_then(|text| serde_json::from_str::<Value>(&text).map_err(drop))
        else {
            return Told::Nothing;
        };
        if status >= 500 {
            // The host lost its database: the commit may have been done and its answer lost.
            return Told::Nothing;
        }
        Told::Answer {
            status,
            code: json["error"]["code"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            data: json["data"].take(),
        }
    }

    /// Reads a file; none if it cannot be had, or not whole.
    pub fn download(&self, path: &str) -> Option<Vec<u8>> {
        let request = self
            .agent
            .get(format!("{}{path}", self.origin))
            .header("authorization", &self.authorization);
        let mut answer = request.call().ok()?;
        let bytes = answer.body_mut().read_to_vec().ok()?;
        answer.status().is_success().then_some(bytes)
    }

    /// Reads; none if it cannot be had.
    pub fn get(&self, path: &str) -> Option<Value> {
        match self.send("GET", path, None, &Value::Null) {
            Told::Answer {
                status: 200, data, ..
            } => Some(data),
            Told::Answer { .. } | Told::Nothing => None,
        }
    }
}
