//! What an organizer may choose.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::settings::Settings;

/// The settings as a JSON Schema, for forms.
pub const SCHEMA: &str = include_str!("../settings.schema.json");

/// A yellow that nobody overlooks, and that prints as a light grey.
const DEFAULT_ACCENT: Colour = Colour::rgb(242, 183, 5);

/// As much as fits one line.
const MAX_MESSAGE_BYTES: usize = 60;

/// The organizer's choices.
#[derive(Debug)]
pub struct Choices {
    pub accent: Colour,
    /// Printed at the end, in all languages.
    pub message: Option<String>,
}

impl Choices {
    /// Reads the settings.
    pub fn read(settings: &[u8]) -> Result<Self, Vec<Problem>> {
        let mut settings = Settings::parse(settings)?;
        let choices = Self {
            accent: settings.colour("accent").unwrap_or(DEFAULT_ACCENT),
            message: settings.text("message", MAX_MESSAGE_BYTES),
        };
        settings.finish()?;
        Ok(choices)
    }
}
