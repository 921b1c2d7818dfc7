//! One page, or one background: from a flat list of items to a tree of elements.

use ticket_render::length::{Angle, Length, Point, Rect};
use ticket_render::scene::{
    BackgroundId, Content, Element, Fill, FillRule, Group, Link, Outline, Page, Paint, Role, Segment,
    Shape, Stroke,
};
use ticket_render::text::{self, TextError};

use super::code::{TokenSymbols, draw_text, draw_token};
use super::figures::{PaintedFigure, of_text, stroke_reach};
use super::geometry::{Bounds, Figure, Placement};
use super::pictures::{self, ShownImages};
use super::slot::{SlotPlacement, is_on_page};
use super::{CodeText, Findings, KnownImage, Resources, specimen};
use crate::templates::layout::{self, CodeContent, ImageSource, Item, ItemContent, Place, ShapeOutline};

/// A page, made.
pub(super) struct ComposedPage {
    pub page: Page,
    pub slots: u32,
    pub shown: ShownImages,
}

/// Walks a flat list.
pub(super) struct PageComposer<'a> {
    resources: &'a Resources,
    own_styles: &'a [text::TextStyle],
    values: &'a [(u32, KnownImage)],
    findings: &'a mut Findings,
    area: Area,
    /// Images of the document so far.
    pub shown: ShownImages,
    open: Vec<OpenGroup>,
    elements: Vec<Element>,
    figures: Vec<PaintedFigure>,
    slots: Vec<Slot>,
    /// Counted with the others, so that a slot that lies badly is not called missing too.
    refused_slots: u32,
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
            Self::Background { index } => Place::Background { background: index, item },
        }
    }
}

/// A group whose end has not come yet.
struct OpenGroup {
    item: u32,
    element: Element,
    placement: Placement,
    slot_placement: SlotPlacement,
    /// All clips around its content.
    clips: Vec<Figure>,
}

/// A slot that lies well.
struct Slot {
    item: u32,
    code: layout::Code,
    /// On the page.
    frame: Rect,
    alternative: Option<String>,
}

impl<'a> PageComposer<'a> {
    pub fn of_page(
        resources: &'a Resources,
        own_styles: &'a [text::TextStyle],
        values: &'a [(u32, KnownImage)],
        number: u32,
        findings: &'a mut Findings,
    ) -> Self {
        Self::new(resources, own_styles, values, Area::Page { number }, findings)
    }

    pub fn of_background(resources: &'a Resources, index: u32, findings: &'a mut Findings) -> Self {
        Self::new(resources, &[], &[], Area::Background { index }, findings)
    }

    fn new(
        resources: &'a Resources,
        own_styles: &'a [text::TextStyle],
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
        }
    }

    /// Composes a page and draws the code last.
    pub fn compose_page(
        mut self,
        page: &layout::Page,
        code: &CodeText,
        symbols: &mut TokenSymbols,
    ) -> ComposedPage {
        self.walk(&page.items);
        self.check_slots(page);
        let mut elements = std::mem::take(&mut self.elements);
        match code {
            CodeText::Token(_) => {}
            CodeText::Specimen(_) => {
                elements.extend(specimen::mark(page.size, &self.resources.fonts));
            }
        }
        let slots = std::mem::take(&mut self.slots);
        let count = self.refused_slots.saturating_add(u32::try_from(slots.len()).unwrap_or(u32::MAX));
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
        let page =
            Page { name: page.name.clone(), size: page.size, bleed: page.bleed, elements };
        ComposedPage { page, slots: count, shown: self.shown }
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
            self.findings.problem("content", "this group is never ended");
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
                let content = Content::Link(Link { area: *area, uri: uri.clone() });
                self.push(item, Role::Link, content);
            }
        }
    }

    fn start_group(&mut self, item: &Item, group: &layout::Group, number: u32) {
        let limit = self.resources.limits.group_depth;
        if self.open.len() as u64 == limit {
            self.findings
                .problem("content", format!("groups are nested deeper than `group_depth` = {limit}"));
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
            slot_placement: self.slot_placement().within(group),
            clips,
        });
    }

    fn end_group(&mut self) {
        match self.open.pop() {
            Some(group) => self.push_element(group.element),
            None => self.findings.problem("content", "ends a group where none is open"),
        }
    }

    fn text(&mut self, item: &Item, text_box: &layout::TextBox, number: u32) {
        let Some(lines) = self.set(item, text_box) else { return };
        let laid_out = match text::lay_out(&lines, &self.resources.fonts) {
            Ok(laid_out) => laid_out,
            Err(error) => return self.refuse_text(&error),
        };
        self.report_text(&laid_out.notes);
        let mut figures = Vec::new();
        of_text(&laid_out.elements, &self.placement(), &self.resources.fonts, &mut figures);
        for figure in figures {
            self.paint(number, figure);
        }
        for element in laid_out.elements {
            self.push_element(element);
        }
    }

    /// The box in the renderer's words; `None` when a style is not there.
    fn set<'t>(&mut self, item: &Item, text_box: &'t layout::TextBox) -> Option<text::TextBox<'t>>
    where
        'a: 't,
    {
        let mut paragraphs = Vec::with_capacity(text_box.paragraphs.len());
        for paragraph in &text_box.paragraphs {
            let mut spans = Vec::with_capacity(paragraph.spans.len());
            for span in &paragraph.spans {
                let style = self.style(span.style)?;
                spans.push(text::Span { text: &span.text, style, link: span.link.as_deref() });
            }
            paragraphs.push(text::Paragraph {
                role: paragraph.role.or(item.role).unwrap_or(Role::Paragraph),
                spans,
                align: match paragraph.align {
                    layout::TextAlign::Start => text::Align::Start,
                    layout::TextAlign::Centre => text::Align::Center,
                    layout::TextAlign::End => text::Align::End,
                    layout::TextAlign::Justify => text::Align::Justify,
                },
                line_height: match paragraph.line_height {
                    layout::LineHeight::Normal => text::LineHeight::Normal,
                    layout::LineHeight::Relative(share) => text::LineHeight::Relative(share),
                    layout::LineHeight::Exact(height) => text::LineHeight::Exact(height),
                },
                space_before: paragraph.space_before,
                direction: match paragraph.direction {
                    layout::Direction::Automatic => text::Direction::Automatic,
                    layout::Direction::LeftToRight => text::Direction::LeftToRight,
                    layout::Direction::RightToLeft => text::Direction::RightToLeft,
                },
            });
        }
        Some(text::TextBox {
            frame: text_box.frame,
            paragraphs,
            vertical_align: match text_box.vertical_align {
                layout::VerticalAlign::Top => text::VerticalAlign::Top,
                layout::VerticalAlign::Middle => text::VerticalAlign::Middle,
                layout::VerticalAlign::Bottom => text::VerticalAlign::Bottom,
            },
            max_lines: text_box.max_lines,
            overflow: match text_box.overflow {
                layout::Overflow::Shrink(least) => text::Overflow::Shrink(least),
                layout::Overflow::Ellipsis => text::Overflow::Ellipsis,
                layout::Overflow::Clip => text::Overflow::Clip,
                layout::Overflow::Refuse => text::Overflow::Refuse,
            },
        })
    }

    fn style(&mut self, index: u32) -> Option<&'a text::TextStyle> {
        let shared = &self.resources.styles;
        let position = usize::try_from(index).unwrap_or(usize::MAX);
        let found = shared.get(position).or_else(|| {
            position.checked_sub(shared.len()).and_then(|own| self.own_styles.get(own))
        });
        if found.is_none() {
            let count = shared.len() + self.own_styles.len();
            self.findings
                .problem("span.style", format!("there is no style {index}; there are {count}, counted from 0"));
        }
        found
    }

    fn refuse_text(&mut self, error: &TextError) {
        let field = match error {
            TextError::DoesNotFit { .. } => "overflow",
            TextError::RightToLeft { .. } => "paragraph.direction",
            TextError::TooLong { .. } => "paragraphs",
        };
        self.findings.problem(field, error.to_string());
    }

    fn report_text(&mut self, notes: &text::Notes) {
        for note in notes.entries() {
            let words = describe_text_note(note, &self.resources.fonts);
            self.findings.warning(words);
        }
        if notes.omitted() > 0 {
            self.findings.warning(format!("{} more remarks on this text", notes.omitted()));
        }
    }

    fn shape(&mut self, item: &Item, shape: &layout::Shape, number: u32) {
        let (outline, rule) = (scene_outline(&shape.outline), rule_of(&shape.outline));
        let reach = shape.stroke.as_ref().map_or(Length::ZERO, |stroke| {
            stroke_reach(stroke.width, stroke.join, has_sharp_corners(&shape.outline))
        });
        let figure =
            Figure::of_outline(&shape.outline, &self.placement(), shape.fill.is_some(), reach);
        self.paint(number, figure);
        let content = Content::Shape(Shape {
            outline,
            fill: shape.fill.map(|color| Fill { paint: Paint::Solid(color), rule }),
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
            ImageSource::Value { id } => {
                self.values.iter().find(|(known, _)| known == id).map(|(_, image)| *image)
            }
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
        if !self.shown.add(known, self.resources.limits.image_pixels, self.findings) {
            return;
        }
        let placed = pictures::place(image, known);
        let visible = placed.crop.unwrap_or(placed.place);
        self.paint(number, Figure::of_rect(visible, &self.placement()));
        self.push(item, Role::Figure, Content::Image(placed));
    }

    fn background(&mut self, item: &Item, index: u32, at: Point, number: u32) {
        let position = usize::try_from(index).unwrap_or(usize::MAX);
        let (Some(background), Ok(id)) =
            (self.resources.backgrounds.get(position), u16::try_from(index))
        else {
            let count = self.resources.backgrounds.len();
            return self.findings.problem(
                "index",
                format!("there is no background {index}; there are {count}, counted from 0"),
            );
        };
        let placement = self.placement().moved(at);
        for painted in &background.figures {
            let mut clips = self.clips().to_vec();
            clips.extend(painted.clips.iter().map(|clip| clip.placed(&placement)));
            let figure = painted.figure.placed(&placement);
            self.figures.push(PaintedFigure { item: number, figure, clips });
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
            CodeContent::Token => match self.slot_placement().place(code.frame) {
                Ok(frame) => self.slots.push(Slot {
                    item: number,
                    code: code.clone(),
                    frame,
                    alternative: item.alternative.clone(),
                }),
                Err(reason) => {
                    self.refused_slots += 1;
                    self.findings.problem(
                        "content",
                        format!("the code slot is {reason} by a group around it; only moves and quarter turns are allowed"),
                    );
                }
            },
            CodeContent::Text(text) => {
                let drawn = draw_text(code, text, item.alternative.clone(), self.findings);
                self.paint(number, Figure::of_rect(code.frame, &self.placement()));
                for element in drawn {
                    self.push_element(element);
                }
            }
        }
    }

    /// Whether each slot lies on the page, and nothing reaches into it.
    fn check_slots(&mut self, page: &layout::Page) {
        let slots = std::mem::take(&mut self.slots);
        for (slot, position) in slots.iter().zip(0..) {
            self.findings.place = self.area.item(slot.item);
            if !is_on_page(slot.frame, page.size) {
                self.findings.problem(
                    "frame",
                    format!(
                        "the code slot from {:.1}, {:.1} mm to {:.1}, {:.1} mm is not wholly on the page of {:.1} × {:.1} mm",
                        slot.frame.x.to_mm(),
                        slot.frame.y.to_mm(),
                        slot.frame.right().to_mm(),
                        slot.frame.bottom().to_mm(),
                        page.size.width.to_mm(),
                        page.size.height.to_mm()
                    ),
                );
            }
            let bounds = Bounds::of_rect(slot.frame);
            let mut reported = 0;
            for painted in &self.figures {
                // One item may be many figures; it is named once.
                if painted.item != reported && painted.reaches_into(&bounds) {
                    reported = painted.item;
                    self.findings.place = self.area.item(painted.item);
                    self.findings.problem(
                        "content",
                        format!("reaches into the code slot of item {}, quiet zone included; leave that area free", slot.item),
                    );
                }
            }
            for other in slots.iter().take(position) {
                if other.frame.overlaps(slot.frame) {
                    self.findings.place = self.area.item(slot.item);
                    self.findings.problem(
                        "frame",
                        format!("overlaps the code slot of item {}", other.item),
                    );
                }
            }
        }
        self.slots = slots;
    }

    fn placement(&self) -> Placement {
        self.open.last().map_or(Placement::PAGE, |group| group.placement)
    }

    fn slot_placement(&self) -> SlotPlacement {
        self.open.last().map_or(SlotPlacement::PAGE, |group| group.slot_placement)
    }

    fn clips(&self) -> &[Figure] {
        self.open.last().map_or(&[], |group| group.clips.as_slice())
    }

    fn paint(&mut self, item: u32, figure: Figure) {
        let clips = self.clips().to_vec();
        self.figures.push(PaintedFigure { item, figure, clips });
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
    Element { role: item.role.unwrap_or(otherwise), alternative: item.alternative.clone(), content }
}

fn scene_outline(outline: &ShapeOutline) -> Outline {
    match outline {
        ShapeOutline::Rectangle { frame, radius } => {
            Outline::Rect { rect: *frame, radius: *radius }
        }
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
            segments.len() > 2 || segments.iter().any(|segment| matches!(segment, Segment::Cubic(..)))
        }
    }
}

fn describe_text_note(note: &text::Note, fonts: &ticket_render::fonts::FontSet) -> String {
    let family = |font| fonts.member(font).family.as_str();
    match note {
        text::Note::MissingGlyph { character, font } => format!(
            "no font has the character {character} (U+{:04X}), asked of `{}`; a replacement sign is printed",
            u32::from(*character),
            family(*font)
        ),
        text::Note::Substituted { character, asked, used } => format!(
            "`{}` does not have {character} (U+{:04X}); it comes from `{}`",
            family(*asked),
            u32::from(*character),
            family(*used)
        ),
        text::Note::Shrunk { per_mille } => {
            format!("the text was shrunk to {}.{} % to fit", per_mille / 10, per_mille % 10)
        }
        text::Note::Cut { characters } => {
            format!("{characters} characters were cut off, because the text does not fit its box")
        }
        text::Note::WordsDivided { places } => {
            format!("words that are longer than a line were divided at {places} places")
        }
        text::Note::Clipped => "text was clipped at its frame".to_owned(),
        text::Note::Overfull { by } => format!(
            "text stands out of its frame by {:.1} × {:.1} mm",
            by.width.to_mm(),
            by.height.to_mm()
        ),
    }
}
