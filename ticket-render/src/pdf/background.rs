//! Backgrounds, drawn once for each template version and choice of font subsets.

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};

use pdf_writer::{Chunk, Filter, Finish, Rect, Ref};

use super::content::ContentWriter;
use super::document::{Document, for_each_run};
use super::link::PageLink;
use super::tiers::Tier;
use crate::assets::Assets;
use crate::deflate::{Effort, zlib};
use crate::error::RenderError;
use crate::fonts::FontId;
use crate::images::ImageId;
use crate::length::Length;
use crate::scene::{Content, Element, Link};
use crate::transform::Transform;

/// What is known of a background before a file shows it, and what it was drawn as so far.
///
/// It is drawn with the subsets of the file that shows it, so that a file holds each font once. As
/// most files take their subsets from a few prepared widths, there are few ways to draw it.
pub(crate) struct PreparedBackground {
    /// Which glyphs of which fonts it shows.
    glyphs: BTreeMap<FontId, Vec<u16>>,
    links: Vec<(Link, Transform)>,
    drawn: RwLock<Vec<(Vec<Tier>, Arc<DrawnBackground>)>>,
}

/// A background as objects to copy.
#[derive(Debug)]
pub(super) struct DrawnBackground {
    /// The form first, numbered 1. Images and fonts are referred to, but are not among the objects.
    objects: Chunk,
    images: Vec<(ImageId, Ref)>,
    fonts: Vec<(FontId, Ref)>,
}

const FORM: Ref = Ref::new(1);

impl std::fmt::Debug for PreparedBackground {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PreparedBackground({} fonts)", self.glyphs.len())
    }
}

impl PreparedBackground {
    /// More drawings than this are not kept: each takes some kilobytes.
    const MAX_DRAWN: usize = 64;

    /// Takes note of elements, in page coordinates, and draws them with the smallest subsets.
    ///
    /// # Errors
    /// They refer to an image that `assets` lacks, or to a background.
    pub fn prepare(elements: &[Element], assets: &Assets) -> Result<Self, RenderError> {
        let mut glyphs: BTreeMap<FontId, Vec<u16>> = BTreeMap::new();
        for_each_run(elements, &mut |run| {
            let of_font = glyphs.entry(run.font).or_default();
            of_font.extend(run.glyphs.iter().map(|glyph| glyph.id));
        });
        for of_font in glyphs.values_mut() {
            of_font.sort_unstable();
            of_font.dedup();
        }
        let mut links = Vec::new();
        collect_links(elements, Transform::IDENTITY, &mut links);
        let prepared = Self {
            glyphs,
            links,
            drawn: RwLock::default(),
        };
        let wanted = prepared.glyphs.clone();
        let file = Document::with_fonts(assets, Effort::Fast, Ref::new(1), wanted)?;
        prepared.drawn_for(&file, elements)?;
        Ok(prepared)
    }

    /// Which glyphs of which fonts it shows, each once.
    pub fn glyphs(&self) -> &BTreeMap<FontId, Vec<u16>> {
        &self.glyphs
    }

    /// The drawing with the subsets of a file.
    pub(super) fn drawn_for(
        &self,
        file: &Document,
        elements: &[Element],
    ) -> Result<Arc<DrawnBackground>, RenderError> {
        // Subsets that were cut for one file are not met again.
        let tiers: Option<Vec<Tier>> = self.glyphs.keys().map(|font| file.tier(*font)).collect();
        let Some(tiers) = tiers else {
            return Ok(Arc::new(self.draw(elements, file, file.effort)?));
        };
        // A poisoned lock still holds good drawings: nothing panics between changes.
        let kept = self
            .drawn
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some((_, drawn)) = kept.iter().find(|(known, _)| *known == tiers) {
            return Ok(Arc::clone(drawn));
        }
        drop(kept);
        let drawn = Arc::new(self.draw(elements, file, Effort::Once)?);
        let mut kept = self
            .drawn
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if kept.len() < Self::MAX_DRAWN {
            kept.push((tiers, Arc::clone(&drawn)));
        }
        Ok(drawn)
    }

    fn draw(
        &self,
        elements: &[Element],
        file: &Document,
        effort: Effort,
    ) -> Result<DrawnBackground, RenderError> {
        let mut next = FORM;
        next.bump();
        let mut document = file.for_background(next, |font| self.glyphs.contains_key(&font));
        draw_form(&mut document, FORM, elements, effort)?;
        let images = document.images().to_vec();
        let fonts = document.font_objects().collect();
        Ok(DrawnBackground {
            objects: document.objects.into_chunk(),
            images,
            fonts,
        })
    }

    /// Its links on a page.
    pub(super) fn links(&self, to_page: Transform) -> impl Iterator<Item = PageLink> {
        self.links
            .iter()
            .map(move |(link, inner)| PageLink::new(link, to_page.after(*inner)))
    }
}

impl DrawnBackground {
    /// Copies the objects into a file that has the same subsets; returns the form.
    pub(super) fn write_into(&self, document: &mut Document) -> Result<Ref, RenderError> {
        let mut given: Vec<(Ref, Ref)> = Vec::new();
        for (id, own) in &self.images {
            given.push((*own, document.image(*id)?));
        }
        for (id, own) in &self.fonts {
            if let Some(object) = document.font_object(*id) {
                given.push((*own, object));
            }
        }
        let form = document.objects.allocate();
        given.push((FORM, form));
        let (file, next) = document.objects.for_copies();
        self.objects.renumber_into(file, |own| {
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
}

/// Draws a background right into a file; returns the form.
pub(super) fn write_form(
    document: &mut Document,
    elements: &[Element],
) -> Result<Ref, RenderError> {
    let form = document.objects.allocate();
    draw_form(document, form, elements, Effort::Once)?;
    Ok(form)
}

fn draw_form(
    document: &mut Document,
    object: Ref,
    elements: &[Element],
    effort: Effort,
) -> Result<(), RenderError> {
    let mut content = ContentWriter::new(document, Transform::IDENTITY);
    content.elements(elements)?;
    let painted = content.finish();
    let data = zlib(&painted.content, effort);
    let mut form = document.objects.begin(object).form_xobject(object, &data);
    form.filter(Filter::FlateDecode);
    // The page cuts off what is too far out.
    let far = Length::pt(14_400).to_pt() as f32;
    form.bbox(Rect::new(-far, -far, far, far));
    painted.resources.write(&mut form.resources());
    form.finish();
    Ok(())
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
