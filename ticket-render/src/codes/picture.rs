//! A code alone, as a picture for callers that lay pages out themselves.

use std::fmt::Write as _;

use thiserror::Error;

use super::Symbol;

/// How a picture looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureOptions {
    /// Width and height in pixels.
    pub width_px: u32,
    /// Quiet zone on each side, in modules.
    pub quiet_modules: u8,
    /// Colour of the dark modules: red, green, blue.
    pub dark: [u8; 3],
    /// Colour of the ground.
    pub light: [u8; 3],
}

/// Why there is no picture.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PictureError {
    /// Less than a pixel for each module.
    #[error("{width_px} pixels are too few for {modules} modules with their quiet zone")]
    TooSmall {
        /// The width asked for.
        width_px: u32,
        /// Modules and quiet zone.
        modules: u32,
    },
    /// The encoder failed, which no valid input causes.
    #[error("the PNG encoder failed: {0}")]
    Encoder(String),
}

/// Draws a PNG. Modules have whole pixels, so the code stays sharp; what is left of the width goes
/// to the quiet zone.
///
/// # Errors
/// [`PictureError`].
pub fn png(symbol: &Symbol, options: &PictureOptions) -> Result<Vec<u8>, PictureError> {
    let modules = u32::from(symbol.width()) + 2 * u32::from(options.quiet_modules);
    let module_px = options.width_px / modules;
    if module_px == 0 {
        let width_px = options.width_px;
        return Err(PictureError::TooSmall { width_px, modules });
    }
    let first = (options.width_px - module_px * u32::from(symbol.width())) / 2;
    let module_at = |pixel: u32| {
        let at = pixel.checked_sub(first)? / module_px;
        u8::try_from(at).ok().filter(|at| *at < symbol.width())
    };
    let columns: Vec<Option<u8>> = (0..options.width_px).map(module_at).collect();
    // One bit a pixel with a palette of two: a few hundred bytes for any size.
    let mut rows =
        Vec::with_capacity((options.width_px as usize).div_ceil(8) * options.width_px as usize);
    for row in &columns {
        let dark = columns.iter().map(|column| match (column, row) {
            (Some(x), Some(y)) => symbol.is_dark(*x, *y),
            _ => false,
        });
        let bits: Vec<bool> = dark.collect();
        rows.extend(bits.chunks(8).map(|eight| {
            eight
                .iter()
                .enumerate()
                .fold(0u8, |byte, (at, dark)| byte | (u8::from(*dark) << (7 - at)))
        }));
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, options.width_px, options.width_px);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_palette([options.light, options.dark].concat());
    let failed = |error: png::EncodingError| PictureError::Encoder(error.to_string());
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&rows).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(file)
}

/// Draws an SVG in module units.
pub fn svg(symbol: &Symbol, options: &PictureOptions) -> String {
    let quiet = u32::from(options.quiet_modules);
    let modules = u32::from(symbol.width()) + 2 * quiet;
    let css = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
    let mut drawing = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{width}\" viewBox=\"0 0 {modules} {modules}\" shape-rendering=\"crispEdges\"><path fill=\"{light}\" d=\"M0 0h{modules}v{modules}H0z\"/><path fill=\"{dark}\" d=\"",
        width = options.width_px,
        light = css(options.light),
        dark = css(options.dark),
    );
    for rect in symbol.rectangles() {
        let (x, y) = (u32::from(rect.x) + quiet, u32::from(rect.y) + quiet);
        let (width, height) = (rect.width, rect.height);
        let _ = write!(drawing, "M{x} {y}h{width}v{height}h-{width}z");
    }
    drawing.push_str("\"/></svg>\n");
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::qr::{ErrorCorrection, encode};

    const OPTIONS: PictureOptions = PictureOptions {
        width_px: 300,
        quiet_modules: 4,
        dark: [0; 3],
        light: [255; 3],
    };

    #[test]
    fn a_picture_is_read_back() {
        let symbol = encode("TK1:HELLO", ErrorCorrection::Medium).unwrap();
        let file = png(&symbol, &OPTIONS).unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&file));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(300, 300, |x, y| pixels[(y * 300 + x) * 3]);
        let (_, text) = image.detect_grids()[0].decode().unwrap();
        assert_eq!(text, "TK1:HELLO");
    }

    #[test]
    fn too_few_pixels_are_said_to_be() {
        let symbol = encode("X", ErrorCorrection::Medium).unwrap();
        let tiny = PictureOptions {
            width_px: 20,
            ..OPTIONS
        };
        assert_eq!(
            png(&symbol, &tiny),
            Err(PictureError::TooSmall {
                width_px: 20,
                modules: 29
            })
        );
        assert!(svg(&symbol, &OPTIONS).contains("viewBox=\"0 0 29 29\""));
    }
}
