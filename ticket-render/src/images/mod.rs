//! Raster images, read and checked once for each template version.
//!
//! A JPEG's compressed data and, where PDF allows it, a PNG's compressed rows go into a PDF as they
//! are; any other PNG is split into colour and soft mask and compressed once. Descriptive chunks
//! (camera data, places, colour profiles) are dropped, so that all exporters show the same and no
//! ticket gives away where a picture was taken.

mod jpeg;
mod pixels;
mod png;

use std::sync::OnceLock;

use thiserror::Error;

pub(crate) use pixels::Pixels;

/// Index of an image in [`crate::assets::Assets`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageId(pub u16);

/// More pixels than this are refused by the header, before anything is decoded.
pub const MAX_PIXELS: u64 = 16_000_000;
/// Longer sides than this are refused.
pub const MAX_SIDE_PX: u32 = 16_384;
/// Larger files are refused.
pub const MAX_BYTES: usize = 32 << 20;

/// Why bytes are not usable as an image.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ImageError {
    /// Neither JPEG nor PNG.
    #[error("the image is neither a JPEG nor a PNG; convert it to one of the two")]
    UnknownFormat,
    /// The file is too large.
    #[error("the image file has {found} bytes, more than {max}; scale it down")]
    TooLarge {
        /// Bytes given.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// There are too many pixels.
    #[error("the image has {width} × {height} pixels, more than {max} in all; scale it down")]
    TooManyPixels {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The bound on their product.
        max: u64,
    },
    /// One side is too long, or of no length.
    #[error("the image has {width} × {height} pixels; each side must have 1 to {max}")]
    Side {
        /// Pixels in a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The bound on each.
        max: u32,
    },
    /// A kind of JPEG or PNG that not every viewer shows.
    #[error("the image is {found}; {fix}")]
    Unsupported {
        /// What it is.
        found: &'static str,
        /// What to do.
        fix: &'static str,
    },
    /// The file is damaged.
    #[error("the {format} is damaged: {reason}; save it again")]
    Damaged {
        /// "JPEG" or "PNG".
        format: &'static str,
        /// What the decoder says.
        reason: String,
    },
}

/// The two file formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG.
    Png,
}

impl Format {
    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }
}

/// An image that was read whole and is ready for every exporter.
#[derive(Debug)]
pub struct PreparedImage {
    width_px: u32,
    height_px: u32,
    format: Format,
    /// A complete file without descriptive chunks.
    file: Vec<u8>,
    color: Samples,
    soft_mask: Option<Samples>,
    /// Decoded when a raster is first asked for, as it may be a thousand times the file's size.
    pixels: OnceLock<Pixels>,
}

/// Compressed samples as they stand in a PDF.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Samples {
    pub data: Vec<u8>,
    pub coding: Coding,
    pub space: ColorSpace,
    /// Bits of each component: 1, 2, 4, 8 or 16.
    pub bits: u8,
}

/// How samples are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Jpeg,
    /// zlib over rows that each begin with the number of a PNG filter.
    PngRows,
}

/// What samples mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ColorSpace {
    Gray,
    Rgb,
    /// Ink amounts; inverted as Adobe's programs write them.
    Cmyk {
        inverted: bool,
    },
    /// RGB triples.
    Palette(Vec<u8>),
}

impl PreparedImage {
    /// Reads a JPEG or PNG file whole: refuses it by its header if it is too large, and refuses it
    /// if it is damaged anywhere.
    pub fn read(bytes: &[u8]) -> Result<Self, ImageError> {
        if bytes.len() > MAX_BYTES {
            return Err(ImageError::TooLarge {
                found: bytes.len(),
                max: MAX_BYTES,
            });
        }
        match bytes {
            [0xFF, 0xD8, ..] => jpeg::read(bytes),
            [0x89, b'P', b'N', b'G', ..] => png::read(bytes),
            _ => Err(ImageError::UnknownFormat),
        }
    }

    /// Pixels in a row.
    pub fn width_px(&self) -> u32 {
        self.width_px
    }

    /// Rows.
    pub fn height_px(&self) -> u32 {
        self.height_px
    }

    /// The format of [`PreparedImage::file`].
    pub fn format(&self) -> Format {
        self.format
    }

    /// The media type of [`PreparedImage::file`].
    pub fn media_type(&self) -> &'static str {
        self.format.media_type()
    }

    /// A complete file of this image, without descriptive chunks.
    pub fn file(&self) -> &[u8] {
        &self.file
    }

    /// Red, green, blue and (not premultiplied) alpha of each pixel, row by row from the top.
    /// Decoded at the first call and kept.
    pub fn rgba(&self) -> &[u8] {
        &self.pixels().rgba
    }

    pub(crate) fn pixels(&self) -> &Pixels {
        self.pixels.get_or_init(|| {
            let decoded = match self.format {
                Format::Jpeg => jpeg::decode(&self.file),
                Format::Png => png::decode(&self.file),
            };
            // It was decoded once before, when it was read.
            decoded.unwrap_or_else(|_| Pixels::blank(self.width_px, self.height_px))
        })
    }

    pub(crate) fn color(&self) -> &Samples {
        &self.color
    }

    pub(crate) fn soft_mask(&self) -> Option<&Samples> {
        self.soft_mask.as_ref()
    }
}

/// Refuses sizes beyond the bounds above.
fn check_size(width: u32, height: u32) -> Result<(), ImageError> {
    let side = 1..=MAX_SIDE_PX;
    if !side.contains(&width) || !side.contains(&height) {
        return Err(ImageError::Side {
            width,
            height,
            max: MAX_SIDE_PX,
        });
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(ImageError::TooManyPixels {
            width,
            height,
            max: MAX_PIXELS,
        });
    }
    Ok(())
}
