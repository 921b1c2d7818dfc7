//! JPEG files: headers, orientation, and what of a file is kept.

use std::sync::OnceLock;

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace as OutputSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::pixels::{Orientation, Pixels};
use super::{
    Coding, ColorSpace, Format, ImageError, MAX_SIDE_PX, PreparedImage, Samples, check_size, png,
};

pub(super) fn read(bytes: &[u8]) -> Result<PreparedImage, ImageError> {
    let header = scan(bytes)?;
    check_size(header.width, header.height)?;
    let space = header.color_space()?;
    let file = header.kept.concat();
    let pixels = decode(&file)?;
    if header.orientation != Orientation::default() {
        // PDF viewers do not turn a JPEG as browsers do: turn the pixels themselves.
        return png::from_pixels(pixels.oriented(header.orientation));
    }
    Ok(PreparedImage {
        width_px: header.width,
        height_px: header.height,
        format: Format::Jpeg,
        color: Samples {
            data: file.clone(),
            coding: Coding::Jpeg,
            space,
            bits: 8,
        },
        soft_mask: None,
        file,
        pixels: OnceLock::new(),
    })
}

pub(super) fn decode(bytes: &[u8]) -> Result<Pixels, ImageError> {
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIDE_PX as usize)
        .set_max_height(MAX_SIDE_PX as usize)
        .set_strict_mode(true)
        // Not RGBA, which zune-jpeg 0.5 gets wrong for CMYK.
        .jpeg_set_out_colorspace(OutputSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let rgb = decoder
        .decode()
        .map_err(|error| damaged(&format!("{error:?}")))?;
    let info = decoder.info().ok_or_else(|| damaged("no header"))?;
    let opaque = |pixel: &[u8]| [pixel[0], pixel[1], pixel[2], u8::MAX];
    let pixels = Pixels {
        width: info.width.into(),
        height: info.height.into(),
        rgba: rgb.chunks_exact(3).flat_map(opaque).collect(),
    };
    if pixels.rgba.len() != pixels.width as usize * pixels.height as usize * 4 {
        return Err(damaged("rows are missing"));
    }
    Ok(pixels)
}

/// What the segments before the first scan say.
struct Header<'a> {
    width: u32,
    height: u32,
    components: u8,
    orientation: Orientation,
    /// The transform of Adobe's segment, if there is one.
    adobe: Option<u8>,
    /// The file without descriptive segments.
    kept: Vec<&'a [u8]>,
}

impl Header<'_> {
    fn color_space(&self) -> Result<ColorSpace, ImageError> {
        match self.components {
            1 => Ok(ColorSpace::Gray),
            3 => Ok(ColorSpace::Rgb),
            4 if self.adobe.is_some() => Ok(ColorSpace::Cmyk { inverted: true }),
            // Without Adobe's segment nothing says whether 0 is ink or paper.
            4 => Err(ImageError::Unsupported {
                found: "a CMYK JPEG without the Adobe marker",
                fix: "save it as RGB",
            }),
            _ => Err(ImageError::Unsupported {
                found: "a JPEG with an unusual number of components",
                fix: "save it as RGB",
            }),
        }
    }
}

/// Walks the segments up to the first scan; from there on the file is taken as it is.
fn scan(bytes: &[u8]) -> Result<Header<'_>, ImageError> {
    let mut frame = None;
    let mut orientation = Orientation::default();
    let mut adobe = None;
    let mut kept = vec![bytes.get(..2).unwrap_or_default()];
    let mut rest = bytes.get(2..).unwrap_or_default();
    loop {
        let (marker, body, after) = next_segment(rest)?;
        let whole = rest.get(..rest.len() - after.len()).unwrap_or_default();
        match marker {
            // Start of frame: baseline, extended, progressive.
            0xC0..=0xC2 => frame = Some(body),
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return Err(ImageError::Unsupported {
                    found: "a lossless, hierarchical or arithmetic-coded JPEG",
                    fix: "save it as a baseline or progressive JPEG",
                });
            }
            0xE1 => orientation = exif_orientation(body).unwrap_or(orientation),
            0xEE => adobe = adobe_transform(body).or(adobe),
            _ => {}
        }
        let describes = matches!(marker, 0xE1..=0xED | 0xEF | 0xFE);
        if marker == 0xDA {
            kept.push(rest);
            break;
        }
        if !describes {
            kept.push(whole);
        }
        rest = after;
    }
    let frame = frame.ok_or_else(|| damaged("a scan before its frame"))?;
    let &[
        bits,
        height_high,
        height_low,
        width_high,
        width_low,
        components,
        ..,
    ] = frame
    else {
        return Err(damaged("a frame header cut short"));
    };
    if bits != 8 {
        return Err(ImageError::Unsupported {
            found: "a JPEG of 12 bits a sample",
            fix: "save it with 8",
        });
    }
    Ok(Header {
        width: u16::from_be_bytes([width_high, width_low]).into(),
        height: u16::from_be_bytes([height_high, height_low]).into(),
        components,
        orientation,
        adobe,
        kept,
    })
}

/// Marker, body and what follows.
fn next_segment(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), ImageError> {
    let cut_short = || damaged("it ends before its first scan");
    let (&first, mut rest) = bytes.split_first().ok_or_else(cut_short)?;
    if first != 0xFF {
        return Err(damaged("a marker is missing"));
    }
    let marker = loop {
        let (&byte, after) = rest.split_first().ok_or_else(cut_short)?;
        rest = after;
        if byte != 0xFF {
            break byte; // Any number of fill bytes may come before it.
        }
    };
    let (length, after) = rest.split_first_chunk().ok_or_else(cut_short)?;
    let length = usize::from(u16::from_be_bytes(*length));
    let body_length = length
        .checked_sub(2)
        .ok_or_else(|| damaged("a segment of length 0"))?;
    let (body, after) = after.split_at_checked(body_length).ok_or_else(cut_short)?;
    Ok((marker, body, after))
}

fn adobe_transform(body: &[u8]) -> Option<u8> {
    body.strip_prefix(b"Adobe")?.get(6).copied()
}

/// Finds the orientation among the tags of the first directory.
fn exif_orientation(body: &[u8]) -> Option<Orientation> {
    let tiff = body.strip_prefix(b"Exif\0\0")?;
    let little_endian = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let bytes = tiff.get(at..)?.first_chunk()?;
        Some(if little_endian {
            u16::from_le_bytes(*bytes)
        } else {
            u16::from_be_bytes(*bytes)
        })
    };
    let offset = tiff.get(4..)?.first_chunk()?;
    let offset = if little_endian {
        u32::from_le_bytes(*offset)
    } else {
        u32::from_be_bytes(*offset)
    };
    let directory = usize::try_from(offset).ok()?;
    let entries = usize::from(u16_at(directory)?);
    let entry_at = |index: usize| directory.checked_add(2 + index * 12);
    (0..entries)
        .map_while(entry_at)
        .find(|&entry| u16_at(entry) == Some(0x0112))
        .and_then(|entry| u16_at(entry.checked_add(8)?))
        .map(Orientation::from_exif)
}

fn damaged(reason: &str) -> ImageError {
    ImageError::Damaged {
        format: "JPEG",
        reason: reason.to_owned(),
    }
}
