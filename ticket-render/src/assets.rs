//! What a template version needs beside its scenes: fonts, images and backgrounds, prepared once.

use std::sync::{Arc, OnceLock};

use crate::error::RenderError;
use crate::fonts::FontSet;
use crate::images::{ImageId, PreparedImage};
use crate::pdf;
use crate::scene::{BackgroundId, Element};
use crate::svg;

/// Everything that scenes of one template version refer to by id. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Assets {
    fonts: PreparedFonts,
    images: Arc<[Arc<PreparedImage>]>,
    backgrounds: Arc<[Background]>,
}

/// A set of fonts and what exporters derived from it. Templates with the same fonts share one.
/// Cheap to clone.
#[derive(Clone, Debug)]
pub struct PreparedFonts {
    set: FontSet,
    pdf: Arc<pdf::Subsets>,
    svg: Arc<svg::Glyphs>,
}

#[derive(Debug)]
pub(crate) struct Background {
    elements: Vec<Element>,
    pdf: pdf::PreparedBackground,
    svg: OnceLock<Result<svg::PreparedBackground, RenderError>>,
}

impl PreparedFonts {
    /// Prepares a set. Subsets are cut and outlines written when a page first needs them, and kept.
    pub fn new(set: FontSet) -> Self {
        let pdf = Arc::new(pdf::Subsets::new(&set));
        let svg = Arc::new(svg::Glyphs::new(&set));
        Self { set, pdf, svg }
    }

    /// The fonts.
    pub fn set(&self) -> &FontSet {
        &self.set
    }

    pub(crate) fn pdf(&self) -> &pdf::Subsets {
        &self.pdf
    }
}

impl Assets {
    /// More images, or more backgrounds, than this are refused.
    pub const MAX_EACH: usize = 1 << 12;

    /// Takes images and backgrounds, whose ids are their positions, and draws each background.
    ///
    /// # Errors
    /// A background refers to an image that is not there, or to a background.
    pub fn prepare(
        fonts: PreparedFonts,
        images: Vec<Arc<PreparedImage>>,
        backgrounds: Vec<Vec<Element>>,
    ) -> Result<Self, RenderError> {
        if images.len().max(backgrounds.len()) > Self::MAX_EACH {
            return Err(RenderError::TooManyAssets {
                max: Self::MAX_EACH,
            });
        }
        let mut assets = Self {
            fonts,
            images: images.into(),
            backgrounds: Arc::new([]),
        };
        let drawn: Result<Vec<Background>, RenderError> = backgrounds
            .into_iter()
            .map(|elements| {
                let pdf = pdf::PreparedBackground::prepare(&elements, &assets)?;
                let svg = OnceLock::new();
                Ok(Background { elements, pdf, svg })
            })
            .collect();
        assets.backgrounds = drawn?.into();
        Ok(assets)
    }

    /// The same with more images, whose ids follow those of the images before. The backgrounds, which
    /// cannot refer to them, are shared.
    ///
    /// # Errors
    /// [`RenderError::TooManyAssets`].
    pub fn with_images(
        &self,
        more: impl IntoIterator<Item = Arc<PreparedImage>>,
    ) -> Result<Self, RenderError> {
        let images: Arc<[Arc<PreparedImage>]> =
            self.images.iter().map(Arc::clone).chain(more).collect();
        if images.len() > Self::MAX_EACH {
            return Err(RenderError::TooManyAssets {
                max: Self::MAX_EACH,
            });
        }
        Ok(Self {
            images,
            ..self.clone()
        })
    }

    /// Whether every id means the same here and there, because both share it in memory.
    pub(crate) fn are_those_of(&self, other: &Self) -> bool {
        let same_images = self.images.len() == other.images.len()
            && self
                .images
                .iter()
                .zip(other.images.iter())
                .all(|(ours, theirs)| Arc::ptr_eq(ours, theirs));
        same_images
            && Arc::ptr_eq(&self.fonts.pdf, &other.fonts.pdf)
            && Arc::ptr_eq(&self.backgrounds, &other.backgrounds)
    }

    /// The fonts.
    pub fn fonts(&self) -> &FontSet {
        self.fonts.set()
    }

    /// The image with this id.
    pub fn image(&self, id: ImageId) -> Option<&PreparedImage> {
        self.images.get(usize::from(id.0)).map(Arc::as_ref)
    }

    /// The image with this id, to hold on to.
    pub(crate) fn shared_image(&self, id: ImageId) -> Option<&Arc<PreparedImage>> {
        self.images.get(usize::from(id.0))
    }

    /// All backgrounds, to hold on to.
    pub(crate) fn backgrounds(&self) -> &Arc<[Background]> {
        &self.backgrounds
    }

    /// What a background consists of, in page coordinates.
    pub fn background(&self, id: BackgroundId) -> Option<&[Element]> {
        self.backgrounds
            .get(usize::from(id.0))
            .map(|background| background.elements.as_slice())
    }

    pub(crate) fn pdf_subsets(&self) -> &pdf::Subsets {
        self.fonts.pdf()
    }

    pub(crate) fn svg_glyphs(&self) -> &svg::Glyphs {
        &self.fonts.svg
    }

    pub(crate) fn pdf_background(&self, id: BackgroundId) -> Option<&pdf::PreparedBackground> {
        self.backgrounds
            .get(usize::from(id.0))
            .map(|background| &background.pdf)
    }

    /// What a background is in SVG; written when it is first asked for.
    pub(crate) fn svg_background(
        &self,
        id: BackgroundId,
    ) -> Option<Result<&svg::PreparedBackground, RenderError>> {
        let background = self.backgrounds.get(usize::from(id.0))?;
        let drawn = background
            .svg
            .get_or_init(|| svg::PreparedBackground::draw(id, &background.elements, self));
        Some(drawn.as_ref().map_err(Clone::clone))
    }
}
