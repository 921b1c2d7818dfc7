//! Pictures of a code, for callers that lay pages out themselves.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ticket_render::codes::qr::{self, ErrorCorrection};
use ticket_render::codes::{CodeStyle, code_png, code_svg};
use ticket_render::scene::Color;

use super::order_body::{OrderOptions, QrOptions};
use crate::http::error::{ApiError, FieldProblem};

/// How a picture looks.
#[derive(Clone, Debug)]
pub struct PictureStyle {
    /// Width and height in pixels, 100 to 2048.
    pub width_px: u32,
    /// Quiet zone in modules, 4 to 20.
    pub margin: u8,
    /// Colour of the modules.
    pub dark: [u8; 3],
    /// Colour of the ground.
    pub light: [u8; 3],
    /// Least redundancy.
    pub error_correction: ErrorCorrection,
    /// Pixels or a drawing.
    pub format: PictureFormat,
}

/// Pixels or a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// PNG.
    Png,
    /// SVG.
    Svg,
}

impl PictureStyle {
    const DEFAULT_WIDTH_PX: u32 = 300;

    /// Reads the options of an order.
    ///
    /// # Errors
    /// [`ApiError::Validation`] with every bound that was broken.
    pub fn of(options: &OrderOptions) -> Result<Self, ApiError> {
        let mut given = options.qr_options.clone().unwrap_or_default();
        given.width = given.width.or(options.qr_size);
        Self::read(&given, "options.qrOptions.")
    }

    /// Reads the options of a picture; `path` goes before their names.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn read(options: &QrOptions, path: &str) -> Result<Self, ApiError> {
        let mut problems = Vec::new();
        let mut fail = |field: &str, message: &str| {
            problems.push(FieldProblem::new(format!("{path}{field}"), message));
        };
        let width_px = options.width.unwrap_or(Self::DEFAULT_WIDTH_PX);
        if !(100..=2048).contains(&width_px) {
            fail("width", "must be 100 to 2048 pixels");
        }
        let margin = options.margin.unwrap_or(4);
        if !(4..=20).contains(&margin) {
            fail("margin", "must be 4 to 20 modules; readers need 4");
        }
        let color = options.color.clone().unwrap_or_default();
        let mut read_color = |field: &str, text: Option<&String>, default| match text {
            None => default,
            Some(text) => parse_color(text).unwrap_or_else(|| {
                fail(field, "must be a colour such as #000000");
                default
            }),
        };
        let dark = read_color("color.dark", color.dark.as_ref(), [0; 3]);
        let light = read_color("color.light", color.light.as_ref(), [255; 3]);
        if luminance(dark) * 3 > luminance(light) {
            fail(
                "color",
                "the dark colour must be much darker than the light one, or readers fail",
            );
        }
        let error_correction = match options.error_correction.as_deref() {
            None | Some("M" | "m" | "medium") => ErrorCorrection::Medium,
            Some("Q" | "q" | "quartile") => ErrorCorrection::Quartile,
            Some("H" | "h" | "high") => ErrorCorrection::High,
            Some(_) => {
                fail(
                    "errorCorrection",
                    "must be M, Q or H; a ticket's code is never L",
                );
                ErrorCorrection::Medium
            }
        };
        let format = match options.format.as_deref() {
            None | Some("png") => PictureFormat::Png,
            Some("svg") => PictureFormat::Svg,
            Some(_) => {
                fail("format", "must be png or svg");
                PictureFormat::Png
            }
        };
        if !problems.is_empty() {
            return Err(ApiError::Validation(problems));
        }
        let margin = u8::try_from(margin).unwrap_or(4);
        Ok(Self {
            width_px,
            margin,
            dark,
            light,
            error_correction,
            format,
        })
    }
}

/// A drawn code.
pub struct Picture {
    format: PictureFormat,
    bytes: Vec<u8>,
}

impl Picture {
    /// Draws the code of a text.
    ///
    /// # Errors
    /// When the width is too small for one pixel a module.
    pub fn draw(text: &str, style: &PictureStyle) -> Result<Self, ApiError> {
        let symbol = qr::encode(text, style.error_correction).map_err(anyhow::Error::from)?;
        let rgb = |[r, g, b]: [u8; 3]| Color::Rgb { r, g, b };
        let code_style = CodeStyle {
            side_px: style.width_px,
            quiet_modules: style.margin,
            dark: rgb(style.dark),
            light: rgb(style.light),
        };
        let bytes = match style.format {
            PictureFormat::Png => code_png(&symbol, &code_style)
                .map_err(|error| ApiError::field("options.width", error.to_string()))?,
            PictureFormat::Svg => code_svg(&symbol, &code_style).into_bytes(),
        };
        Ok(Self {
            format: style.format,
            bytes,
        })
    }

    /// As a `data:` URL.
    pub fn data_url(&self) -> String {
        format!(
            "data:{};base64,{}",
            self.media_type(),
            STANDARD.encode(&self.bytes)
        )
    }

    /// The media type.
    pub fn media_type(&self) -> &'static str {
        match self.format {
            PictureFormat::Png => "image/png",
            PictureFormat::Svg => "image/svg+xml",
        }
    }
}

impl IntoResponse for Picture {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, self.media_type())], self.bytes).into_response()
    }
}

fn parse_color(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#')?;
    // Clients of the old service send eight digits; the last two are opacity, and codes are opaque.
    if !matches!(digits.len(), 6 | 8) || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let channel = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some([channel(0)?, channel(2)?, channel(4)?])
}

/// Rec. 709 weights, in thousandths.
fn luminance([r, g, b]: [u8; 3]) -> u32 {
    213 * u32::from(r) + 715 * u32::from(g) + 72 * u32::from(b)
}
