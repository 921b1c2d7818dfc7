//! The event and the attendees that ship in `tests/data`.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::workspace::Workspace;

/// What the demonstration is about.
pub struct Input {
    /// The event as the API takes it.
    pub event: Value,
    pub event_id: String,
    pub attendees: Vec<Attendee>,
}

/// One attendee: the fields of `ticketData`, but for the event.
#[derive(Deserialize)]
pub struct Attendee {
    #[serde(rename = "attendeeName")]
    pub name: String,
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Reads both files.
pub fn read(workspace: &Workspace) -> Result<Input> {
    let folder = workspace.root().join("tests/data");
    let event: Value = read_json(&folder.join("event.json"))?;
    let event_id = event
        .get("id")
        .and_then(Value::as_str)
        .context("event.json has no id")?
        .to_owned();
    Ok(Input {
        event,
        event_id,
        attendees: read_json(&folder.join("attendees.json"))?,
    })
}

fn read_json<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("cannot understand {}", path.display()))
}
