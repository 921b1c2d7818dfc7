//! What all tickets of a volume share: fonts, images, backgrounds, opacities.

use std::collections::BTreeMap;
use std::sync::{Arc, Weak};

use pdf_writer::Ref;

use crate::assets::{Assets, Background};
use crate::deflate::Effort;
use crate::error::RenderError;
use crate::fonts::Face;
use crate::images::PreparedImage;
use crate::pdf::document::NamedFont;
use crate::pdf::fonts::write_font;
use crate::pdf::numbering::{Characters, Numbering};
use crate::pdf::objects::Objects;
use crate::scene::{BackgroundId, Glyph};

/// Things are the same if they are the same in memory, whatever template's assets they came by.
#[derive(Default)]
pub(in crate::pdf) struct Shelf {
    fonts: Vec<Font>,
    /// By address. An image is not kept alive; while it is listed, no other gets its address.
    images: BTreeMap<usize, (Weak<PreparedImage>, Ref)>,
    /// The addresses are looked through for dead images when there are so many.
    images_limit: usize,
    backgrounds: Vec<(Arc<[Background]>, BackgroundId, Ref)>,
    pub opacities: Vec<(u8, Ref)>,
}

/// A font whose glyphs get numbers as they are met. Content can say these numbers at once, and the
/// font is cut at the end, when all of its glyphs are known.
struct Font {
    face: Arc<Face>,
    characters: Characters,
    numbering: Arc<Numbering>,
    object: Ref,
}

impl Font {
    fn new(face: &Arc<Face>, object: Ref) -> Self {
        let characters = Characters::of(face);
        let mut numbering = Numbering::new(face, &characters);
        if let Some(space) = face.glyph(' ') {
            numbering.admit(face, &characters, space);
        }
        Self {
            face: Arc::clone(face),
            characters,
            numbering: Arc::new(numbering),
            object,
        }
    }

    fn admit(&mut self, glyphs: &[Glyph]) {
        for glyph in glyphs {
            if self.numbering.lacks(glyph.id) {
                // Nobody else has it now, so that nothing is copied.
                Arc::make_mut(&mut self.numbering).admit(&self.face, &self.characters, glyph.id);
            }
        }
    }
}

impl Shelf {
    /// The font that shows these glyphs of a face.
    pub fn font(&mut self, face: &Arc<Face>, glyphs: &[Glyph], objects: &mut Objects) -> NamedFont {
        let known = self
            .fonts
            .iter()
            .position(|font| Arc::ptr_eq(&font.face, face));
        let index = known.unwrap_or_else(|| {
            self.fonts.push(Font::new(face, objects.allocate()));
            self.fonts.len() - 1
        });
        let font = &mut self.fonts[index];
        font.admit(glyphs);
        NamedFont {
            // There are fewer than this, or two would share a name on one page.
            name: u16::try_from(index).unwrap_or(u16::MAX),
            object: font.object,
            numbering: Arc::clone(&font.numbering),
        }
    }

    /// The object that draws an image, which is written when it is first asked for.
    pub fn image(&mut self, image: &Arc<PreparedImage>, objects: &mut Objects) -> Ref {
        /// A volume that shows another picture on each ticket forgets those that are gone.
        const FIRST_LIMIT: usize = 1024;
        let address = Arc::as_ptr(image).addr();
        if let Some((_, object)) = self.images.get(&address) {
            return *object;
        }
        if self.images.len() >= self.images_limit.max(FIRST_LIMIT) {
            self.images.retain(|_, (image, _)| image.strong_count() > 0);
            self.images_limit = self.images.len() * 2;
        }
        let object = crate::pdf::image::write(objects, image);
        self.images.insert(address, (Arc::downgrade(image), object));
        object
    }

    /// The object that draws a background, if it was drawn.
    pub fn background(&self, assets: &Assets, id: BackgroundId) -> Option<Ref> {
        let is_same = |(all, known, _): &&(Arc<[Background]>, BackgroundId, Ref)| {
            *known == id && Arc::ptr_eq(all, assets.backgrounds())
        };
        let (_, _, object) = self.backgrounds.iter().find(is_same)?;
        Some(*object)
    }

    /// Takes note of what draws a background.
    pub fn keep_background(&mut self, assets: &Assets, id: BackgroundId, object: Ref) {
        if self.background(assets, id).is_none() {
            let all = Arc::clone(assets.backgrounds());
            self.backgrounds.push((all, id, object));
        }
    }

    /// Cuts and writes the fonts.
    pub fn write_fonts(&self, objects: &mut Objects) -> Result<(), RenderError> {
        for font in &self.fonts {
            write_font(
                objects,
                font.object,
                &font.face,
                &font.numbering,
                Effort::Once,
            )?;
        }
        Ok(())
    }
}
