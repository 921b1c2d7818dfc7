//! PDF files as other programs read them: qpdf, poppler, rqrr and zbar.

mod sample;
mod viewers;

use ticket_render::assets::{Assets, PreparedFonts};
use ticket_render::error::RenderError;
use ticket_render::fonts::{BOLD, Face, FontId, FontSet, MONO, Member, REGULAR, SANS, Slant};
use ticket_render::length::Length;
use ticket_render::pdf::{self, Aim, Part, PdfOptions};
use ticket_render::png::{self, PngOptions};
use ticket_render::scene::{BackgroundId, Color, Content, Element, Role, Scene};
use ticket_render::text::{
    Align, Direction, LineHeight, Overflow, Paragraph, Span, TextBox, TextStyle, VerticalAlign,
    lay_out,
};
use unicode_normalization::UnicodeNormalization;

use sample::{at, page_of, paragraph, run};
use viewers::{check_with_qpdf, folder, raster, stdout_of, text_of};

/// Renders to a file, which qpdf must find nothing wrong with.
fn file_of(test: &str, scene: &Scene, assets: &Assets) -> String {
    file_with(test, scene, assets, &PdfOptions::default())
}

fn file_with(test: &str, scene: &Scene, assets: &Assets, options: &PdfOptions) -> String {
    let bytes = pdf::render(scene, assets, options).unwrap();
    let path = folder(test).join("page.pdf");
    std::fs::write(&path, &bytes).unwrap();
    let path = path.to_str().unwrap().to_owned();
    check_with_qpdf(&path);
    path
}

fn check_code(test: &str, scene: &Scene, assets: &Assets) {
    let path = file_of(test, scene, assets);
    let Some((width, height, pixels)) = raster(&path, 1, 150) else {
        return;
    };
    let mut prepared =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| pixels[y * width + x]);
    let grids = prepared.detect_grids();
    assert_eq!(grids.len(), 1);
    assert_eq!(grids[0].decode().unwrap().1, sample::token());
    let pgm = path.replace(".pdf", ".pgm");
    if let Some(said) = stdout_of("zbarimg", &["--quiet", "--raw", &pgm]) {
        assert_eq!(said.trim_end(), sample::token());
    }
}

#[test]
fn code_is_read_back_by_two_readers() {
    let assets = sample::assets();
    check_code("code-upright", &sample::ticket(&assets), &assets);
    check_code("code-turned", &sample::rich(&assets), &assets);
}

#[test]
fn text_is_found_and_fonts_are_embedded() {
    let assets = sample::assets();
    let path = file_of("text", &sample::rich(&assets), &assets);
    if let Some(text) = text_of(&path) {
        for expected in [
            "Żółć Ångström Ñandú",
            "Ελληνικά Кириллица",
            "K 7 P M - 3 W Q 9 - X Z",
            "éa",
            "Turned",
            "Printed once",
        ] {
            assert!(text.contains(expected), "{expected} is not in {text}");
        }
    }
    let Some(fonts) = stdout_of("pdffonts", &[&path]) else {
        return;
    };
    let lines: Vec<&str> = fonts.lines().skip(2).collect();
    assert_eq!(lines.len(), 4, "{fonts}");
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[0].as_bytes()[6], b'+', "{line}");
        assert_eq!(
            words[1..6],
            ["CID", "TrueType", "Identity-H", "yes", "yes"],
            "{line}"
        );
        assert_eq!(words[6], "yes", "{line}");
    }
}

#[test]
fn text_reads_composed_however_it_was_typed() {
    let assets = sample::assets();
    let fonts = assets.fonts();
    let regular = fonts.find(SANS, REGULAR, Slant::Upright);
    // As shaping leaves it: one glyph for a letter and its mark, one for two letters.
    let mut decomposed = run(fonts, regular, 14, at(10, 20), "Mendo\u{e7}a");
    decomposed.text = "Mendoc\u{327}a".to_owned();
    decomposed.glyphs[6].cluster = 8;
    let mut joined = run(fonts, regular, 14, at(10, 30), "Griin");
    joined.text = "Griffin".to_owned();
    joined.glyphs[3].cluster = 3;
    joined.glyphs[4].cluster = 6;
    let elements = vec![paragraph(decomposed), paragraph(joined)];
    let path = file_of("composed", &page_of(elements, Length::ZERO), &assets);
    let Some(text) = text_of(&path) else { return };
    assert_eq!(text.trim(), "Mendoça\nGriffin");
}

/// The names of the demonstration's guests: every length, Latin with all its marks, Greek, Cyrillic.
fn guests() -> Vec<String> {
    let list = include_str!("../../tests/data/attendees.json");
    let guests: serde_json::Value = serde_json::from_str(list).unwrap();
    let name_of = |guest: &serde_json::Value| guest["attendeeName"].as_str().map(str::to_owned);
    guests
        .as_array()
        .unwrap()
        .iter()
        .filter_map(name_of)
        .collect()
}

#[test]
fn every_guest_is_found_by_name() {
    let assets = sample::assets();
    let fonts = assets.fonts();
    let names = guests();
    assert!(names.len() >= 200);
    let style = TextStyle::new(fonts.find(SANS, BOLD, Slant::Upright), Length::pt(12));
    let mut scene = page_of(Vec::new(), Length::ZERO);
    let template = scene.pages.remove(0);
    for names in names.chunks(20) {
        let mut page = template.clone();
        for (row, name) in (0..).zip(names) {
            let text_box = TextBox {
                frame: sample::rect(5, 2 + 7 * row, 95, 7),
                paragraphs: vec![Paragraph {
                    role: Role::Paragraph,
                    spans: vec![Span {
                        text: name,
                        style: &style,
                        link: None,
                    }],
                    align: Align::Start,
                    line_height: LineHeight::default(),
                    space_before: Length::ZERO,
                    direction: Direction::default(),
                }],
                vertical_align: VerticalAlign::default(),
                max_lines: Some(1),
                overflow: Overflow::Shrink(200),
            };
            page.elements
                .extend(lay_out(&text_box, fonts).unwrap().elements);
        }
        scene.pages.push(page);
    }
    let path = file_of("guests", &scene, &assets);
    let Some(text) = text_of(&path) else { return };
    for name in &names {
        let composed: String = name.nfc().collect();
        assert!(text.contains(&composed), "{composed} is not in the text");
    }
}

/// Shares of a page's gray pixels that differ by more than a quarter.
#[test]
fn pdf_and_raster_look_the_same() {
    let assets = sample::assets();
    for (name, scene) in [
        ("agree-rich", sample::rich(&assets)),
        ("agree-ticket", sample::ticket(&assets)),
    ] {
        let mut scene = scene;
        // Without bleed, so that both begin at the same pixel.
        scene.pages[0].bleed = Length::ZERO;
        let path = file_of(name, &scene, &assets);
        let Some((width, height, theirs)) = raster(&path, 1, 144) else {
            return;
        };
        let file = png::render(&scene, 0, &assets, &PngOptions { dpi: 144 }).unwrap();
        let mut decoder = ::png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(::png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().unwrap();
        let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut rgb).unwrap();
        let (our_width, our_height) = (info.width as usize, info.height as usize);
        assert!(width.abs_diff(our_width) <= 1 && height.abs_diff(our_height) <= 1);
        let mut apart = 0;
        for y in 0..our_height.min(height) {
            for x in 0..our_width.min(width) {
                let pixel = &rgb[(y * our_width + x) * 3..][..3];
                let [r, g, b] = [0, 1, 2].map(|channel| f32::from(pixel[channel]));
                let gray = 0.3 * r + 0.59 * g + 0.11 * b;
                apart += usize::from((gray - f32::from(theirs[y * width + x])).abs() > 64.0);
            }
        }
        // Edges fall on other fractions of a pixel; a missing item would be far more.
        let share = apart as f64 / (our_width * our_height) as f64;
        assert!(share < 0.02, "{name}: {share} of all pixels differ");
    }
}

#[test]
fn rare_characters_get_a_subset_of_their_own() {
    let assets = sample::assets();
    let fonts = assets.fonts();
    let regular = fonts.find(SANS, REGULAR, Slant::Upright);
    let fallback = fonts.find_fallback(regular, "\u{A727}").unwrap();
    let elements = vec![
        paragraph(run(fonts, regular, 12, at(10, 20), "plain")),
        paragraph(run(fonts, fallback, 12, at(10, 30), "\u{A727}\u{A726} ok")),
    ];
    let path = file_of("rare", &page_of(elements, Length::ZERO), &assets);
    let Some(text) = text_of(&path) else { return };
    assert!(
        text.contains("plain") && text.contains("\u{A727}\u{A726} ok"),
        "{text}"
    );
}

#[test]
fn a_font_with_cff_outlines_is_embedded() {
    let face = Face::from_bytes(include_bytes!("data/boxes.otf").to_vec()).unwrap();
    let member = Member {
        family: "boxes".to_owned(),
        weight: REGULAR,
        slant: Slant::Upright,
        face: face.into(),
    };
    let fonts = PreparedFonts::new(FontSet::new(member));
    let assets = Assets::prepare(fonts, Vec::new(), Vec::new()).unwrap();
    let text = run(assets.fonts(), FontId(0), 36, at(10, 40), "AB BA");
    let path = file_of(
        "cff",
        &page_of(vec![paragraph(text)], Length::ZERO),
        &assets,
    );
    if let Some(text) = text_of(&path) {
        assert!(text.contains("AB BA"), "{text}");
    }
    if let Some(fonts) = stdout_of("pdffonts", &[&path]) {
        assert!(fonts.contains("+Guichet-Test"), "{fonts}");
        assert!(fonts.contains("CID Type 0C"), "{fonts}");
    }
    if let Some((width, _, pixels)) = raster(&path, 1, 72) {
        // The baseline is at 113 pt and the first box spans 30 to 48 pt from the left.
        assert_eq!(pixels[105 * width + 40], 0);
        assert_eq!(pixels[105 * width + 25], 255);
    }
}

#[test]
fn links_and_boxes_are_where_they_belong() {
    let assets = sample::assets();
    let path = file_of("boxes", &sample::rich(&assets), &assets);
    let Some(said) = stdout_of("pdfinfo", &["-box", "-url", &path]) else {
        return;
    };
    for expected in ["https://example.org/background", "mailto:desk@example.org"] {
        assert!(
            said.contains(expected) || !said.contains("URL"),
            "{expected} is not in {said}"
        );
    }
    let said = stdout_of("pdfinfo", &["-box", &path]).unwrap();
    assert!(said.contains("Title:           Ticket “K7PM”"), "{said}");
    let numbers = |name: &str| -> Vec<f64> {
        let line = said.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace()
            .skip(1)
            .map(|word| word.parse().unwrap())
            .collect()
    };
    assert_eq!(numbers("MediaBox:"), [0.0, 0.0, 314.65, 436.54]);
    assert_eq!(numbers("TrimBox:"), [8.5, 8.5, 306.14, 428.03]);
    assert_eq!(numbers("BleedBox:"), numbers("MediaBox:"));
    assert_eq!(numbers("CropBox:"), numbers("TrimBox:"));
}

#[test]
fn the_same_scene_gives_the_same_bytes() {
    let first = sample::assets();
    let second = sample::assets();
    let bytes = |assets: &Assets| {
        pdf::render(&sample::rich(assets), assets, &PdfOptions::default()).unwrap()
    };
    assert!(bytes(&first) == bytes(&second));
    // Once more with what was prepared, after another page was drawn.
    let _ = pdf::render(&sample::ticket(&first), &first, &PdfOptions::default()).unwrap();
    assert!(bytes(&first) == bytes(&second));
}

#[test]
fn a_background_is_the_same_whoever_showed_it_first() {
    let (first, second) = (sample::assets(), sample::assets());
    let bytes = |assets: &Assets, families: &[&str]| {
        let scene = page_upon_background(assets, families, "Seat 27");
        pdf::render(&scene, assets, &PdfOptions::default()).unwrap()
    };
    let _ = bytes(&first, &[SANS, MONO]);
    assert!(bytes(&first, &[SANS]) == bytes(&second, &[SANS]));
}

/// A page with a text in each of these families upon the background, which has bold text and a logo.
fn page_upon_background(assets: &Assets, families: &[&str], text: &str) -> Scene {
    let fonts = assets.fonts();
    let mut elements = vec![Element::artifact(Content::Background(BackgroundId(0)))];
    for (row, family) in (0..).zip(families) {
        let font = fonts.find(family, BOLD, Slant::Upright);
        elements.push(paragraph(run(fonts, font, 12, at(10, 30 + 10 * row), text)));
    }
    page_of(elements, Length::ZERO)
}

#[test]
fn a_page_shares_its_fonts_with_its_background() {
    let assets = sample::assets();
    for (name, text) in [
        ("shared-ascii", "Seat 27"),
        ("shared-greek", "Θέση 27"),
        ("shared-rare", "Łódź, Київ"),
    ] {
        let scene = page_upon_background(&assets, &[SANS], text);
        for (aim, name) in [
            (Aim::Speed, name.to_owned()),
            (Aim::Size, format!("{name}-small")),
        ] {
            let path = file_with(&name, &scene, &assets, &PdfOptions { aim });
            if let Some(said) = text_of(&path) {
                assert!(
                    said.contains(text) && said.contains("Printed once"),
                    "{said}"
                );
            }
            if let Some(fonts) = stdout_of("pdffonts", &[&path]) {
                assert_eq!(fonts.lines().skip(2).count(), 1, "{fonts}");
            }
        }
    }
}

#[test]
fn documents_are_bound_into_one_file_in_their_order() {
    let (one, two) = (sample::assets(), sample::assets());
    let scenes = [
        (&one, "first"),
        (&one, "second"),
        (&two, "third"),
        (&one, "fourth"),
    ]
    .map(|(assets, text)| (assets, page_upon_background(assets, &[SANS], text)));
    let parts = scenes
        .each_ref()
        .map(|(assets, scene)| Part { scene, assets });
    let bytes = pdf::render_all(&parts, &PdfOptions::default()).unwrap();
    assert!(bytes == pdf::render_all(&parts, &PdfOptions::default()).unwrap());
    let alone = pdf::render(&scenes[0].1, &one, &PdfOptions::default()).unwrap();
    let neighbours = pdf::render_all(&parts[..2], &PdfOptions::default()).unwrap();
    assert!(
        neighbours.len() < alone.len() * 3 / 2,
        "neighbours of one template share its fonts: {} and {} bytes",
        neighbours.len(),
        alone.len()
    );
    let path = folder("bound").join("pages.pdf");
    std::fs::write(&path, bytes).unwrap();
    let path = path.to_str().unwrap();
    let Some(_) = stdout_of("qpdf", &["--check", path]) else {
        return;
    };
    let Some(text) = text_of(path) else { return };
    let pages: Vec<_> = text.split('\u{c}').collect();
    for (page, word) in ["first", "second", "third", "fourth"].iter().enumerate() {
        assert!(pages[page].contains(word), "{text}");
    }
    assert_eq!(
        pdf::render_all(&[], &PdfOptions::default()),
        Err(RenderError::NoPages)
    );
}

#[test]
fn an_ordinary_ticket_is_small() {
    let assets = sample::assets();
    let bytes = pdf::render(&sample::ticket(&assets), &assets, &PdfOptions::default()).unwrap();
    assert!(bytes.len() <= 34_000, "{} bytes", bytes.len());
}

#[test]
fn mistakes_of_the_builder_are_named() {
    let assets = sample::assets();
    let options = PdfOptions::default();
    let mut scene = page_of(
        vec![sample::image(9, sample::rect(0, 0, 9, 9), None)],
        Length::ZERO,
    );
    let refused = |scene: &Scene| {
        pdf::render(scene, &assets, &options)
            .unwrap_err()
            .to_string()
    };
    assert_eq!(refused(&scene), "image 9 is not among the assets");
    scene.pages[0].elements = vec![sample::block(sample::rect(0, 0, 1, 1), Color::BLACK)];
    scene.pages[0].size.width = Length::mm(5_081);
    assert_eq!(
        refused(&scene),
        "page 0 must measure more than 0 and at most 5080 mm on each side"
    );
    scene.pages.clear();
    assert_eq!(
        pdf::render(&scene, &assets, &options),
        Err(RenderError::NoPages)
    );
}
