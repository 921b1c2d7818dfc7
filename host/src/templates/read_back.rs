//! Reads a printed code back from the pixels of its page, as a gate will.

use ticket_render::assets::Assets;
use ticket_render::error::RenderError;
use ticket_render::length::Length;
use ticket_render::png::{self, PngOptions};
use ticket_render::scene::{Content, Page, PlacedCode, Scene};

/// Modules around a code's own ground that the second look takes in.
const SURROUNDING_MODULES: i32 = 4;
const EMU_PER_INCH: i64 = 914_400;

/// Whether a camera finds a code of this text on a page.
///
/// A reader that finds nothing on the whole page looks again at each code, twice as large: with less
/// than four pixels a module, whether it finds the corners depends on how modules and pixels happen
/// to meet, and a camera does not stand still.
///
/// # Errors
/// When the page cannot be rendered at this resolution.
pub(super) fn is_readable(
    text: &str,
    scene: &Scene,
    page: usize,
    assets: &Assets,
    dpi: u32,
) -> Result<bool, RenderError> {
    let file = png::render(scene, page, assets, &PngOptions { dpi })?;
    let Some(image) = Pixels::of_png(&file) else {
        return Ok(false);
    };
    if image.shows(text) {
        return Ok(true);
    }
    let Some(page) = scene.pages.get(page) else {
        return Ok(false);
    };
    Ok(codes_of(page).any(|code| {
        let near = image.around(code, dpi);
        near.doubled(Between::Repeated).shows(text) || near.doubled(Between::Averaged).shows(text)
    }))
}

fn codes_of(page: &Page) -> impl Iterator<Item = &PlacedCode> {
    page.elements
        .iter()
        .filter_map(|element| match &element.content {
            Content::Code(code) => Some(code),
            Content::Group(_)
            | Content::Glyphs(_)
            | Content::Shape(_)
            | Content::Image(_)
            | Content::Link(_)
            | Content::Background(_) => None,
        })
}

/// What a doubled picture has between two pixels.
#[derive(Clone, Copy)]
enum Between {
    /// The left or upper one again.
    Repeated,
    /// Their mean, as if the paper lay half a pixel further on.
    Averaged,
}

/// A picture in shades of gray.
struct Pixels {
    width: usize,
    height: usize,
    values: Vec<u8>,
}

impl Pixels {
    fn of_png(file: &[u8]) -> Option<Self> {
        let decoder = ::png::Decoder::new(std::io::Cursor::new(file));
        let mut reader = decoder.read_info().ok()?;
        let mut buffer = vec![0; reader.output_buffer_size()?];
        let info = reader.next_frame(&mut buffer).ok()?;
        let samples = info.color_type.samples();
        let values = buffer
            .get(..info.buffer_size())?
            .chunks_exact(samples)
            .map(gray)
            .collect();
        Some(Self {
            width: usize::try_from(info.width).ok()?,
            height: usize::try_from(info.height).ok()?,
            values,
        })
    }

    fn shows(&self, text: &str) -> bool {
        let at = |x, y| self.at(x, y);
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(self.width, self.height, at);
        let grids = prepared.detect_grids();
        grids
            .iter()
            .any(|grid| grid.decode().is_ok_and(|(_, found)| found == text))
    }

    /// A pixel; paper beyond the edges.
    fn at(&self, x: usize, y: usize) -> u8 {
        let inside = x < self.width && y < self.height;
        let value = inside
            .then(|| self.values.get(y * self.width + x))
            .flatten();
        value.copied().unwrap_or(u8::MAX)
    }

    /// A code with its quiet zone and a little of what is around.
    fn around(&self, code: &PlacedCode, dpi: u32) -> Self {
        let pixel = |length: Length| {
            let pixels = i64::from(length.to_emu()) * i64::from(dpi) / EMU_PER_INCH;
            usize::try_from(pixels).unwrap_or(0)
        };
        let modules = i32::from(code.symbol.width())
            + 2 * i32::from(code.quiet_modules)
            + 2 * SURROUNDING_MODULES;
        let side = pixel(code.module.scaled(modules.into(), 1));
        let margin = code.module.scaled(SURROUNDING_MODULES.into(), 1);
        let left = pixel(code.origin.x - margin);
        let top = pixel(code.origin.y - margin);
        let rows = top..top.saturating_add(side).min(self.height);
        let columns = left..left.saturating_add(side).min(self.width);
        Self {
            width: columns.len(),
            height: rows.len(),
            values: rows
                .flat_map(|y| columns.clone().map(move |x| (x, y)))
                .map(|(x, y)| self.at(x, y))
                .collect(),
        }
    }

    fn doubled(&self, between: Between) -> Self {
        let (width, height) = (self.width * 2, self.height * 2);
        let value = |x: usize, y: usize| {
            let (left, top) = (x / 2, y / 2);
            let (right, bottom) = match between {
                Between::Repeated => (left, top),
                Between::Averaged => (left + x % 2, top + y % 2),
            };
            let corners = [(left, top), (right, top), (left, bottom), (right, bottom)];
            let sum: u16 = corners.iter().map(|&(x, y)| u16::from(self.at(x, y))).sum();
            // The mean of four bytes is a byte.
            u8::try_from(sum / 4).unwrap_or(u8::MAX)
        };
        Self {
            width,
            height,
            values: (0..height)
                .flat_map(|y| (0..width).map(move |x| (x, y)))
                .map(|(x, y)| value(x, y))
                .collect(),
        }
    }
}

/// As bright as people see it (ITU-R BT.601).
fn gray(pixel: &[u8]) -> u8 {
    match pixel {
        [red, green, blue, ..] => {
            let sum = 299 * u32::from(*red) + 587 * u32::from(*green) + 114 * u32::from(*blue);
            u8::try_from(sum / 1_000).unwrap_or(u8::MAX)
        }
        [gray, ..] => *gray,
        [] => u8::MAX,
    }
}

#[cfg(test)]
mod tests {
    use ticket_render::assets::PreparedFonts;
    use ticket_render::codes::qr::{self, ErrorCorrection};
    use ticket_render::fonts::FontSet;
    use ticket_render::length::{Point, Size};
    use ticket_render::scene::{Color, Element};

    use super::*;

    const TEXT: &str = "TK1:6BFOXN*TS0BI$ZD-PHQ7I9AD66V5B22CH9M9ESI9XBHXK-%69LQOGI.*V76GCV4*XUA2P-FHT-HNTI4L6N$Q%UG/YL WO*Z7ON15 BM0VM.JQ$F4W17PG4.VAS5EG4V*BRL0K-RDY5RWOOH6PO9:TU";

    /// A page with a code of 0.33 mm a module, so many EMU beside a whole pixel.
    fn page(offset_emu: i32) -> Scene {
        let code = PlacedCode {
            symbol: qr::encode(TEXT, ErrorCorrection::Medium).unwrap(),
            origin: Point {
                x: Length::mm(10) + Length::emu(offset_emu),
                y: Length::mm(12) + Length::emu(offset_emu / 2),
            },
            module: Length::emu(33 * 360),
            quiet_modules: 4,
            dark: Color::BLACK,
            light: Color::WHITE,
        };
        Scene {
            title: "t".to_owned(),
            language: "en".to_owned(),
            pages: vec![Page {
                name: "front".to_owned(),
                size: Size {
                    width: Length::mm(30),
                    height: Length::mm(32),
                },
                bleed: Length::ZERO,
                elements: vec![Element::artifact(Content::Code(code))],
            }],
        }
    }

    #[test]
    fn the_smallest_code_that_is_allowed_is_read_wherever_it_lies() {
        let fonts = PreparedFonts::new(FontSet::embedded());
        let assets = Assets::prepare(fonts, Vec::new(), Vec::new()).unwrap();
        for offset_emu in (0..3_048).step_by(508) {
            let scene = page(offset_emu);
            assert!(
                is_readable(TEXT, &scene, 0, &assets, 300).unwrap(),
                "{offset_emu} EMU"
            );
        }
        assert!(!is_readable("another text", &page(0), 0, &assets, 300).unwrap());
    }
}
