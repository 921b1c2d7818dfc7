//! Why a scene cannot be exported.

use thiserror::Error;

use crate::images::ImageId;
use crate::scene::BackgroundId;

/// Why a scene cannot be exported. All but the limits of a raster are mistakes of whoever built the
/// scene.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RenderError {
    /// The scene has no page.
    #[error("a document needs at least one page")]
    NoPages,
    /// There is no such page.
    #[error("page {page} was asked for, counted from 0, of {pages}")]
    NoSuchPage {
        /// The page asked for, from 0.
        page: usize,
        /// How many there are.
        pages: usize,
    },
    /// A page without area, or larger than PDF allows.
    #[error("page {page} must measure more than 0 and at most {max_mm} mm on each side")]
    PageSize {
        /// The page, from 0.
        page: usize,
        /// The bound.
        max_mm: u32,
    },
    /// An image that the assets lack.
    #[error("image {} is not among the assets", .0.0)]
    UnknownImage(ImageId),
    /// A background that the assets lack.
    #[error("background {} is not among the assets", .0.0)]
    UnknownBackground(BackgroundId),
    /// A background inside of a background.
    #[error("background {} stands inside of a background", .0.0)]
    NestedBackground(BackgroundId),
    /// More images or backgrounds than an id can name.
    #[error("a template has at most {max} images and as many backgrounds")]
    TooManyAssets {
        /// The bound.
        max: usize,
    },
    /// A font that cannot be cut down to the glyphs in use.
    #[error("the font {name} cannot be embedded: {reason}")]
    Font {
        /// PostScript name.
        name: String,
        /// What the subsetter says.
        reason: String,
    },
    /// A raster of a resolution that is not offered.
    #[error("{found} dots per inch were asked for; {min} to {max} are possible")]
    Resolution {
        /// Asked for.
        found: u32,
        /// Lower bound.
        min: u32,
        /// Upper bound.
        max: u32,
    },
    /// A raster with too many pixels.
    #[error(
        "the raster would have {width} × {height} pixels, more than {max} in all; ask for fewer dots per inch"
    )]
    TooManyPixels {
        /// Pixels in a row.
        width: u64,
        /// Rows.
        height: u64,
        /// The bound on their product.
        max: u64,
    },
    /// The PNG encoder failed, which no valid scene causes.
    #[error("the PNG encoder failed: {0}")]
    Encoder(String),
}
