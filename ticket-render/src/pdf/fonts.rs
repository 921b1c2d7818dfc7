//! Font subsets: cut and compressed once, then copied into each file.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo};
use pdf_writer::{Chunk, Filter, Finish, Name, Rect, Ref, Settings, Str};
use subsetter::GlyphRemapper;

use super::numbering::{Characters, NumberedGlyph, Numbering};
use super::objects::Objects;
use super::{font_file, unicode_map};
use crate::deflate::{Effort, zlib};
use crate::error::RenderError;
use crate::fonts::Face;

const SYSTEM_INFO: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// Some glyphs of a face, as five objects of a PDF.
pub(crate) struct Subset {
    numbering: Arc<Numbering>,
    /// The objects, numbered from 1; the first is the font.
    objects: Chunk,
    numbered: RwLock<Vec<Numbered>>,
}

/// The objects under the numbers of some files. Files of one template mostly give the same ones,
/// and copying is quicker than looking for all numbers in the objects.
struct Numbered {
    font: Ref,
    /// The first free number before and after.
    next: (Ref, Ref),
    objects: Chunk,
}

impl std::fmt::Debug for Subset {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "Subset({} glyphs)",
            self.numbering.glyphs().len()
        )
    }
}

impl Subset {
    /// Cuts these glyphs out of a face, and the space.
    pub fn cut(
        face: &Face,
        glyphs: impl Iterator<Item = u16>,
        effort: Effort,
    ) -> Result<Self, RenderError> {
        let characters = Characters::of(face);
        // In order of their characters, which makes the map back to them short.
        let wanted: BTreeSet<(u32, u16)> = glyphs
            .chain(face.glyph(' '))
            .filter(|glyph| *glyph < face.glyph_count())
            .map(|glyph| (characters.get(glyph).map_or(u32::MAX, u32::from), glyph))
            .collect();
        let mut numbering = Numbering::new(face, &characters);
        for (_, glyph) in wanted {
            numbering.admit(face, &characters, glyph);
        }
        let mut objects = Objects::new(FONT, 32 << 10);
        let font = objects.allocate();
        write_font(&mut objects, font, face, &numbering, effort)?;
        Ok(Self {
            numbering: Arc::new(numbering),
            objects: objects.into_chunk(),
            numbered: RwLock::default(),
        })
    }

    /// How its glyphs are numbered.
    pub(super) fn numbering(&self) -> &Arc<Numbering> {
        &self.numbering
    }

    /// The same as [`Self::write_into`], for a subset that many files share.
    pub fn write_shared_into(&self, file: &mut Chunk, font: Ref, next: &mut Ref) {
        /// So many times some ten kilobytes; further numbers are looked for each time.
        const MAX_NUMBERED: usize = 8;
        // A poisoned lock still holds sound objects: nothing panics between changes.
        let kept = self.numbered.read().unwrap_or_else(PoisonError::into_inner);
        let is_same = |known: &&Numbered| (known.font, known.next.0) == (font, *next);
        if let Some(known) = kept.iter().find(is_same) {
            file.extend(&known.objects);
            *next = known.next.1;
            return;
        }
        let is_full = kept.len() >= MAX_NUMBERED;
        drop(kept);
        if is_full {
            return self.write_into(file, font, next);
        }
        let mut objects = Chunk::with_settings(Settings { pretty: false });
        let before = *next;
        self.write_into(&mut objects, font, next);
        file.extend(&objects);
        let mut kept = self
            .numbered
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if kept.len() < MAX_NUMBERED {
            kept.push(Numbered {
                font,
                next: (before, *next),
                objects,
            });
        }
    }

    /// Copies the objects into a file under numbers that `allocate` gives; returns the font's.
    pub fn write_into(&self, file: &mut Chunk, font: Ref, next: &mut Ref) {
        let mut given = [None; OBJECTS];
        self.objects.renumber_into(file, |own| {
            let slot = usize::try_from(own.get() - 1)
                .ok()
                .and_then(|index| given.get_mut(index));
            match slot {
                Some(slot) if own == FONT => *slot.get_or_insert(font),
                Some(slot) => *slot.get_or_insert_with(|| next.bump()),
                None => own,
            }
        });
    }

    /// How long it makes a file.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.objects.len()
    }
}

const OBJECTS: usize = 5;
const FONT: Ref = Ref::new(1);

/// Cuts the numbered glyphs out of a face, and writes them as a font with four more objects.
pub(super) fn write_font(
    objects: &mut Objects,
    font: Ref,
    face: &Face,
    numbering: &Numbering,
    effort: Effort,
) -> Result<(), RenderError> {
    let mut remapper = GlyphRemapper::new();
    for known in numbering.glyphs() {
        remapper.remap(known.glyph);
    }
    let font_file =
        subsetter::subset(face.data(), 0, &remapper).map_err(|error| RenderError::Font {
            name: face.postscript_name().to_owned(),
            reason: error.to_string(),
        })?;
    write_objects(objects, font, face, numbering.glyphs(), &font_file, effort);
    Ok(())
}

fn write_objects(
    objects: &mut Objects,
    font: Ref,
    face: &Face,
    glyphs: &[NumberedGlyph],
    font_file: &[u8],
    effort: Effort,
) {
    let [cid_font, descriptor, file, to_unicode] = std::array::from_fn(|_| objects.allocate());
    let name = format!("{}+{}", tag(font_file), face.postscript_name());
    let name = Name(name.as_bytes());

    objects
        .begin(font)
        .type0_font(font)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid_font)
        .to_unicode(to_unicode);

    let mut cid = objects.begin(cid_font).cid_font(cid_font);
    cid.subtype(if face.is_cff() {
        CidFontType::Type0
    } else {
        CidFontType::Type2
    })
    .base_font(name)
    .system_info(SYSTEM_INFO)
    .font_descriptor(descriptor)
    .default_width(0.0);
    if !face.is_cff() {
        cid.cid_to_gid_map_predefined(Name(b"Identity"));
    }
    cid.widths()
        .consecutive(0, glyphs.iter().map(|glyph| glyph.width as f32 / 100.0));
    cid.finish();

    write_descriptor(objects.begin(descriptor), descriptor, name, face, file);

    let lean = if face.is_cff() {
        font_file::cff_table(font_file).map(Cow::Borrowed)
    } else {
        font_file::without_extras(font_file).map(Cow::Owned)
    };
    let font_file = lean.unwrap_or(Cow::Borrowed(font_file));
    let data = zlib(&font_file, effort);
    let mut stream = objects.begin(file).stream(file, &data);
    stream.filter(Filter::FlateDecode);
    if face.is_cff() {
        stream.pair(Name(b"Subtype"), Name(b"CIDFontType0C"));
    } else {
        stream.pair(
            Name(b"Length1"),
            i32::try_from(font_file.len()).unwrap_or(i32::MAX),
        );
    }
    stream.finish();

    let shown = (0..)
        .zip(glyphs)
        .filter_map(|(number, glyph)| Some((number, glyph.character?)));
    let map = zlib(&unicode_map::write(shown), effort);
    objects
        .begin(to_unicode)
        .stream(to_unicode, &map)
        .filter(Filter::FlateDecode);
}

fn write_descriptor(chunk: &mut Chunk, id: Ref, name: Name, face: &Face, file: Ref) {
    let metrics = face.metrics();
    let thousandths =
        |units: i16| (f32::from(units) * 1000.0 / f32::from(metrics.units_per_em)).round();
    let mut flags = FontFlags::SYMBOLIC;
    flags.set(FontFlags::FIXED_PITCH, metrics.monospaced);
    flags.set(FontFlags::ITALIC, metrics.italic_angle != 0.0);
    let bounds = metrics.bounds;
    let mut descriptor = chunk.font_descriptor(id);
    descriptor
        .name(name)
        .flags(flags)
        .bbox(Rect::new(
            thousandths(bounds.x_min),
            thousandths(bounds.y_min),
            thousandths(bounds.x_max),
            thousandths(bounds.y_max),
        ))
        .italic_angle(metrics.italic_angle)
        .ascent(thousandths(metrics.ascent))
        .descent(thousandths(metrics.descent))
        .cap_height(thousandths(metrics.cap_height))
        .stem_v(thousandths(metrics.stem_width));
    if face.is_cff() {
        descriptor.font_file3(file);
    } else {
        descriptor.font_file2(file);
    }
}

/// Six letters that differ from subset to subset (ISO 32000-1 clause 9.6.4).
fn tag(font_file: &[u8]) -> String {
    let mut hash = super::hash::<0>(font_file);
    let mut letter = || {
        let letter = char::from(b'A' + (hash % 26) as u8);
        hash /= 26;
        letter
    };
    std::iter::repeat_with(&mut letter).take(6).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fonts::{FontId, FontSet};

    #[test]
    fn a_shared_subset_is_written_as_any_other() {
        let fonts = FontSet::embedded();
        let face = fonts.face(FontId(0));
        let subset = Subset::cut(face, face.glyph('A').into_iter(), Effort::Fast).unwrap();
        let settings = || Settings { pretty: false };
        for _ in 0..2 {
            for first in 4..20 {
                let (mut plain, mut shared) = (
                    Chunk::with_settings(settings()),
                    Chunk::with_settings(settings()),
                );
                let font = Ref::new(first);
                let (mut next, mut shared_next) = (Ref::new(40 - first), Ref::new(40 - first));
                subset.write_into(&mut plain, font, &mut next);
                subset.write_shared_into(&mut shared, font, &mut shared_next);
                assert_eq!(plain.as_bytes(), shared.as_bytes());
                assert_eq!(next, shared_next);
                assert!(plain.refs().eq(shared.refs()));
            }
        }
    }

    #[test]
    fn a_subset_knows_its_glyphs() {
        let fonts = FontSet::embedded();
        let face = fonts.face(FontId(0));
        let (a, b) = (face.glyph('A').unwrap(), face.glyph('b').unwrap());
        let subset = Subset::cut(face, [b, a, u16::MAX].into_iter(), Effort::Fast).unwrap();
        assert_eq!(
            subset.numbering.glyphs().len(),
            4,
            "two letters, the space, the missing glyph"
        );
        assert_eq!(subset.numbering.glyph(a).1.character, Some('A'));
        assert_eq!(subset.numbering.glyph(b).1.character, Some('b'));
        assert_eq!(subset.numbering.glyph(face.glyph('c').unwrap()).0, 0);
        let units_per_em = i64::from(face.metrics().units_per_em);
        assert_eq!(
            subset.numbering.glyph(a).1.width,
            i64::from(face.advance(a)) * 100_000 / units_per_em
        );
    }
}
