//! Pages as SVG text.

mod sample;

use ticket_render::error::RenderError;
use ticket_render::fonts::{REGULAR, SANS, Slant};
use ticket_render::images::ImageId;
use ticket_render::length::{Angle, Length};
use ticket_render::scene::{Color, Content, Element, Group, Link, Outline};
use ticket_render::svg;

use sample::{assets, at, block, code, image, page_of, paragraph, rect, rgb, rich, run};

#[test]
fn a_small_page() {
    let assets = assets();
    let fonts = assets.fonts();
    let regular = fonts.find(SANS, REGULAR, Slant::Upright);
    let mut spaced = run(fonts, regular, 10, at(1, 4), "i<i");
    spaced.letter_spacing = Length::pt(1);
    let round = Outline::Rect {
        rect: rect(0, 0, 5, 5),
        radius: Length::mm(1),
    };
    let faded = Group {
        translate: at(1, 2),
        rotate: Angle::millidegrees(90_500),
        scale_ppm: (500_000, -1_000_000),
        clip: Some(round),
        opacity: 128,
        elements: vec![block(rect(0, 0, 10, 10), rgb(1, 2, 3))],
    };
    let uri = "https://example.org/?a&b".to_owned();
    let mut edge = sample::line(
        Color::Cmyk {
            c: 0,
            m: 255,
            y: 255,
            k: 0,
        },
        2,
    );
    edge.dashes = vec![Length::pt(3)];
    edge.dash_phase = Length::pt(1);
    let mut framed = block(rect(2, 2, 3, 4), Color::WHITE);
    if let Content::Shape(shape) = &mut framed.content {
        shape.stroke = Some(edge);
    }
    let page = page_of(
        vec![
            paragraph(spaced),
            Element::artifact(Content::Group(faded)),
            Element::artifact(Content::Link(Link {
                area: rect(0, 0, 20, 10),
                uri,
            })),
            framed,
        ],
        Length::ZERO,
    );
    let svg = svg::render(&page, 0, &assets).unwrap();
    // One element a line, for whoever reads the snapshot.
    insta::assert_snapshot!(svg.replace("><", ">\n<"));
}

#[test]
fn a_code_is_a_ground_and_one_path() {
    let page = page_of(vec![code(at(0, 0), Length::emu(14_400))], Length::ZERO);
    let svg = svg::render(&page, 0, &assets()).unwrap();
    assert_eq!(svg.matches("<path").count(), 3, "paper, ground and modules");
    assert!(svg.contains("role=\"img\" aria-label=\"Ticket code\""));
}

#[test]
fn images_are_embedded_and_cropped() {
    let page = page_of(
        vec![image(1, rect(9, 9, 6, 4), Some(rect(9, 9, 2, 2)))],
        Length::ZERO,
    );
    let svg = svg::render(&page, 0, &assets()).unwrap();
    assert!(svg.contains("xlink:href=\"data:image/jpeg;base64,/9j/"));
    assert!(svg.contains("clip-path=\"url(#c0)\""));
}

#[test]
fn the_same_scene_gives_the_same_text() {
    let draw = || {
        let assets = assets();
        svg::render(&rich(&assets), 0, &assets).unwrap()
    };
    assert!(draw() == draw());
}

#[test]
fn what_is_missing_is_named() {
    let page = page_of(vec![image(9, rect(0, 0, 1, 1), None)], Length::ZERO);
    let check = |index: usize, expected: RenderError| {
        assert_eq!(svg::render(&page, index, &assets()), Err(expected));
    };
    check(0, RenderError::UnknownImage(ImageId(9)));
    check(1, RenderError::NoSuchPage { page: 1, pages: 1 });
}
