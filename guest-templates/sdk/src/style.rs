//! Colours and text styles.

use crate::contract::{Colour, FontFeature, Paint, ProcessColour, Rgb, Slant, Spot, TextStyle};
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

    /// Black or white: whichever is easier to read on a ground of this colour.
    #[must_use]
    pub fn ink(&self) -> Self {
        // Where both have the same contrast by WCAG 2: a relative luminance of 0.179.
        const EVEN_LUMINANCE: u64 = 179;
        if self.luminance_permille() > EVEN_LUMINANCE {
            Self::BLACK
        } else {
            Self::WHITE
        }
    }

    /// Relative luminance, near enough to choose by: squares stand for the curve of sRGB.
    fn luminance_permille(&self) -> u64 {
        let mixed = |inks: [u8; 3], black: u8| {
            inks.map(|ink| {
                let light = u32::from(255 - ink) * u32::from(255 - black) / 255;
                u8::try_from(light).unwrap_or(u8::MAX)
            })
        };
        let [red, green, blue] = match self {
            Self::Rgb(rgb)
            | Self::Spot(Spot {
                fallback: ProcessColour::Rgb(rgb),
                ..
            }) => [rgb.red, rgb.green, rgb.blue],
            Self::Gray(gray)
            | Self::Spot(Spot {
                fallback: ProcessColour::Gray(gray),
                ..
            }) => [*gray; 3],
            Self::Cmyk(cmyk)
            | Self::Spot(Spot {
                fallback: ProcessColour::Cmyk(cmyk),
                ..
            }) => mixed([cmyk.cyan, cmyk.magenta, cmyk.yellow], cmyk.black),
        }
        .map(|light| u64::from(light).pow(2));
        (213 * red + 715 * green + 72 * blue) / (255 * 255)
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
    use crate::contract::Cmyk;

    #[test]
    fn hex_colours_are_read_strictly() {
        assert_eq!(Colour::from_hex("#0A3d62"), Some(Colour::rgb(10, 61, 98)));
        for wrong in ["0a3d62", "#0a3d6", "#0a3d622", "#+a3d62", "#0a3d6é", ""] {
            assert_eq!(Colour::from_hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn ink_is_what_reads_better() {
        let ink = |hex| Colour::from_hex(hex).expect("a colour").ink();
        for dark in [
            "#000000", "#163c68", "#8c1c3a", "#3d1fb5", "#d00000", "#5c5c5c",
        ] {
            assert_eq!(ink(dark), Colour::WHITE, "{dark}");
        }
        for light in ["#ffffff", "#f2b705", "#ff8800", "#00c853", "#9e9e9e"] {
            assert_eq!(ink(light), Colour::BLACK, "{light}");
        }
        let cyan = Cmyk {
            cyan: 255,
            magenta: 0,
            yellow: 0,
            black: 0,
        };
        assert_eq!(Colour::Cmyk(cyan).ink(), Colour::BLACK);
        assert_eq!(Colour::Gray(80).ink(), Colour::WHITE);
    }
}
