//! PDF 1.7 files.
//!
//! Text is text: each font is embedded as a subset with a map back to Unicode, and a run whose
//! glyphs do not say its text carries it as `ActualText`. A code is drawn as vectors. What does not
//! change from ticket to ticket (font subsets, images, backgrounds) was compressed when the assets
//! were prepared and is copied.
//!
//! A file holds no date and no random number: its identifier is a hash of its bytes.
//!
//! There are three ways to a file:
//!
//! - [`render`] draws one document. All of its glyphs are known before its first page is drawn, so
//!   that prepared subsets are copied; this is the quickest way to a few pages.
//! - [`render_all`] does so for a few documents in one file, all of them in memory.
//! - A [`Volume`] takes any number of tickets one after the other and gives bytes away after each.
//!   Its glyphs are known only at the end. So content refers to them by numbers that are given as
//!   glyphs are met, and each font is cut once, when the last ticket has come, to exactly what the
//!   file shows. Everything but streams goes into compressed object streams. With an [`Imposition`]
//!   tickets stand upon sheets of the printer, to be cut apart.

mod background;
mod clusters;
mod code;
mod content;
mod document;
mod font_file;
mod fonts;
mod group;
mod image;
mod imposition;
mod link;
mod numbering;
mod objects;
mod page;
mod resources;
mod shape;
mod text;
mod tiers;
mod unicode_map;
mod volume;

use rapidhash::v3::{RapidSecrets, rapidhash_v3_seeded};

use crate::assets::Assets;
use crate::deflate::Effort;
use crate::error::RenderError;
use crate::length::Length;
use crate::scene::Scene;

pub(crate) use background::PreparedBackground;
pub use imposition::{
    AddingOrder, CropMarks, Dimension, Edge, GridPlace, Imposition, ImpositionError, Order, Sides,
    Turn,
};
pub(crate) use tiers::Subsets;
pub use volume::{Bound, Volume, VolumeError, VolumeOptions};

/// How a PDF is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PdfOptions {
    /// What a file is made for.
    pub aim: Aim,
}

/// What a file is made for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Aim {
    /// Little work: prepared font subsets are copied, which cover more than the page needs.
    #[default]
    Speed,
    /// Few bytes: each font is cut down to just the glyphs of the file. About half the size, for
    /// some ten times the work.
    Size,
}

impl Aim {
    fn effort(self) -> Effort {
        match self {
            Self::Speed => Effort::Fast,
            Self::Size => Effort::Small,
        }
    }
}

/// Sides longer than this (200 inches, 5.08 m) are beyond what viewers promise.
const MAX_SIDE: Length = Length::pt(14_400);

/// Draws a document.
///
/// # Errors
/// There is no page, a page has no area or a side above 5.08 m, or the scene refers to an image or
/// background that the assets lack.
pub fn render(
    scene: &Scene,
    assets: &Assets,
    options: &PdfOptions,
) -> Result<Vec<u8>, RenderError> {
    render_all(&[Part { scene, assets }], options)
}

/// One document of several that are bound into one file.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// Its pages.
    pub scene: &'a Scene,
    /// What they refer to.
    pub assets: &'a Assets,
}

/// Draws several documents into one file, in their order. Title and language are those of the first.
/// Neighbours of one template share their fonts, images and backgrounds in the file.
///
/// # Errors
/// There is no document, or as for [`render`]; a page is counted over the whole file.
pub fn render_all(parts: &[Part<'_>], options: &PdfOptions) -> Result<Vec<u8>, RenderError> {
    document::write(parts, options)
}

/// The same for the same bytes on every machine; not against an adversary.
fn hash<const SEED: u64>(bytes: &[u8]) -> u64 {
    rapidhash_v3_seeded(bytes, const { &RapidSecrets::seed(SEED) })
}
