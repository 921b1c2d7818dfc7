//! Prepared subsets: a few widths of each face, each cut when a page first needs it.

use std::ops::RangeInclusive;
use std::sync::{Arc, OnceLock};

use super::fonts::Subset;
use crate::deflate::Effort;
use crate::error::RenderError;
use crate::fonts::{Face, FontId, FontSet};

/// What the prepared subsets cover, from the smallest to the widest; each covers the first as well.
/// A file that mixes scripts otherwise gets a subset of just its glyphs, which takes 150 µs a font.
static TIERS: [&[RangeInclusive<u32>]; 8] = [
    BASIC,
    &[LATIN_1],
    &[LATIN_1, LATIN_EXTENDED_A, ROMANIAN],
    &[GREEK],
    &[CYRILLIC, UKRAINIAN, NUMERO],
    // Vietnamese, and French or German names beside it.
    &[
        LATIN_1,
        LATIN_EXTENDED_A,
        0x1A0..=0x1A1,
        0x1AF..=0x1B0,
        0x1EA0..=0x1EF9,
    ],
    // A Greek or Cyrillic name upon a page in French or German.
    &[LATIN_1, GREEK],
    &[LATIN_1, CYRILLIC, UKRAINIAN, NUMERO],
];

const LATIN_1: RangeInclusive<u32> = 0xA0..=0xFF;
const LATIN_EXTENDED_A: RangeInclusive<u32> = 0x100..=0x17F;
const ROMANIAN: RangeInclusive<u32> = 0x218..=0x21B;
const GREEK: RangeInclusive<u32> = 0x384..=0x3CE;
const CYRILLIC: RangeInclusive<u32> = 0x400..=0x45F;
const UKRAINIAN: RangeInclusive<u32> = 0x490..=0x491;
const NUMERO: RangeInclusive<u32> = 0x2116..=0x2116;

/// ASCII and the punctuation of careful typesetting.
const BASIC: &[RangeInclusive<u32>] = &[
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

/// One of the prepared widths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tier(u8);

/// The tiers that contain all of some glyphs: bit `i` for `TIERS[i]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TierSet(u8);

impl TierSet {
    pub const ALL: Self = Self(u8::MAX);

    /// Those of both.
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The smallest; `None` if no tier has all of the glyphs.
    pub fn smallest(self) -> Option<Tier> {
        (self.0 != 0).then_some(Tier(self.0.trailing_zeros() as u8))
    }

    fn contains(self, tier: Tier) -> bool {
        self.0 >> tier.0 & 1 == 1
    }
}

/// The subsets of every face of a set.
#[derive(Debug)]
pub(crate) struct Subsets {
    faces: Vec<FaceSubsets>,
}

#[derive(Debug)]
struct FaceSubsets {
    /// For each glyph of the face, which tiers contain it.
    tiers_of_glyph: OnceLock<Vec<TierSet>>,
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

    /// The tiers with all of these glyphs.
    pub(super) fn tiers_with(
        &self,
        fonts: &FontSet,
        font: FontId,
        glyphs: impl Iterator<Item = u16>,
    ) -> TierSet {
        let Some(subsets) = self.faces.get(usize::from(font.0)) else {
            return TierSet(0);
        };
        let tiers_of_glyph = subsets.tiers_of_glyph(fonts.face(font));
        glyphs.fold(TierSet::ALL, |common, glyph| {
            let tiers = tiers_of_glyph.get(usize::from(glyph)).copied();
            common.and(tiers.unwrap_or(TierSet(0)))
        })
    }

    /// The subset of one width; `None` for a font that the set does not have.
    pub(super) fn get(
        &self,
        fonts: &FontSet,
        font: FontId,
        tier: Tier,
    ) -> Option<Result<Arc<Subset>, RenderError>> {
        let subsets = self.faces.get(usize::from(font.0))?;
        let subset = subsets.tiers.get(usize::from(tier.0))?.get_or_init(|| {
            let face = fonts.face(font);
            let glyphs = (0..face.glyph_count())
                .zip(subsets.tiers_of_glyph(face))
                .filter(|(_, tiers)| tiers.contains(tier))
                .map(|(glyph, _)| glyph);
            Subset::cut(face, glyphs, Effort::Once).map(Arc::new)
        });
        Some(subset.clone())
    }
}

impl FaceSubsets {
    fn tiers_of_glyph(&self, face: &Face) -> &[TierSet] {
        self.tiers_of_glyph.get_or_init(|| tiers_of_glyphs(face))
    }
}

fn tiers_of_glyphs(face: &Face) -> Vec<TierSet> {
    let mut tiers = vec![TierSet(0); usize::from(face.glyph_count())];
    if let Some(missing) = tiers.first_mut() {
        *missing = TierSet::ALL; // Every subset has the glyph for a missing character.
    }
    for (character, glyph) in face.characters() {
        let is_in = |ranges: &[RangeInclusive<u32>]| {
            ranges
                .iter()
                .any(|range| range.contains(&u32::from(character)))
        };
        let Some(known) = tiers.get_mut(usize::from(glyph)) else {
            continue;
        };
        if is_in(BASIC) {
            *known = TierSet::ALL;
        }
        for (tier, ranges) in TIERS.iter().enumerate() {
            known.0 |= u8::from(is_in(ranges)) << tier;
        }
    }
    tiers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fonts::{REGULAR, SANS, Slant};

    fn covering(subsets: &Subsets, fonts: &FontSet, text: &str) -> Option<Arc<Subset>> {
        let font = fonts.find(SANS, REGULAR, Slant::Upright);
        let face = fonts.face(font);
        let glyphs = text.chars().map(|character| face.glyph(character).unwrap());
        let tier = subsets.tiers_with(fonts, font, glyphs).smallest()?;
        Some(subsets.get(fonts, font, tier)?.unwrap())
    }

    #[test]
    fn the_smallest_tier_is_taken_and_kept() {
        let fonts = FontSet::embedded();
        let subsets = Subsets::new(&fonts);
        let size = |text| covering(&subsets, &fonts, text).unwrap().bytes();
        let (ascii, western) = (size("Seat 14 – “A”"), size("Züri"));
        let (polish, greek, cyrillic) = (size("Łódź"), size("Αθήνα A1"), size("Київ A1"));
        let (vietnamese, both) = (size("Nguyễn"), size("Züri, Αθήνα"));
        assert!(ascii < 10_000, "{ascii}");
        assert!(western < 14_000, "{western}");
        assert!(ascii < western && western < polish && polish < vietnamese);
        assert!(ascii < greek && greek < polish && ascii < cyrillic && cyrillic < polish);
        assert!(greek < both && western < both);
        let again = covering(&subsets, &fonts, "Seat").unwrap();
        assert!(Arc::ptr_eq(
            &again,
            &covering(&subsets, &fonts, "").unwrap()
        ));
        assert!(covering(&subsets, &fonts, "Київ Łódź").is_none());
    }
}
