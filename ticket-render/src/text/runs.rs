//! From text to runs of glyphs: one face, one style, one script each.

use std::ops::Range;

use harfrust::Script;
use harfrust::unicode::script;
use unicode_segmentation::UnicodeSegmentation;

use super::notes::{Note, Notes, TextError};
use super::shaper::{Shaped, Shaper};
use super::source::{Source, Stretch};
use super::text_box::TextStyle;
use crate::fonts::{FontId, FontSet};
use crate::scene::Glyph;

/// Stands for what no face can show.
const REPLACEMENT: char = '\u{FFFD}';

/// Glyphs that belong together. The text between line feeds is shaped as a whole and cut into lines
/// afterwards, so that no kern is lost between words.
pub(super) struct Run {
    /// The face that has the glyphs.
    pub(super) font: FontId,
    /// Index of the span, which has the style.
    pub(super) span: u32,
    /// Where its text is in the source.
    pub(super) bytes: Range<u32>,
    /// The glyphs; clusters count from the beginning of the run.
    pub(super) glyphs: Vec<Glyph>,
    /// Sum of the advances, in font units.
    pub(super) units: i64,
    /// How the glyphs came about, and so how to make them again for a part of the text.
    pub(super) origin: Origin,
    /// How many clusters there are; fewer than glyphs if any has several.
    pub(super) clusters: u32,
}

/// How the glyphs of a run came about.
pub(super) enum Origin {
    /// From the face's table.
    Table,
    /// From the shaper. At the bytes listed, counted from the beginning of the run, the glyphs of
    /// both sides depend on each other.
    Shaper { script: Script, joints: Vec<u32> },
    /// Signs for characters that are missing.
    Replacement,
}

/// Shapes all text of a source, in order.
pub(super) fn shape(
    source: &Source<'_>,
    fonts: &FontSet,
    notes: &mut Notes,
) -> Result<Vec<Run>, TextError> {
    let mut itemizer = Itemizer {
        source,
        fonts,
        notes,
        shaper: Shaper::default(),
        runs: Vec::with_capacity(source.spans.len()),
    };
    for stretch in &source.stretches {
        itemizer.add_stretch(stretch)?;
    }
    Ok(itemizer.runs)
}

struct Itemizer<'a> {
    source: &'a Source<'a>,
    fonts: &'a FontSet,
    notes: &'a mut Notes,
    shaper: Shaper,
    runs: Vec<Run>,
}

/// A part of a span with one face and script.
struct Item {
    bytes: Range<u32>,
    choice: Choice,
    script: Script,
}

#[derive(Clone, Copy, PartialEq)]
enum Choice {
    Face(FontId),
    Missing,
}

impl Itemizer<'_> {
    fn add_stretch(&mut self, stretch: &Stretch<'_>) -> Result<(), TextError> {
        for index in stretch.spans.clone() {
            let Some(span) = self.source.spans.get(index as usize) else {
                break;
            };
            if span.bytes.start >= stretch.bytes.end {
                break;
            }
            let start = span.bytes.start.max(stretch.bytes.start);
            let end = span.bytes.end.min(stretch.bytes.end);
            if start < end {
                self.add_span(index, start..end, span.span.style)?;
            }
        }
        Ok(())
    }

    fn add_span(
        &mut self,
        span: u32,
        bytes: Range<u32>,
        style: &TextStyle,
    ) -> Result<(), TextError> {
        if self.add_from_table(span, bytes.clone(), style, style.font) {
            return Ok(());
        }
        for item in self.itemize(bytes, style)? {
            match item.choice {
                Choice::Missing => self.add_replacement(span, item.bytes, style),
                Choice::Face(font) => {
                    let is_plain = item.script == Script::LATIN
                        && self.add_from_table(span, item.bytes.clone(), style, font);
                    if !is_plain {
                        self.add_shaped(span, item, font, style);
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the short way if the text allows it.
    fn add_from_table(
        &mut self,
        span: u32,
        bytes: Range<u32>,
        style: &TextStyle,
        font: FontId,
    ) -> bool {
        if !style.features.is_empty() {
            return false;
        }
        let Some(table) = self.fonts.face(font).plain() else {
            return false;
        };
        if style
            .language
            .as_ref()
            .is_some_and(|language| table.has_rules_for(&language.systems))
        {
            return false;
        }
        let mut glyphs = Vec::new();
        let Some(units) = table.shape(self.source.slice(bytes.clone()), &mut glyphs) else {
            return false;
        };
        let clusters = glyphs.len() as u32;
        self.runs.push(Run {
            font,
            span,
            bytes,
            glyphs,
            units,
            origin: Origin::Table,
            clusters,
        });
        true
    }

    fn add_shaped(&mut self, span: u32, item: Item, font: FontId, style: &TextStyle) {
        let text = self.source.slice(item.bytes.clone());
        let Shaped { glyphs, joints } =
            self.shaper
                .shape(self.fonts.face(font), text, item.script, style);
        let origin = Origin::Shaper {
            script: item.script,
            joints,
        };
        self.push(Run {
            font,
            span,
            bytes: item.bytes,
            glyphs,
            units: 0,
            origin,
            clusters: 0,
        });
    }

    /// One sign for each letter with its marks.
    fn add_replacement(&mut self, span: u32, bytes: Range<u32>, style: &TextStyle) {
        let sign = REPLACEMENT.encode_utf8(&mut [0; 4]).to_owned();
        let font = match self.fonts.face(style.font).glyph(REPLACEMENT) {
            Some(_) => style.font,
            None => self
                .fonts
                .find_fallback(style.font, &sign)
                .unwrap_or(style.font),
        };
        let face = self.fonts.face(font);
        let id = face.glyph(REPLACEMENT).unwrap_or(0);
        let text = self.source.slice(bytes.clone());
        let glyphs = text.grapheme_indices(true).map(|(index, _)| Glyph {
            id,
            advance: i32::from(face.advance(id)),
            x_offset: 0,
            y_offset: 0,
            cluster: index as u32,
        });
        let glyphs = glyphs.collect();
        self.push(Run {
            font,
            span,
            bytes,
            glyphs,
            units: 0,
            origin: Origin::Replacement,
            clusters: 0,
        });
    }

    fn push(&mut self, mut run: Run) {
        run.units = run
            .glyphs
            .iter()
            .map(|glyph| i64::from(glyph.advance))
            .sum();
        run.clusters = run.glyphs.chunk_by(|a, b| a.cluster == b.cluster).count() as u32;
        self.runs.push(run);
    }

    fn itemize(&mut self, bytes: Range<u32>, style: &TextStyle) -> Result<Vec<Item>, TextError> {
        let text = self.source.slice(bytes.clone());
        if let Some(character) = text.chars().find(|character| is_right_to_left(*character)) {
            return Err(TextError::RightToLeft {
                character: Some(character),
            });
        }
        let mut items = Items {
            items: Vec::new(),
            end: bytes.start,
            last_script: None,
        };
        if self.fonts.face(style.font).covers(text) {
            // No letter needs to be kept together with its marks while looking for a face.
            for character in text.split_inclusive(|_| true) {
                items.add(character, Choice::Face(style.font));
            }
        } else {
            for cluster in text.graphemes(true) {
                let choice = self.choose(cluster, style.font);
                items.add(cluster, choice);
            }
        }
        Ok(items.items)
    }

    fn choose(&mut self, cluster: &str, asked: FontId) -> Choice {
        if self.fonts.face(asked).covers(cluster) {
            return Choice::Face(asked);
        }
        let face = self.fonts.face(asked);
        let lacking = cluster
            .chars()
            .find(|character| face.glyph(*character).is_none());
        let character = lacking.or(cluster.chars().next()).unwrap_or(REPLACEMENT);
        match self.fonts.find_fallback(asked, cluster) {
            Some(used) => {
                let is_known = self.notes.entries().iter().any(|note| {
                    matches!(note, Note::Substituted { asked: a, used: u, .. } if (*a, *u) == (asked, used))
                });
                if !is_known {
                    self.notes.push_character(Note::Substituted {
                        character,
                        asked,
                        used,
                    });
                }
                Choice::Face(used)
            }
            None => {
                self.notes.push_character(Note::MissingGlyph {
                    character,
                    font: asked,
                });
                Choice::Missing
            }
        }
    }
}

/// The items of a span so far.
struct Items {
    items: Vec<Item>,
    end: u32,
    /// The script of the last letter.
    last_script: Option<Script>,
}

impl Items {
    fn add(&mut self, cluster: &str, choice: Choice) {
        let start = self.end;
        self.end += cluster.len() as u32;
        let own_script = cluster
            .chars()
            .map(|c| script(u32::from(c)))
            .find(is_specific);
        let script = own_script.or(self.last_script);
        match self.items.last_mut() {
            // What comes before the first letter takes that letter's script.
            Some(item)
                if item.choice == choice
                    && (script == Some(item.script) || self.last_script.is_none()) =>
            {
                item.bytes.end = self.end;
                item.script = script.unwrap_or(Script::LATIN);
            }
            _ => {
                let script = script.unwrap_or(Script::LATIN);
                self.items.push(Item {
                    bytes: start..self.end,
                    choice,
                    script,
                });
            }
        }
        self.last_script = script;
    }
}

/// Whether a script says how to shape: marks, digits and punctuation go with what is before them.
fn is_specific(script: &Script) -> bool {
    ![Script::COMMON, Script::INHERITED, Script::UNKNOWN].contains(script)
}

/// Whether a character is of a right-to-left script or asks for that direction.
fn is_right_to_left(character: char) -> bool {
    matches!(character,
        '\u{590}'..='\u{8FF}' | '\u{200F}' | '\u{202B}' | '\u{202E}' | '\u{2067}'
        | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}'
        | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}
