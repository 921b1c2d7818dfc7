//! One page, or one background: from a flat list of items to a tree of elements.

mod slots;
mod text;

use ticket_render::length::{Angle, Length, Point};
use ticket_render::scene::{
    BackgroundId, Content, Element, Fill, FillRule, Group, Link, Outline, Page, Paint, Role,
    Segment, Shape, Stroke,
};
use ticket_render::text::TextStyle;

use self::slots::Slot;
use super::code::{TokenSymbols, draw_text, draw_token};
use super::figures::{PaintedFigure, stroke_reach};
use super::geometry::{Figure, Placement};
use super::pictures::{self, ShownImages};
use super::{CodeText, Findings, KnownImage, Resources, specimen};
use crate::templates::layout::{
    self, CodeContent, ImageSource, Item, ItemContent, Place, ShapeOutline,
};

/// A page, made.
pub(super) struct ComposedPage {
    pub page: Page,
    pub slots: u32,
    pub shown: ShownImages,
}

/// Walks a flat list.
pub(super) struct PageComposer<'a> {
    resources: &'a Resources,
    own_styles: &'a [TextStyle],
    values: &'a [(u32, KnownImage)],
    findings: &'a mut Findings,
    area: Area,
    /// Images of the document so far.
    pub shown: ShownImages,
    open: Vec<OpenGroup>,
    elements: Vec<Element>,
    /// All that is painted, of a background only: pages check against their slots at once.
    figures: Vec<PaintedFigure>,
    /// The page's slots, found before anything is painted.
    slots: Vec<Slot>,
    /// Counted with the others, so that a slot that lies badly is not called missing too.
    refused_slots: u32,
    /// The item that was last found to reach into a slot; each is named once.
    reported: u32,
}

/// What is being composed.
#[derive(Clone, Copy)]
enum Area {
    Page { number: u32 },
    Background { index: u32 },
}

impl Area {
    const fn item(self, item: u32) -> Place {
        match self {
            Self::Page { number } => Place::Item { page: number, item },
            Self::Background { index } => Place::Background {
                background: index,
                item,
            },
        }
    }
}

/// A group whose end has not come yet.
struct OpenGroup {
    item: u32,
    element: Element,
    placement: Placement,
    /// All clips around its content.
    clips: Vec<Figure>,
}

impl<'a> PageComposer<'a> {
    pub fn of_page(
        resources: &'a Resources,
        own_styles: &'a [TextStyle],
        values: &'a [(u32, KnownImage)],
        number: u32,
        findings: &'a mut Findings,
    ) -> Self {
        Self::new(
            resources,
            own_styles,
            values,
            Area::Page { number },
            findings,
        )
    }

    pub fn of_background(resources: &'a Resources, index: u32, findings: &'a mut Findings) -> Self {
        Self::new(resources, &[], &[], Area::Background { index }, findings)
    }

    fn new(
        resources: &'a Resources,
        own_styles: &'a [TextStyle],
        values: &'a [(u32, KnownImage)],
        area: Area,
        findings: &'a mut Findings,
    ) -> Self {
        Self {
            resources,
            own_styles,
            values,
            findings,
            area,
            shown: ShownImages::default(),
            open: Vec::new(),
            elements: Vec::new(),
            figures: Vec::new(),
            slots: Vec::new(),
            refused_slots: 0,
            reported: 0,
        }
    }

    /// Composes a page and draws the code last.
    pub fn compose_page(
        mut self,
        page: &layout::Page,
        code: &CodeText,
        symbols: &mut TokenSymbols,
    ) -> ComposedPage {
        self.find_slots(page);
        self.walk(&page.items);
        let mut elements = std::mem::take(&mut self.elements);
        let slots = std::mem::take(&mut self.slots);
        match code {
            CodeText::Token(_) => {}
            CodeText::Specimen(_) => {
                let codes: Vec<_> = slots.iter().map(|slot| slot.frame).collect();
                elements.extend(specimen::mark(page.size, &codes, &self.resources.fonts));
            }
        }
        let count = self
            .refused_slots
            .saturating_add(u32::try_from(slots.len()).unwrap_or(u32::MAX));
        for slot in slots {
            self.findings.place = self.area.item(slot.item);
            elements.extend(draw_token(
                &slot.code,
                slot.frame,
                slot.alternative,
                symbols,
                self.findings,
            ));
        }
        let page = Page {
            name: page.name.clone(),
            size: page.size,
            bleed: page.bleed,
            elements,
        };
        ComposedPage {
            page,
            slots: count,
            shown: self.shown,
        }
    }

    /// Composes a background; slots in it have been refused when it was read.
    pub fn compose_background(mut self, items: &[Item]) -> (Vec<Element>, Vec<PaintedFigure>) {
        self.walk(items);
        (self.elements, self.figures)
    }

    fn walk(&mut self, items: &[Item]) {
        for (item, number) in items.iter().zip(1..) {
            self.findings.place = self.area.item(number);
            self.item(item, number);
        }
        // Ends that never came, innermost first.
        while let Some(group) = self.open.pop() {
            self.findings.place = self.area.item(group.item);
            self.findings
                .problem("content", "this group is never ended");
        }
    }

    fn item(&mut self, item: &Item, number: u32) {
        match &item.content {
            ItemContent::GroupStart(group) => self.start_group(item, group, number),
            ItemContent::GroupEnd => self.end_group(),
            ItemContent::Text(text_box) => self.text(item, text_box, number),
            ItemContent::Shape(shape) => self.shape(item, shape, number),
            ItemContent::Image(image) => self.image(item, image, number),
            ItemContent::Code(code) => self.code(item, code, number),
            ItemContent::Background { index, at } => self.background(item, *index, *at, number),
            ItemContent::Link { area, uri } => {
                let content = Content::Link(Link {
                    area: *area,
                    uri: uri.clone(),
                });
                self.push(item, Role::Link, content);
            }
        }
    }

    fn start_group(&mut self, item: &Item, group: &layout::Group, number: u32) {
        let limit = self.resources.limits.group_depth;
        if self.open.len() as u64 == limit {
            self.findings.problem(
                "content",
                format!("groups are nested deeper than `group_depth` = {limit}"),
            );
        }
        let placement = self.placement().within(group);
        let mut clips = self.clips().to_vec();
        if let Some(outline) = &group.clip {
            clips.push(Figure::of_outline(outline, &placement, true, Length::ZERO));
        }
        let content = Content::Group(Group {
            translate: group.translate,
            rotate: group.rotate,
            scale_ppm: group.scale_ppm,
            clip: group.clip.as_ref().map(scene_outline),
            opacity: group.opacity,
            elements: Vec::new(),
        });
        self.open.push(OpenGroup {
            item: number,
            element: element(item, Role::Paragraph, content),
            placement,
            clips,
        });
    }

    fn end_group(&mut self) {
        match self.open.pop() {
            Some(group) => self.push_element(group.element),
            None => self
                .findings
                .problem("content", "ends a group where none is open"),
        }
    }

    fn shape(&mut self, item: &Item, shape: &layout::Shape, number: u32) {
        let (outline, rule) = (scene_outline(&shape.outline), rule_of(&shape.outline));
        let reach = shape.stroke.as_ref().map_or(Length::ZERO, |stroke| {
            stroke_reach(stroke.width, stroke.join, has_sharp_corners(&shape.outline))
        });
        self.paint(number, &shape.outline, shape.fill.is_some(), reach);
        let content = Content::Shape(Shape {
            outline,
            fill: shape.fill.map(|color| Fill {
                paint: Paint::Solid(color),
                rule,
            }),
            stroke: shape.stroke.as_ref().map(|stroke| Stroke {
                color: stroke.color,
                width: stroke.width,
                dashes: stroke.dashes.clone(),
                dash_phase: stroke.dash_phase,
                cap: stroke.cap,
                join: stroke.join,
            }),
        });
        self.push(item, Role::Artifact, content);
    }

    fn image(&mut self, item: &Item, image: &layout::Image, number: u32) {
        let known = match &image.source {
            ImageSource::Asset { name } => self.resources.images.get(name).copied(),
            ImageSource::Value { id } => self
                .values
                .iter()
                .find(|(known, _)| known == id)
                .map(|(_, image)| *image),
        };
        let Some(known) = known else {
            let message = match &image.source {
                ImageSource::Asset { name } => {
                    format!("there is no asset `{name}`; the manifest lists what must be there")
                }
                ImageSource::Value { id } => format!("this request has no image value {id}"),
            };
            return self.findings.problem("source", message);
        };
        if !self
            .shown
            .add(known, self.resources.limits.image_pixels, self.findings)
        {
            return;
        }
        let placed = pictures::place(image, known);
        let visible = placed.crop.unwrap_or(placed.place);
        self.paint_rect(number, visible);
        self.push(item, Role::Figure, Content::Image(placed));
    }

    fn background(&mut self, item: &Item, index: u32, at: Point, number: u32) {
        let position = usize::try_from(index).unwrap_or(usize::MAX);
        let (Some(background), Ok(id)) = (
            self.resources.backgrounds.get(position),
            u16::try_from(index),
        ) else {
            let count = self.resources.backgrounds.len();
            return self.findings.problem(
                "index",
                format!("there is no background {index}; there are {count}, counted from 0"),
            );
        };
        let placement = self.placement().moved(at);
        for painted in &background.figures {
            if self.is_watched(&painted.figure.placed_bounds(&placement)) {
                let clips = painted.clips.iter().map(|clip| clip.placed(&placement));
                self.painted(number, painted.figure.placed(&placement), clips.collect());
            }
        }
        let elements = match self.area {
            Area::Page { .. } => vec![Element::artifact(Content::Background(BackgroundId(id)))],
            // The renderer keeps backgrounds flat: one within another is drawn into it.
            Area::Background { .. } => background.elements.clone(),
        };
        // A background has no place of its own; a group moves it there.
        let group = Group {
            translate: at,
            rotate: Angle::millidegrees(0),
            scale_ppm: (1_000_000, 1_000_000),
            clip: None,
            opacity: u8::MAX,
            elements,
        };
        self.push(item, Role::Artifact, Content::Group(group));
    }

    fn code(&mut self, item: &Item, code: &layout::Code, number: u32) {
        match &code.content {
            // Found before, and drawn after all else.
            CodeContent::Token => {}
            CodeContent::Text(text) => {
                let drawn = draw_text(code, text, item.alternative.clone(), self.findings);
                self.paint_rect(number, code.frame);
                for element in drawn {
                    self.push_element(element);
                }
            }
        }
    }

    fn placement(&self) -> Placement {
        self.open
            .last()
            .map_or(Placement::PAGE, |group| group.placement)
    }

    fn clips(&self) -> &[Figure] {
        self.open.last().map_or(&[], |group| group.clips.as_slice())
    }

    fn push(&mut self, item: &Item, otherwise: Role, content: Content) {
        self.push_element(element(item, otherwise, content));
    }

    fn push_element(&mut self, element: Element) {
        let list = match self.open.last_mut().map(|group| &mut group.element.content) {
            Some(Content::Group(group)) => &mut group.elements,
            _ => &mut self.elements,
        };
        list.push(element);
    }
}

fn element(item: &Item, otherwise: Role, content: Content) -> Element {
    Element {
        role: item.role.unwrap_or(otherwise),
        alternative: item.alternative.clone(),
        content,
    }
}

fn scene_outline(outline: &ShapeOutline) -> Outline {
    match outline {
        ShapeOutline::Rectangle { frame, radius } => Outline::Rect {
            rect: *frame,
            radius: *radius,
        },
        ShapeOutline::Path { segments, .. } => Outline::Path(segments.clone()),
    }
}

fn rule_of(outline: &ShapeOutline) -> FillRule {
    match outline {
        ShapeOutline::Rectangle { .. } => FillRule::NonZero,
        ShapeOutline::Path { rule, .. } => *rule,
    }
}

/// A straight line has no corner, and a rectangle's do not reach further than half the width.
fn has_sharp_corners(outline: &ShapeOutline) -> bool {
    match outline {
        ShapeOutline::Rectangle { .. } => false,
        ShapeOutline::Path { segments, .. } => {
            segments.len() > 2
                || segments
                    .iter()
                    .any(|segment| matches!(segment, Segment::Cubic(..)))
        }
    }
}
