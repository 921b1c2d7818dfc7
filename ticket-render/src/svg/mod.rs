//! One page as SVG 1.1 upon white paper, text as outlines, so that it looks the same in every
//! program.
//!
//! One user unit is 100 EMU (1/360 mm): fine enough that rounding is invisible, coarse enough that
//! coordinates stay short. Glyphs are defined once and referred to.

mod background;
mod code;
mod glyphs;
mod image;
mod number;
mod shape;
mod text;

use std::fmt::Write as _;

use crate::assets::Assets;
use crate::error::RenderError;
use crate::length::{Length, Point};
use crate::scene::{BackgroundId, Content, Element, Group, Link, Page, Scene};

pub(crate) use self::background::PreparedBackground;
pub(crate) use self::glyphs::Glyphs;

use self::number::{Coordinate, Decimal, escape};
use self::text::GlyphUse;

/// Draws a page, counted from 0.
///
/// # Errors
/// [`RenderError::NoSuchPage`], [`RenderError::UnknownImage`] and [`RenderError::UnknownBackground`].
pub fn render(scene: &Scene, page: usize, assets: &Assets) -> Result<String, RenderError> {
    let pages = scene.pages.len();
    let page = scene
        .pages
        .get(page)
        .ok_or(RenderError::NoSuchPage { page, pages })?;
    let mut drawing = Drawing::new(assets, String::new());
    drawing.elements(&page.elements)?;
    Ok(drawing.finish(scene, page))
}

/// What is drawn so far.
struct Drawing<'a> {
    assets: &'a Assets,
    body: String,
    /// Glyphs to be defined.
    glyphs: GlyphUse,
    /// Definitions of clips.
    clips: String,
    /// What the names of clips begin with.
    clip_name: String,
    clip_count: u32,
    backgrounds: Vec<BackgroundId>,
}

impl<'a> Drawing<'a> {
    /// Nothing yet; `clip_name` keeps clips apart from those of other drawings in the same file.
    fn new(assets: &'a Assets, clip_name: String) -> Self {
        Self {
            assets,
            body: String::with_capacity(64 << 10),
            glyphs: GlyphUse::default(),
            clips: String::new(),
            clip_name,
            clip_count: 0,
            backgrounds: Vec::new(),
        }
    }

    fn elements(&mut self, elements: &[Element]) -> Result<(), RenderError> {
        elements
            .iter()
            .try_for_each(|element| self.element(element))
    }

    fn element(&mut self, element: &Element) -> Result<(), RenderError> {
        match &element.content {
            Content::Group(group) => self.group(group),
            Content::Glyphs(run) => {
                self.glyph_run(run);
                Ok(())
            }
            Content::Shape(shape) => {
                self.shape(shape);
                Ok(())
            }
            Content::Image(image) => self.image(image, element.alternative.as_deref()),
            Content::Code(code) => {
                self.code(code, element.alternative.as_deref());
                Ok(())
            }
            Content::Link(link) => {
                self.link(link);
                Ok(())
            }
            Content::Background(id) => self.background(*id),
        }
    }

    fn group(&mut self, group: &Group) -> Result<(), RenderError> {
        self.body.push_str("<g");
        let moved = group.translate != Point::default();
        let turned = group.rotate.to_millidegrees() != 0;
        let scaled = group.scale_ppm != (1_000_000, 1_000_000);
        if moved || turned || scaled {
            self.body.push_str(" transform=\"");
            if moved {
                let (x, y) = (Coordinate(group.translate.x), Coordinate(group.translate.y));
                let _ = write!(self.body, "translate({x} {y})");
            }
            if turned {
                let degrees = Decimal::thousandths(group.rotate.to_millidegrees());
                let _ = write!(self.body, "rotate({degrees})");
            }
            if scaled {
                let (x, y) = group.scale_ppm;
                let (x, y) = (Decimal::millionths(x), Decimal::millionths(y));
                let _ = write!(self.body, "scale({x} {y})");
            }
            self.body.push('"');
        }
        if let Some(outline) = &group.clip {
            let clip = self.define_clip(outline);
            let _ = write!(self.body, " clip-path=\"url(#{clip})\"");
        }
        if group.opacity != u8::MAX {
            let opacity = Decimal::of_ratio(i32::from(group.opacity), 255);
            let _ = write!(self.body, " opacity=\"{opacity}\"");
        }
        self.body.push('>');
        self.elements(&group.elements)?;
        self.body.push_str("</g>");
        Ok(())
    }

    fn link(&mut self, link: &Link) {
        let _ = write!(
            self.body,
            "<a xlink:href=\"{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" pointer-events=\"all\"/></a>",
            escape(&link.uri),
            Coordinate(link.area.x),
            Coordinate(link.area.y),
            Coordinate(link.area.width),
            Coordinate(link.area.height),
        );
    }

    fn finish(self, scene: &Scene, page: &Page) -> String {
        let mm = |length: Length| Decimal::of_ratio(length.to_emu(), 36_000);
        const TYPICAL_DEFINITIONS_BYTES: usize = 32 << 10;
        let mut file = String::with_capacity(TYPICAL_DEFINITIONS_BYTES + self.body.len());
        // What reaches into the bleed is cut off, as programs do that show the file by itself.
        let _ = write!(
            file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {right} {bottom}\" overflow=\"hidden\" xml:lang=\"{language}\"><title>{title}</title><defs>",
            width = mm(page.size.width),
            height = mm(page.size.height),
            right = Coordinate(page.size.width),
            bottom = Coordinate(page.size.height),
            language = escape(&scene.language),
            title = escape(&scene.title),
        );
        self.glyphs.define(self.assets, &mut file);
        file.push_str(&self.clips);
        let _ = write!(
            file,
            "</defs><path fill=\"#fff\" d=\"M0 0h{right}v{bottom}h-{right}z\"/>",
            right = Coordinate(page.size.width),
            bottom = Coordinate(page.size.height),
        );
        file.push_str(&self.body);
        file.push_str("</svg>\n");
        file
    }
}
