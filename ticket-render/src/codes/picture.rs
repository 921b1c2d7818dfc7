//! A code alone, as a picture for screens and mails.

use thiserror::Error;

use super::{ModuleRect, Symbol};
use crate::decimal::push_integer;
use crate::deflate::{Effort, zlib};
use crate::scene::Color;

/// How a picture of a code looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodeStyle {
    /// Width and height of the picture in pixels, quiet zone included, up to
    /// [`MAX_PICTURE_PX`]. Modules are whole pixels; what is left over widens the quiet zone.
    pub side_px: u32,
    /// Width of the quiet zone in modules, at least. ISO/IEC 18004 wants 4.
    pub quiet_modules: u8,
    /// Colour of the dark modules.
    pub dark: Color,
    /// Colour of the ground.
    pub light: Color,
}

/// Larger pictures are refused.
pub const MAX_PICTURE_PX: u32 = 8_192;

/// Why there is no picture.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum PictureError {
    /// A module would be smaller than a pixel, or the picture too large.
    #[error(
        "a code of {modules} modules needs a picture {modules} to {max} pixels wide, not {side_px}"
    )]
    Side {
        /// Asked for.
        side_px: u32,
        /// Modules across, quiet zone included.
        modules: u32,
        /// The bound.
        max: u32,
    },
    /// The PNG encoder failed, which no valid request causes.
    #[error("the PNG encoder failed: {0}")]
    Encoder(String),
}

/// A PNG of one bit a pixel.
///
/// Does not check that the colours differ enough to be read.
///
/// # Errors
/// [`PictureError::Side`] when a module would be smaller than a pixel.
pub fn code_png(symbol: &Symbol, style: &CodeStyle) -> Result<Vec<u8>, PictureError> {
    let modules = u32::from(symbol.width()) + 2 * u32::from(style.quiet_modules);
    let side_px = style.side_px;
    if side_px < modules || side_px > MAX_PICTURE_PX {
        return Err(PictureError::Side {
            side_px,
            modules,
            max: MAX_PICTURE_PX,
        });
    }
    let module_px = side_px / modules;
    let origin_px = (side_px - module_px * u32::from(symbol.width())) / 2;
    // Each row is its filter's number and its bytes. The filter is Up (ISO/IEC 15948 clause 9.2): the
    // rows within a module are alike, so all but the first of them are zeros.
    let row_bytes = (side_px as usize).div_ceil(8);
    let mut filtered = [&[FILTER_UP][..], &vec![0; row_bytes]]
        .concat()
        .repeat(side_px as usize);
    let mut above = vec![0_u8; row_bytes];
    for y in 0..=symbol.width() {
        let mut line = vec![0_u8; row_bytes];
        // Below the code, the ground again.
        for x in (0..symbol.width()).filter(|x| y < symbol.width() && symbol.is_dark(*x, y)) {
            let left = origin_px + u32::from(x) * module_px;
            for x_px in left..left + module_px {
                if let Some(byte) = line.get_mut((x_px / 8) as usize) {
                    *byte |= 0x80 >> (x_px % 8);
                }
            }
        }
        let row = (origin_px + u32::from(y) * module_px) as usize;
        let bytes = filtered.iter_mut().skip(row * (1 + row_bytes) + 1);
        for ((byte, now), before) in bytes.zip(&line).zip(&above) {
            *byte = now.wrapping_sub(*before);
        }
        above = line;
    }
    encode(style, &filtered).map_err(|error| PictureError::Encoder(error.to_string()))
}

const FILTER_UP: u8 = 2;

fn encode(style: &CodeStyle, filtered: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, style.side_px, style.side_px);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::One);
    encoder.set_palette([style.light.to_rgb(), style.dark.to_rgb()].concat());
    let mut writer = encoder.write_header()?;
    // Not by the encoder's own compressor, which takes longer to set up than all the rest.
    writer.write_chunk(png::chunk::IDAT, &zlib(filtered, Effort::Fast))?;
    writer.finish()?;
    Ok(file)
}

/// An SVG whose unit is the module, shown at the style's size.
pub fn code_svg(symbol: &Symbol, style: &CodeStyle) -> String {
    let modules = u32::from(symbol.width()) + 2 * u32::from(style.quiet_modules);
    let mut path = Vec::with_capacity(8 << 10);
    for ModuleRect {
        x,
        y,
        width,
        height,
    } in symbol.rectangles()
    {
        let steps = [
            (b'M', i64::from(x) + i64::from(style.quiet_modules)),
            (b' ', i64::from(y) + i64::from(style.quiet_modules)),
            (b'h', i64::from(width)),
            (b'v', i64::from(height)),
            (b'h', -i64::from(width)),
        ];
        for (command, value) in steps {
            path.push(command);
            push_integer(&mut path, value);
        }
        path.push(b'z');
    }
    let css = |color: Color| {
        let [r, g, b] = color.to_rgb();
        format!("#{r:02x}{g:02x}{b:02x}")
    };
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{side}\" height=\"{side}\" \
         viewBox=\"0 0 {modules} {modules}\" shape-rendering=\"crispEdges\">\
         <path fill=\"{light}\" d=\"M0 0h{modules}v{modules}H0z\"/>\
         <path fill=\"{dark}\" d=\"{path}\"/></svg>\n",
        side = style.side_px,
        light = css(style.light),
        dark = css(style.dark),
        path = String::from_utf8_lossy(&path),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::qr::{self, ErrorCorrection};

    fn style(side_px: u32, quiet_modules: u8) -> CodeStyle {
        let dark = Color::Rgb { r: 10, g: 0, b: 80 };
        CodeStyle {
            side_px,
            quiet_modules,
            dark,
            light: Color::WHITE,
        }
    }

    fn check_png(side_px: u32, quiet_modules: u8) {
        let symbol = qr::encode("TK1:GUICHET", ErrorCorrection::Medium).unwrap();
        let file = code_png(&symbol, &style(side_px, quiet_modules)).unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut rgb).unwrap();
        let side = side_px as usize;
        assert_eq!(rgb.len(), side * side * 3);
        let mut picture =
            rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| rgb[(y * side + x) * 3]);
        let grids = picture.detect_grids();
        assert_eq!(grids[0].decode().unwrap().1, "TK1:GUICHET", "{side_px} px");
    }

    #[test]
    fn pictures_are_read_back() {
        check_png(100, 4);
        check_png(101, 4);
        check_png(777, 0);
        check_png(2_048, 10);
    }

    #[test]
    fn modules_smaller_than_a_pixel_are_refused() {
        let symbol = qr::encode("A", ErrorCorrection::Low).unwrap();
        assert!(code_png(&symbol, &style(29, 4)).is_ok());
        let refused = Err(PictureError::Side {
            side_px: 28,
            modules: 29,
            max: MAX_PICTURE_PX,
        });
        assert_eq!(code_png(&symbol, &style(28, 4)), refused);
        assert!(code_png(&symbol, &style(MAX_PICTURE_PX + 1, 4)).is_err());
    }

    #[test]
    fn the_drawing_has_its_size_and_colours() {
        let symbol = qr::encode("A", ErrorCorrection::Low).unwrap();
        let svg = code_svg(&symbol, &style(300, 4));
        assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"300\""));
        assert!(svg.contains("viewBox=\"0 0 29 29\""));
        assert!(svg.contains("<path fill=\"#0a0050\" d=\"M4 4h7v1h-7z"));
    }
}
