//! What an organizer may choose.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::settings::Settings;

/// The settings as a JSON Schema, for forms.
pub const SCHEMA: &str = include_str!("../settings.schema.json");

/// An indigo that glows on a screen.
const DEFAULT_ACCENT: Colour = Colour::rgb(61, 31, 181);

/// The organizer's choices.
#[derive(Debug)]
pub struct Choices {
    pub accent: Colour,
}

impl Choices {
    /// Reads the settings.
    pub fn read(settings: &[u8]) -> Result<Self, Vec<Problem>> {
        let mut settings = Settings::parse(settings)?;
        let choices = Self {
            accent: settings.colour("accent").unwrap_or(DEFAULT_ACCENT),
        };
        settings.finish()?;
        Ok(choices)
    }
}
