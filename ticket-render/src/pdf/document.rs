//! The file around the pages: objects, resources, page tree, identifier.

use std::collections::BTreeMap;
use std::sync::Arc;

use pdf_writer::{Chunk, Dict, Filter, Finish, Name, Pdf, Rect, Ref, Settings, TextStr};

use super::content::ContentWriter;
use super::fonts::Subset;
use super::tiers::Tier;
use super::{MAX_SIDE, Part, PdfOptions, hash};
use crate::RENDERER_VERSION;
use crate::assets::Assets;
use crate::deflate::{Effort, zlib};
use crate::error::RenderError;
use crate::fonts::FontId;
use crate::images::ImageId;
use crate::length::Length;
use crate::scene::{BackgroundId, Content, Element, GlyphRun, Page, Scene};
use crate::transform::Transform;

/// What the objects are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A whole file.
    File,
    /// A background, to be copied into files: fonts and images are only referred to.
    Background,
}

/// A file in the making: objects written so far, and which asset became which object.
pub(super) struct Document<'a> {
    pub assets: &'a Assets,
    purpose: Purpose,
    pub effort: Effort,
    pub objects: Chunk,
    pub next: Ref,
    fonts: Vec<UsedFont>,
    images: Vec<(ImageId, Ref)>,
    backgrounds: Vec<(BackgroundId, Ref)>,
    opacities: Vec<(u8, Ref)>,
}

struct UsedFont {
    id: FontId,
    subset: Arc<Subset>,
    /// Which of the prepared widths the subset is; `None` if it was cut for this file.
    tier: Option<Tier>,
    object: Ref,
}

/// What a content stream refers to by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Resources {
    fonts: Vec<(FontId, Ref)>,
    objects: Vec<Ref>,
    opacities: Vec<(u8, Ref)>,
}

pub(super) fn write(parts: &[Part<'_>], options: &PdfOptions) -> Result<Vec<u8>, RenderError> {
    let Some(first) = parts.first() else {
        return Err(RenderError::NoPages);
    };
    if parts.iter().any(|part| part.scene.pages.is_empty()) {
        return Err(RenderError::NoPages);
    }
    let [catalog, page_tree, info] = [1, 2, 3].map(Ref::new);
    let mut pages = Vec::new();
    let mut objects = Vec::new();
    let mut next = Ref::new(4);
    let of_one_template = |one: &Part<'_>, other: &Part<'_>| one.assets.are_those_of(other.assets);
    for neighbours in parts.chunk_by(of_one_template) {
        let assets = neighbours.first().map_or(first.assets, |part| part.assets);
        let scenes = neighbours.iter().map(|part| part.scene);
        let glyphs = glyphs_of(scenes.clone(), assets);
        let mut document = Document::with_fonts(assets, options.aim.effort(), next, glyphs)?;
        for page in scenes.flat_map(|scene| &scene.pages) {
            let page = document.write_page(pages.len(), page, page_tree)?;
            pages.push(page);
        }
        document.write_fonts();
        next = document.next;
        objects.push(document.objects);
    }

    let bytes: usize = objects.iter().map(Chunk::len).sum();
    let mut file = Pdf::with_settings_and_capacity(
        Settings { pretty: false },
        bytes + 2048 + pages.len() * 64,
    );
    let mut root = file.catalog(catalog);
    root.pages(page_tree).lang(TextStr(&first.scene.language));
    root.viewer_preferences().display_doc_title(true);
    root.finish();
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    file.pages(page_tree).kids(pages).count(count);
    file.document_info(info)
        .title(TextStr(&first.scene.title))
        .producer(TextStr(RENDERER_VERSION));
    for chunk in &objects {
        file.extend(chunk);
    }
    let bytes = file.as_bytes();
    let id = [hash::<0>(bytes), hash::<1>(bytes)]
        .map(u64::to_be_bytes)
        .concat();
    file.set_file_id((id.clone(), id));
    Ok(file.finish())
}

impl<'a> Document<'a> {
    /// A file that will show these glyphs, with subsets chosen that have them.
    pub fn with_fonts(
        assets: &'a Assets,
        effort: Effort,
        first_free: Ref,
        glyphs: BTreeMap<FontId, Vec<u16>>,
    ) -> Result<Self, RenderError> {
        let mut document = Self::empty(assets, Purpose::File, effort, first_free);
        for (id, glyphs) in glyphs {
            document.choose_font(id, &glyphs)?;
        }
        Ok(document)
    }

    /// A background with those of this file's subsets that show its own fonts. Its objects get the
    /// same numbers whatever else the file shows.
    pub fn for_background(&self, first_free: Ref, shows: impl Fn(FontId) -> bool) -> Self {
        let mut document = Self::empty(self.assets, Purpose::Background, self.effort, first_free);
        for font in self.fonts.iter().filter(|font| shows(font.id)) {
            document.fonts.push(UsedFont {
                subset: Arc::clone(&font.subset),
                object: document.next.bump(),
                ..*font
            });
        }
        document
    }

    fn empty(assets: &'a Assets, purpose: Purpose, effort: Effort, first_free: Ref) -> Self {
        Self {
            assets,
            purpose,
            effort,
            objects: Chunk::with_settings_and_capacity(Settings { pretty: false }, 64 << 10),
            next: first_free,
            fonts: Vec::new(),
            images: Vec::new(),
            backgrounds: Vec::new(),
            opacities: Vec::new(),
        }
    }

    fn choose_font(&mut self, id: FontId, glyphs: &[u16]) -> Result<(), RenderError> {
        let fonts = self.assets.fonts();
        let prepared = self.assets.pdf_subsets();
        let tier = match self.effort {
            Effort::Fast | Effort::Once => prepared
                .tiers_with(fonts, id, glyphs.iter().copied())
                .smallest(),
            Effort::Small => None,
        };
        let subset = match tier.and_then(|tier| prepared.get(fonts, id, tier)) {
            Some(subset) => subset?,
            None => {
                let face = fonts.face(id);
                Arc::new(Subset::cut(face, glyphs.iter().copied(), self.effort)?)
            }
        };
        self.fonts.push(UsedFont {
            id,
            subset,
            tier,
            object: self.next.bump(),
        });
        Ok(())
    }

    fn write_page(&mut self, number: usize, page: &Page, parent: Ref) -> Result<Ref, RenderError> {
        let sides = [page.size.width, page.size.height];
        let outer = |side: Length| side + page.bleed + page.bleed;
        let is_possible = |side: &Length| {
            *side > Length::ZERO && outer(*side) <= MAX_SIDE && page.bleed >= Length::ZERO
        };
        if !sides.iter().all(is_possible) {
            return Err(RenderError::PageSize {
                page: number,
                max_mm: 5_080,
            });
        }
        let [width, height] = sides;
        let base = Transform {
            d: -1.0,
            e: f64::from(page.bleed.to_emu()),
            f: f64::from((page.bleed + height).to_emu()),
            ..Transform::IDENTITY
        };
        let mut content = ContentWriter::new(self, base);
        content.concatenate(base);
        content.elements(&page.elements)?;
        let (bytes, resources, links) = content.finish();
        let [page_object, stream] = [self.next.bump(), self.next.bump()];
        let annotations: Vec<Ref> = links.iter().map(|link| link.write(self)).collect();

        let mut object = self.objects.page(page_object);
        let points = |length: Length| length.to_pt() as f32;
        let (bleed, outer_width, outer_height) = (
            points(page.bleed),
            points(outer(width)),
            points(outer(height)),
        );
        object
            .parent(parent)
            .media_box(Rect::new(0.0, 0.0, outer_width, outer_height));
        if page.bleed > Length::ZERO {
            let trim = Rect::new(
                bleed,
                bleed,
                points(page.bleed + width),
                points(page.bleed + height),
            );
            object
                .bleed_box(Rect::new(0.0, 0.0, outer_width, outer_height))
                .trim_box(trim);
            // On screen and on an office printer a page ends where it is cut.
            object.crop_box(trim);
        }
        object.contents(stream);
        if !annotations.is_empty() {
            object.annotations(annotations);
        }
        resources.write(&mut object.resources());
        object.finish();
        let data = zlib(&bytes, self.effort);
        self.objects
            .stream(stream, &data)
            .filter(Filter::FlateDecode);
        Ok(page_object)
    }

    /// Copies the chosen subsets into the file.
    pub fn write_fonts(&mut self) {
        for font in &self.fonts {
            let (file, next) = (&mut self.objects, &mut self.next);
            match font.tier {
                Some(_) => font.subset.write_shared_into(file, font.object, next),
                None => font.subset.write_into(file, font.object, next),
            }
        }
    }

    /// The subset that shows a font.
    pub fn font(&self, id: FontId) -> Option<(Arc<Subset>, Ref)> {
        let used = self.fonts.iter().find(|font| font.id == id)?;
        Some((used.subset.clone(), used.object))
    }

    /// Which of the prepared widths shows a font.
    pub fn tier(&self, id: FontId) -> Option<Tier> {
        self.fonts.iter().find(|font| font.id == id)?.tier
    }

    /// The fonts with their objects.
    pub fn font_objects(&self) -> impl Iterator<Item = (FontId, Ref)> {
        self.fonts.iter().map(|font| (font.id, font.object))
    }

    /// The object that draws an image.
    pub fn image(&mut self, id: ImageId) -> Result<Ref, RenderError> {
        if let Some((_, object)) = self.images.iter().find(|(known, _)| *known == id) {
            return Ok(*object);
        }
        let image = self.assets.image(id).ok_or(RenderError::UnknownImage(id))?;
        let object = match self.purpose {
            Purpose::File => super::image::write(&mut self.objects, &mut self.next, image),
            Purpose::Background => self.next.bump(),
        };
        self.images.push((id, object));
        Ok(object)
    }

    /// The object that draws a background.
    pub fn background(&mut self, id: BackgroundId) -> Result<Ref, RenderError> {
        if let Some((_, object)) = self.backgrounds.iter().find(|(known, _)| *known == id) {
            return Ok(*object);
        }
        if self.purpose == Purpose::Background {
            return Err(RenderError::NestedBackground(id));
        }
        let assets = self.assets;
        let (elements, prepared) = assets
            .background(id)
            .zip(assets.pdf_background(id))
            .ok_or(RenderError::UnknownBackground(id))?;
        let object = prepared.drawn_for(self, elements)?.write_into(self)?;
        self.backgrounds.push((id, object));
        Ok(object)
    }

    /// The object that sets an opacity.
    pub fn opacity(&mut self, opacity: u8) -> Ref {
        if let Some((_, object)) = self.opacities.iter().find(|(known, _)| *known == opacity) {
            return *object;
        }
        let object = self.next.bump();
        let share = (f32::from(opacity) / 255.0 * 1000.0).round() / 1000.0;
        self.objects
            .ext_graphics(object)
            .non_stroking_alpha(share)
            .stroking_alpha(share);
        self.opacities.push((opacity, object));
        object
    }

    /// Images used so far, with their objects.
    pub fn images(&self) -> &[(ImageId, Ref)] {
        &self.images
    }
}

impl Resources {
    pub fn add_font(&mut self, id: FontId, object: Ref) {
        if !self.fonts.contains(&(id, object)) {
            self.fonts.push((id, object));
        }
    }

    pub fn add_object(&mut self, object: Ref) {
        if !self.objects.contains(&object) {
            self.objects.push(object);
        }
    }

    pub fn add_opacity(&mut self, opacity: u8, object: Ref) {
        if !self.opacities.contains(&(opacity, object)) {
            self.opacities.push((opacity, object));
        }
    }

    /// Writes them under the names that [`font_name`], [`object_name`] and [`opacity_name`] give.
    pub fn write(&self, target: &mut pdf_writer::writers::Resources) {
        let pairs = |mut dict: Dict, names: Vec<(Vec<u8>, Ref)>| {
            for (name, object) in names {
                dict.pair(Name(&name), object);
            }
        };
        if !self.fonts.is_empty() {
            pairs(
                target.fonts(),
                self.fonts
                    .iter()
                    .map(|(id, at)| (font_name(*id), *at))
                    .collect(),
            );
        }
        if !self.objects.is_empty() {
            pairs(
                target.x_objects(),
                self.objects
                    .iter()
                    .map(|at| (object_name(*at), *at))
                    .collect(),
            );
        }
        if !self.opacities.is_empty() {
            let names = self
                .opacities
                .iter()
                .map(|(share, at)| (opacity_name(*share), *at));
            pairs(target.ext_g_states(), names.collect());
        }
    }
}

pub(super) fn font_name(id: FontId) -> Vec<u8> {
    numbered(b'F', i64::from(id.0))
}

pub(super) fn object_name(object: Ref) -> Vec<u8> {
    numbered(b'X', i64::from(object.get()))
}

pub(super) fn opacity_name(opacity: u8) -> Vec<u8> {
    numbered(b'G', i64::from(opacity))
}

fn numbered(letter: u8, number: i64) -> Vec<u8> {
    let mut name = vec![letter];
    crate::decimal::push_integer(&mut name, number);
    name
}

/// Which glyphs of which fonts the pages show, their backgrounds included.
fn glyphs_of<'a>(
    scenes: impl Iterator<Item = &'a Scene> + Clone,
    assets: &Assets,
) -> BTreeMap<FontId, Vec<u16>> {
    let mut glyphs: BTreeMap<FontId, Vec<u16>> = BTreeMap::new();
    for page in scenes.clone().flat_map(|scene| &scene.pages) {
        for_each_run(&page.elements, &mut |run| {
            let of_font = glyphs.entry(run.font).or_default();
            of_font.extend(run.glyphs.iter().map(|glyph| glyph.id));
        });
    }
    let mut backgrounds = Vec::new();
    for page in scenes.flat_map(|scene| &scene.pages) {
        for_each_background(&page.elements, &mut |id| {
            if !backgrounds.contains(&id) {
                backgrounds.push(id);
            }
        });
    }
    for background in backgrounds
        .iter()
        .filter_map(|id| assets.pdf_background(*id))
    {
        for (font, shown) in background.glyphs() {
            glyphs.entry(*font).or_default().extend(shown);
        }
    }
    glyphs
}

/// Visits the runs of glyphs, but not those of backgrounds.
pub(super) fn for_each_run(elements: &[Element], visit: &mut dyn FnMut(&GlyphRun)) {
    for element in elements {
        match &element.content {
            Content::Group(group) => for_each_run(&group.elements, visit),
            Content::Glyphs(run) => visit(run),
            Content::Shape(_)
            | Content::Image(_)
            | Content::Code(_)
            | Content::Link(_)
            | Content::Background(_) => {}
        }
    }
}

fn for_each_background(elements: &[Element], visit: &mut dyn FnMut(BackgroundId)) {
    for element in elements {
        match &element.content {
            Content::Group(group) => for_each_background(&group.elements, visit),
            Content::Background(id) => visit(*id),
            Content::Glyphs(_)
            | Content::Shape(_)
            | Content::Image(_)
            | Content::Code(_)
            | Content::Link(_) => {}
        }
    }
}
