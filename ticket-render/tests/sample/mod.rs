//! Scenes that tests and benches share: an ordinary ticket, and one that has everything.
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test and bench takes what it needs, so no expectation holds for all of them"
)]

use std::sync::Arc;

use ticket_render::assets::{Assets, PreparedFonts};
use ticket_render::codes::qr::{self, ErrorCorrection};
use ticket_render::fonts::{BOLD, FontId, FontSet, MONO, REGULAR, SANS, Slant};
use ticket_render::images::{ImageId, PreparedImage};
use ticket_render::length::{Angle, Length, Point, Rect, Size};
use ticket_render::scene::{
    BackgroundId, Color, Content, Element, Fill, FillRule, Glyph, GlyphRun, Group, LineCap,
    LineJoin, Link, Outline, Page, Paint, PlacedCode, PlacedImage, Role, Scene, Segment, Shape,
    Stroke,
};

/// As long as a standard token: exactly version 6 at M.
pub fn token() -> String {
    let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let body = (0..150_usize).map(|i| char::from(alphabet[(i * i * 31 + i * 17 + 5) % 45]));
    "TK1:".chars().chain(body).collect()
}

pub fn at(x_mm: i32, y_mm: i32) -> Point {
    Point {
        x: Length::mm(x_mm),
        y: Length::mm(y_mm),
    }
}

pub fn rect(x_mm: i32, y_mm: i32, width_mm: i32, height_mm: i32) -> Rect {
    let Point { x, y } = at(x_mm, y_mm);
    Rect {
        x,
        y,
        width: Length::mm(width_mm),
        height: Length::mm(height_mm),
    }
}

pub fn rgb(r: u8, g: u8, b: u8) -> Color {
    Color::Rgb { r, g, b }
}

pub fn solid(color: Color) -> Option<Fill> {
    Some(Fill {
        paint: Paint::Solid(color),
        rule: FillRule::NonZero,
    })
}

pub fn line(color: Color, width_pt: i32) -> Stroke {
    Stroke {
        color,
        width: Length::pt(width_pt),
        dashes: Vec::new(),
        dash_phase: Length::ZERO,
        cap: LineCap::Butt,
        join: LineJoin::Miter,
    }
}

pub fn block(rect: Rect, color: Color) -> Element {
    let outline = Outline::Rect {
        rect,
        radius: Length::ZERO,
    };
    Element::artifact(Content::Shape(Shape {
        outline,
        fill: solid(color),
        stroke: None,
    }))
}

/// A run of one glyph a character, without kerning.
pub fn run(fonts: &FontSet, font: FontId, size_pt: i32, origin: Point, text: &str) -> GlyphRun {
    let face = fonts.face(font);
    let glyphs = text
        .char_indices()
        .map(|(cluster, character)| {
            let id = face.glyph(character).unwrap_or(0);
            Glyph {
                id,
                advance: face.advance(id).into(),
                x_offset: 0,
                y_offset: 0,
                cluster: cluster as u32,
            }
        })
        .collect();
    GlyphRun {
        font,
        size: Length::pt(size_pt),
        origin,
        letter_spacing: Length::ZERO,
        color: Color::BLACK,
        text: text.to_owned(),
        glyphs,
    }
}

pub fn paragraph(run: GlyphRun) -> Element {
    Element {
        role: Role::Paragraph,
        alternative: None,
        content: Content::Glyphs(run),
    }
}

pub fn code(origin: Point, module: Length) -> Element {
    let symbol = qr::encode(&token(), ErrorCorrection::Medium).unwrap();
    let placed = PlacedCode {
        symbol,
        origin,
        module,
        quiet_modules: 4,
        dark: Color::BLACK,
        light: Color::WHITE,
    };
    Element {
        role: Role::Figure,
        alternative: Some("Ticket code".to_owned()),
        content: Content::Code(placed),
    }
}

pub fn group(elements: Vec<Element>) -> Group {
    Group {
        translate: Point::default(),
        rotate: Angle::default(),
        scale_ppm: (1_000_000, 1_000_000),
        clip: None,
        opacity: 255,
        elements,
    }
}

pub fn image(id: u16, place: Rect, crop: Option<Rect>) -> Element {
    let placed = PlacedImage {
        image: ImageId(id),
        place,
        crop,
    };
    Element {
        role: Role::Figure,
        alternative: Some("Logo".to_owned()),
        content: Content::Image(placed),
    }
}

/// A logo with soft edges: a ring of two colours, 200 × 120.
pub fn logo_png() -> Vec<u8> {
    let (width, height) = (200_i32, 120_i32);
    let mut rgba = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let distance = ((x - 60) * (x - 60) + (y - 60) * (y - 60)).isqrt();
            let alpha = (4 - (distance - 42).abs() / 3).clamp(0, 4) * 255 / 4;
            let bar = (120..190).contains(&x) && (y / 15) % 2 == 0;
            let color = if bar { [200, 60, 20] } else { [20, 60, 160] };
            rgba.extend_from_slice(&color);
            rgba.push(if bar { 255 } else { alpha as u8 });
        }
    }
    png_file(width as u32, height as u32, png::ColorType::Rgba, &rgba)
}

pub fn png_file(width: u32, height: u32, color: png::ColorType, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(color);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(samples).unwrap();
    writer.finish().unwrap();
    file
}

pub fn read_image(bytes: &[u8]) -> Arc<PreparedImage> {
    Arc::new(PreparedImage::read(bytes).unwrap())
}

/// Images 0 (logo, soft edges), 1 (JPEG), 2 (CMYK JPEG); background 0.
pub fn assets() -> Assets {
    let fonts = PreparedFonts::new(FontSet::embedded());
    let images = vec![
        read_image(&logo_png()),
        read_image(include_bytes!("../data/rgb.jpg")),
        read_image(include_bytes!("../data/cmyk.jpg")),
    ];
    let backgrounds = vec![background(fonts.set())];
    Assets::prepare(fonts, images, backgrounds).unwrap()
}

fn background(fonts: &FontSet) -> Vec<Element> {
    let bold = fonts.find(SANS, BOLD, Slant::Upright);
    let mut caption = run(fonts, bold, 9, at(2, 142), "Printed once");
    caption.color = Color::Gray(120);
    let mut faint = group(vec![block(rect(-3, -3, 60, 25), rgb(255, 200, 0))]);
    faint.opacity = 90;
    vec![
        block(rect(-3, -3, 111, 25), rgb(225, 235, 250)),
        Element::artifact(Content::Group(faint)),
        paragraph(caption),
        image(0, rect(80, 3, 20, 12), None),
        Element::artifact(Content::Link(Link {
            area: rect(80, 3, 20, 12),
            uri: "https://example.org/background".to_owned(),
        })),
    ]
}

/// Twelve runs in two fonts, a logo, a code, and a few lines: 20 items on A6.
pub fn ticket(assets: &Assets) -> Scene {
    let fonts = assets.fonts();
    let regular = fonts.find(SANS, REGULAR, Slant::Upright);
    let bold = fonts.find(SANS, BOLD, Slant::Upright);
    let texts = [
        (bold, 20, "Summer Night Festival 2027"),
        (regular, 11, "Saturday 21 August 2027, 19:30"),
        (regular, 11, "Open Air Theatre, Riverside 12, Basel"),
        (bold, 9, "Holder"),
        (regular, 14, "Maximiliane Featherstonehaugh"),
        (bold, 9, "Seat"),
        (regular, 14, "Block C, Row 14, Seat 27"),
        (bold, 9, "Type"),
        (regular, 14, "Regular, CHF 85.00"),
        (bold, 9, "Ticket"),
        (regular, 10, "K7PM-3WQ9-XZ, order 2027-004711"),
        (
            regular,
            7,
            "Valid once, for one person. Admission closes thirty minutes before the end.",
        ),
    ];
    let mut elements = vec![
        block(rect(0, 0, 105, 22), rgb(225, 235, 250)),
        image(0, rect(80, 3, 20, 12), None),
    ];
    for (index, (font, size, text)) in (0..).zip(texts) {
        elements.push(paragraph(run(
            fonts,
            font,
            size,
            at(8, 30 + index * 6),
            text,
        )));
    }
    for y in [24, 104, 144] {
        let outline = Outline::Path(vec![Segment::Move(at(8, y)), Segment::Line(at(97, y))]);
        let stroke = Some(line(Color::Gray(160), 1));
        elements.push(Element::artifact(Content::Shape(Shape {
            outline,
            fill: None,
            stroke,
        })));
    }
    elements.push(block(rect(0, 146, 105, 2), rgb(20, 60, 160)));
    let uri = "https://example.org/t/K7PM3WQ9XZ".to_owned();
    elements.push(Element::artifact(Content::Link(Link {
        area: rect(8, 84, 60, 6),
        uri,
    })));
    // 49 modules of 0.7 mm with the quiet zone.
    elements.push(code(at(34, 106), Length::emu(25_200)));
    assert_eq!(elements.len(), 20);
    page_of(elements, Length::ZERO)
}

pub fn page_of(elements: Vec<Element>, bleed: Length) -> Scene {
    let size = Size {
        width: Length::mm(105),
        height: Length::mm(148),
    };
    Scene {
        title: "Ticket “K7PM”".to_owned(),
        language: "en".to_owned(),
        pages: vec![Page {
            name: "front".to_owned(),
            size,
            bleed,
            elements,
        }],
    }
}

/// Everything at once: turned and scaled groups, clips, opacity, dashes, images, background, links,
/// kerning, offsets, scripts.
pub fn rich(assets: &Assets) -> Scene {
    let fonts = assets.fonts();
    let regular = fonts.find(SANS, REGULAR, Slant::Upright);
    let italic = fonts.find(SANS, REGULAR, Slant::Italic);
    let mono = fonts.find(MONO, REGULAR, Slant::Upright);
    let mut elements = vec![Element::artifact(Content::Background(BackgroundId(0)))];

    elements.push(paragraph(run(
        fonts,
        regular,
        16,
        at(6, 12),
        "Żółć Ångström Ñandú",
    )));
    elements.push(paragraph(run(
        fonts,
        italic,
        12,
        at(6, 30),
        "Ελληνικά Кириллица",
    )));
    let mut spaced = run(fonts, mono, 10, at(6, 38), "K7PM-3WQ9-XZ");
    spaced.letter_spacing = Length::pt(2);
    spaced.color = rgb(160, 0, 60);
    elements.push(paragraph(spaced));
    // A letter and a mark of its own, which says one character: é.
    let mut marked = run(fonts, regular, 16, at(70, 38), "e\u{301}a");
    marked.text = "éa".to_owned();
    marked.glyphs[1].x_offset = -700;
    marked.glyphs[1].y_offset = 300;
    marked.glyphs[1].advance = 0;
    marked.glyphs[2].advance += 100;
    elements.push(paragraph(marked));

    // Turned by 30°, with round corners and a dashed edge.
    let mut dashed = line(rgb(0, 120, 60), 2);
    dashed.dashes = vec![Length::pt(6), Length::pt(3)];
    dashed.cap = LineCap::Round;
    let framed = Shape {
        outline: Outline::Rect {
            rect: rect(0, 0, 30, 14),
            radius: Length::mm(4),
        },
        fill: solid(rgb(210, 245, 220)),
        stroke: Some(dashed),
    };
    let mut turned = group(vec![
        Element::artifact(Content::Shape(framed)),
        paragraph(run(fonts, regular, 12, at(3, 9), "Turned")),
        Element::artifact(Content::Link(Link {
            area: rect(0, 0, 30, 14),
            uri: "mailto:desk@example.org".to_owned(),
        })),
    ]);
    turned.translate = at(20, 44);
    turned.rotate = Angle::millidegrees(30_000);
    elements.push(Element::artifact(Content::Group(turned)));

    // A JPEG within a circle, mirrored.
    let mut round = group(vec![image(1, rect(0, 0, 30, 20), None)]);
    round.translate = at(95, 44);
    round.scale_ppm = (-1_000_000, 1_000_000);
    round.clip = Some(Outline::Rect {
        rect: rect(5, 0, 20, 20),
        radius: Length::mm(10),
    });
    elements.push(Element::artifact(Content::Group(round)));
    elements.push(image(2, rect(64, 68, 30, 20), Some(rect(64, 68, 15, 20))));

    // Two overlapping squares that fade as one.
    let mut faded = group(vec![
        block(rect(0, 0, 14, 14), rgb(220, 0, 0)),
        block(rect(7, 7, 14, 14), rgb(0, 0, 220)),
    ]);
    faded.translate = at(6, 72);
    faded.opacity = 128;
    elements.push(block(rect(4, 76, 30, 4), Color::BLACK));
    elements.push(Element::artifact(Content::Group(faded)));

    // A star, whose middle the even-odd rule leaves open.
    let star = [(50, 66), (56, 86), (40, 73), (60, 73), (44, 86)];
    let mut path: Vec<Segment> = star
        .iter()
        .map(|(x, y)| Segment::Line(at(*x, *y)))
        .collect();
    path[0] = Segment::Move(at(50, 66));
    path.push(Segment::Close);
    let mut edge = line(Color::BLACK, 1);
    edge.join = LineJoin::Round;
    elements.push(Element::artifact(Content::Shape(Shape {
        outline: Outline::Path(path),
        fill: Some(Fill {
            paint: Paint::Solid(Color::Cmyk {
                c: 0,
                m: 40,
                y: 255,
                k: 0,
            }),
            rule: FillRule::EvenOdd,
        }),
        stroke: Some(edge),
    })));
    let curve = vec![
        Segment::Move(at(6, 100)),
        Segment::Cubic(at(30, 90), at(50, 112), at(99, 96)),
    ];
    elements.push(Element::artifact(Content::Shape(Shape {
        outline: Outline::Path(curve),
        fill: None,
        stroke: Some(line(rgb(120, 0, 160), 3)),
    })));

    // A code turned by a quarter.
    let mut quarter = group(vec![code(at(0, 0), Length::emu(28_800))]);
    quarter.translate = at(72, 103);
    quarter.rotate = Angle::millidegrees(90_000);
    elements.push(block(rect(28, 104, 50, 42), rgb(150, 190, 220)));
    elements.push(Element::artifact(Content::Group(quarter)));
    page_of(elements, Length::mm(3))
}
