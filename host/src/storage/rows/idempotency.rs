//! Rows of requests that act once.

use serde_json::{Value, json};

use super::{Place, row};
use crate::storage::{Act, Done, StorageError};

row! {
    struct ClaimRow {
        request_digest: Vec<u8>,
        attempt: i64,
        leased_until_us: i64,
        kept_until_us: i64,
        done: Option<String>,
    }
}

/// One act, as an item of the list in the column `done`.
pub(in crate::storage) fn done_text(act: Act, subject: &str, details: &Value) -> String {
    json!({ "act": act.code(), "subject": subject, "details": details }).to_string()
}

/// The acts in the column `done`.
pub(in crate::storage) fn acts(text: &str) -> Result<Vec<Done>, StorageError> {
    let place = Place {
        table: "idempotency",
        id: "done",
    };
    let entries: Vec<Value> = place.json("done", text)?;
    let read = |mut entry: Value| {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
        Ok(Done {
            act: place.name("done", text("act"), Act::from_code)?,
            subject: text("subject").to_owned(),
            details: entry
                .get_mut("details")
                .map(Value::take)
                .unwrap_or_default(),
        })
    };
    entries.into_iter().map(read).collect()
}
