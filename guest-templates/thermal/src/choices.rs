//! What an organizer may choose.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::settings::Settings;

/// The settings as a JSON Schema, for forms.
pub const SCHEMA: &str = include_str!("../settings.schema.json");

/// As much as fits below the facts.
const MAX_FOOTER_BYTES: usize = 400;

/// The organizer's choices.
#[derive(Debug)]
pub struct Choices {
    /// Words at the end, in all languages.
    pub footer: Option<String>,
}

impl Choices {
    /// Reads the settings.
    pub fn read(settings: &[u8]) -> Result<Self, Vec<Problem>> {
        let mut settings = Settings::parse(settings)?;
        let choices = Self {
            footer: settings.text("footer", MAX_FOOTER_BYTES),
        };
        settings.finish()?;
        Ok(choices)
    }
}
