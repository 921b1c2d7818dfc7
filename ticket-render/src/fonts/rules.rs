//! Reads from a face's layout tables which rules touch plain Latin text, and how its pairs kern.

use harfrust::Font;
use read_fonts::collections::IntSet;
use read_fonts::tables::gpos::{PairPos, PositionLookup, PositionSubtables, ValueFormat};
use read_fonts::tables::layout::{FeatureList, LangSys, ScriptList};
use read_fonts::types::{GlyphId, GlyphId16, Tag};
use read_fonts::{ReadError, TableProvider};

/// Features that the shaper applies to left-to-right text without being asked.
const DEFAULT_FEATURES: [&[u8; 4]; 17] = [
    b"rvrn", b"ltra", b"ltrm", b"ccmp", b"locl", b"rlig", b"mark", b"mkmk", b"abvm", b"blwm",
    b"calt", b"clig", b"curs", b"dist", b"kern", b"liga", b"rclt",
];

/// The rules for Latin text in the language of nobody in particular.
pub(super) struct Rules<'a> {
    font: &'a Font,
    substitutions: IntSet<u16>,
    positionings: IntSet<u16>,
    kerning: Vec<PositionLookup<'a>>,
    /// How many features kern.
    pub(super) kern_features: usize,
    /// Language systems that have rules of their own.
    pub(super) languages: Vec<Tag>,
}

impl<'a> Rules<'a> {
    pub(super) fn read(font: &'a Font) -> Result<Self, ReadError> {
        let mut rules = Self {
            font,
            substitutions: IntSet::empty(),
            positionings: IntSet::empty(),
            kerning: Vec::new(),
            kern_features: 0,
            languages: Vec::new(),
        };
        if let Ok(table) = font.tables().gsub() {
            let lookups = rules.collect(&table.script_list()?, &table.feature_list()?)?;
            rules.substitutions = lookups;
        }
        if let Ok(table) = font.tables().gpos() {
            rules.kern_features = 0;
            let mut lookups = rules.collect(&table.script_list()?, &table.feature_list()?)?;
            let list = table.lookup_list()?.lookups();
            for index in lookups.clone().iter() {
                let lookup = list.get(usize::from(index))?;
                if matches!(lookup.subtables()?, PositionSubtables::Pair(_)) {
                    lookups.remove(index);
                    rules.kerning.push(lookup);
                }
            }
            rules.positionings = lookups;
        }
        Ok(rules)
    }

    /// The lookups of the default features of Latin; notes its languages on the way.
    fn collect(
        &mut self,
        scripts: &ScriptList<'a>,
        features: &FeatureList<'a>,
    ) -> Result<IntSet<u16>, ReadError> {
        let mut lookups = IntSet::empty();
        let Some(selected) = scripts.select(&[Tag::new(b"latn")]) else {
            return Ok(lookups);
        };
        let script = scripts.get(selected.index)?.element;
        self.languages.extend(
            script
                .lang_sys_records()
                .iter()
                .map(|record| record.lang_sys_tag()),
        );
        let Some(system) = script.default_lang_sys() else {
            return Ok(lookups);
        };
        for (tag, feature) in active_features(&system?, features)? {
            self.kern_features += usize::from(tag == Tag::new(b"kern"));
            lookups.extend(feature.iter().copied());
        }
        Ok(lookups)
    }

    /// Drops characters until no rule but kerning matches any sequence of those left.
    pub(super) fn keep_untouched(
        &self,
        candidates: &mut Vec<(char, GlyphId)>,
    ) -> Result<(), ReadError> {
        let all: IntSet<GlyphId> = candidates.iter().map(|(_, glyph)| *glyph).collect();
        if !self.any_matches(&all)? {
            return Ok(());
        }
        // Common letters come first, so that of a ligature's letters the rarer one goes.
        let mut untouched = IntSet::empty();
        let mut kept = Vec::with_capacity(candidates.len());
        for candidate in candidates.drain(..) {
            untouched.insert(candidate.1);
            if self.any_matches(&untouched)? {
                untouched.remove(candidate.1);
            } else {
                kept.push(candidate);
            }
        }
        *candidates = kept;
        Ok(())
    }

    fn any_matches(&self, glyphs: &IntSet<GlyphId>) -> Result<bool, ReadError> {
        let mut substitutions = self.substitutions.clone();
        if !substitutions.is_empty() {
            self.font
                .tables()
                .gsub()?
                .closure_lookups(glyphs, &mut substitutions)?;
        }
        let mut positionings = self.positionings.clone();
        if !positionings.is_empty() {
            self.font
                .tables()
                .gpos()?
                .closure_lookups(glyphs, &mut positionings)?;
        }
        Ok(!substitutions.is_empty() || !positionings.is_empty())
    }

    /// The kern of every pair of `glyphs`: a row for each first glyph.
    pub(super) fn read_kerns(&self, glyphs: &[GlyphId]) -> Result<Vec<i16>, ReadError> {
        let side = glyphs.len();
        let mut square = vec![0i16; side * side];
        if side == 0 {
            return Ok(square);
        }
        for lookup in &self.kerning {
            let PositionSubtables::Pair(subtables) = lookup.subtables()? else {
                continue;
            };
            let subtables = subtables.iter().collect::<Result<Vec<_>, _>>()?;
            // The first subtable that knows a pair decides it for the whole lookup.
            let mut decided = vec![false; side * side];
            for subtable in &subtables {
                let mut pairs = Pairs {
                    glyphs,
                    square: &mut square,
                    decided: &mut decided,
                };
                pairs.read(subtable)?;
            }
        }
        Ok(square)
    }
}

/// Tags and lookups of the features that are on by default.
fn active_features<'a>(
    system: &LangSys<'a>,
    features: &FeatureList<'a>,
) -> Result<Vec<(Tag, Vec<u16>)>, ReadError> {
    let required = system.required_feature_index();
    let mut active = Vec::new();
    for index in system
        .feature_indices()
        .iter()
        .map(|index| index.get())
        .chain([required])
    {
        let Some(record) = features.feature_records().get(usize::from(index)) else {
            continue;
        };
        let tag = record.feature_tag();
        let is_default = DEFAULT_FEATURES
            .iter()
            .any(|default| tag == Tag::new(default));
        if is_default || index == required {
            let feature = record.feature(features.offset_data())?;
            let lookups = feature
                .lookup_list_indices()
                .iter()
                .map(|index| index.get());
            active.push((tag, lookups.collect()));
        }
    }
    Ok(active)
}

struct Pairs<'a> {
    glyphs: &'a [GlyphId],
    square: &'a mut [i16],
    decided: &'a mut [bool],
}

impl Pairs<'_> {
    fn read(&mut self, subtable: &PairPos) -> Result<(), ReadError> {
        let side = self.glyphs.len();
        let (coverage, formats) = match subtable {
            PairPos::Format1(table) => (
                table.coverage()?,
                (table.value_format1(), table.value_format2()),
            ),
            PairPos::Format2(table) => (
                table.coverage()?,
                (table.value_format1(), table.value_format2()),
            ),
            // Glyph ids beyond 65,535, which no embedded font has.
            PairPos::Format3(_) | PairPos::Format4(_) => return Err(ReadError::InvalidFormat(3)),
        };
        // Anything but a change of the first advance is more than a kern.
        if !ValueFormat::X_ADVANCE.contains(formats.0) || !formats.1.is_empty() {
            return Err(ReadError::InvalidFormat(2));
        }
        let second_classes = match subtable {
            PairPos::Format2(table) => {
                let classes = table.class_def2()?;
                self.glyphs
                    .iter()
                    .map(|glyph| classes.get(*glyph))
                    .collect()
            }
            _ => Vec::new(),
        };
        let lines = self
            .square
            .chunks_exact_mut(side)
            .zip(self.decided.chunks_exact_mut(side));
        for ((row, decided), first) in lines.zip(self.glyphs) {
            let Some(covered) = coverage.get(*first) else {
                continue;
            };
            let mut decide = |second: usize, kern: i16| {
                if let (Some(cell), Some(decided)) = (row.get_mut(second), decided.get_mut(second))
                    && !*decided
                {
                    *cell = cell.saturating_add(kern);
                    *decided = true;
                }
            };
            match subtable {
                PairPos::Format1(table) => {
                    let set = table.pair_sets().get(covered as usize)?;
                    for (index, second) in self.glyphs.iter().enumerate() {
                        let second = GlyphId16::try_from(*second)
                            .map_err(|_| ReadError::InvalidFormat(3))?;
                        if let Some(record) = set.find_pair_value_record(second) {
                            decide(index, record.value_record1().x_advance().unwrap_or(0));
                        }
                    }
                }
                PairPos::Format2(table) => {
                    let records = table.class_value_records();
                    let class = u16::try_from(table.class_def1()?.get(*first));
                    let class = class.map_err(|_| ReadError::InvalidFormat(2))?;
                    for (index, second) in second_classes.iter().enumerate() {
                        let second = u16::try_from(*second).unwrap_or(u16::MAX);
                        if let Some([value, _]) = records.get(class, second) {
                            decide(index, value.x_advance().unwrap_or(0));
                        }
                    }
                }
                PairPos::Format3(_) | PairPos::Format4(_) => {}
            }
        }
        Ok(())
    }
}
