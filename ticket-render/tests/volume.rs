//! Volumes and imposed sheets as other programs read them: qpdf, poppler and rqrr.

mod sample;
mod viewers;

use ticket_render::assets::Assets;
use ticket_render::error::RenderError;
use ticket_render::fonts::{BOLD, MONO, REGULAR, SANS, Slant};
use ticket_render::images::ImageId;
use ticket_render::length::{Length, Size};
use ticket_render::pdf::{
    self, Bound, CropMarks, Dimension, Edge, GridPlace, Imposition, ImpositionError, Order,
    PdfOptions, Sides, Turn, Volume, VolumeError, VolumeOptions,
};
use ticket_render::scene::{Color, Content, Element, Link, Page, Scene};

use sample::{at, block, paragraph, rect, rgb, run};
use viewers::{check_with_qpdf, folder, raster, stdout_of, text_of};

const A4: Size = Size {
    width: Length::mm(210),
    height: Length::mm(297),
};

/// A page of 60 × 40 mm: blue to the end of its bleed of 3 mm, gray within its trimmed edge, with a
/// number and a link.
fn numbered_page(assets: &Assets, text: &str) -> Page {
    let fonts = assets.fonts();
    let bold = fonts.find(SANS, BOLD, Slant::Upright);
    Page {
        name: "front".to_owned(),
        size: Size {
            width: Length::mm(60),
            height: Length::mm(40),
        },
        bleed: Length::mm(3),
        elements: vec![
            block(rect(-9, -9, 78, 58), rgb(60, 90, 200)),
            block(rect(0, 0, 60, 40), Color::Gray(225)),
            paragraph(run(fonts, bold, 24, at(6, 16), text)),
            Element::artifact(Content::Link(Link {
                area: rect(6, 8, 20, 10),
                uri: format!("https://example.org/t/{text}"),
            })),
        ],
    }
}

fn numbered(assets: &Assets, number: usize) -> Scene {
    scene_of(vec![numbered_page(assets, &format!("No {number}"))])
}

fn scene_of(pages: Vec<Page>) -> Scene {
    Scene {
        title: "ignored".to_owned(),
        language: "en".to_owned(),
        pages,
    }
}

fn options(imposition: Option<Imposition>) -> VolumeOptions {
    VolumeOptions {
        title: "All tickets".to_owned(),
        language: "de-CH".to_owned(),
        imposition,
        ..VolumeOptions::default()
    }
}

fn bind<'a>(
    options: VolumeOptions,
    tickets: impl IntoIterator<Item = Bound<'a>>,
) -> Result<Vec<u8>, VolumeError> {
    let mut file = Vec::new();
    let mut volume = Volume::begin(options)?;
    for ticket in tickets {
        volume.add(ticket, &mut file)?;
    }
    volume.finish(&mut file)?;
    Ok(file)
}

fn bound<'a>(scene: &'a Scene, assets: &'a Assets) -> Bound<'a> {
    Bound {
        scene,
        assets,
        title: None,
    }
}

/// Writes a file, which qpdf must find nothing wrong with.
fn file_of(test: &str, bytes: &[u8]) -> String {
    let path = folder(test).join("volume.pdf");
    std::fs::write(&path, bytes).unwrap();
    let path = path.to_str().unwrap().to_owned();
    check_with_qpdf(&path);
    path
}

/// The text of each page.
fn pages_of(path: &str) -> Option<Vec<String>> {
    let text = text_of(path)?;
    let pages = text.trim_end_matches('\u{c}').split('\u{c}');
    Some(pages.map(|page| page.trim().to_owned()).collect())
}

#[test]
fn tickets_of_several_templates_stand_in_their_order_and_share_what_they_can() {
    let fonts =
        ticket_render::assets::PreparedFonts::new(ticket_render::fonts::FontSet::embedded());
    let logo = sample::read_image(&sample::logo_png());
    let template = || Assets::prepare(fonts.clone(), vec![logo.clone()], Vec::new()).unwrap();
    let (one, two) = (template(), template());
    let more = one
        .with_images([sample::read_image(include_bytes!("data/rgb.jpg"))])
        .unwrap();
    let tickets: Vec<(&Assets, Scene)> = [&one, &two, &more, &one]
        .into_iter()
        .enumerate()
        .map(|(number, assets)| {
            let mut scene = numbered(assets, number);
            scene.pages[0]
                .elements
                .push(sample::image(0, rect(35, 5, 20, 12), None));
            if std::ptr::eq(assets, &more) {
                scene.pages[0]
                    .elements
                    .push(sample::image(1, rect(35, 20, 20, 12), None));
            }
            (assets, scene)
        })
        .collect();
    let all = tickets.iter().map(|(assets, scene)| bound(scene, assets));
    let path = file_of("several-templates", &bind(options(None), all).unwrap());
    let Some(pages) = pages_of(&path) else { return };
    assert_eq!(pages, ["No 0", "No 1", "No 2", "No 3"]);
    let fonts = stdout_of("pdffonts", &[&path]).unwrap();
    assert_eq!(fonts.lines().skip(2).count(), 1, "{fonts}");
    let objects: std::collections::BTreeSet<String> = stdout_of("pdfimages", &["-list", &path])
        .unwrap()
        .lines()
        .skip(2)
        .map(|line| line.split_whitespace().nth(10).unwrap().to_owned())
        .collect();
    assert_eq!(objects.len(), 2, "a logo and a photograph: {objects:?}");
    let said = stdout_of("pdfinfo", &[&path]).unwrap();
    assert!(said.contains("Title:           All tickets"), "{said}");
}

#[test]
fn a_page_looks_as_it_does_alone() {
    let assets = sample::assets();
    for (name, scene) in [
        ("as-alone-ticket", sample::ticket(&assets)),
        ("as-alone-rich", sample::rich(&assets)),
    ] {
        let alone = pdf::render(&scene, &assets, &PdfOptions::default()).unwrap();
        let alone = file_of(&format!("{name}-reference"), &alone);
        let again = [bound(&scene, &assets), bound(&scene, &assets)];
        let path = file_of(name, &bind(options(None), again).unwrap());
        let Some(expected) = raster(&alone, 1, 100) else {
            return;
        };
        for page in [1, 2] {
            assert!(raster(&path, page, 100).unwrap() == expected, "{name}");
        }
        let pages = pages_of(&path).unwrap();
        assert_eq!(pages[0], pages_of(&alone).unwrap()[0]);
        assert_eq!(pages[0], pages[1]);
    }
}

#[test]
fn thousands_of_pages_make_balanced_trees() {
    let assets = sample::assets();
    let mono = assets.fonts().find(MONO, REGULAR, Slant::Upright);
    let scenes: Vec<Scene> = (0..2_500)
        .map(|number| {
            let text = format!("No {number}");
            let text = run(assets.fonts(), mono, 12, at(6, 16), &text);
            sample::page_of(vec![paragraph(text)], Length::ZERO)
        })
        .collect();
    let names: Vec<String> = (0..2_500)
        .map(|number| format!("Guest {number:04}"))
        .collect();
    let tickets = scenes.iter().zip(&names).map(|(scene, name)| Bound {
        title: Some(name),
        ..bound(scene, &assets)
    });
    let bytes = bind(options(None), tickets).unwrap();
    assert!(
        bytes.len() < 2_500 * 250,
        "what is alike is compressed together: {} bytes",
        bytes.len()
    );
    let path = file_of("thousands", &bytes);
    let Some(pages) = pages_of(&path) else { return };
    for (number, page) in pages.iter().enumerate() {
        assert_eq!(*page, format!("No {number}"));
    }
    assert_eq!(pages.len(), 2_500);
    let json = stdout_of(
        "qpdf",
        &[
            "--json=1",
            "--json-key=objects",
            "--json-key=outlines",
            &path,
        ],
    )
    .unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let objects = json["objects"].as_object().unwrap();
    let nodes: Vec<&serde_json::Value> = objects
        .values()
        .filter(|object| object["/Type"] == "/Pages")
        .collect();
    // 53 above the pages, 2 above those, and the root.
    assert_eq!(nodes.len(), 56);
    for node in &nodes {
        assert!(node["/Kids"].as_array().unwrap().len() <= 48);
    }
    let root = nodes.iter().find(|node| node["/Parent"].is_null()).unwrap();
    assert_eq!(root["/Count"], 2_500);
    let groups = json["outlines"].as_array().unwrap();
    assert_eq!(groups.len(), 25);
    assert_eq!(groups[1]["title"], "Guest 0100 – Guest 0199");
    assert_eq!(groups[1]["open"], false);
    let entries = groups[1]["kids"].as_array().unwrap();
    assert_eq!(entries.len(), 100);
    assert_eq!(entries[7]["title"], "Guest 0107");
    assert_eq!(entries[7]["destpageposfrom1"], 108);
}

#[test]
fn an_outline_of_few_is_flat_and_has_what_was_named() {
    let assets = sample::assets();
    let scene = numbered(&assets, 1);
    let long = "ä".repeat(300);
    let titles = [
        Some("Łucja (VIP) \\"),
        None,
        Some("  \n"),
        Some(long.as_str()),
    ];
    let tickets = titles.map(|title| Bound {
        title,
        ..bound(&scene, &assets)
    });
    let path = file_of("outline", &bind(options(None), tickets).unwrap());
    let Some(json) = stdout_of("qpdf", &["--json=1", "--json-key=outlines", &path]) else {
        return;
    };
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let entries = json["outlines"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["title"], "Łucja (VIP) \\");
    assert_eq!(entries[1]["destpageposfrom1"], 4);
    let cut = entries[1]["title"].as_str().unwrap();
    assert_eq!(cut.chars().count(), 120);
    assert!(cut.ends_with("ä…"), "{cut}");
}

#[test]
fn the_same_tickets_give_the_same_bytes_however_they_are_taken_away() {
    let assets = sample::assets();
    let scenes: Vec<Scene> = (0..300).map(|number| numbered(&assets, number)).collect();
    let whole = bind(
        options(None),
        scenes.iter().map(|scene| bound(scene, &assets)),
    )
    .unwrap();
    let others = sample::assets();
    let scenes: Vec<Scene> = (0..300).map(|number| numbered(&others, number)).collect();
    let mut pieces = Vec::new();
    let mut volume = Volume::begin(options(None)).unwrap();
    let mut out = Vec::new();
    for scene in &scenes {
        volume.add(bound(scene, &others), &mut out).unwrap();
        pieces.append(&mut out);
    }
    volume.finish(&mut pieces).unwrap();
    assert!(whole == pieces);
}

#[test]
fn a_ticket_that_cannot_be_drawn_is_named_and_left_out() {
    let assets = sample::assets();
    let (mut file, mut volume) = (Vec::new(), Volume::begin(options(None)).unwrap());
    let good = numbered(&assets, 7);
    let mut bad = numbered(&assets, 8);
    bad.pages.push(bad.pages[0].clone());
    // On its second page, after an image that is new to the file.
    bad.pages[1]
        .elements
        .push(sample::image(1, rect(0, 0, 9, 9), None));
    bad.pages[1]
        .elements
        .push(sample::image(9, rect(0, 0, 9, 9), None));
    volume.add(bound(&good, &assets), &mut file).unwrap();
    let source = RenderError::UnknownImage(ImageId(9));
    let expected = VolumeError::Ticket { ticket: 1, source };
    assert_eq!(volume.add(bound(&bad, &assets), &mut file), Err(expected));
    bad.pages[1].elements.pop();
    bad.pages[0].size.height = Length::ZERO;
    let refused = volume.add(bound(&bad, &assets), &mut file).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "ticket 1: page 0 must measure more than 0 and at most 5080 mm on each side"
    );
    bad.pages.clear();
    let source = RenderError::NoPages;
    let expected = VolumeError::Ticket { ticket: 1, source };
    assert_eq!(volume.add(bound(&bad, &assets), &mut file), Err(expected));
    volume.add(bound(&good, &assets), &mut file).unwrap();
    assert_eq!(volume.tickets(), 2);
    volume.finish(&mut file).unwrap();
    let path = file_of("left-out", &file);
    let Some(pages) = pages_of(&path) else { return };
    assert_eq!(pages, ["No 7", "No 7"]);
}

#[test]
fn a_volume_without_tickets_is_refused() {
    assert_eq!(bind(options(None), []), Err(VolumeError::Empty));
    let imposed = options(Some(Imposition::new(A4, 2, 2)));
    assert_eq!(bind(imposed, []), Err(VolumeError::Empty));
}

/// Three by five of 60 × 40 mm with everything that printers ask for.
fn for_the_printer() -> Imposition {
    Imposition {
        gutter: Size {
            width: Length::mm(6),
            height: Length::mm(10),
        },
        bleed: Length::mm(2),
        marks: Some(CropMarks {
            length: Length::mm(4),
            offset: Length::mm(2),
            weight: Length::pt(1).scaled(1, 2),
        }),
        ..Imposition::new(
            Size {
                width: Length::mm(210),
                height: Length::mm(260),
            },
            3,
            5,
        )
    }
}

fn imposed(test: &str, assets: &Assets, imposition: &Imposition, tickets: usize) -> String {
    let scenes: Vec<Scene> = imposition
        .adding_order(tickets)
        .map(|number| numbered(assets, number))
        .collect();
    let tickets = scenes.iter().map(|scene| bound(scene, assets));
    file_of(
        test,
        &bind(options(Some(imposition.clone())), tickets).unwrap(),
    )
}

/// The text within a rectangle in millimetres on a page.
fn text_within(path: &str, page: usize, [x, y, width, height]: [usize; 4]) -> Option<String> {
    // At 254 dots per inch, a millimetre has ten.
    let dots = |mm: usize| (mm * 10).to_string();
    let text = stdout_of(
        "pdftotext",
        &[
            "-r",
            "254",
            "-f",
            &page.to_string(),
            "-l",
            &page.to_string(),
            "-x",
            &dots(x),
            "-y",
            &dots(y),
            "-W",
            &dots(width),
            "-H",
            &dots(height),
            path,
            "-",
        ],
    )?;
    Some(text.trim().to_owned())
}

/// The texts of a grid of 60 × 40 mm, row by row; empty where there is none.
fn texts_of(
    path: &str,
    page: usize,
    [left, top]: [usize; 2],
    [step_x, step_y]: [usize; 2],
    [columns, rows]: [usize; 2],
) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            let place = [left + column * step_x, top + row * step_y, 60, 40];
            texts.push(text_within(path, page, place)?);
        }
    }
    Some(texts)
}

fn named(numbers: &[usize]) -> Vec<String> {
    numbers
        .iter()
        .map(|number| format!("No {number}"))
        .collect()
}

#[test]
fn tickets_stand_row_by_row_or_column_by_column() {
    let assets = sample::assets();
    let rows = Imposition::new(A4, 2, 3);
    let path = imposed("rows", &assets, &rows, 8);
    let (corner, step) = ([45, 88], [60, 40]);
    let Some(first) = texts_of(&path, 1, corner, step, [2, 3]) else {
        return;
    };
    assert_eq!(first, named(&[0, 1, 2, 3, 4, 5]));
    let second = texts_of(&path, 2, corner, step, [2, 3]).unwrap();
    assert_eq!(second[..2], named(&[6, 7]));
    assert!(second[2..].iter().all(String::is_empty), "{second:?}");
    let columns = Imposition {
        order: Order::Columns,
        place: GridPlace::At(at(10, 20)),
        ..rows
    };
    let path = imposed("columns", &assets, &columns, 6);
    let texts = texts_of(&path, 1, [10, 20], step, [2, 3]).unwrap();
    assert_eq!(texts, named(&[0, 3, 1, 4, 2, 5]));
}

#[test]
fn stacks_are_in_order_once_they_are_cut() {
    let assets = sample::assets();
    let stacks = Imposition {
        order: Order::Stacks { tickets: 9 },
        ..Imposition::new(A4, 2, 2)
    };
    let path = imposed("stacks", &assets, &stacks, 9);
    let mut piles: [Vec<String>; 4] = Default::default();
    for page in 1..=3 {
        let Some(texts) = texts_of(&path, page, [45, 108], [60, 40], [2, 2]) else {
            return;
        };
        for (pile, text) in piles.iter_mut().zip(texts) {
            pile.push(text);
        }
    }
    let blank = vec![String::new(); 3];
    let expected = [
        named(&[0, 1, 2]),
        named(&[3, 4, 5]),
        named(&[6, 7, 8]),
        blank,
    ];
    assert_eq!(piles, expected);
    assert_eq!(pages_of(&path).unwrap().len(), 3);
}

#[test]
fn stacks_take_just_the_tickets_they_were_planned_for() {
    let assets = sample::assets();
    let stacks = |tickets| {
        options(Some(Imposition {
            order: Order::Stacks { tickets },
            ..Imposition::new(A4, 2, 2)
        }))
    };
    let scene = numbered(&assets, 0);
    let tickets = |count| std::iter::repeat_n(bound(&scene, &assets), count);
    let too_many = VolumeError::TooMany { promised: 5 };
    assert_eq!(bind(stacks(5), tickets(6)), Err(too_many));
    let too_few = VolumeError::TooFew {
        promised: 5,
        added: 4,
    };
    assert_eq!(bind(stacks(5), tickets(4)), Err(too_few));
    let two_pages = scene_of(vec![scene.pages[0].clone(), scene.pages[0].clone()]);
    let pages = VolumeError::Pages {
        ticket: 0,
        found: 2,
        max: 1,
    };
    assert_eq!(bind(stacks(1), [bound(&two_pages, &assets)]), Err(pages));
}

/// The gray at a place in millimetres, of a raster of 254 dots per inch.
fn gray_at((width, _, pixels): &(usize, usize, Vec<u8>), x_mm: f64, y_mm: f64) -> u8 {
    let dots = |mm: f64| (mm * 10.0).round() as usize;
    pixels[dots(y_mm) * width + dots(x_mm)]
}

#[test]
fn a_sheet_has_bleed_gutters_and_marks_that_stay_out_of_the_bleed() {
    let assets = sample::assets();
    let path = imposed("printer", &assets, &for_the_printer(), 14);
    let Some(sheet) = raster(&path, 1, 254) else {
        return;
    };
    // The grid spans 9 to 201 mm and 10 to 250 mm.
    let (blue, gray, paper, black) = (93, 225, 255, 0);
    let expected = [
        ("within the first ticket", 10.0, 11.0, gray),
        ("bleed to the left", 8.0, 30.0, blue),
        ("bleed above", 30.0, 9.0, blue),
        ("no more bleed than was asked for", 6.5, 35.0, paper),
        ("bleed in the gutter", 70.0, 30.0, blue),
        ("the middle of the gutter", 72.0, 30.0, paper),
        ("bleed of the neighbour", 74.0, 30.0, blue),
        ("a mark above the first column", 9.0, 5.0, black),
        ("a mark on the left of the first row", 5.0, 10.0, black),
        ("a mark on the right of the last row", 205.0, 250.0, black),
        ("a mark in the gutter between rows", 69.0, 55.0, black),
        (
            "the bleed of the last position is blank",
            202.0,
            230.0,
            paper,
        ),
        ("the last position is blank", 180.0, 230.0, paper),
    ];
    for (what, x, y, gray) in expected {
        let found = gray_at(&sheet, x, y);
        assert!(found.abs_diff(gray) <= 12, "{what}: {found}, not {gray}");
    }
    // No mark within 2 mm of any ticket: along the left trimmed edge of the second column, only bleed.
    for tenth in 80..100 {
        let found = gray_at(&sheet, 75.0, f64::from(tenth) / 10.0 + 0.1);
        assert!(found > 60, "a mark at {tenth}");
    }
    // The gutter between columns has room for 2 mm of a mark.
    for (x, gray) in [(70.8, blue), (71.2, black), (72.8, black), (73.2, blue)] {
        let found = gray_at(&sheet, x, 50.0);
        assert!(found.abs_diff(gray) <= 12, "{x}: {found}, not {gray}");
    }
}

#[test]
fn a_gutter_without_room_has_no_marks() {
    let assets = sample::assets();
    let mut imposition = for_the_printer();
    imposition.gutter.width = Length::mm(4);
    let path = imposed("narrow-gutter", &assets, &imposition, 15);
    let Some(sheet) = raster(&path, 1, 254) else {
        return;
    };
    // Two bleeds meet at 73 mm, at the lower edge of the first row, where a mark would be black.
    for tenth in 710..750 {
        assert!(gray_at(&sheet, f64::from(tenth) / 10.0, 50.0) > 60);
    }
}

#[test]
fn without_gutters_neighbours_share_one_cut() {
    let assets = sample::assets();
    let imposition = Imposition {
        bleed: Length::mm(3),
        marks: Some(CropMarks::default()),
        ..Imposition::new(A4, 2, 2)
    };
    let path = imposed("one-cut", &assets, &imposition, 4);
    let Some(sheet) = raster(&path, 1, 254) else {
        return;
    };
    // The grid spans 45 to 165 mm and 108.5 to 188.5 mm. No blue at the inner edges, but outside.
    for x in [104.5, 105.5] {
        assert!(gray_at(&sheet, x, 120.0) > 215);
    }
    assert!(gray_at(&sheet, 43.0, 120.0) < 120);
    assert!(
        gray_at(&sheet, 105.0, 103.0) < 100,
        "a mark over the shared cut"
    );
}

#[test]
fn links_and_outline_move_with_the_tickets() {
    let assets = sample::assets();
    let imposition = for_the_printer();
    let scenes: Vec<Scene> = (0..16).map(|number| numbered(&assets, number)).collect();
    let names: Vec<String> = (0..16).map(|number| format!("Guest {number}")).collect();
    let tickets = scenes.iter().zip(&names).map(|(scene, name)| Bound {
        title: Some(name),
        ..bound(scene, &assets)
    });
    let path = file_of("moved", &bind(options(Some(imposition)), tickets).unwrap());
    let keys = [
        "--json=1",
        "--json-key=objects",
        "--json-key=outlines",
        &path,
    ];
    let Some(json) = stdout_of("qpdf", &keys) else {
        return;
    };
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let link = json["objects"]
        .as_object()
        .unwrap()
        .values()
        .find(|object| object["/A"]["/URI"] == "https://example.org/t/No 4")
        .unwrap();
    let points = |mm: f64| mm * 72.0 / 25.4;
    // The second of the second row, at 75 and 60 mm; 6 and 8 mm into the ticket.
    let expected = [81.0, 260.0 - 78.0, 101.0, 260.0 - 68.0].map(points);
    for (found, expected) in link["/Rect"].as_array().unwrap().iter().zip(expected) {
        assert!((found.as_f64().unwrap() - expected).abs() < 0.01, "{link}");
    }
    let entries = json["outlines"].as_array().unwrap();
    assert_eq!(entries[4]["destpageposfrom1"], 1);
    assert_eq!(entries[15]["destpageposfrom1"], 2);
    let corner = entries[4]["dest"].as_array().unwrap();
    assert_eq!(corner[1], "/XYZ");
    assert!((corner[2].as_f64().unwrap() - points(75.0)).abs() < 0.01);
    assert!((corner[3].as_f64().unwrap() - points(200.0)).abs() < 0.01);
}

#[test]
fn backs_are_mirrored_and_lie_behind_their_fronts() {
    let assets = sample::assets();
    let imposition = Imposition {
        sides: Sides::Both,
        place: GridPlace::At(at(20, 30)),
        ..Imposition::new(A4, 2, 2)
    };
    let scenes: Vec<Scene> = (0..5)
        .map(|number| {
            let sides = ["Front", "Back"];
            let sides = &sides[..if number == 1 { 1 } else { 2 }];
            let pages = sides
                .iter()
                .map(|side| numbered_page(&assets, &format!("{side} {number}")));
            scene_of(pages.collect())
        })
        .collect();
    let tickets = scenes.iter().map(|scene| bound(scene, &assets));
    let path = file_of("backs", &bind(options(Some(imposition)), tickets).unwrap());
    let Some(front) = texts_of(&path, 1, [20, 30], [60, 40], [2, 2]) else {
        return;
    };
    assert_eq!(front, ["Front 0", "Front 1", "Front 2", "Front 3"]);
    // The grid is 120 mm wide and ends 20 mm from the right edge.
    let back = texts_of(&path, 2, [70, 30], [60, 40], [2, 2]).unwrap();
    assert_eq!(back, ["", "Back 0", "Back 3", "Back 2"]);
    let back = texts_of(&path, 4, [70, 30], [60, 40], [2, 2]).unwrap();
    assert_eq!(back, ["", "Back 4", "", ""]);
    assert_eq!(pages_of(&path).unwrap().len(), 4);
}

#[test]
fn turned_tickets_can_be_scanned_on_both_sides() {
    let assets = sample::assets();
    // A6 upright, two of them beside each other on A5: turned.
    let sheet = Size {
        width: Length::mm(148),
        height: Length::mm(210),
    };
    let imposition = Imposition {
        turn: Turn::IfNeeded,
        sides: Sides::Both,
        ..Imposition::new(sheet, 1, 2)
    };
    let ticket = sample::rich(&assets);
    let both = scene_of(vec![ticket.pages[0].clone(), ticket.pages[0].clone()]);
    let tickets = [bound(&both, &assets), bound(&both, &assets)];
    let path = file_of("turned", &bind(options(Some(imposition)), tickets).unwrap());
    for page in [1, 2] {
        let Some((width, height, pixels)) = raster(&path, page, 150) else {
            return;
        };
        let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            pixels[y * width + x]
        });
        let grids = prepared.detect_grids();
        assert_eq!(grids.len(), 2);
        for grid in grids {
            assert_eq!(grid.decode().unwrap().1, sample::token());
        }
    }
}

fn refused(imposition: Imposition) -> ImpositionError {
    let assets = sample::assets();
    let scene = numbered(&assets, 0);
    let bound = bind(options(Some(imposition.clone())), [bound(&scene, &assets)]);
    let Err(VolumeError::Imposition(error)) = bound else {
        panic!("{bound:?}");
    };
    // Whoever asks beforehand is told the same.
    assert_eq!(imposition.check(scene.pages[0].size), Err(error.clone()));
    error
}

#[test]
fn impossible_sheets_are_refused_with_what_is_missing() {
    let plain = || Imposition::new(A4, 2, 2);
    let counts = [(0, 2), (2, 0), (101, 1), (u16::MAX, u16::MAX)];
    for (columns, rows) in counts {
        let error = refused(Imposition::new(A4, columns, rows));
        assert!(matches!(error, ImpositionError::Count { .. }), "{error}");
    }
    let error = refused(Imposition::new(A4, 100, 100));
    assert!(matches!(
        error,
        ImpositionError::Positions { found: 10_000, .. }
    ));
    for side in [Length::ZERO, Length::mm(-5), Length::mm(5_081)] {
        let sheet = Size { width: side, ..A4 };
        let error = refused(Imposition::new(sheet, 1, 1));
        assert_eq!(error, ImpositionError::SheetSize { max_mm: 5_080 });
    }
    let mut wide = plain();
    wide.gutter.width = Length::emu(i32::MAX);
    assert!(matches!(refused(wide), ImpositionError::Length { .. }));
    let mut wide = plain();
    wide.gutter.width = Length::mm(91);
    let error = refused(wide);
    let (dimension, missing) = (Dimension::Width, Length::mm(1));
    assert_eq!(error, ImpositionError::DoesNotFit { dimension, missing });
    assert_eq!(
        error.to_string(),
        "the sheet's width is 1 mm too small for the tickets with gutters, bleed and crop marks"
    );
    let mut many = Imposition::new(A4, 100, 1);
    many.gutter.width = Length::mm(5_080);
    let error = refused(many);
    assert!(
        matches!(error, ImpositionError::DoesNotFit { .. }),
        "{error}"
    );
    let mut negative = plain();
    negative.bleed = Length::mm(-1);
    assert_eq!(
        refused(negative).to_string(),
        "the bleed must be 0 to 5080 mm"
    );
    let mut narrow = plain();
    narrow.bleed = Length::mm(3);
    narrow.gutter.height = Length::emu(6 * 36_000 - 1);
    assert_eq!(
        refused(narrow).to_string(),
        "the gutter's height must be 0, where one cut parts two tickets, or 0.01 mm more, for the bleed of both"
    );
    let mut near = for_the_printer();
    near.marks = Some(CropMarks {
        offset: Length::mm(1),
        ..CropMarks::default()
    });
    assert_eq!(
        refused(near).to_string(),
        "crop marks must stay 1 mm farther away, out of the bleed"
    );
    for (corner, edge, missing) in [
        (at(1, 50), Edge::Left, 7),
        (at(100, 50), Edge::Right, 18),
        (at(50, 0), Edge::Top, 8),
        (at(50, 220), Edge::Bottom, 11),
    ] {
        let error = refused(Imposition {
            place: GridPlace::At(corner),
            marks: Some(CropMarks::default()),
            ..plain()
        });
        let missing = Length::mm(missing);
        assert_eq!(error, ImpositionError::BeyondEdge { edge, missing });
    }
    for weight in [Length::ZERO, Length::mm(6)] {
        let marks = CropMarks {
            weight,
            ..CropMarks::default()
        };
        let error = refused(Imposition {
            marks: Some(marks),
            ..plain()
        });
        assert!(matches!(error, ImpositionError::Length { .. }), "{error}");
    }
}

#[test]
fn a_ticket_of_another_size_is_named() {
    let assets = sample::assets();
    let (first, mut other) = (numbered(&assets, 0), numbered(&assets, 1));
    other.pages[0].size.width = Length::mm(61);
    let tickets = [bound(&first, &assets), bound(&other, &assets)];
    let error = bind(options(Some(Imposition::new(A4, 2, 2))), tickets).unwrap_err();
    assert_eq!(
        error.to_string(),
        "page 0 of ticket 1 measures 61 × 40 mm, those before it 60 × 40 mm; bind tickets of other sizes into another volume"
    );
}

#[test]
fn volumes_can_be_made_on_any_thread() {
    fn is_send<T: Send>() {}
    is_send::<Volume>();
}
