//! What the pages of a file are drawn with, and the file around them where it is made at once.

use std::collections::BTreeMap;
use std::sync::Arc;

use pdf_writer::{Chunk, Finish, Pdf, Ref, Settings, TextStr};

use super::background;
use super::fonts::Subset;
use super::numbering::Numbering;
use super::objects::Objects;
use super::page::DrawnPage;
use super::tiers::Tier;
use super::volume::Shelf;
use super::{Part, PdfOptions, hash};
use crate::RENDERER_VERSION;
use crate::assets::Assets;
use crate::deflate::Effort;
use crate::error::RenderError;
use crate::fonts::FontId;
use crate::images::ImageId;
use crate::scene::{BackgroundId, Content, Element, GlyphRun, Scene};

/// What the objects are for.
enum Purpose {
    /// A whole file, whose glyphs are all known before its first page is drawn.
    File,
    /// A background, to be copied into files: fonts and images are only referred to.
    Background,
    /// Some pages of a volume, which keeps what they share.
    Volume(Box<Shelf>),
}

/// A file in the making: objects written so far, and which asset became which object.
pub(super) struct Document<'a> {
    pub assets: &'a Assets,
    purpose: Purpose,
    pub effort: Effort,
    pub objects: Objects,
    /// Chosen subsets; none in a volume.
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

/// A font as content refers to it.
pub(super) struct NamedFont {
    /// Goes into [`super::resources::font_name`].
    pub name: u16,
    pub object: Ref,
    pub numbering: Arc<Numbering>,
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
            let drawn = DrawnPage::draw(&mut document, pages.len(), page)?;
            let object = document.objects.allocate();
            drawn.write(&mut document.objects, object, page_tree, document.effort);
            pages.push(object);
        }
        document.write_fonts();
        next = document.objects.next();
        objects.push(document.objects.into_chunk());
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
                object: document.objects.allocate(),
                ..*font
            });
        }
        document
    }

    /// Some pages of a volume, which keeps these things for all of its pages.
    pub fn for_volume(assets: &'a Assets, effort: Effort, first_free: Ref, shelf: Shelf) -> Self {
        let purpose = Purpose::Volume(Box::new(shelf));
        Self::empty(assets, purpose, effort, first_free)
    }

    /// What was written, and what the volume keeps.
    pub fn into_volume(self) -> (Objects, Shelf) {
        let shelf = match self.purpose {
            Purpose::Volume(shelf) => *shelf,
            Purpose::File | Purpose::Background => Shelf::default(),
        };
        (self.objects, shelf)
    }

    fn empty(assets: &'a Assets, purpose: Purpose, effort: Effort, first_free: Ref) -> Self {
        Self {
            assets,
            purpose,
            effort,
            objects: Objects::new(first_free, 64 << 10),
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
            object: self.objects.allocate(),
        });
        Ok(())
    }

    /// Copies the chosen subsets into the file.
    pub fn write_fonts(&mut self) {
        for font in &self.fonts {
            let (file, next) = self.objects.for_copies();
            match font.tier {
                Some(_) => font.subset.write_shared_into(file, font.object, next),
                None => font.subset.write_into(file, font.object, next),
            }
        }
    }

    /// The font that shows a run.
    pub fn font_for(&mut self, run: &GlyphRun) -> Option<NamedFont> {
        match &mut self.purpose {
            Purpose::File | Purpose::Background => {
                let used = self.fonts.iter().find(|font| font.id == run.font)?;
                Some(NamedFont {
                    name: used.id.0,
                    object: used.object,
                    numbering: Arc::clone(used.subset.numbering()),
                })
            }
            Purpose::Volume(shelf) => {
                let face = &self.assets.fonts().member(run.font).face;
                Some(shelf.font(face, &run.glyphs, &mut self.objects))
            }
        }
    }

    /// Which of the prepared widths shows a font.
    pub fn tier(&self, id: FontId) -> Option<Tier> {
        self.fonts.iter().find(|font| font.id == id)?.tier
    }

    /// The object of a chosen subset.
    pub fn font_object(&self, id: FontId) -> Option<Ref> {
        let used = self.fonts.iter().find(|font| font.id == id)?;
        Some(used.object)
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
        let image = self
            .assets
            .shared_image(id)
            .ok_or(RenderError::UnknownImage(id))?;
        let object = match &mut self.purpose {
            Purpose::File => super::image::write(&mut self.objects, image),
            Purpose::Background => self.objects.allocate(),
            Purpose::Volume(shelf) => shelf.image(image, &mut self.objects),
        };
        self.images.push((id, object));
        Ok(object)
    }

    /// The object that draws a background.
    pub fn background(&mut self, id: BackgroundId) -> Result<Ref, RenderError> {
        if let Some((_, object)) = self.backgrounds.iter().find(|(known, _)| *known == id) {
            return Ok(*object);
        }
        let assets = self.assets;
        let (elements, prepared) = assets
            .background(id)
            .zip(assets.pdf_background(id))
            .ok_or(RenderError::UnknownBackground(id))?;
        let object = match &self.purpose {
            Purpose::Background => return Err(RenderError::NestedBackground(id)),
            Purpose::File => prepared.drawn_for(self, elements)?.write_into(self)?,
            Purpose::Volume(shelf) => match shelf.background(assets, id) {
                Some(object) => object,
                None => background::write_form(self, elements)?,
            },
        };
        if let Purpose::Volume(shelf) = &mut self.purpose {
            shelf.keep_background(assets, id, object);
        }
        self.backgrounds.push((id, object));
        Ok(object)
    }

    /// The object that sets an opacity.
    pub fn opacity(&mut self, opacity: u8) -> Ref {
        let known = match &mut self.purpose {
            Purpose::File | Purpose::Background => &mut self.opacities,
            Purpose::Volume(shelf) => &mut shelf.opacities,
        };
        if let Some((_, object)) = known.iter().find(|(known, _)| *known == opacity) {
            return *object;
        }
        let object = self.objects.allocate();
        known.push((opacity, object));
        let share = (f32::from(opacity) / 255.0 * 1000.0).round() / 1000.0;
        self.objects
            .begin(object)
            .ext_graphics(object)
            .non_stroking_alpha(share)
            .stroking_alpha(share);
        object
    }

    /// Images used so far, with their objects.
    pub fn images(&self) -> &[(ImageId, Ref)] {
        &self.images
    }
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
