//! Mistakes that show without measuring text.

use crate::contract::{
    CodeContent, Document, Frame, Group, Item, ItemContent, Page, Point, Prepared, TextBox,
    TokenUse,
};

/// Everything in a document that the host would refuse, among: items that reach off the page, items
/// that reach into a token slot, missing or unexpected slots, styles and backgrounds that are not
/// there, unbalanced groups. One sentence each; empty is good.
///
/// Places are followed through groups that move and turn by quarters; what is in any other group, and
/// in stacks and tables, is taken to be where it should be.
#[must_use]
pub fn mistakes(prepared: &Prepared, document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    if document.pages.is_empty() {
        found.push("there is no page".to_owned());
    }
    let mut token_slots = 0;
    for page in &document.pages {
        let placed = Walk::over(prepared, document, page, &mut found);
        token_slots += placed
            .iter()
            .filter(|item| item.kind == Kind::TokenSlot)
            .count();
        report_places(page, &placed, &mut found);
    }
    match (prepared.manifest.token, token_slots) {
        (TokenUse::Required(_), 0) => found.push("there is no token slot".to_owned()),
        (TokenUse::None, 1..) => found.push("the manifest has no token slot".to_owned()),
        (TokenUse::Required(_), _) | (TokenUse::None, 0) => {}
    }
    found
}

/// Edges on the page, in EMU. Wider than the contract's type, so that sums cannot overflow.
#[derive(Clone, Copy, Debug)]
struct Area {
    left: i64,
    top: i64,
    right: i64,
    bottom: i64,
}

#[derive(Debug)]
struct Placed {
    what: String,
    area: Area,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    TokenSlot,
    /// A filled rectangle: good beneath all of a slot, since the host paints the slot's own ground over
    /// it, but not beneath a part of one.
    Ground,
    Other,
}

fn report_places(page: &Page, placed: &[Placed], found: &mut Vec<String>) {
    let bleed = i64::from(page.bleed);
    for item in placed {
        let slack = if item.kind == Kind::TokenSlot {
            0
        } else {
            bleed
        };
        let Area {
            left,
            top,
            right,
            bottom,
        } = item.area;
        if left < -slack
            || top < -slack
            || right > i64::from(page.size.width) + slack
            || bottom > i64::from(page.size.height) + slack
        {
            found.push(format!("{} reaches off the page", item.what));
        }
    }
    let slots = placed.iter().enumerate();
    for (index, slot) in slots.filter(|(_, item)| item.kind == Kind::TokenSlot) {
        for (other_index, other) in placed.iter().enumerate() {
            let is_beneath = other.kind == Kind::Ground && encloses(other.area, slot.area);
            if other_index != index && overlaps(slot.area, other.area) && !is_beneath {
                found.push(format!("{} reaches into {}", other.what, slot.what));
            }
        }
    }
}

fn overlaps(one: Area, other: Area) -> bool {
    one.left < other.right
        && other.left < one.right
        && one.top < other.bottom
        && other.top < one.bottom
}

fn encloses(outer: Area, inner: Area) -> bool {
    outer.left <= inner.left
        && outer.top <= inner.top
        && outer.right >= inner.right
        && outer.bottom >= inner.bottom
}

/// A move after a number of quarter turns.
#[derive(Clone, Copy)]
struct Placement {
    x: i64,
    y: i64,
    quarter_turns: u8,
}

impl Placement {
    const PAGE: Self = Self {
        x: 0,
        y: 0,
        quarter_turns: 0,
    };

    fn apply(self, point: Point) -> (i64, i64) {
        let (x, y) = (i64::from(point.x), i64::from(point.y));
        let (x, y) = match self.quarter_turns {
            0 => (x, y),
            1 => (-y, x),
            2 => (-x, -y),
            _ => (y, -x),
        };
        (self.x + x, self.y + y)
    }

    /// `None` for a group that scales, or turns by less than a quarter.
    fn inside(self, group: &Group) -> Option<Self> {
        let full_size = group.scale_x == 1_000_000 && group.scale_y == 1_000_000;
        if !full_size || group.rotate % 90_000 != 0 {
            return None;
        }
        let turns = u8::try_from((group.rotate / 90_000).rem_euclid(4)).ok()?;
        let (x, y) = self.apply(group.translate);
        Some(Self {
            x,
            y,
            quarter_turns: (self.quarter_turns + turns) % 4,
        })
    }

    fn area(self, frame: Frame) -> Area {
        let corner = |x: i32, y: i32| self.apply(Point { x, y });
        let (x1, y1) = corner(frame.x, frame.y);
        let (x2, y2) = corner(
            frame.x.saturating_add(frame.width),
            frame.y.saturating_add(frame.height),
        );
        Area {
            left: x1.min(x2),
            top: y1.min(y2),
            right: x1.max(x2),
            bottom: y1.max(y2),
        }
    }
}

struct Walk<'a> {
    prepared: &'a Prepared,
    styles: usize,
    placed: Vec<Placed>,
    found: &'a mut Vec<String>,
}

impl<'a> Walk<'a> {
    fn over(
        prepared: &'a Prepared,
        document: &Document,
        page: &Page,
        found: &'a mut Vec<String>,
    ) -> Vec<Placed> {
        let mut walk = Self {
            prepared,
            styles: prepared.styles.len() + document.styles.len(),
            placed: Vec::new(),
            found,
        };
        walk.items(&page.items, Placement::PAGE, &format!("page {}", page.name));
        walk.placed
    }

    fn items(&mut self, items: &[Item], origin: Placement, list: &str) {
        // `None` is a container whose content this module does not place.
        let mut open = vec![Some(origin)];
        for (item, number) in items.iter().zip(1..) {
            let what = format!("{list}, item {number} ({})", name_of(&item.content));
            let here = open.last().copied().flatten();
            match &item.content {
                ItemContent::GroupStart(group) => {
                    open.push(here.and_then(|placement| placement.inside(group)));
                }
                ItemContent::StackStart(_)
                | ItemContent::TableStart(_)
                | ItemContent::CellStart(_) => open.push(None),
                ItemContent::GroupEnd
                | ItemContent::StackEnd
                | ItemContent::TableEnd
                | ItemContent::CellEnd => {
                    open.pop();
                }
                content => self.leaf(content, here, what),
            }
        }
        if open.len() != 1 {
            self.found
                .push(format!("{list}: starts and ends do not match"));
        }
    }

    fn leaf(&mut self, content: &ItemContent, here: Option<Placement>, what: String) {
        if let ItemContent::Text(text) = content {
            self.styles_of(text, &what);
        }
        let Some(here) = here else { return };
        if let ItemContent::Background(reference) = content {
            let Some(background) = usize::try_from(reference.index)
                .ok()
                .and_then(|index| self.prepared.backgrounds.get(index))
            else {
                self.found.push(format!(
                    "{what}: there is no background {}",
                    reference.index
                ));
                return;
            };
            let (x, y) = here.apply(reference.at);
            self.items(&background.items, Placement { x, y, ..here }, &what);
        } else if let Some(frame) = frame_of(content) {
            self.placed.push(Placed {
                what,
                area: here.area(frame),
                kind: kind_of(content),
            });
        }
    }

    fn styles_of(&mut self, text: &TextBox, what: &str) {
        for span in text
            .paragraphs
            .iter()
            .flat_map(|paragraph| &paragraph.spans)
        {
            if usize::try_from(span.style).is_ok_and(|style| style >= self.styles) {
                self.found
                    .push(format!("{what}: there is no style {}", span.style));
            }
        }
    }
}

fn kind_of(content: &ItemContent) -> Kind {
    match content {
        ItemContent::Code(code) if code.content == CodeContent::Token => Kind::TokenSlot,
        ItemContent::Rectangle(rectangle) if rectangle.fill.is_some() => Kind::Ground,
        _ => Kind::Other,
    }
}

/// The smallest frame around an item's outline, without the width of strokes.
fn frame_of(content: &ItemContent) -> Option<Frame> {
    match content {
        ItemContent::Text(text) => Some(text.frame),
        ItemContent::Rectangle(rectangle) => Some(rectangle.frame),
        ItemContent::Line(line) => Some(Frame {
            x: line.from.x.min(line.to.x),
            y: line.from.y.min(line.to.y),
            width: (line.to.x - line.from.x).abs(),
            height: (line.to.y - line.from.y).abs(),
        }),
        ItemContent::Image(image) => Some(image.frame),
        ItemContent::Code(code) => Some(code.frame),
        ItemContent::Link(_)
        | ItemContent::Path(_)
        | ItemContent::Background(_)
        | ItemContent::GroupStart(_)
        | ItemContent::GroupEnd
        | ItemContent::StackStart(_)
        | ItemContent::StackEnd
        | ItemContent::TableStart(_)
        | ItemContent::TableEnd
        | ItemContent::CellStart(_)
        | ItemContent::CellEnd => None,
    }
}

fn name_of(content: &ItemContent) -> &'static str {
    match content {
        ItemContent::Text(_) => "text",
        ItemContent::Rectangle(_) => "rectangle",
        ItemContent::Line(_) => "line",
        ItemContent::Path(_) => "path",
        ItemContent::Image(_) => "image",
        ItemContent::Code(_) => "code",
        ItemContent::Background(_) => "background",
        ItemContent::Link(_) => "link",
        ItemContent::GroupStart(_) => "group start",
        ItemContent::GroupEnd => "group end",
        ItemContent::StackStart(_) => "stack start",
        ItemContent::StackEnd => "stack end",
        ItemContent::TableStart(_) => "table start",
        ItemContent::TableEnd => "table end",
        ItemContent::CellStart(_) => "cell start",
        ItemContent::CellEnd => "cell end",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{
        Code, Colour, Manifest, Paragraph, Rectangle, Role, Size, TextStyle, TokenProfile,
    };
    use crate::drawing::Drawing;
    use crate::length::mm;
    use crate::prepared::{Preparation, StyleId};

    fn check(draw: impl FnOnce(&mut Drawing)) -> Vec<String> {
        let prepared =
            Preparation::new(Manifest::new("t", "1.0.0", "").token(TokenProfile::Standard))
                .style(StyleId(0), TextStyle::new("sans", mm(4.0)))
                .finish()
                .expect("one style");
        let mut drawing = Drawing::new();
        draw(&mut drawing);
        let document = Document::new("t", "en").page(Page::new("front", Size::A6, drawing));
        mistakes(&prepared, &document)
    }

    fn square(x: f64, y: f64, side: f64) -> Frame {
        Frame::new(mm(x), mm(y), mm(side), mm(side))
    }

    #[test]
    fn a_page_with_a_free_slot_is_good() {
        let found = check(|page| {
            page.figure("code", Code::token(square(10.0, 10.0, 40.0)));
            page.decoration(Rectangle::filled(square(50.0, 10.0, 20.0), Colour::BLACK));
        });
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn what_reaches_into_the_slot_is_named() {
        let found = check(|page| {
            page.figure("code", Code::token(square(10.0, 10.0, 40.0)));
            page.decoration(Rectangle::filled(square(49.9, 10.0, 20.0), Colour::BLACK));
        });
        assert_eq!(
            found,
            ["page front, item 2 (rectangle) reaches into page front, item 1 (code)"]
        );
    }

    #[test]
    fn a_ground_may_lie_beneath_all_of_the_slot() {
        let found = check(|page| {
            page.decoration(Rectangle::filled(square(0.0, 0.0, 105.0), Colour::BLACK));
            page.figure("code", Code::token(square(10.0, 10.0, 40.0)));
        });
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn places_follow_quarter_turns() {
        // Turned clockwise once, what lay to the right hangs down, to the left of the origin.
        let found = check(|page| {
            let group = Group::at(Point::new(mm(50.0), mm(10.0))).quarter_turns(1);
            page.group(Role::None, group, |inside| {
                inside.figure("code", Code::token(square(0.0, 0.0, 40.0)));
            });
        });
        assert_eq!(found, Vec::<String>::new());
        let found = check(|page| {
            let group = Group::at(Point::new(mm(39.0), mm(10.0))).quarter_turns(1);
            page.group(Role::None, group, |inside| {
                inside.figure("code", Code::token(square(0.0, 0.0, 40.0)));
            });
        });
        assert_eq!(found.len(), 1, "{found:?}");
    }

    #[test]
    fn missing_slots_and_styles_are_found() {
        let found = check(|page| {
            page.text(
                Role::Paragraph,
                TextBox::new(square(0.0, 0.0, 9.0)).paragraph(Paragraph::of(StyleId(1), "x")),
            );
        });
        assert_eq!(
            found,
            [
                "page front, item 1 (text): there is no style 1",
                "there is no token slot"
            ]
        );
    }
}
