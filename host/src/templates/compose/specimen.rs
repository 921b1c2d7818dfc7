//! The mark across a page that admits nobody.

use ticket_render::fonts::{BOLD, FontSet, SANS, Slant};
use ticket_render::length::{Angle, Length, Point, Rect, Size};
use ticket_render::scene::{Color, Content, Element, Group};
use ticket_render::text::{
    Align, Direction, LineHeight, Overflow, Paragraph, Span, TextBox, TextStyle, VerticalAlign,
    lay_out,
};

use super::slot::is_on_page;

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

/// Where the word may stand, in eighths of the page from the left and the top: the first place that no code
/// covers is taken.
const PLACES: [(i64, i64); 9] = [
    (4, 4),
    (4, 2),
    (4, 6),
    (2, 4),
    (6, 4),
    (4, 1),
    (4, 7),
    (2, 2),
    (6, 6),
];
/// How large it may be there, in eighths of what a page without codes has.
const SIZES: [i64; 4] = [8, 6, 4, 3];
/// What the tilted word takes, in tenths of an em across and down.
const TENTHS_OF_EM: (i64, i64) = (52, 40);
/// So much of that may lie beneath codes, in eighths: the word is read all the same.
const HIDDEN: i64 = 1;

/// The mark for a page of this size with codes in these places, which are drawn over it.
pub(super) fn mark(page: Size, codes: &[Rect], fonts: &FontSet) -> Option<Element> {
    let em = page
        .width
        .scaled(1, EMS_PER_WIDTH)
        .min(page.height.scaled(1, EMS_PER_HEIGHT));
    let em = em.min(GREATEST_EM).max(Length::pt(1));
    let (center, em) = place(page, codes, em);
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
        translate: center,
        rotate: TILT,
        scale_ppm: (1_000_000, 1_000_000),
        clip: None,
        opacity: OPACITY,
        elements: laid_out.elements,
    })))
}

/// Centre and em of the mark: the largest that is seen, as near to the middle as can be. Where codes cover all
/// of a page, the place where they cover least.
fn place(page: Size, codes: &[Rect], em: Length) -> (Point, Length) {
    let candidates = SIZES.iter().flat_map(|size| {
        PLACES.iter().map(move |(x, y)| {
            let center = Point {
                x: page.width.scaled(*x, 8),
                y: page.height.scaled(*y, 8),
            };
            (center, em.scaled(*size, 8))
        })
    });
    let mut best: Option<(i64, Point, Length)> = None;
    for (center, em) in candidates {
        let (width, height) = (em.scaled(TENTHS_OF_EM.0, 10), em.scaled(TENTHS_OF_EM.1, 10));
        let taken = Rect {
            x: center.x - width.half(),
            y: center.y - height.half(),
            width,
            height,
        };
        if !is_on_page(taken, page) {
            continue;
        }
        let hidden: i64 = codes.iter().map(|code| shared(taken, *code)).sum();
        let eighths = hidden.saturating_mul(8) / area(width, height).max(1);
        if eighths < HIDDEN {
            return (center, em);
        }
        if best.is_none_or(|(least, ..)| eighths < least) {
            best = Some((eighths, center, em));
        }
    }
    match best {
        Some((_, center, em)) => (center, em),
        // No place is wholly on so small a page.
        None => {
            let center = Point {
                x: page.width.half(),
                y: page.height.half(),
            };
            (center, em)
        }
    }
}

/// In square EMU; a page of five metres has 3.2e16.
fn area(width: Length, height: Length) -> i64 {
    i64::from(width.to_emu()).saturating_mul(i64::from(height.to_emu()))
}

/// The area that two rectangles have in common.
fn shared(one: Rect, other: Rect) -> i64 {
    let width = one.right().min(other.right()) - one.x.max(other.x);
    let height = one.bottom().min(other.bottom()) - one.y.max(other.y);
    match width > Length::ZERO && height > Length::ZERO {
        true => area(width, height),
        false => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rect(x: i32, y: i32, width: i32, height: i32) -> Rect {
        let mm = Length::mm;
        Rect {
            x: mm(x),
            y: mm(y),
            width: mm(width),
            height: mm(height),
        }
    }

    /// How much of the word lies beneath codes, in percent, and its em in that of a page without any.
    fn seen(page: (i32, i32), codes: &[Rect]) -> (i64, i64) {
        let page = Size {
            width: Length::mm(page.0),
            height: Length::mm(page.1),
        };
        let full = Length::mm(10);
        let (center, em) = place(page, codes, full);
        let (width, height) = (em.scaled(52, 10), em.scaled(40, 10));
        let taken = Rect {
            x: center.x - width.half(),
            y: center.y - height.half(),
            width,
            height,
        };
        assert!(is_on_page(taken, page));
        let hidden: i64 = codes.iter().map(|code| shared(taken, *code)).sum();
        let percent = |part: i64, all: i64| part * 100 / all;
        let ems = percent(i64::from(em.to_emu()), i64::from(full.to_emu()));
        (percent(hidden, area(width, height)), ems)
    }

    #[test]
    fn the_mark_keeps_out_of_codes() {
        assert_eq!(seen((105, 148), &[]), (0, 100));
        // In the middle, as on a phone.
        let (hidden, ems) = seen((90, 195), &[rect(10, 62, 70, 70)]);
        assert!(hidden < 13 && ems >= 75, "{hidden} {ems}");
        // Over nearly all of the page.
        let (hidden, _) = seen((60, 90), &[rect(2, 10, 56, 56)]);
        assert!(hidden < 60, "{hidden}");
    }
}
