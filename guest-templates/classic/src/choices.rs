//! What an organizer may choose.

use guichet_template_sdk::prelude::*;
use guichet_template_sdk::settings::Settings;

/// The settings as a JSON Schema, for forms.
pub const SCHEMA: &str = include_str!("../settings.schema.json");

/// A dark blue that prints as a dark grey.
const DEFAULT_ACCENT: Colour = Colour::rgb(22, 60, 104);

/// As much as fits the quarter at a readable size.
const MAX_TERMS_BYTES: usize = 4_000;
const MAX_LOGO_BYTES: usize = 64;

/// State byte: whether the settings brought a logo, which is then part of the background.
const LOGO_IN_BACKGROUND: u8 = 1;

/// The organizer's choices.
#[derive(Debug)]
pub struct Choices {
    pub accent: Colour,
    /// The name of an asset.
    pub logo: Option<String>,
    /// Replaces the template's own terms, in all languages.
    pub terms: Option<String>,
}

impl Choices {
    /// Reads the settings.
    pub fn read(settings: &[u8]) -> Result<Self, Vec<Problem>> {
        let mut settings = Settings::parse(settings)?;
        let choices = Self {
            accent: settings.colour("accent").unwrap_or(DEFAULT_ACCENT),
            logo: settings.text("logo", MAX_LOGO_BYTES),
            terms: settings.text("terms", MAX_TERMS_BYTES),
        };
        settings.finish()?;
        Ok(choices)
    }

    /// What `layout` has to know of them.
    pub fn state(&self) -> Vec<u8> {
        vec![if self.logo.is_some() {
            LOGO_IN_BACKGROUND
        } else {
            0
        }]
    }
}

/// Whether the background of this version shows a logo.
pub fn logo_in_background(request: &Request) -> bool {
    request.state.first() == Some(&LOGO_IN_BACKGROUND)
}
