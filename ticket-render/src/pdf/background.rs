//! Backgrounds, drawn once for each template version.

use pdf_writer::{Chunk, Filter, Finish, Rect, Ref};

use super::content::ContentWriter;
use super::document::{Document, Purpose};
use super::link::PageLink;
use crate::assets::Assets;
use crate::deflate::{Effort, zlib};
use crate::error::RenderError;
use crate::images::ImageId;
use crate::length::Length;
use crate::scene::{Content, Element, Link};
use crate::transform::Transform;

/// A background as objects to copy. It brings font subsets of its own, of just its glyphs, so that
/// it is the same whatever a page says.
pub(crate) struct PreparedBackground {
    /// The form first, numbered 1. Images are referred to, but are not among the objects.
    objects: Chunk,
    images: Vec<(ImageId, Ref)>,
    links: Vec<(Link, Transform)>,
}

const FORM: Ref = Ref::new(1);

impl std::fmt::Debug for PreparedBackground {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "PreparedBackground({} bytes)",
            self.objects.len()
        )
    }
}

impl PreparedBackground {
    /// Draws elements, in page coordinates.
    ///
    /// # Errors
    /// They refer to an image that `assets` lacks, or to a background.
    pub fn draw(elements: &[Element], assets: &Assets) -> Result<Self, RenderError> {
        let mut next = FORM;
        next.bump();
        let once = std::iter::once(elements);
        let mut document = Document::begin(assets, Purpose::Background, Effort::Once, next, once)?;
        let mut content = ContentWriter::new(&mut document, Transform::IDENTITY);
        content.elements(elements)?;
        let (bytes, resources, _) = content.finish();
        let data = zlib(&bytes, Effort::Once);
        let mut form = document.objects.form_xobject(FORM, &data);
        form.filter(Filter::FlateDecode);
        // The page cuts off what is too far out.
        let far = Length::pt(14_400).to_pt() as f32;
        form.bbox(Rect::new(-far, -far, far, far));
        resources.write(&mut form.resources());
        form.finish();
        document.write_fonts();
        let mut links = Vec::new();
        collect_links(elements, Transform::IDENTITY, &mut links);
        let images = document.images().to_vec();
        Ok(Self {
            objects: document.objects,
            images,
            links,
        })
    }

    /// Copies the objects into a file; returns the form.
    pub(super) fn write_into(&self, document: &mut Document) -> Result<Ref, RenderError> {
        let mut given: Vec<(Ref, Ref)> = Vec::new();
        for (id, own) in &self.images {
            given.push((*own, document.image(*id)?));
        }
        let form = document.next.bump();
        given.push((FORM, form));
        let next = &mut document.next;
        self.objects.renumber_into(&mut document.objects, |own| {
            match given.iter().find(|(known, _)| *known == own) {
                Some((_, object)) => *object,
                None => {
                    let object = next.bump();
                    given.push((own, object));
                    object
                }
            }
        });
        Ok(form)
    }

    /// Its links on a page.
    pub(super) fn links(&self, to_page: Transform) -> impl Iterator<Item = PageLink> {
        self.links
            .iter()
            .map(move |(link, inner)| PageLink::new(link, to_page.after(*inner)))
    }
}

fn collect_links(elements: &[Element], outer: Transform, links: &mut Vec<(Link, Transform)>) {
    for element in elements {
        match &element.content {
            Content::Group(group) => {
                collect_links(
                    &group.elements,
                    outer.after(Transform::of_group(group)),
                    links,
                );
            }
            Content::Link(link) => links.push((link.clone(), outer)),
            Content::Glyphs(_)
            | Content::Shape(_)
            | Content::Image(_)
            | Content::Code(_)
            | Content::Background(_) => {}
        }
    }
}
