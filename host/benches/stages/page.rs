//! One laid out page for other writers of PDF, as JSON with fonts and images in files beside it.
//! They include this file and `measure.rs`, so that there is one format and one way to measure.
//!
//! Distances are points from the top left corner, y downwards.

use serde::{Deserialize, Serialize};

/// The folder of the page and of what others make of it, below the workspace's `target`.
pub const FOLDER: &str = "peers";
/// The description in it.
pub const FILE: &str = "page.json";

/// A page and what it took us.
#[derive(Serialize, Deserialize)]
pub struct Page {
    pub size: [f32; 2],
    /// Names of font files.
    pub fonts: Vec<String>,
    /// Names of PNG files.
    pub images: Vec<String>,
    /// The last is painted on top.
    pub items: Vec<Item>,
    pub ours: Vec<Ours>,
}

/// A figure to compare with.
#[derive(Serialize, Deserialize)]
pub struct Ours {
    pub stage: String,
    pub median_us: f64,
    pub least_us: f64,
    pub bytes: usize,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Item {
    Glyphs(Glyphs),
    Path(Path),
    Image(Image),
}

/// Shaped text on one baseline.
#[derive(Serialize, Deserialize)]
pub struct Glyphs {
    /// Position in [`Page::fonts`].
    pub font: usize,
    pub size: f32,
    pub origin: [f32; 2],
    pub color: [u8; 3],
    pub text: String,
    pub glyphs: Vec<Glyph>,
}

/// A glyph; distances in ems, the offset to the right and up.
#[derive(Serialize, Deserialize)]
pub struct Glyph {
    pub id: u16,
    /// Which bytes of the text it stands for.
    pub text: [usize; 2],
    pub advance: f32,
    pub offset: [f32; 2],
}

/// An outline, filled by the non-zero rule, or stroked.
#[derive(Serialize, Deserialize)]
pub struct Path {
    pub steps: Vec<Step>,
    pub fill: Option<[u8; 3]>,
    pub stroke: Option<Stroke>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    Move([f32; 2]),
    Line([f32; 2]),
    Cubic([[f32; 2]; 3]),
    Rect { origin: [f32; 2], size: [f32; 2] },
    Close,
}

#[derive(Serialize, Deserialize)]
pub struct Stroke {
    pub color: [u8; 3],
    pub width: f32,
    /// Dashes and gaps in turn; empty for a solid line.
    pub dashes: Vec<f32>,
    /// Ends and corners are round; else ends are butt and corners mitred.
    pub is_round: bool,
}

#[derive(Serialize, Deserialize)]
pub struct Image {
    /// Position in [`Page::images`].
    pub image: usize,
    pub origin: [f32; 2],
    pub size: [f32; 2],
}
