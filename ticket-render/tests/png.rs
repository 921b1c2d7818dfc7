//! Pages as PNG, judged pixel by pixel.

mod sample;

use ticket_render::assets::{Assets, PreparedFonts};
use ticket_render::codes::qr::{self, ErrorCorrection};
use ticket_render::error::RenderError;
use ticket_render::fonts::FontSet;
use ticket_render::images::ImageId;
use ticket_render::length::{Angle, Length, Point, Rect, Size};
use ticket_render::png::{self, PngOptions};
use ticket_render::scene::{
    BackgroundId, Color, Content, Element, Group, LineCap, Outline, Scene, Segment, Shape, Stroke,
};

use sample::{assets, block, code, group, image, rgb, token};

/// Tenths of a millimetre, which are pixels at [`TEN_PER_MM`].
fn tenths(value: i32) -> Length {
    Length::emu(value * 3600)
}

fn point(x: i32, y: i32) -> Point {
    Point {
        x: tenths(x),
        y: tenths(y),
    }
}

fn rect(x: i32, y: i32, width: i32, height: i32) -> Rect {
    Rect {
        x: tenths(x),
        y: tenths(y),
        width: tenths(width),
        height: tenths(height),
    }
}

fn scene(width: i32, height: i32, elements: Vec<Element>) -> Scene {
    let mut scene = sample::page_of(elements, Length::mm(3));
    scene.pages[0].size = Size {
        width: tenths(width),
        height: tenths(height),
    };
    scene
}

fn polyline(points: &[(i32, i32)]) -> Outline {
    let steps = points
        .iter()
        .enumerate()
        .map(|(index, &(x, y))| match index {
            0 => Segment::Move(point(x, y)),
            _ => Segment::Line(point(x, y)),
        });
    Outline::Path(steps.collect())
}

fn stroked(outline: Outline, stroke: Stroke) -> Element {
    Element::artifact(Content::Shape(Shape {
        outline,
        fill: None,
        stroke: Some(stroke),
    }))
}

fn pen(color: Color, width: i32) -> Stroke {
    Stroke {
        width: tenths(width),
        ..sample::line(color, 1)
    }
}

fn grouped(group: Group) -> Element {
    Element::artifact(Content::Group(group))
}

/// A tenth of a millimetre is a pixel.
const TEN_PER_MM: PngOptions = PngOptions { dpi: 254 };

struct Raster {
    width: usize,
    color: ::png::ColorType,
    per_metre: Option<u32>,
    data: Vec<u8>,
}

impl Raster {
    fn of(scene: &Scene, options: PngOptions) -> Self {
        Self::of_assets(scene, &assets(), options)
    }

    fn of_assets(scene: &Scene, assets: &Assets, options: PngOptions) -> Self {
        Self::decode(&png::render(scene, 0, assets, &options).unwrap())
    }

    fn decode(file: &[u8]) -> Self {
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(file))
            .read_info()
            .unwrap();
        let mut data = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut data).unwrap();
        let per_metre = reader.info().pixel_dims.map(|dims| dims.xppu);
        Self {
            width: frame.width as usize,
            color: frame.color_type,
            per_metre,
            data,
        }
    }

    fn at(&self, x: usize, y: usize) -> [u8; 3] {
        let pixel = y * self.width + x;
        match self.color {
            ::png::ColorType::Grayscale => [self.data[pixel]; 3],
            _ => [0, 1, 2].map(|channel| self.data[pixel * 3 + channel]),
        }
    }

    fn height(&self) -> usize {
        self.data.len() / self.width / self.color.samples()
    }

    /// The text of the code, by a reader that looks closer if it finds nothing: `rqrr` misses
    /// some codes of under four pixels a module that it reads with each pixel doubled.
    fn read_code(&self) -> Option<String> {
        [1, 2].into_iter().find_map(|enlarged| {
            let gray = |x: usize, y: usize| self.at(x / enlarged, y / enlarged)[1];
            let (width, height) = (self.width * enlarged, self.height() * enlarged);
            let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, gray);
            let grids = image.detect_grids();
            grids
                .first()
                .and_then(|grid| grid.decode().ok())
                .map(|(_, text)| text)
        })
    }
}

/// Draws 10 × 10 mm, a hundred pixels each way, and compares pixels (column, row, colour).
fn check(elements: Vec<Element>, expected: &[(usize, usize, [u8; 3])]) {
    let raster = Raster::of(&scene(100, 100, elements), TEN_PER_MM);
    for &(x, y, color) in expected {
        assert_eq!(raster.at(x, y), color, "column {x}, row {y}");
    }
}

const WHITE: [u8; 3] = [255; 3];
const BLACK: [u8; 3] = [0; 3];
const RED: [u8; 3] = [220, 20, 40];

fn red() -> Color {
    rgb(RED[0], RED[1], RED[2])
}

#[test]
fn pages_have_their_trimmed_size_and_say_their_resolution() {
    let a6 = Raster::of(&scene(1050, 1480, vec![]), PngOptions { dpi: 300 });
    assert_eq!((a6.width, a6.height()), (1240, 1748));
    assert_eq!(a6.per_metre, Some(11_811));
    assert_eq!(a6.color, ::png::ColorType::Grayscale);
}

#[test]
fn what_fills_a_page_fills_its_last_pixels() {
    // 10.3 mm are 121.65 pixels, drawn as 122.
    let raster = Raster::of(
        &scene(103, 103, vec![block(rect(0, 0, 103, 103), red())]),
        PngOptions { dpi: 300 },
    );
    assert_eq!((raster.width, raster.height()), (122, 122));
    assert_eq!([raster.at(0, 0), raster.at(121, 121)], [RED; 2]);
}

#[test]
fn a_page_is_gray_until_a_pixel_has_a_colour() {
    let gray = block(rect(0, 0, 50, 50), Color::Gray(7));
    let red = block(rect(0, 99, 1, 1), red());
    let color = |elements| Raster::of(&scene(100, 100, elements), TEN_PER_MM).color;
    assert_eq!(color(vec![gray.clone()]), ::png::ColorType::Grayscale);
    assert_eq!(color(vec![gray, red]), ::png::ColorType::Rgb);
}

#[test]
fn bands_join_without_a_seam() {
    // 3000 pixels each way: several bands, gray at first.
    let line = stroked(polyline(&[(0, 0), (3000, 3000)]), pen(Color::BLACK, 20));
    let page = scene(
        3000,
        3000,
        vec![line, block(rect(2900, 2990, 10, 5), red())],
    );
    let raster = Raster::of(&page, TEN_PER_MM);
    for at in 20..2980 {
        let around = [
            raster.at(at - 15, at),
            raster.at(at, at),
            raster.at(at + 15, at),
        ];
        assert_eq!(around, [WHITE, BLACK, WHITE], "row {at}");
    }
    assert_eq!(raster.at(2905, 2992), RED);
}

#[test]
fn fills_cover_pixels_by_area() {
    // From 0.25 mm to 0.5 mm: half of pixel 2 and pixels 3 and 4.
    let area = Rect {
        x: Length::emu(9_000),
        y: tenths(0),
        width: Length::emu(9_000),
        height: tenths(10),
    };
    check(
        vec![block(area, Color::BLACK)],
        &[
            (1, 5, WHITE),
            (2, 5, [127; 3]),
            (3, 5, BLACK),
            (4, 5, BLACK),
            (5, 5, WHITE),
        ],
    );
}

#[test]
fn groups_scale_then_turn_clockwise_then_move() {
    let turned = Group {
        translate: point(50, 20),
        rotate: Angle::millidegrees(90_000),
        scale_ppm: (2_000_000, 1_000_000),
        ..group(vec![block(rect(0, 0, 20, 10), Color::BLACK)])
    };
    // 20 × 10 becomes 40 × 10, stands on its head and reaches from (40, 20) to (50, 60).
    check(
        vec![grouped(turned)],
        &[
            (40, 20, BLACK),
            (49, 59, BLACK),
            (39, 30, WHITE),
            (50, 30, WHITE),
            (45, 60, WHITE),
            (45, 19, WHITE),
        ],
    );
}

#[test]
fn other_angles_turn_clockwise_too() {
    let turned = Group {
        translate: point(50, 50),
        rotate: Angle::millidegrees(45_000),
        ..group(vec![block(rect(0, -5, 40, 10), Color::BLACK)])
    };
    check(
        vec![grouped(turned)],
        &[(70, 70, BLACK), (30, 30, WHITE), (70, 30, WHITE)],
    );
}

#[test]
fn a_group_fades_as_one() {
    let two = |opacity| {
        grouped(Group {
            opacity,
            ..group(vec![
                block(rect(10, 10, 40, 40), red()),
                block(rect(20, 20, 40, 40), Color::BLACK),
            ])
        })
    };
    // The red under the black does not show through.
    check(
        vec![two(128)],
        &[
            (15, 15, [237, 137, 147]),
            (30, 30, [127; 3]),
            (55, 55, [127; 3]),
        ],
    );
    check(vec![two(0)], &[(15, 15, WHITE), (30, 30, WHITE)]);
    check(vec![two(255)], &[(15, 15, RED), (30, 30, BLACK)]);
}

#[test]
fn nested_clips_leave_what_both_hold() {
    let clip = |area, elements| {
        let clip = Some(Outline::Rect {
            rect: area,
            radius: Length::ZERO,
        });
        grouped(Group {
            clip,
            ..group(elements)
        })
    };
    let ink = block(rect(0, 0, 100, 100), Color::BLACK);
    let nested = clip(
        rect(10, 10, 40, 40),
        vec![clip(rect(30, 30, 40, 40), vec![ink.clone()])],
    );
    check(
        vec![nested],
        &[
            (20, 20, WHITE),
            (30, 30, BLACK),
            (49, 49, BLACK),
            (50, 50, WHITE),
            (29, 40, WHITE),
        ],
    );
    let triangle = grouped(Group {
        clip: Some(polyline(&[(0, 0), (100, 0), (0, 100)])),
        ..group(vec![ink.clone()])
    });
    check(vec![triangle], &[(20, 20, BLACK), (80, 80, WHITE)]);
    let nothing = grouped(Group {
        clip: Some(Outline::Path(vec![])),
        ..group(vec![ink])
    });
    check(vec![nothing], &[(20, 20, WHITE)]);
}

#[test]
fn strokes_have_caps_dashes_and_pointed_corners() {
    let line = |stroke| stroked(polyline(&[(20, 50), (80, 50)]), stroke);
    check(
        vec![line(pen(rgb(20, 30, 60), 10))],
        &[(20, 46, [20, 30, 60]), (19, 50, WHITE), (50, 44, WHITE)],
    );
    let square = Stroke {
        cap: LineCap::Square,
        ..pen(Color::BLACK, 10)
    };
    check(vec![line(square)], &[(15, 46, BLACK), (14, 50, WHITE)]);
    let round = Stroke {
        cap: LineCap::Round,
        ..pen(Color::BLACK, 10)
    };
    check(vec![line(round)], &[(16, 50, BLACK), (15, 45, WHITE)]);
    let dashed = Stroke {
        dashes: vec![tenths(10)],
        dash_phase: tenths(5),
        ..pen(Color::BLACK, 10)
    };
    check(
        vec![line(dashed)],
        &[
            (22, 50, BLACK),
            (30, 50, WHITE),
            (40, 50, BLACK),
            (50, 50, WHITE),
        ],
    );
    let corner = stroked(
        polyline(&[(20, 80), (50, 20), (80, 80)]),
        pen(Color::BLACK, 10),
    );
    check(vec![corner], &[(50, 12, BLACK)]);
}

/// A PNG of 2 × 2 pixels: black and red above white and transparent.
fn four_pixels() -> Assets {
    let samples = [[0, 0, 0, 255], [255, 0, 0, 255], [255; 4], [0, 0, 255, 0]].concat();
    let file = sample::png_file(2, 2, ::png::ColorType::Rgba, &samples);
    let fonts = PreparedFonts::new(FontSet::embedded());
    Assets::prepare(fonts, vec![sample::read_image(&file)], vec![]).unwrap()
}

#[test]
fn images_are_placed_cropped_and_see_through() {
    let check = |element: Element, expected: &[(usize, usize, [u8; 3])]| {
        let page = scene(100, 100, vec![element]);
        let raster = Raster::of_assets(&page, &four_pixels(), TEN_PER_MM);
        for &(x, y, color) in expected {
            assert_eq!(raster.at(x, y), color, "column {x}, row {y}");
        }
    };
    const PURE_RED: [u8; 3] = [255, 0, 0];
    let page = rect(0, 0, 100, 100);
    let whole = image(0, page, None);
    check(
        whole.clone(),
        &[
            (10, 10, BLACK),
            (90, 10, PURE_RED),
            (10, 90, WHITE),
            (95, 95, WHITE),
        ],
    );
    let cropped = image(0, page, Some(rect(0, 0, 20, 20)));
    check(
        cropped,
        &[(10, 10, BLACK), (20, 10, WHITE), (90, 10, WHITE)],
    );
    // Turned by a half, the black pixel is at the bottom right.
    let turned = Group {
        translate: point(100, 100),
        rotate: Angle::millidegrees(180_000),
        ..group(vec![whole])
    };
    check(grouped(turned), &[(90, 90, BLACK), (10, 90, PURE_RED)]);
    // Shrunk to one pixel: the mean of what is there, upon white.
    check(
        image(0, rect(50, 50, 1, 1), None),
        &[(50, 50, [192, 128, 128]), (51, 50, WHITE)],
    );
}

#[test]
fn codes_are_read_back_at_every_common_resolution() {
    for dpi in [96, 150, 203, 300, 600] {
        let page = scene(300, 300, vec![code(point(13, 17), tenths(5))]);
        let raster = Raster::of(&page, PngOptions { dpi });
        assert_eq!(
            raster.read_code().as_deref(),
            Some(token().as_str()),
            "{dpi} dpi"
        );
    }
}

#[test]
fn code_modules_are_black_or_white_and_join_without_seams() {
    let quarter = |millidegrees| Group {
        translate: point(150, 150),
        rotate: Angle::millidegrees(millidegrees),
        ..group(vec![code(point(-121, -117), tenths(4))])
    };
    for millidegrees in [0, 90_000, 180_000, 270_000] {
        let page = scene(
            300,
            300,
            vec![
                block(rect(0, 0, 300, 300), Color::Gray(128)),
                grouped(quarter(millidegrees)),
            ],
        );
        let raster = Raster::of(&page, PngOptions { dpi: 170 });
        let mut values: Vec<u8> = raster.data.clone();
        values.sort_unstable();
        values.dedup();
        assert_eq!(values, [0, 128, 255], "{millidegrees}");
        assert_eq!(
            raster.read_code().as_deref(),
            Some(token().as_str()),
            "{millidegrees}"
        );
    }
    let tilted = Raster::of(
        &scene(300, 300, vec![grouped(quarter(7_000))]),
        PngOptions { dpi: 300 },
    );
    assert_eq!(tilted.read_code().as_deref(), Some(token().as_str()));
}

#[test]
fn snapped_modules_keep_their_places() {
    let symbol = qr::encode(&token(), ErrorCorrection::Medium).unwrap();
    // 4.3 pixels a module.
    let module = Length::emu(3600 * 43 / 10);
    let raster = Raster::of(
        &scene(300, 300, vec![code(point(0, 0), module)]),
        TEN_PER_MM,
    );
    for y in 0..symbol.width() {
        for x in 0..symbol.width() {
            let middle = |at: u8| ((f64::from(at) + 4.5) * 4.3) as usize;
            let dark = raster.at(middle(x), middle(y)) == BLACK;
            assert_eq!(dark, symbol.is_dark(x, y), "column {x}, row {y}");
        }
    }
}

#[test]
fn the_same_scene_gives_the_same_bytes() {
    let draw = || {
        let assets = assets();
        png::render(&sample::rich(&assets), 0, &assets, &PngOptions { dpi: 200 }).unwrap()
    };
    assert!(draw() == draw());
}

#[test]
fn impossible_pages_are_refused() {
    let assets = assets();
    let check = |page: &Scene, index: usize, dpi: u32, expected: RenderError| {
        assert_eq!(
            png::render(page, index, &assets, &PngOptions { dpi }),
            Err(expected)
        );
    };
    let a4 = scene(2100, 2970, vec![]);
    check(&a4, 1, 300, RenderError::NoSuchPage { page: 1, pages: 1 });
    check(
        &a4,
        0,
        9,
        RenderError::Resolution {
            found: 9,
            min: 10,
            max: 2400,
        },
    );
    let max = PngOptions::MAX_PIXELS;
    check(
        &a4,
        0,
        1200,
        RenderError::TooManyPixels {
            width: 9921,
            height: 14_031,
            max,
        },
    );
    // Also where nothing of them would be seen.
    let id = BackgroundId(7);
    let hidden = Group {
        opacity: 0,
        ..group(vec![Element::artifact(Content::Background(id))])
    };
    check(
        &scene(50, 50, vec![grouped(hidden)]),
        0,
        300,
        RenderError::UnknownBackground(id),
    );
    let missing = ImageId(9);
    check(
        &scene(50, 50, vec![image(9, rect(900, 0, 1, 1), None)]),
        0,
        300,
        RenderError::UnknownImage(missing),
    );
}
