//! The mark across a page that admits nobody.

use ticket_render::fonts::{BOLD, FontSet, SANS, Slant};
use ticket_render::length::{Angle, Length, Point, Rect, Size};
use ticket_render::scene::{Color, Content, Element, Group};
use ticket_render::text::{
    Align, Direction, LineHeight, Overflow, Paragraph, Span, TextBox, TextStyle, VerticalAlign,
    lay_out,
};

const WORD: &str = "SPECIMEN";
/// Rising from left to right.
const TILT: Angle = Angle::millidegrees(-35_000);
/// Seen on any ground, and text beneath it can still be read.
const OPACITY: u8 = 56;
/// The word is about 5.6 ems wide; an eighth of the page's width for the em fills most of it.
const EMS_PER_WIDTH: i64 = 7;
/// On a long narrow page the height decides.
const EMS_PER_HEIGHT: i64 = 5;
const GREATEST_EM: Length = Length::pt(1_000);

/// The mark for a page of this size.
pub(super) fn mark(page: Size, fonts: &FontSet) -> Option<Element> {
    let em = page
        .width
        .scaled(1, EMS_PER_WIDTH)
        .min(page.height.scaled(1, EMS_PER_HEIGHT));
    let em = em.min(GREATEST_EM).max(Length::pt(1));
    let mut style = TextStyle::new(fonts.find(SANS, BOLD, Slant::Upright), em);
    style.color = Color::Rgb { r: 200, g: 0, b: 0 };
    let (width, height) = (em.scaled(8, 1), em.scaled(2, 1));
    let text_box = TextBox {
        frame: Rect {
            x: -width.half(),
            y: -height.half(),
            width,
            height,
        },
        paragraphs: vec![Paragraph {
            role: ticket_render::scene::Role::Artifact,
            spans: vec![Span {
                text: WORD,
                style: &style,
                link: None,
            }],
            align: Align::Center,
            line_height: LineHeight::Normal,
            space_before: Length::ZERO,
            direction: Direction::LeftToRight,
        }],
        vertical_align: VerticalAlign::Middle,
        max_lines: Some(1),
        overflow: Overflow::Clip,
    };
    let laid_out = lay_out(&text_box, fonts).ok()?;
    Some(Element::artifact(Content::Group(Group {
        translate: Point {
            x: page.width.half(),
            y: page.height.half(),
        },
        rotate: TILT,
        scale_ppm: (1_000_000, 1_000_000),
        clip: None,
        opacity: OPACITY,
        elements: laid_out.elements,
    })))
}
