//! What an organizer may choose.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::settings::Settings;

/// The settings as a JSON Schema, for forms.
pub const SCHEMA: &str = include_str!("../settings.schema.json");

/// A burgundy that prints as a dark grey.
const DEFAULT_ACCENT: Colour = Colour::rgb(140, 28, 58);

/// As much as fits along the perforation.
const MAX_HINT_BYTES: usize = 80;

/// The organizer's choices.
#[derive(Debug)]
pub struct Choices {
    pub accent: Colour,
    /// Replaces the words along the perforation, in all languages.
    pub hint: Option<String>,
}

impl Choices {
    /// Reads the settings.
    pub fn read(settings: &[u8]) -> Result<Self, Vec<Problem>> {
        let mut settings = Settings::parse(settings)?;
        let choices = Self {
            accent: settings.colour("accent").unwrap_or(DEFAULT_ACCENT),
            hint: settings.text("hint", MAX_HINT_BYTES),
        };
        settings.finish()?;
        Ok(choices)
    }
}
