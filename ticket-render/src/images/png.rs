//! PNG files: whose compressed rows go into a PDF as they are, and how the others are split.

use std::io::Cursor;
use std::sync::OnceLock;

use png::{BitDepth, ColorType, Decoder, Encoder, Limits, Transformations};

use super::pixels::Pixels;
use super::{
    Coding, ColorSpace, Format, ImageError, MAX_PIXELS, PreparedImage, Samples, check_size,
};

pub(super) fn read(bytes: &[u8]) -> Result<PreparedImage, ImageError> {
    let chunks = Chunks::scan(bytes)?;
    check_size(chunks.width, chunks.height)?;
    let pixels = decode(bytes)?;
    match chunks.passable_space() {
        Some(space) => Ok(PreparedImage {
            width_px: chunks.width,
            height_px: chunks.height,
            format: Format::Png,
            color: Samples {
                data: chunks.data.concat(),
                coding: Coding::PngRows,
                space,
                bits: chunks.bits,
            },
            soft_mask: soft_mask(&pixels)?,
            file: chunks.kept.concat(),
            pixels: OnceLock::new(),
        }),
        None => from_pixels(pixels),
    }
}

/// An image of these pixels, compressed without loss.
pub(super) fn from_pixels(pixels: Pixels) -> Result<PreparedImage, ImageError> {
    let is_gray = pixels.is_gray();
    let (color_type, space, channels) = if is_gray {
        (ColorType::Grayscale, ColorSpace::Gray, 1)
    } else {
        (ColorType::Rgb, ColorSpace::Rgb, 3)
    };
    let colors: Vec<u8> = pixels
        .rgba
        .chunks_exact(4)
        .flat_map(|pixel| pixel.iter().copied().take(channels))
        .collect();
    let color_file = encode(&pixels, color_type, &colors)?;
    let data = Chunks::scan(&color_file)?.data.concat();
    let soft_mask = soft_mask(&pixels)?;
    let file = match soft_mask {
        Some(_) => encode(&pixels, ColorType::Rgba, &pixels.rgba)?,
        None => color_file,
    };
    Ok(PreparedImage {
        width_px: pixels.width,
        height_px: pixels.height,
        format: Format::Png,
        file,
        color: Samples {
            data,
            coding: Coding::PngRows,
            space,
            bits: 8,
        },
        soft_mask,
        pixels: OnceLock::new(),
    })
}

/// Decodes to 8-bit RGBA, checksums included.
pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, ImageError> {
    // Four channels of 16 bits, the most that one row buffer and one image may take.
    let limits = Limits {
        bytes: MAX_PIXELS as usize * 8,
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::normalize_to_color8() | Transformations::ALPHA);
    let mut reader = decoder.read_info().map_err(|error| damaged(&error))?;
    let size = reader.output_buffer_size().unwrap_or(0);
    let mut decoded = vec![0; size];
    let info = reader
        .next_frame(&mut decoded)
        .map_err(|error| damaged(&error))?;
    reader.finish().map_err(|error| damaged(&error))?;
    decoded.truncate(info.buffer_size());
    let rgba = match info.color_type {
        ColorType::Rgba => decoded,
        ColorType::GrayscaleAlpha => decoded
            .chunks_exact(2)
            .flat_map(|pixel| [pixel[0], pixel[0], pixel[0], pixel[1]])
            .collect(),
        // The transformations above leave no other.
        ColorType::Grayscale | ColorType::Rgb | ColorType::Indexed => {
            return Err(damaged(&"an impossible colour type"));
        }
    };
    Ok(Pixels {
        width: info.width,
        height: info.height,
        rgba,
    })
}

fn soft_mask(pixels: &Pixels) -> Result<Option<Samples>, ImageError> {
    if pixels.is_opaque() {
        return Ok(None);
    }
    let alpha: Vec<u8> = pixels.rgba.chunks_exact(4).map(|pixel| pixel[3]).collect();
    let file = encode(pixels, ColorType::Grayscale, &alpha)?;
    let data = Chunks::scan(&file)?.data.concat();
    Ok(Some(Samples {
        data,
        coding: Coding::PngRows,
        space: ColorSpace::Gray,
        bits: 8,
    }))
}

/// Encodes as small as the library can, since it happens once.
fn encode(pixels: &Pixels, color: ColorType, samples: &[u8]) -> Result<Vec<u8>, ImageError> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, pixels.width, pixels.height);
    encoder.set_color(color);
    encoder.set_depth(BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder
        .write_header()
        .and_then(|mut writer| {
            writer.write_image_data(samples)?;
            writer.finish()
        })
        .map_err(|error| damaged(&error))?;
    Ok(file)
}

/// The parts of a PNG file.
struct Chunks<'a> {
    width: u32,
    height: u32,
    bits: u8,
    color_type: u8,
    is_interlaced: bool,
    palette: Option<&'a [u8]>,
    has_transparency: bool,
    /// The pieces of the compressed rows.
    data: Vec<&'a [u8]>,
    /// The file without descriptive chunks.
    kept: Vec<&'a [u8]>,
}

impl<'a> Chunks<'a> {
    /// Walks the chunks; their checksums are the decoder's business.
    fn scan(bytes: &'a [u8]) -> Result<Self, ImageError> {
        const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
        let mut rest = bytes
            .strip_prefix(SIGNATURE)
            .ok_or_else(|| damaged(&"a broken signature"))?;
        let cut_short = || damaged(&"it is cut short");
        let mut header = None;
        let mut palette = None;
        let mut has_transparency = false;
        let mut data = Vec::new();
        let mut kept = vec![SIGNATURE];
        loop {
            let (head, after) = rest.split_first_chunk::<8>().ok_or_else(cut_short)?;
            let [l0, l1, l2, l3, kind @ ..] = *head;
            let length = u32::from_be_bytes([l0, l1, l2, l3]) as usize;
            let (body, after) = after.split_at_checked(length).ok_or_else(cut_short)?;
            let (_checksum, after) = after.split_first_chunk::<4>().ok_or_else(cut_short)?;
            let whole = rest.get(..rest.len() - after.len()).unwrap_or_default();
            match &kind {
                b"IHDR" => header = body.first_chunk::<13>(),
                b"PLTE" => palette = Some(body),
                b"tRNS" => has_transparency = true,
                b"IDAT" => data.push(body),
                b"IEND" => {
                    kept.push(whole);
                    break;
                }
                _ => {
                    rest = after;
                    continue;
                }
            }
            kept.push(whole);
            rest = after;
        }
        let &[
            w0,
            w1,
            w2,
            w3,
            h0,
            h1,
            h2,
            h3,
            bits,
            color_type,
            _,
            _,
            interlace,
        ] = header.ok_or_else(|| damaged(&"its header is missing"))?;
        Ok(Self {
            width: u32::from_be_bytes([w0, w1, w2, w3]),
            height: u32::from_be_bytes([h0, h1, h2, h3]),
            bits,
            color_type,
            is_interlaced: interlace != 0,
            palette,
            has_transparency,
            data,
            kept,
        })
    }

    /// The colour space of rows that a PDF may hold as they are (ISO 32000-1 clause 7.4.4.4).
    fn passable_space(&self) -> Option<ColorSpace> {
        if self.is_interlaced {
            return None;
        }
        match (self.color_type, self.palette) {
            (0, _) if !self.has_transparency => Some(ColorSpace::Gray),
            (2, _) if !self.has_transparency => Some(ColorSpace::Rgb),
            // Its transparency is not in the rows.
            (3, Some(palette)) => Some(ColorSpace::Palette(palette.to_vec())),
            _ => None,
        }
    }
}

fn damaged(reason: &dyn std::fmt::Display) -> ImageError {
    ImageError::Damaged {
        format: "PNG",
        reason: reason.to_string(),
    }
}
