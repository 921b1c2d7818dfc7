//! One page: what is painted on it, and its boxes.

use pdf_writer::{Filter, Finish, Rect, Ref};

use super::MAX_SIDE;
use super::content::ContentWriter;
use super::document::Document;
use super::link::PageLink;
use super::objects::Objects;
use super::resources::Resources;
use crate::deflate::{Effort, zlib};
use crate::error::RenderError;
use crate::length::{Length, Size};
use crate::scene::Page;
use crate::transform::Transform;

/// Operators, what they refer to, and the links met.
#[derive(Default)]
pub(super) struct Painted {
    pub content: Vec<u8>,
    pub resources: Resources,
    pub links: Vec<PageLink>,
}

/// A page that was drawn, but not written.
pub(super) struct DrawnPage {
    /// The trimmed size.
    pub size: Size,
    /// How much is trimmed off on each side.
    pub bleed: Length,
    pub painted: Painted,
}

/// Whether PDF allows the page.
///
/// # Errors
/// [`RenderError::PageSize`] with this number.
pub(super) fn check_size(number: usize, page: &Page) -> Result<(), RenderError> {
    let outer = |side: Length| side + page.bleed + page.bleed;
    let is_possible = |side: &Length| {
        *side > Length::ZERO && outer(*side) <= MAX_SIDE && page.bleed >= Length::ZERO
    };
    if [page.size.width, page.size.height].iter().all(is_possible) {
        Ok(())
    } else {
        Err(RenderError::PageSize {
            page: number,
            max_mm: 5_080,
        })
    }
}

impl Painted {
    /// Adds what is painted on top.
    pub fn add(&mut self, other: Self) {
        self.content.extend_from_slice(&other.content);
        self.resources.merge(other.resources);
        self.links.extend(other.links);
    }
}

impl DrawnPage {
    /// Draws a page by itself.
    pub fn draw(document: &mut Document, number: usize, page: &Page) -> Result<Self, RenderError> {
        check_size(number, page)?;
        let base = Transform {
            d: -1.0,
            e: f64::from(page.bleed.to_emu()),
            f: f64::from((page.bleed + page.size.height).to_emu()),
            ..Transform::IDENTITY
        };
        let mut content = ContentWriter::new(document, base);
        content.concatenate(base);
        content.elements(&page.elements)?;
        Ok(Self {
            size: page.size,
            bleed: page.bleed,
            painted: content.finish(),
        })
    }

    /// Writes the page under this number, its content and its links.
    pub fn write(&self, objects: &mut Objects, page: Ref, parent: Ref, effort: Effort) {
        let stream = objects.allocate();
        let links = self.painted.links.iter();
        let annotations: Vec<Ref> = links.map(|link| link.write(objects)).collect();

        let mut object = objects.begin(page).page(page);
        let points = |length: Length| length.to_pt() as f32;
        let (width, height, bleed) = (self.size.width, self.size.height, self.bleed);
        let media = Rect::new(
            0.0,
            0.0,
            points(width + bleed + bleed),
            points(height + bleed + bleed),
        );
        object.parent(parent).media_box(media);
        if bleed > Length::ZERO {
            let trim = Rect::new(
                points(bleed),
                points(bleed),
                points(bleed + width),
                points(bleed + height),
            );
            object.bleed_box(media).trim_box(trim);
            // On screen and on an office printer a page ends where it is cut.
            object.crop_box(trim);
        }
        object.contents(stream);
        if !annotations.is_empty() {
            object.annotations(annotations);
        }
        self.painted.resources.write(&mut object.resources());
        object.finish();
        let data = zlib(&self.painted.content, effort);
        objects
            .begin(stream)
            .stream(stream, &data)
            .filter(Filter::FlateDecode);
    }
}
