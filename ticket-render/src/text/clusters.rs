//! The smallest parts that a line can be cut into, and where Unicode lets it be cut.

use std::ops::Range;

use super::runs::Run;
use super::source::Source;
use crate::fonts::FontSet;

/// The soft hyphen: a hyphen if the line ends there.
pub(super) const SOFT_HYPHEN: char = '\u{AD}';

/// A letter with its marks, or a ligature.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cluster {
    /// Where its text is in the source.
    pub(super) start: u32,
    pub(super) end: u32,
    /// Its run.
    pub(super) run: u32,
    /// Its advance in font units, space between letters included.
    pub(super) advance: i64,
    /// Its advance at the end of a line: no kern, no space between letters.
    pub(super) last_advance: i64,
    /// Whether it is white space that may stand out of the end of a line.
    pub(super) hangs: bool,
    /// Whether a line may begin with it.
    pub(super) entry: Entry,
}

/// Whether a line may begin here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Only if the word is longer than a line.
    Within,
    /// Yes.
    Allowed,
    /// Yes; the line before then ends with a hyphen.
    AfterSoftHyphen,
}

/// The clusters of a box, and which of them belong to each stretch.
pub(super) struct Clusters {
    pub(super) clusters: Vec<Cluster>,
    pub(super) of_stretch: Vec<Range<u32>>,
}

impl Clusters {
    pub(super) fn new(source: &Source<'_>, runs: &[Run], fonts: &FontSet) -> Self {
        let mut all = Self {
            clusters: Vec::with_capacity(source.text.len()),
            of_stretch: Vec::with_capacity(source.stretches.len()),
        };
        for stretch in &source.stretches {
            let first = all.clusters.len();
            for index in stretch.runs.clone() {
                let Some(run) = runs.get(index as usize) else {
                    break;
                };
                all.add_run(source, run, index, fonts);
            }
            if let Some(clusters) = all.clusters.get_mut(first..) {
                mark_entries(
                    source.slice(stretch.bytes.clone()),
                    stretch.bytes.start,
                    clusters,
                );
            }
            all.of_stretch.push(first as u32..all.clusters.len() as u32);
        }
        all
    }

    pub(super) fn of(&self, stretch: usize) -> &[Cluster] {
        let range = self.of_stretch.get(stretch).map_or(0..0, Clone::clone);
        self.clusters
            .get(range.start as usize..range.end as usize)
            .unwrap_or(&[])
    }

    fn add_run(&mut self, source: &Source<'_>, run: &Run, index: u32, fonts: &FontSet) {
        let face = fonts.face(run.font);
        let spacing = run.letter_spacing(source, fonts);
        let mut clusters = run
            .glyphs
            .chunk_by(|a, b| a.cluster == b.cluster)
            .peekable();
        let mut start = run.bytes.start;
        while let Some(glyphs) = clusters.next() {
            let next = clusters.peek().and_then(|next| next.first());
            let end = next.map_or(run.bytes.end, |next| run.bytes.start + next.cluster);
            let advance: i64 = glyphs.iter().map(|glyph| i64::from(glyph.advance)).sum();
            let kern = glyphs.last().map_or(0, |last| {
                i64::from(last.advance) - i64::from(face.advance(last.id))
            });
            // A mark has no advance whatever the face says, and no kern either.
            let kern = if glyphs.len() > 1 { 0 } else { kern };
            self.clusters.push(Cluster {
                start,
                end,
                run: index,
                advance: advance + spacing,
                last_advance: advance - kern,
                hangs: source.slice(start..end).chars().all(hangs),
                entry: Entry::Within,
            });
            start = end;
        }
    }
}

/// Whether a character is white space that may stand out of the end of a line.
pub(super) fn hangs(character: char) -> bool {
    matches!(character,
        ' ' | '\u{1680}' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200B}' | '\u{205F}' | '\u{3000}')
}

/// Notes where the Unicode Line Breaking Algorithm lets a line begin.
fn mark_entries(text: &str, offset: u32, clusters: &mut [Cluster]) {
    let mut clusters = clusters.iter_mut().peekable();
    for (index, _) in unicode_linebreak::linebreaks(text) {
        let at = offset + index as u32;
        while clusters.next_if(|cluster| cluster.start < at).is_some() {}
        if let Some(cluster) = clusters.next_if(|cluster| cluster.start == at) {
            let before = text.get(..index).unwrap_or("");
            cluster.entry = if before.ends_with(SOFT_HYPHEN) {
                Entry::AfterSoftHyphen
            } else {
                Entry::Allowed
            };
        }
    }
}
