//! The code's slots of a page, and what must keep out of them.

use ticket_render::length::{Length, Rect};

use super::super::figures::PaintedFigure;
use super::super::geometry::{Bounds, Figure};
use super::super::slot::{SlotPlacement, is_on_page};
use super::{Area, PageComposer};
use crate::templates::layout::{self, CodeContent, Item, ItemContent, ShapeOutline};

/// A slot that lies well.
pub(super) struct Slot {
    pub item: u32,
    pub code: layout::Code,
    /// On the page.
    pub frame: Rect,
    pub bounds: Bounds,
    pub alternative: Option<String>,
}

impl PageComposer<'_> {
    /// Finds the slots and checks how they lie.
    pub(super) fn find_slots(&mut self, page: &layout::Page) {
        let mut around = Vec::new();
        let mut placement = SlotPlacement::PAGE;
        for (item, number) in page.items.iter().zip(1..) {
            match &item.content {
                ItemContent::GroupStart(group) => {
                    around.push(placement);
                    placement = placement.within(group);
                }
                ItemContent::GroupEnd => placement = around.pop().unwrap_or(SlotPlacement::PAGE),
                ItemContent::Code(code) if code.content == CodeContent::Token => {
                    self.findings.place = self.area.item(number);
                    match placement.place(code.frame) {
                        Ok(frame) => self.accept_slot(page, item, code, frame, number),
                        Err(reason) => self.refuse_slot(reason),
                    }
                }
                _ => {}
            }
        }
    }

    fn refuse_slot(&mut self, reason: &str) {
        self.refused_slots += 1;
        self.findings.problem(
            "content",
            format!("the code slot is {reason} by a group around it; only moves and quarter turns are allowed"),
        );
    }

    fn accept_slot(
        &mut self,
        page: &layout::Page,
        item: &Item,
        code: &layout::Code,
        frame: Rect,
        number: u32,
    ) {
        if !is_on_page(frame, page.size) {
            self.findings.problem(
                "frame",
                format!(
                    "the code slot from {:.1}, {:.1} mm to {:.1}, {:.1} mm is not wholly on the page of {:.1} × {:.1} mm",
                    frame.x.to_mm(),
                    frame.y.to_mm(),
                    frame.right().to_mm(),
                    frame.bottom().to_mm(),
                    page.size.width.to_mm(),
                    page.size.height.to_mm()
                ),
            );
        }
        if let Some(other) = self.slots.iter().find(|other| other.frame.overlaps(frame)) {
            self.findings.problem(
                "frame",
                format!("overlaps the code slot of item {}", other.item),
            );
        }
        self.slots.push(Slot {
            item: number,
            code: code.clone(),
            frame,
            bounds: Bounds::of_rect(frame),
            alternative: item.alternative.clone(),
        });
    }

    /// Notes paint within an outline.
    pub(super) fn paint(&mut self, item: u32, outline: &ShapeOutline, filled: bool, reach: Length) {
        let placement = self.placement();
        let near = match outline {
            ShapeOutline::Rectangle { frame, .. } => {
                self.is_watched(&placement.bounds_of(*frame, reach))
            }
            // Its bounds are not known before it is a figure.
            ShapeOutline::Path { .. } => self.watches(),
        };
        if near {
            self.painted(
                item,
                Figure::of_outline(outline, &placement, filled, reach),
                Vec::new(),
            );
        }
    }

    pub(super) fn paint_rect(&mut self, item: u32, rect: Rect) {
        let outline = ShapeOutline::Rectangle {
            frame: rect,
            radius: Length::ZERO,
        };
        self.paint(item, &outline, true, Length::ZERO);
    }

    /// Whether it matters what is painted at all.
    fn watches(&self) -> bool {
        match self.area {
            Area::Page { .. } => !self.slots.is_empty(),
            Area::Background { .. } => true,
        }
    }

    /// Whether it matters what is painted there.
    pub(super) fn is_watched(&self, bounds: &Bounds) -> bool {
        match self.area {
            Area::Page { .. } => self.slots.iter().any(|slot| slot.bounds.overlaps(bounds)),
            Area::Background { .. } => true,
        }
    }

    /// Takes a figure into a background's list, or checks it against a page's slots.
    pub(super) fn painted(&mut self, item: u32, figure: Figure, mut clips: Vec<Figure>) {
        clips.extend_from_slice(self.clips());
        let painted = PaintedFigure { figure, clips };
        match self.area {
            Area::Background { .. } => self.figures.push(painted),
            Area::Page { .. } if self.reported == item => {}
            Area::Page { .. } => {
                let reached = self
                    .slots
                    .iter()
                    .find(|slot| painted.reaches_into(&slot.bounds));
                if let Some(slot) = reached {
                    let message = format!(
                        "reaches into the code slot of item {}, quiet zone included; leave that area free",
                        slot.item
                    );
                    self.reported = item;
                    self.findings.problem("content", message);
                }
            }
        }
    }
}
