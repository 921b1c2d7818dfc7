//! From an untrusted layout to a trusted scene.
//!
//! Resolves every reference, lays out all text, refuses what the contract forbids, and draws the
//! signed code last, on its own opaque ground, where the template left a slot for it. A guest can
//! so draw an ugly ticket, never a false one.

mod code;
mod figures;
mod geometry;
mod notes;
mod page;
mod pictures;
mod slot;
mod specimen;
mod styles;

use std::collections::HashMap;

use ticket_render::fonts::FontSet;
use ticket_render::images::ImageId;
use ticket_render::length::Size;
use ticket_render::scene::{Element, Scene};
use ticket_render::text;

pub use notes::{About, AuthorNote, AuthorNotes};

use self::figures::PaintedFigure;
use self::page::PageComposer;
use super::layout::{Layout, LayoutProblem, Place, TextStyle};
use super::limits::TemplateLimits;
use super::manifest::{Background, TokenUse};

/// The QR text that the host prints into the slots, and whether it admits anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeText {
    /// A signed token: the page is a ticket.
    Token(String),
    /// A token that is never valid: the page is marked as a specimen, across all of it.
    Specimen(String),
}

impl CodeText {
    fn text(&self) -> &str {
        match self {
            Self::Token(text) | Self::Specimen(text) => text,
        }
    }
}

/// An image that layouts may refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownImage {
    /// Its id with the renderer.
    pub id: ImageId,
    /// Pixels across.
    pub width_px: u32,
    /// Pixels down.
    pub height_px: u32,
}

/// Everything of a template version that its layouts may refer to.
pub struct Resources {
    limits: TemplateLimits,
    fonts: FontSet,
    styles: Vec<text::TextStyle>,
    images: HashMap<String, KnownImage>,
    backgrounds: Vec<ComposedBackground>,
    token: TokenUse,
}

/// A background, laid out once.
pub struct ComposedBackground {
    /// What is painted.
    pub elements: Vec<Element>,
    /// What it occupies.
    pub size: Size,
    figures: Vec<PaintedFigure>,
}

/// What a version's resources are made of.
pub struct ResourceParts<'a> {
    /// The bounds.
    pub limits: TemplateLimits,
    /// The faces, the manifest's own included.
    pub fonts: FontSet,
    /// The assets that the manifest lists, by their names in it.
    pub images: HashMap<String, KnownImage>,
    /// Styles that all tickets share.
    pub styles: &'a [TextStyle],
    /// Drawings that all tickets share.
    pub backgrounds: &'a [Background],
    /// Whether there is a code.
    pub token: TokenUse,
}

impl Resources {
    /// Resolves a version's styles and lays out its backgrounds, with notes to the author.
    ///
    /// # Errors
    /// Every fault of styles and backgrounds.
    pub fn prepare(parts: ResourceParts<'_>) -> Result<(Self, AuthorNotes), Vec<LayoutProblem>> {
        let mut findings = Findings::new(&parts.limits);
        let styles = styles::resolve(parts.styles, 0, &parts.fonts, &mut findings);
        let mut resources = Self {
            limits: parts.limits,
            fonts: parts.fonts,
            styles,
            images: parts.images,
            backgrounds: Vec::new(),
            token: parts.token,
        };
        for (background, index) in parts.backgrounds.iter().zip(0..) {
            let composer = PageComposer::of_background(&resources, index, &mut findings);
            let (elements, figures) = composer.compose_background(&background.items);
            // Pushed one by one: a background may refer to those before it.
            resources.backgrounds.push(ComposedBackground {
                elements,
                size: background.size,
                figures,
            });
        }
        findings.conclude(resources)
    }

    /// The faces that text is set in.
    pub fn fonts(&self) -> &FontSet {
        &self.fonts
    }

    /// The backgrounds in the order of their indexes.
    pub fn backgrounds(&self) -> &[ComposedBackground] {
        &self.backgrounds
    }
}

/// Makes a scene of a layout and draws the code.
///
/// `values` are the images that came with this request, by their ids in it.
///
/// # Errors
/// Everything that is wrong with the layout.
pub fn compose(
    layout: &Layout,
    resources: &Resources,
    values: &[(u32, KnownImage)],
    code: &CodeText,
) -> Result<(Scene, AuthorNotes), Vec<LayoutProblem>> {
    let mut findings = Findings::new(&resources.limits);
    findings.notes.extend_from_guest(&layout.notes);
    let first_index = u32::try_from(resources.styles.len()).unwrap_or(u32::MAX);
    let own_styles = styles::resolve(&layout.styles, first_index, &resources.fonts, &mut findings);
    let mut symbols = code::TokenSymbols::new(code.text());
    let mut slots = 0;
    let mut shown = pictures::ShownImages::default();
    let mut pages = Vec::with_capacity(layout.pages.len());
    for (page, number) in layout.pages.iter().zip(1..) {
        let mut composer =
            PageComposer::of_page(resources, &own_styles, values, number, &mut findings);
        composer.shown = std::mem::take(&mut shown);
        let composed = composer.compose_page(page, code, &mut symbols);
        shown = composed.shown;
        slots += composed.slots;
        pages.push(composed.page);
    }
    findings.place = Place::Document;
    check_slot_count(slots, resources.token, &mut findings);
    let scene = Scene {
        title: layout.title.clone(),
        language: layout.language.clone(),
        pages,
    };
    findings.conclude(scene)
}

fn check_slot_count(slots: u32, token: TokenUse, findings: &mut Findings) {
    match token {
        TokenUse::Required(_) if slots == 0 => findings.problem(
            "pages",
            "no page has a code slot for the token; add a code with the content `token`, or say `none` in the manifest",
        ),
        TokenUse::None if slots > 0 => findings.problem(
            "pages",
            "there is a slot for the token, but the manifest says that there is none",
        ),
        TokenUse::Required(_) | TokenUse::None => {}
    }
}

/// Faults and notes, found while composing.
pub(super) struct Findings {
    /// Where the thing that is being composed stands.
    pub place: Place,
    pub notes: AuthorNotes,
    problems: Vec<LayoutProblem>,
    most_problems: u64,
}

impl Findings {
    fn new(limits: &TemplateLimits) -> Self {
        Self {
            place: Place::Document,
            notes: AuthorNotes::with_limit(limits.notes),
            problems: Vec::new(),
            most_problems: limits.problems,
        }
    }

    /// A fault at the present place.
    pub fn problem(&mut self, field: &str, message: impl Into<String>) {
        if (self.problems.len() as u64) < self.most_problems {
            let (place, field) = (self.place, field.to_owned());
            self.problems.push(LayoutProblem {
                place,
                field,
                message: message.into(),
            });
        }
    }

    /// Something that the author should look at, at the present place.
    pub fn warning(&mut self, text: String) {
        self.warning_about(About::Other, text);
    }

    /// The same, of a kind that is gathered.
    pub fn warning_about(&mut self, about: About, text: String) {
        self.notes.warn(self.place, about, text);
    }

    fn conclude<Made>(self, made: Made) -> Result<(Made, AuthorNotes), Vec<LayoutProblem>> {
        if self.problems.is_empty() {
            Ok((made, self.notes))
        } else {
            Err(self.problems)
        }
    }
}
