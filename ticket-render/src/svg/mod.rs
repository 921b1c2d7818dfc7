//! One page as SVG 1.1, text as outlines, so that it looks the same in every program.
//!
//! One user unit is 100 EMU (1/360 mm): fine enough that rounding is invisible, coarse enough that
//! coordinates stay short. Glyphs are defined once and referred to.

mod image;
mod number;
mod shape;
mod text;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::assets::Assets;
use crate::error::RenderError;
use crate::fonts::FontId;
use crate::length::{Length, Point};
use crate::scene::{Content, Element, Group, Link, Page, PlacedCode, Scene};

use self::number::{Coordinate, Decimal, escape};

/// Draws a page, counted from 0.
///
/// # Errors
/// [`RenderError::NoSuchPage`] and [`RenderError::MissingAsset`].
pub fn render(scene: &Scene, page: usize, assets: &Assets) -> Result<String, RenderError> {
    let page = scene.pages.get(page).ok_or(RenderError::NoSuchPage {
        asked: page,
        pages: scene.pages.len(),
    })?;
    let mut drawing = Drawing {
        assets,
        body: String::with_capacity(16 << 10),
        definitions: String::new(),
        glyphs: BTreeMap::new(),
        clips: 0,
    };
    drawing.elements(&page.elements)?;
    Ok(drawing.finish(scene, page))
}

/// What is drawn so far.
struct Drawing<'a> {
    assets: &'a Assets,
    body: String,
    definitions: String,
    /// Which glyphs are defined, and whether there is anything to see of them.
    glyphs: BTreeMap<(FontId, u16), bool>,
    clips: u32,
}

impl Drawing<'_> {
    fn elements(&mut self, elements: &[Element]) -> Result<(), RenderError> {
        elements.iter().try_for_each(|element| self.element(element))
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
            Content::Background(id) => {
                let assets = self.assets;
                let elements = assets.background(*id).ok_or(RenderError::MissingAsset)?;
                self.elements(elements)
            }
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
            let _ = write!(self.body, " clip-path=\"url(#c{clip})\"");
        }
        if group.opacity != u8::MAX {
            let opacity = Decimal::thousandths(i32::from(group.opacity) * 1000 / 255);
            let _ = write!(self.body, " opacity=\"{opacity}\"");
        }
        self.body.push('>');
        self.elements(&group.elements)?;
        self.body.push_str("</g>");
        Ok(())
    }

    /// The ground and the modules as two paths. The modules' path is in module units; crisp edges
    /// keep viewers from blurring the seams between rectangles.
    fn code(&mut self, code: &PlacedCode, alternative: Option<&str>) {
        let quiet = i64::from(code.quiet_modules);
        let side = code.module.scaled(i64::from(code.symbol.width()) + 2 * quiet, 1);
        self.body.push_str("<g");
        if let Some(text) = alternative {
            let _ = write!(self.body, " role=\"img\" aria-label=\"{}\"", escape(text));
        }
        let _ = write!(
            self.body,
            " shape-rendering=\"crispEdges\" transform=\"translate({} {})\"><path fill=\"{}\" d=\"M0 0h{side}v{side}h-{side}z\"/>",
            Coordinate(code.origin.x),
            Coordinate(code.origin.y),
            shape::css(code.light),
            side = Coordinate(side),
        );
        let _ = write!(
            self.body,
            "<path fill=\"{}\" transform=\"scale({})\" d=\"",
            shape::css(code.dark),
            Decimal::of_ratio(code.module.to_emu(), 100),
        );
        for rect in code.symbol.rectangles() {
            let (x, y) = (i64::from(rect.x) + quiet, i64::from(rect.y) + quiet);
            let (width, height) = (rect.width, rect.height);
            let _ = write!(self.body, "M{x} {y}h{width}v{height}h-{width}z");
        }
        self.body.push_str("\"/></g>");
    }

    fn link(&mut self, link: &Link) {
        let _ = write!(
            self.body,
            "<a href=\"{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" pointer-events=\"all\"/></a>",
            escape(&link.uri),
            Coordinate(link.area.x),
            Coordinate(link.area.y),
            Coordinate(link.area.width),
            Coordinate(link.area.height),
        );
    }

    fn finish(self, scene: &Scene, page: &Page) -> String {
        let mm = |length: Length| Decimal::of_ratio(length.to_emu(), 36_000);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" viewBox=\"0 0 {right} {bottom}\" lang=\"{language}\"><title>{title}</title><defs>{definitions}</defs>{body}</svg>\n",
            width = mm(page.size.width),
            height = mm(page.size.height),
            right = Coordinate(page.size.width),
            bottom = Coordinate(page.size.height),
            language = escape(&scene.language),
            title = escape(&scene.title),
            definitions = self.definitions,
            body = self.body,
        )
    }
}
