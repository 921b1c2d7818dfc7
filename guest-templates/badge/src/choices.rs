//! What an organizer may choose.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::settings::Settings;

/// The settings as a JSON Schema, for forms.
pub const SCHEMA: &str = include_str!("../settings.schema.json");

/// A deep green that prints as a dark grey.
const DEFAULT_ACCENT: Colour = Colour::rgb(15, 92, 77);

/// As much as fits the foot of the back.
const MAX_NOTE_BYTES: usize = 300;

/// The organizer's choices.
#[derive(Debug)]
pub struct Choices {
    pub accent: Colour,
    /// Replaces the note on the back, in all languages.
    pub note: Option<String>,
}

impl Choices {
    /// Reads the settings.
    pub fn read(settings: &[u8]) -> Result<Self, Vec<Problem>> {
        let mut settings = Settings::parse(settings)?;
        let choices = Self {
            accent: settings.colour("accent").unwrap_or(DEFAULT_ACCENT),
            note: settings.text("note", MAX_NOTE_BYTES),
        };
        settings.finish()?;
        Ok(choices)
    }
}
