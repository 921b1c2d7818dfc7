//! Colours and text styles.

use crate::contract::{Colour, FontFeature, Paint, Rgb, Slant, TextStyle};
use crate::length::Length;

impl Colour {
    /// Black, as a printer's black ink.
    pub const BLACK: Self = Self::Gray(0);
    /// White.
    pub const WHITE: Self = Self::Gray(255);

    /// A colour of the sRGB space.
    #[must_use]
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self::Rgb(Rgb { red, green, blue })
    }

    /// Reads `#rrggbb`. `None` for anything else.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self::rgb(red, green, blue))
    }
}

impl From<Colour> for Paint {
    fn from(colour: Colour) -> Self {
        Self::Colour(colour)
    }
}

impl TextStyle {
    /// Regular black text. The families `sans` and `mono` are always there; any other one must stand in
    /// the manifest.
    #[must_use]
    pub fn new(family: &str, size: Length) -> Self {
        Self {
            family: family.to_owned(),
            weight: 400,
            slant: Slant::Upright,
            size: size.emu(),
            colour: Colour::BLACK,
            underline: false,
            letter_spacing: 0,
            baseline_shift: 0,
            features: Vec::new(),
            language: None,
        }
    }

    /// Weight 700.
    #[must_use]
    pub fn bold(mut self) -> Self {
        self.weight = 700;
        self
    }

    /// Slanted.
    #[must_use]
    pub fn italic(mut self) -> Self {
        self.slant = Slant::Italic;
        self
    }

    /// In a colour other than black.
    #[must_use]
    pub fn coloured(mut self, colour: Colour) -> Self {
        self.colour = colour;
        self
    }

    /// With a line below it.
    #[must_use]
    pub fn underlined(mut self) -> Self {
        self.underline = true;
        self
    }

    /// With space added after each character, in thousandths of the font size.
    #[must_use]
    pub fn spaced(mut self, em_permille: i16) -> Self {
        self.letter_spacing = em_permille;
        self
    }

    /// With an OpenType feature turned on, such as `tnum` for figures of one width.
    #[must_use]
    pub fn feature(mut self, tag: &str) -> Self {
        self.features.push(FontFeature {
            tag: tag.to_owned(),
            value: 1,
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_colours_are_read_strictly() {
        assert_eq!(Colour::from_hex("#0A3d62"), Some(Colour::rgb(10, 61, 98)));
        for wrong in ["0a3d62", "#0a3d6", "#0a3d622", "#+a3d62", "#0a3d6é", ""] {
            assert_eq!(Colour::from_hex(wrong), None, "{wrong}");
        }
    }
}
