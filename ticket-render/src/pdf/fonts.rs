//! Font subsets: cut and compressed once, then copied into each file.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Chunk, Filter, Finish, Name, Rect, Ref, Settings, Str};
use subsetter::GlyphRemapper;

use crate::deflate::{Effort, zlib};
use crate::error::RenderError;
use crate::fonts::{Face, FontId, FontSet};

const SYSTEM_INFO: SystemInfo<'static> = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// What the prepared subsets cover, from the smallest to the widest; each covers the first as well.
/// A page that mixes scripts gets a subset of just its glyphs, which takes 150 µs a font.
static TIERS: [&[std::ops::RangeInclusive<u32>]; 6] = [
    BASIC,
    &[0xA0..=0xFF],
    &[0xA0..=0x17F, 0x218..=0x21B],
    &[0x384..=0x3CE],
    &[0x400..=0x45F, 0x490..=0x491, 0x2116..=0x2116],
    // Vietnamese, and French or German names beside it.
    &[0xA0..=0x17F, 0x1A0..=0x1A1, 0x1AF..=0x1B0, 0x1EA0..=0x1EF9],
];

/// ASCII and the punctuation of careful typesetting.
const BASIC: &[std::ops::RangeInclusive<u32>] = &[
    0x20..=0x7E,
    0xA0..=0xA0,
    0xB0..=0xB0,
    0xB7..=0xB7,
    0xD7..=0xD7,
    0x2009..=0x200A,
    0x2010..=0x2014,
    0x2018..=0x201A,
    0x201C..=0x201E,
    0x2022..=0x2022,
    0x2026..=0x2026,
    0x202F..=0x202F,
    0x20AC..=0x20AC,
    0x2212..=0x2212,
];

/// The subsets of every face of a set, each cut when it is first needed.
#[derive(Debug)]
pub(crate) struct Subsets {
    faces: Vec<FaceSubsets>,
}

#[derive(Debug)]
struct FaceSubsets {
    /// For each glyph of the face, which tiers contain it: bit `i` for `TIERS[i]`.
    tiers_of_glyph: OnceLock<Vec<u8>>,
    tiers: [OnceLock<Result<Arc<Subset>, RenderError>>; TIERS.len()],
}

impl Subsets {
    pub fn new(fonts: &FontSet) -> Self {
        let face = || FaceSubsets {
            tiers_of_glyph: OnceLock::new(),
            tiers: std::array::from_fn(|_| OnceLock::new()),
        };
        Self {
            faces: fonts.members().iter().map(|_| face()).collect(),
        }
    }

    /// The smallest prepared subset with all of these glyphs; `None` if no tier has them all.
    pub fn covering(
        &self,
        fonts: &FontSet,
        font: FontId,
        glyphs: impl Iterator<Item = u16>,
    ) -> Option<Result<Arc<Subset>, RenderError>> {
        let face = fonts.face(font);
        let subsets = self.faces.get(usize::from(font.0))?;
        let tiers_of_glyph = subsets.tiers_of_glyph.get_or_init(|| tiers_of_glyphs(face));
        let common = glyphs.fold(u8::MAX, |common, glyph| {
            common & tiers_of_glyph.get(usize::from(glyph)).copied().unwrap_or(0)
        });
        let smallest = common.trailing_zeros() as usize;
        let tier = subsets.tiers.get(smallest)?;
        let subset = tier.get_or_init(|| {
            let glyphs: Vec<u16> = (0..face.glyph_count())
                .zip(tiers_of_glyph)
                .filter(|(_, tiers)| *tiers >> smallest & 1 == 1)
                .map(|(glyph, _)| glyph)
                .collect();
            Subset::cut(face, glyphs.into_iter(), Effort::Once).map(Arc::new)
        });
        Some(subset.clone())
    }
}

fn tiers_of_glyphs(face: &Face) -> Vec<u8> {
    let mut tiers = vec![0; usize::from(face.glyph_count())];
    if let Some(missing) = tiers.first_mut() {
        *missing = u8::MAX; // Every subset has the glyph for a missing character.
    }
    for (character, glyph) in face.characters() {
        let is_in = |ranges: &[std::ops::RangeInclusive<u32>]| {
            ranges
                .iter()
                .any(|range| range.contains(&u32::from(character)))
        };
        let Some(mask) = tiers.get_mut(usize::from(glyph)) else {
            continue;
        };
        if is_in(BASIC) {
            *mask = u8::MAX;
        }
        for (tier, ranges) in TIERS.iter().enumerate() {
            *mask |= u8::from(is_in(ranges)) << tier;
        }
    }
    tiers
}

/// Some glyphs of a face, as five objects of a PDF.
pub(crate) struct Subset {
    /// New number of each glyph of the face; 0 where it is not in the subset.
    numbers: Vec<u16>,
    /// By new number.
    glyphs: Vec<SubsetGlyph>,
    units_per_em: u16,
    /// The objects, numbered from 1; the first is the font.
    objects: Chunk,
}

/// A glyph of a subset.
#[derive(Clone, Copy, Debug)]
pub(super) struct SubsetGlyph {
    /// How many hundredths of a thousandth of the em the file says that it advances.
    pub width: i64,
    /// The character that it shows; `None` where there is no one such character.
    pub character: Option<char>,
}

impl std::fmt::Debug for Subset {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Subset({} glyphs)", self.glyphs.len())
    }
}

impl Subset {
    /// Cuts these glyphs out of a face.
    pub fn cut(
        face: &Face,
        glyphs: impl Iterator<Item = u16>,
        effort: Effort,
    ) -> Result<Self, RenderError> {
        let wanted: BTreeSet<u16> = glyphs.filter(|glyph| *glyph < face.glyph_count()).collect();
        let mut remapper = GlyphRemapper::new();
        for glyph in wanted {
            remapper.remap(glyph);
        }
        let font_file =
            subsetter::subset(face.data(), 0, &remapper).map_err(|error| RenderError::Font {
                name: face.postscript_name().to_owned(),
                reason: error.to_string(),
            })?;
        let characters = characters_of(face);
        let units_per_em = face.metrics().units_per_em;
        let mut numbers = vec![0; usize::from(face.glyph_count())];
        let mut kept = Vec::new();
        for (number, glyph) in (0..).zip(remapper.remapped_gids()) {
            if let Some(slot) = numbers.get_mut(usize::from(glyph)) {
                *slot = number;
            }
            kept.push(SubsetGlyph {
                width: i64::from(face.advance(glyph)) * 100_000 / i64::from(units_per_em),
                character: characters.get(usize::from(glyph)).copied().flatten(),
            });
        }
        let objects = write_objects(face, &kept, &font_file, effort);
        Ok(Self {
            numbers,
            glyphs: kept,
            units_per_em,
            objects,
        })
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

    /// The number of a glyph in the subset and what is known of it.
    pub(super) fn glyph(&self, glyph: u16) -> (u16, SubsetGlyph) {
        let number = self.numbers.get(usize::from(glyph)).copied().unwrap_or(0);
        let missing = SubsetGlyph {
            width: 0,
            character: None,
        };
        (
            number,
            self.glyphs
                .get(usize::from(number))
                .copied()
                .unwrap_or(missing),
        )
    }

    pub(super) fn units_per_em(&self) -> u16 {
        self.units_per_em
    }
}

const OBJECTS: usize = 5;
const FONT: Ref = Ref::new(1);

/// The character of each glyph: the lowest, and never one that only looks like nothing.
fn characters_of(face: &Face) -> Vec<Option<char>> {
    let mut characters: Vec<Option<char>> = vec![None; usize::from(face.glyph_count())];
    for (character, glyph) in face.characters() {
        let Some(slot) = characters.get_mut(usize::from(glyph)) else {
            continue;
        };
        if slot.is_none_or(|known| character < known) && !character.is_control() {
            *slot = Some(character);
        }
    }
    characters
}

fn write_objects(face: &Face, glyphs: &[SubsetGlyph], font_file: &[u8], effort: Effort) -> Chunk {
    let [cid_font, descriptor, file, to_unicode] = [2, 3, 4, 5].map(Ref::new);
    let name = format!("{}+{}", tag(font_file), face.postscript_name());
    let name = Name(name.as_bytes());
    let mut chunk = Chunk::with_settings(Settings { pretty: false });

    chunk
        .type0_font(FONT)
        .base_font(name)
        .encoding_predefined(Name(b"Identity-H"))
        .descendant_font(cid_font)
        .to_unicode(to_unicode);

    let mut cid = chunk.cid_font(cid_font);
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

    write_descriptor(&mut chunk, descriptor, name, face, file);

    // Of an OpenType file with CFF outlines, PDF wants the outlines alone.
    let cff = face.is_cff().then(|| cff_table(font_file)).flatten();
    let data = zlib(cff.unwrap_or(font_file), effort);
    let mut stream = chunk.stream(file, &data);
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

    let mut map = UnicodeCmap::<u16>::new(Name(b"Identity"), SYSTEM_INFO);
    for (number, glyph) in (0..).zip(glyphs) {
        if let Some(character) = glyph.character {
            map.pair(number, character);
        }
    }
    let map = zlib(&map.finish(), effort);
    chunk.stream(to_unicode, &map).filter(Filter::FlateDecode);
    chunk
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

/// Finds the `CFF ` table of an OpenType file.
fn cff_table(font_file: &[u8]) -> Option<&[u8]> {
    let number = |at: usize| {
        let bytes = font_file.get(at..)?.first_chunk()?;
        usize::try_from(u32::from_be_bytes(*bytes)).ok()
    };
    let tables = usize::from(u16::from_be_bytes(*font_file.get(4..)?.first_chunk()?));
    let record = (0..tables)
        .map(|table| 12 + table * 16)
        .find(|&at| font_file.get(at..at + 4) == Some(b"CFF "))?;
    let (start, length) = (number(record + 8)?, number(record + 12)?);
    font_file.get(start..start.checked_add(length)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fonts::{REGULAR, SANS, Slant};

    fn covering(subsets: &Subsets, fonts: &FontSet, text: &str) -> Option<Arc<Subset>> {
        let font = fonts.find(SANS, REGULAR, Slant::Upright);
        let face = fonts.face(font);
        let glyphs = text.chars().map(|character| face.glyph(character).unwrap());
        subsets.covering(fonts, font, glyphs).map(Result::unwrap)
    }

    #[test]
    fn the_smallest_tier_is_taken_and_kept() {
        let fonts = FontSet::embedded();
        let subsets = Subsets::new(&fonts);
        let size = |text| covering(&subsets, &fonts, text).unwrap().objects.len();
        let (ascii, western) = (size("Seat 14 – “A”"), size("Züri"));
        let (polish, greek, cyrillic) = (size("Łódź"), size("Αθήνα A1"), size("Київ A1"));
        let vietnamese = size("Nguyễn");
        assert!(ascii < 10_500, "{ascii}");
        assert!(ascii < western && western < polish && polish < vietnamese);
        assert!(ascii < greek && greek < polish && ascii < cyrillic && cyrillic < polish);
        let again = covering(&subsets, &fonts, "Seat").unwrap();
        assert!(Arc::ptr_eq(
            &again,
            &covering(&subsets, &fonts, "").unwrap()
        ));
        assert!(covering(&subsets, &fonts, "Київ Łódź").is_none());
    }

    #[test]
    fn a_subset_knows_its_glyphs() {
        let fonts = FontSet::embedded();
        let face = fonts.face(FontId(0));
        let (a, b) = (face.glyph('A').unwrap(), face.glyph('b').unwrap());
        let subset = Subset::cut(face, [b, a, u16::MAX].into_iter(), Effort::Fast).unwrap();
        assert_eq!(subset.glyphs.len(), 3);
        assert_eq!(subset.glyph(a).1.character, Some('A'));
        assert_eq!(subset.glyph(b).1.character, Some('b'));
        assert_eq!(subset.glyph(face.glyph('c').unwrap()).0, 0);
        let units_per_em = i64::from(face.metrics().units_per_em);
        assert_eq!(
            subset.glyph(a).1.width,
            i64::from(face.advance(a)) * 100_000 / units_per_em
        );
    }
}
