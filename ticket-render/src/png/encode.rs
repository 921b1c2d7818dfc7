//! Pixels as a PNG file.

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, PixelDimensions, Unit};

use crate::error::RenderError;

/// The pixels of a page: gray as long as no colour has come up.
pub(super) struct Samples {
    color: ColorType,
    data: Vec<u8>,
    pixels: usize,
}

impl Samples {
    /// No pixels yet, of a page of this size.
    pub fn with_capacity(width: u32, height: u32) -> Self {
        let pixels = width as usize * height as usize;
        Self {
            color: ColorType::Grayscale,
            data: Vec::with_capacity(pixels),
            pixels,
        }
    }

    /// Takes the next pixels: red, green, blue and an unused byte of each.
    pub fn append(&mut self, pixels: &[u8]) {
        if self.color == ColorType::Grayscale {
            if is_gray(pixels) {
                self.data
                    .extend(pixels.chunks_exact(4).map(|pixel| pixel[0]));
                return;
            }
            let mut data = Vec::with_capacity(self.pixels * 3);
            data.extend(self.data.iter().flat_map(|gray| [*gray; 3]));
            *self = Self {
                color: ColorType::Rgb,
                data,
                ..*self
            };
        }
        append_rgb(&mut self.data, pixels);
    }
}

fn is_gray(pixels: &[u8]) -> bool {
    // In portions: a loop that stops early at each pixel is slower.
    pixels.chunks(4096).all(|portion| {
        portion.chunks_exact(4).fold(0, |colored, pixel| {
            colored | (pixel[0] ^ pixel[1]) | (pixel[1] ^ pixel[2])
        }) == 0
    })
}

/// Drops each fourth byte, four pixels at a time.
fn append_rgb(data: &mut Vec<u8>, pixels: &[u8]) {
    let (fours, rest) = pixels.as_chunks::<16>();
    let start = data.len();
    data.resize(start + pixels.len() / 4 * 3, 0);
    let (_, new) = data.split_at_mut(start);
    let (packed, packed_rest) = new.as_chunks_mut::<12>();
    for (four, packed) in fours.iter().zip(packed) {
        let pixel = |at: usize| {
            u128::from(u32::from_le_bytes([
                four[at],
                four[at + 1],
                four[at + 2],
                0,
            ]))
        };
        let bits = pixel(0) | pixel(4) << 24 | pixel(8) << 48 | pixel(12) << 72;
        let bytes = bits.to_le_bytes();
        packed.copy_from_slice(bytes.split_at(12).0);
    }
    for (pixel, packed) in rest.chunks_exact(4).zip(packed_rest.chunks_exact_mut(3)) {
        packed.copy_from_slice(&pixel[..3]);
    }
}

/// Writes the file.
pub(super) fn encode(
    samples: &Samples,
    width: u32,
    height: u32,
    dpi: u32,
) -> Result<Vec<u8>, RenderError> {
    let mut file = Vec::new();
    write(&mut file, samples, width, height, dpi)
        .map_err(|error| RenderError::Encoder(error.to_string()))?;
    Ok(file)
}

fn write(
    file: &mut Vec<u8>,
    samples: &Samples,
    width: u32,
    height: u32,
    dpi: u32,
) -> Result<(), EncodingError> {
    // An inch is exactly 0.0254 m.
    let per_metre = (dpi * 10_000 + 127) / 254;
    let mut encoder = Encoder::new(file, width, height);
    encoder.set_color(samples.color);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(Compression::Fastest);
    encoder.set_pixel_dims(Some(PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&samples.data)?;
    writer.finish()
}
