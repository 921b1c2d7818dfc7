//! Why a scene could not be rendered.

use thiserror::Error;

/// A scene that does not fit its assets, or a page that is too large. Scenes are trusted, so these
/// are faults of whoever built the scene or chose the options.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RenderError {
    /// The scene has fewer pages.
    #[error("the scene has {pages} pages; page {asked} (from 0) is not one of them")]
    NoSuchPage {
        /// The page asked for, from 0.
        asked: usize,
        /// How many there are.
        pages: usize,
    },
    /// The scene refers to an image or background that the assets do not hold.
    #[error("the scene refers to an image or background that is not among its assets")]
    MissingAsset,
    /// A raster would need more memory than is allowed.
    #[error("the page has {width_px} × {height_px} pixels at this resolution, more than {max} in all; ask for fewer dots per inch")]
    TooManyPixels {
        /// Pixels across.
        width_px: u64,
        /// Pixels down.
        height_px: u64,
        /// The bound of their product.
        max: u64,
    },
    /// An encoder failed, which no valid scene causes.
    #[error("the encoder failed: {0}")]
    Encoder(String),
}
