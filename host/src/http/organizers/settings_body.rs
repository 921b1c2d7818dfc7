//! What an organizer may choose.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::http::error::{ApiError, FieldProblem};
use crate::http::openapi::{AddressWord, WebsiteWord};
use crate::issue::{Lines, printable};

const MAX_NAME_CHARS: usize = 200;

/// An organizer's choices; `null` takes one back, and what is not given stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingsBody {
    /// Where the organizer is found, as printed; begins with `https://` or `http://`.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<WebsiteWord>, inline)]
    pub website: Option<Option<String>>,
    /// How it is reached, as printed.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<AddressWord>, inline)]
    pub email: Option<Option<String>>,
}

fn given<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

impl SettingsBody {
    /// The settings after these changes.
    ///
    /// # Errors
    /// [`ApiError::Validation`] with every problem found.
    pub fn applied_to(self, settings: &Value) -> Result<Value, ApiError> {
        let mut settings = settings.as_object().cloned().unwrap_or_else(Map::new);
        let mut problems = Vec::new();
        for (name, edit, max_chars) in [("website", self.website, 200), ("email", self.email, 254)]
        {
            match edit {
                None => {}
                Some(None) => {
                    settings.remove(name);
                }
                Some(Some(text)) => match checked(name, &text, max_chars) {
                    Ok(text) => {
                        settings.insert(name.to_owned(), Value::String(text));
                    }
                    Err(message) => {
                        problems.push(FieldProblem::new(format!("settings.{name}"), message));
                    }
                },
            }
        }
        if problems.is_empty() {
            Ok(Value::Object(settings))
        } else {
            Err(ApiError::Validation(problems))
        }
    }
}

fn checked(name: &str, text: &str, max_chars: usize) -> Result<String, String> {
    let text = printable(text, max_chars, Lines::One).map_err(|error| error.to_string())?;
    let is_address = match name {
        "website" => ["https://", "http://"]
            .iter()
            .any(|scheme| text.len() > scheme.len() && text.starts_with(scheme)),
        _ => text
            .split_once('@')
            .is_some_and(|(user, host)| !user.is_empty() && !host.is_empty()),
    };
    match (is_address, name) {
        (true, _) => Ok(text),
        (false, "website") => Err("must begin with https:// or http://".to_owned()),
        (false, _) => Err("must be an e-mail address".to_owned()),
    }
}

/// An organizer's name for people.
///
/// # Errors
/// [`ApiError::Validation`].
pub fn checked_name(name: &str) -> Result<String, ApiError> {
    printable(name, MAX_NAME_CHARS, Lines::One)
        .map_err(|error| ApiError::field("name", error.to_string()))
}
