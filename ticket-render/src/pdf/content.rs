//! A content stream: the operators of one page, group or background.

use pdf_writer::Ref;

use super::document::Document;
use super::link::PageLink;
use super::page::Painted;
use super::resources::Resources;
use crate::decimal::{push_emu, push_integer, push_points, push_ratio, push_thousandths};
use crate::error::RenderError;
use crate::fonts::FontId;
use crate::length::Length;
use crate::scene::{Color, Content, Element};
use crate::transform::Transform;

/// Operators so far, and the state they leave a viewer in.
pub(super) struct ContentWriter<'d, 'a> {
    pub document: &'d mut Document<'a>,
    pub resources: Resources,
    pub links: Vec<PageLink>,
    /// From the present coordinates (EMU, y down) to the page's (EMU, y up).
    pub to_page: Transform,
    pub state: State,
    saved: Vec<(State, Transform)>,
    /// Inside of a text object, where only text operators may stand.
    in_text: bool,
    out: Vec<u8>,
}

/// What a viewer remembers between operators; `None` where it is not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State {
    fill: Option<Color>,
    stroke: Option<Color>,
    pub font: Option<(FontId, Length)>,
    /// Extra space after each glyph.
    pub letter_spacing: Length,
}

impl<'d, 'a> ContentWriter<'d, 'a> {
    /// A stream whose coordinates go to the page's by `to_page`.
    pub fn new(document: &'d mut Document<'a>, to_page: Transform) -> Self {
        Self {
            document,
            resources: Resources::default(),
            links: Vec::new(),
            to_page,
            state: State::default(),
            saved: Vec::new(),
            in_text: false,
            out: Vec::with_capacity(8 << 10),
        }
    }

    /// The operators, what they refer to, and the links met.
    pub fn finish(mut self) -> Painted {
        self.leave_text();
        Painted {
            content: self.out,
            resources: self.resources,
            links: self.links,
        }
    }

    pub fn elements(&mut self, elements: &[Element]) -> Result<(), RenderError> {
        for element in elements {
            self.element(element)?;
        }
        Ok(())
    }

    /// Structure (role, alternative text) joins here, around the content.
    fn element(&mut self, element: &Element) -> Result<(), RenderError> {
        match &element.content {
            Content::Group(group) => self.group(group)?,
            Content::Glyphs(run) => self.glyphs(run),
            Content::Shape(shape) => self.shape(shape),
            Content::Image(image) => self.image(image)?,
            Content::Code(code) => self.code(code),
            Content::Link(link) => self.links.push(PageLink::new(link, self.to_page)),
            Content::Background(id) => {
                let object = self.document.background(*id)?;
                self.draw_object(object);
                if let Some(background) = self.document.assets.pdf_background(*id) {
                    self.links.extend(background.links(self.to_page));
                }
            }
        }
        Ok(())
    }

    /// Outside of text: the raw operators so far.
    pub fn graphics(&mut self) -> &mut Vec<u8> {
        self.leave_text();
        &mut self.out
    }

    /// Inside of text: the raw operators so far.
    pub fn text(&mut self) -> &mut Vec<u8> {
        if !self.in_text {
            self.out.extend_from_slice(b"BT\n");
            self.in_text = true;
        }
        &mut self.out
    }

    fn leave_text(&mut self) {
        if self.in_text {
            self.out.extend_from_slice(b"ET\n");
            self.in_text = false;
        }
    }

    pub fn save(&mut self) {
        self.graphics().extend_from_slice(b"q\n");
        self.saved.push((self.state.clone(), self.to_page));
    }

    pub fn restore(&mut self) {
        self.graphics().extend_from_slice(b"Q\n");
        if let Some((state, to_page)) = self.saved.pop() {
            self.state = state;
            self.to_page = to_page;
        }
    }

    /// Writes a `cm`; the caller keeps `to_page` in step.
    pub fn concatenate(&mut self, transform: Transform) {
        let out = self.graphics();
        for ratio in [transform.a, transform.b, transform.c, transform.d] {
            push_ratio(out, ratio);
            out.push(b' ');
        }
        for distance in [transform.e, transform.f] {
            push_emu(out, distance);
            out.push(b' ');
        }
        out.extend_from_slice(b"cm\n");
    }

    pub fn draw_object(&mut self, object: Ref) {
        self.resources.add_object(object);
        let out = self.graphics();
        out.extend_from_slice(b"/X");
        push_integer(out, i64::from(object.get()));
        out.extend_from_slice(b" Do\n");
    }

    /// Also allowed within text.
    pub fn set_fill(&mut self, color: Color) {
        if self.state.fill.replace(color) != Some(color) {
            push_color(&mut self.out, color, [b"g\n", b"rg\n", b"k\n"]);
        }
    }

    pub fn set_stroke(&mut self, color: Color) {
        if self.state.stroke.replace(color) != Some(color) {
            push_color(&mut self.out, color, [b"G\n", b"RG\n", b"K\n"]);
        }
    }
}

/// Writes lengths in points, each followed by a space.
pub(super) fn push_lengths(out: &mut Vec<u8>, lengths: &[Length]) {
    for length in lengths {
        push_points(out, *length);
        out.push(b' ');
    }
}

fn push_color(out: &mut Vec<u8>, color: Color, [gray, rgb, cmyk]: [&[u8]; 3]) {
    let mut channels = |values: &[u8], operator: &[u8]| {
        for value in values {
            // Three decimals tell all 256 values apart.
            push_thousandths(out, (i64::from(*value) * 1000 + 127) / 255);
            out.push(b' ');
        }
        out.extend_from_slice(operator);
    };
    match color {
        Color::Gray(value) => channels(&[value], gray),
        Color::Rgb { r, g, b } => channels(&[r, g, b], rgb),
        Color::Cmyk { c, m, y, k } => channels(&[c, m, y, k], cmyk),
    }
}
