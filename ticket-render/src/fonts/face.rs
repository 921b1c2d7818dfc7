//! One face: metrics, characters, advances and outlines.

use std::fmt;
use std::sync::{Arc, OnceLock};

use harfrust::font::glyph::outline::{DrawMemory, DrawOptions, OutlineSource, PathSink};
use harfrust::font::metrics::LineBox;
use harfrust::{Font, GlyphId, ShapePlan};
use read_fonts::TableProvider;
use read_fonts::types::NameId;
use thiserror::Error;

use super::REGULAR;
use super::characters::CharacterMap;
use super::plain::PlainTable;
use super::plans::{PlanCache, PlanRequest};

/// Why bytes are not usable as a face.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum FaceError {
    /// Not a font file, or cut short.
    #[error("these bytes are not a TrueType or OpenType font")]
    NotAFont,
    /// Too large.
    #[error("the font has {found} bytes, more than {max}; leave out the scripts that no text uses")]
    TooLarge {
        /// Bytes given.
        found: usize,
        /// The bound.
        max: usize,
    },
    /// A part that text needs is absent or broken.
    #[error("the font's `{0}` table is missing or broken")]
    BrokenTable(&'static str),
    /// A variable font: PDF has no way to embed one.
    #[error("this is a variable font; export one static file for each style that is used")]
    Variable,
    /// The em has an impossible size.
    #[error("the font has {0} units per em; 16 to 16384 are possible")]
    UnitsPerEm(u16),
}

/// A rectangle in font units, y up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub struct BoundingBox {
    pub x_min: i16,
    pub y_min: i16,
    pub x_max: i16,
    pub y_max: i16,
}

/// Measures of a whole face, in font units with y up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metrics {
    /// Font units in an em, 16 to 16384.
    pub units_per_em: u16,
    /// How far a line of text reaches above the baseline; positive.
    pub ascent: i16,
    /// How far a line of text reaches below the baseline; negative.
    pub descent: i16,
    /// Space that the face wants between lines, beyond ascent and descent; zero or more.
    pub line_gap: i16,
    /// Height of capital letters.
    pub cap_height: i16,
    /// Height of small letters without ascender.
    pub x_height: i16,
    /// Box around all glyphs laid over each other.
    pub bounds: BoundingBox,
    /// Slope of the letters in degrees, negative for letters that lean right.
    pub italic_angle: f32,
    /// Upper edge of the underline above the baseline; negative.
    pub underline_position: i16,
    /// Thickness of the underline.
    pub underline_thickness: i16,
    /// Thickness of vertical stems, guessed from the weight as PDF writers do.
    pub stem_width: i16,
    /// Weight that the file declares, 1 to 1000.
    pub weight: u16,
    /// Whether all glyphs are equally wide.
    pub monospaced: bool,
}

/// One step of a glyph's outline, in font units with y up. An outline begins with
/// [`OutlineStep::Move`], and each contour ends with [`OutlineStep::Close`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum OutlineStep {
    /// Begin a contour at x, y.
    Move(f32, f32),
    /// A straight line to x, y.
    Line(f32, f32),
    /// A quadratic curve: control point, end.
    Quadratic((f32, f32), (f32, f32)),
    /// A cubic curve: two control points, end.
    Cubic((f32, f32), (f32, f32), (f32, f32)),
    /// Back to the beginning of the contour.
    Close,
}

/// A parsed font file.
pub struct Face {
    font: Font,
    metrics: Metrics,
    postscript_name: String,
    is_cff: bool,
    advances: Vec<u16>,
    characters: CharacterMap,
    plain: OnceLock<Option<PlainTable>>,
    plans: PlanCache,
}

impl Face {
    /// Larger files are refused.
    pub const MAX_BYTES: usize = 32 << 20;

    /// Parses a font file: TrueType or OpenType (CFF) outlines, one static face.
    ///
    /// Does not check whether the licence flags allow embedding.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, FaceError> {
        Self::check_size(bytes.len())?;
        Self::from_font(Font::new(bytes, 0).ok_or(FaceError::NotAFont)?)
    }

    /// Like [`Face::from_bytes`], for bytes that live as long as the program.
    pub fn from_static(bytes: &'static [u8]) -> Result<Self, FaceError> {
        Self::check_size(bytes.len())?;
        Self::from_font(Font::new(bytes, 0).ok_or(FaceError::NotAFont)?)
    }

    fn check_size(found: usize) -> Result<(), FaceError> {
        let max = Self::MAX_BYTES;
        if found > max {
            Err(FaceError::TooLarge { found, max })
        } else {
            Ok(())
        }
    }

    fn from_font(font: Font) -> Result<Self, FaceError> {
        let tables = font.tables();
        if tables.fvar().is_ok() {
            return Err(FaceError::Variable);
        }
        let is_cff = match font.outline_glyphs().source() {
            Some(OutlineSource::Glyf) => false,
            Some(OutlineSource::Cff) => true,
            _ => return Err(FaceError::BrokenTable("glyf or CFF")),
        };
        if !font.charmap().has_unicode() {
            return Err(FaceError::BrokenTable("cmap"));
        }
        let postscript_name = postscript_name(&font).ok_or(FaceError::BrokenTable("name"))?;
        Ok(Self {
            metrics: read_metrics(&font)?,
            advances: read_advances(&font)?,
            characters: CharacterMap::new(&font),
            plain: OnceLock::new(),
            plans: PlanCache::default(),
            postscript_name,
            is_cff,
            font,
        })
    }

    /// The whole font file.
    pub fn data(&self) -> &[u8] {
        match self.font.source() {
            harfrust::font::Source::Blob(blob) => blob,
            // Only blobs are passed to the parser above.
            harfrust::font::Source::TableFunction(_) => &[],
        }
    }

    /// Measures of the whole face.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// The PostScript name, of printable ASCII without the characters that delimit PDF names.
    pub fn postscript_name(&self) -> &str {
        &self.postscript_name
    }

    /// Whether outlines are CFF (PostScript) rather than TrueType.
    pub fn is_cff(&self) -> bool {
        self.is_cff
    }

    /// How many glyphs there are; ids run from 0 to one less.
    pub fn glyph_count(&self) -> u16 {
        u16::try_from(self.advances.len()).unwrap_or(u16::MAX)
    }

    /// The advance width of a glyph in font units; zero for an id outside of the font.
    pub fn advance(&self, glyph: u16) -> u16 {
        self.advances.get(usize::from(glyph)).copied().unwrap_or(0)
    }

    /// The glyph for a character; `None` where the font would show a box.
    pub fn glyph(&self, character: char) -> Option<u16> {
        self.characters.get(&self.font, character)
    }

    /// Whether the face can show these characters together, composed or decomposed as it likes.
    pub fn covers(&self, cluster: &str) -> bool {
        self.characters.covers(&self.font, cluster)
    }

    /// Every character with its glyph, by character.
    pub fn characters(&self) -> impl Iterator<Item = (char, u16)> + '_ {
        self.font.charmap().unicodes().filter_map(|(code, glyph)| {
            Some((char::from_u32(code)?, u16::try_from(glyph.to_u32()).ok()?))
        })
    }

    /// Hands each step of a glyph's outline to `draw`. Nothing is drawn for blank and for broken
    /// glyphs.
    pub fn outline(&self, glyph: u16, draw: &mut dyn FnMut(OutlineStep)) {
        let Some(outline) = self.font.outline_glyphs().get(GlyphId::from(glyph)) else {
            return;
        };
        // A broken outline leaves what was drawn until then, as viewers do.
        let _ = outline.draw(&DrawOptions::new(), DrawMemory::Scratch, &mut Steps(draw));
    }

    /// The parsed font, for shaping.
    pub(crate) fn font(&self) -> &Font {
        &self.font
    }

    /// The table for plain Latin text; made when first asked for, which takes some milliseconds.
    /// `None` when the face has rules that no table can hold.
    pub(crate) fn plain(&self) -> Option<&PlainTable> {
        self.plain
            .get_or_init(|| PlainTable::new(&self.font, |glyph| self.advance(glyph)))
            .as_ref()
    }

    /// The shaper's plan for text with these properties.
    pub(crate) fn plan(&self, request: &PlanRequest<'_>) -> Arc<ShapePlan> {
        self.plans.get(&self.font, request)
    }
}

impl fmt::Debug for Face {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Face({})", self.postscript_name)
    }
}

struct Steps<'a>(&'a mut dyn FnMut(OutlineStep));

impl PathSink for Steps<'_> {
    fn move_to(&mut self, x: f32, y: f32) {
        (self.0)(OutlineStep::Move(x, y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        (self.0)(OutlineStep::Line(x, y));
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        (self.0)(OutlineStep::Quadratic((cx0, cy0), (x, y)));
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        (self.0)(OutlineStep::Cubic((cx0, cy0), (cx1, cy1), (x, y)));
    }

    fn close(&mut self) {
        (self.0)(OutlineStep::Close);
    }
}

fn read_metrics(font: &Font) -> Result<Metrics, FaceError> {
    let tables = font.tables();
    let head = tables.head().map_err(|_| FaceError::BrokenTable("head"))?;
    let post = tables.post().map_err(|_| FaceError::BrokenTable("post"))?;
    let global = font.metrics();
    let units_per_em = head.units_per_em();
    if !(16..=16_384).contains(&units_per_em) {
        return Err(FaceError::UnitsPerEm(units_per_em));
    }
    let line = line_box(font).ok_or(FaceError::BrokenTable("hhea"))?;
    let weight = tables
        .os2()
        .map_or(REGULAR, |os2| os2.us_weight_class())
        .clamp(1, 1000);
    let em = i16::try_from(units_per_em).unwrap_or(i16::MAX);
    let round = |value: read_fonts::types::F48Dot16| value.to_f64().round() as i16;
    Ok(Metrics {
        units_per_em,
        ascent: round(line.ascender),
        descent: round(line.descender),
        line_gap: round(line.line_gap).max(0),
        cap_height: global.cap_height.map_or(em / 10 * 7, round),
        x_height: global.x_height.map_or(em / 2, round),
        bounds: BoundingBox {
            x_min: head.x_min(),
            y_min: head.y_min(),
            x_max: head.x_max(),
            y_max: head.y_max(),
        },
        italic_angle: post.italic_angle().to_f32(),
        underline_position: post.underline_position().to_i16(),
        underline_thickness: post.underline_thickness().to_i16().max(em / 50),
        stem_width: stem_width(weight, em),
        weight,
        monospaced: post.is_fixed_pitch() != 0,
    })
}

/// The line that the font asks for: the typographic one if it says so, else that of `hhea`.
fn line_box(font: &Font) -> Option<LineBox> {
    let metrics = font.metrics();
    if metrics.use_typo_metrics {
        metrics.typo_line
    } else {
        metrics.hhea_line
    }
}

/// 50 + (weight / 65)² thousandths of the em, the customary guess.
fn stem_width(weight: u16, em: i16) -> i16 {
    let weight = i32::from(weight);
    i16::try_from((50 + weight * weight / (65 * 65)) * i32::from(em) / 1000).unwrap_or(i16::MAX)
}

fn read_advances(font: &Font) -> Result<Vec<u16>, FaceError> {
    let hmtx = font
        .tables()
        .hmtx()
        .map_err(|_| FaceError::BrokenTable("hmtx"))?;
    let glyphs = u16::try_from(font.num_glyphs()).map_err(|_| FaceError::BrokenTable("maxp"))?;
    if glyphs == 0 {
        return Err(FaceError::BrokenTable("maxp"));
    }
    Ok((0..glyphs)
        .map(|glyph| hmtx.advance(glyph.into()).unwrap_or(0))
        .collect())
}

fn postscript_name(font: &Font) -> Option<String> {
    const MAX: usize = 63;
    let names = font.names();
    let name = names
        .get(NameId::POSTSCRIPT_NAME)
        .or_else(|| names.get(NameId::FULL_NAME))?;
    let delimiters = "[](){}<>/%#";
    let name: String = name
        .english_or_first()?
        .name()
        .chars()
        .filter(|c| c.is_ascii_graphic() && !delimiters.contains(*c))
        .take(MAX)
        .collect();
    (!name.is_empty()).then_some(name)
}
