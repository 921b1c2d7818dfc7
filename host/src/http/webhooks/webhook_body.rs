//! What callers say of an endpoint, checked.

use std::collections::BTreeSet;

use crate::http::error::ApiError;
use crate::issue::{Lines, printable};
use crate::webhooks::{AddressPolicy, Target, event_types};

/// Longest description in characters.
pub const MAX_DESCRIPTION_CHARS: usize = 200;

/// A URL that messages can be sent to, as it is kept.
///
/// # Errors
/// [`ApiError::Validation`].
pub fn checked_url(text: &str, policy: &AddressPolicy) -> Result<String, ApiError> {
    let target = Target::parse(text, policy);
    let target = target.map_err(|error| ApiError::field("url", error.to_string()))?;
    Ok(target.to_string())
}

/// Types of messages, each once and in order.
///
/// # Errors
/// [`ApiError::Validation`].
pub fn checked_events(names: &[String]) -> Result<Vec<String>, ApiError> {
    if names.is_empty() {
        return Err(ApiError::field(
            "events",
            "is empty: name types of events, or leave it out for all",
        ));
    }
    let mut events = BTreeSet::new();
    for (place, name) in names.iter().enumerate() {
        if !event_types().any(|known| known == name) {
            let known: Vec<_> = event_types().collect();
            return Err(ApiError::field(
                format!("events[{place}]"),
                format!("is no type of event; the types are {}", known.join(", ")),
            ));
        }
        events.insert(name.clone());
    }
    Ok(events.into_iter().collect())
}

/// What an endpoint is for.
///
/// # Errors
/// [`ApiError::Validation`].
pub fn checked_description(text: &str) -> Result<String, ApiError> {
    printable(text, MAX_DESCRIPTION_CHARS, Lines::One)
        .map_err(|error| ApiError::field("description", error.to_string()))
}
