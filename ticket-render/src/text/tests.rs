//! Behaviour of boxes, seen from outside.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::fonts::{BOLD, FontId, REGULAR, SANS, Slant};
use crate::length::{Point, Rect};
use crate::scene::{Color, Content, Element, GlyphRun, Role};

static FONTS: LazyLock<FontSet> = LazyLock::new(FontSet::embedded);

fn sans() -> FontId {
    FONTS.find(SANS, REGULAR, Slant::Upright)
}

/// A box of one paragraph in 10 pt Inter; a test changes what it is about.
#[derive(Clone)]
struct Case {
    width_mm: i32,
    height_mm: i32,
    style: TextStyle,
    align: Align,
    vertical_align: VerticalAlign,
    line_height: LineHeight,
    max_lines: Option<u16>,
    overflow: Overflow,
}

impl Default for Case {
    fn default() -> Self {
        Self {
            width_mm: 40,
            height_mm: 100,
            style: TextStyle::new(sans(), Length::pt(10)),
            align: Align::Start,
            vertical_align: VerticalAlign::Top,
            line_height: LineHeight::Normal,
            max_lines: None,
            overflow: Overflow::Ellipsis,
        }
    }
}

impl Case {
    fn with_box<T>(&self, text: &str, then: impl FnOnce(&TextBox<'_>) -> T) -> T {
        let span = Span {
            text,
            style: &self.style,
            link: None,
        };
        then(&self.text_box(vec![self.paragraph(vec![span])]))
    }

    fn paragraph<'a>(&self, spans: Vec<Span<'a>>) -> Paragraph<'a> {
        Paragraph {
            role: Role::Paragraph,
            spans,
            align: self.align,
            line_height: self.line_height,
            space_before: Length::ZERO,
            direction: Direction::Automatic,
        }
    }

    fn text_box<'a>(&self, paragraphs: Vec<Paragraph<'a>>) -> TextBox<'a> {
        TextBox {
            frame: self.frame(),
            paragraphs,
            vertical_align: self.vertical_align,
            max_lines: self.max_lines,
            overflow: self.overflow,
        }
    }

    fn frame(&self) -> Rect {
        Rect {
            x: Length::mm(5),
            y: Length::mm(7),
            width: Length::mm(self.width_mm),
            height: Length::mm(self.height_mm),
        }
    }

    fn lay_out(&self, text: &str) -> LaidOut {
        self.with_box(text, |text_box| lay_out(text_box, &FONTS))
            .unwrap()
    }

    #[track_caller]
    fn check(&self, text: &str, lines: &[&str], notes: &[Note]) {
        let laid_out = self.lay_out(text);
        assert_eq!(lines_of(&laid_out), lines, "{text:?}");
        assert_eq!(laid_out.notes.entries(), notes, "{text:?}");
    }
}

fn runs_of(elements: &[Element]) -> Vec<GlyphRun> {
    let runs = elements.iter().flat_map(|element| match &element.content {
        Content::Glyphs(run) => vec![run.clone()],
        Content::Group(group) => runs_of(&group.elements),
        _ => Vec::new(),
    });
    runs.collect()
}

/// The text of each line that has any; lines are told apart by their baselines.
fn lines_of(laid_out: &LaidOut) -> Vec<String> {
    let runs = runs_of(&laid_out.elements);
    let lines = runs.chunk_by(|a, b| a.origin.y == b.origin.y);
    lines
        .map(|runs| runs.iter().map(|run| run.text.as_str()).collect())
        .collect()
}

/// How far a run's pen moves, in EMU.
fn width_of(run: &GlyphRun) -> i64 {
    let units: i64 = run
        .glyphs
        .iter()
        .map(|glyph| i64::from(glyph.advance))
        .sum();
    let em = FONTS.face(run.font).metrics().units_per_em;
    block::to_emu(units, i64::from(run.size.to_emu()), em)
}

#[test]
fn text_that_fits_is_one_run() {
    let laid_out = Case::default().lay_out("Jürgen Łukaszewicz");
    let runs = runs_of(&laid_out.elements);
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].text, "Jürgen Łukaszewicz");
    assert_eq!(runs[0].origin.x, Length::mm(5));
    assert_eq!(i64::from(laid_out.size.width.to_emu()), width_of(&runs[0]));
    assert_eq!((laid_out.lines, laid_out.notes.entries().len()), (1, 0));
    assert!(matches!(laid_out.elements[0].role, Role::Paragraph));
}

#[test]
fn lines_break_where_unicode_allows() {
    let case = Case {
        width_mm: 30,
        ..Case::default()
    };
    case.check(
        "The quick brown fox jumps over the lazy dog",
        &["The quick brown ", "fox jumps over ", "the lazy dog"],
        &[],
    );
    // After a hyphen, not before a no-break space.
    case.check(
        "Marie-Antoinette-Josephe",
        &["Marie-Antoinette-", "Josephe"],
        &[],
    );
    case.check(
        "Row 12, seat\u{A0}1234567",
        &["Row 12, ", "seat\u{A0}1234567"],
        &[],
    );
}

#[test]
fn spaces_hang_at_the_end_of_a_line() {
    let case = Case {
        width_mm: 30,
        align: Align::End,
        ..Case::default()
    };
    let tight = case.lay_out("fox jumps over the lazy");
    let loose = case.lay_out("fox jumps over      the lazy");
    assert_eq!(lines_of(&loose), ["fox jumps over      ", "the lazy"]);
    let starts = |laid_out: &LaidOut| {
        runs_of(&laid_out.elements)
            .iter()
            .map(|run| run.origin.x)
            .collect::<Vec<_>>()
    };
    assert_eq!(starts(&tight), starts(&loose));
}

#[test]
fn line_feeds_begin_lines() {
    let case = Case::default();
    case.check("a\nb\r\nc\u{2028}d", &["a", "b", "c", "d"], &[]);
    let laid_out = case.lay_out("a\n\nb\n");
    assert_eq!(
        (lines_of(&laid_out), laid_out.lines),
        (vec!["a".into(), "b".into()], 4)
    );
}

#[test]
fn long_words_are_divided_anywhere_but_within_letters() {
    let case = Case {
        width_mm: 10,
        ..Case::default()
    };
    let laid_out = case.lay_out("Donaudampfschifffahrt");
    assert!(lines_of(&laid_out).len() > 2);
    assert_eq!(lines_of(&laid_out).concat(), "Donaudampfschifffahrt");
    assert!(matches!(
        laid_out.notes.entries(),
        [Note::WordsDivided { places: 1.. }]
    ));
    let stacked = "e\u{302}\u{301}".repeat(20);
    for line in lines_of(&case.lay_out(&stacked)) {
        assert!(line.starts_with('e'), "{line:?}");
    }
}

#[test]
fn soft_hyphens_show_only_where_they_break() {
    let case = Case {
        width_mm: 24,
        ..Case::default()
    };
    case.check(
        "Donau\u{AD}dampf\u{AD}schiff",
        &["Donau\u{AD}dampf\u{AD}\u{AD}", "schiff"],
        &[],
    );
    let laid_out = case.lay_out("Donau\u{AD}dampf\u{AD}schiff");
    let hyphen = FONTS.face(sans()).glyph('\u{2010}').unwrap();
    let shown = runs_of(&laid_out.elements);
    let hyphens = shown
        .iter()
        .flat_map(|run| &run.glyphs)
        .filter(|glyph| glyph.id == hyphen);
    assert_eq!(hyphens.count(), 1);
    assert!(laid_out.size.width <= Length::mm(24));
}

#[test]
fn ellipsis_ends_what_is_cut() {
    let case = Case {
        width_mm: 30,
        max_lines: Some(1),
        ..Case::default()
    };
    case.check(
        "The quick brown fox",
        &["The quick brow…"],
        &[Note::Cut { characters: 5 }],
    );
    let two = Case {
        max_lines: Some(2),
        ..case.clone()
    };
    two.check(
        "one\ntwo\nthree",
        &["one", "two…"],
        &[Note::Cut { characters: 5 }],
    );
    two.check(
        "one\n\nthree",
        &["one", "…"],
        &[Note::Cut { characters: 5 }],
    );
    two.check("one\ntwo\n \n", &["one", "two"], &[]);
    let low = Case {
        height_mm: 9,
        ..Case::default()
    };
    low.check(
        "one\ntwo\nthree",
        &["one", "two…"],
        &[Note::Cut { characters: 5 }],
    );
    assert!(case.lay_out("WWWWWWWWWWWWWWWWWWWW").size.width <= Length::mm(30));
}

#[test]
fn a_box_too_low_for_one_line_still_shows_it() {
    let case = Case {
        height_mm: 1,
        ..Case::default()
    };
    let laid_out = case.lay_out("one two");
    assert_eq!(lines_of(&laid_out), ["one two"]);
    assert!(matches!(laid_out.notes.entries(), [Note::Overfull { .. }]));
}

#[test]
fn shrinking_stops_where_the_text_fits() {
    let case = Case {
        max_lines: Some(1),
        overflow: Overflow::Shrink(500),
        ..Case::default()
    };
    case.check("short", &["short"], &[]);
    let name = "Maximiliane Wolfeschlegelsteinhausen";
    let laid_out = case.lay_out(name);
    let [Note::Shrunk { per_mille }] = laid_out.notes.entries() else {
        panic!("{laid_out:?}")
    };
    assert_eq!(lines_of(&laid_out), [name]);
    assert!(laid_out.size.width <= Length::mm(40) && laid_out.size.width >= Length::mm(39));
    let run = &runs_of(&laid_out.elements)[0];
    assert_eq!(run.size, Length::pt(10).scaled(i64::from(*per_mille), 1000));
    // One more thousandth would be too much.
    let larger = i64::from(laid_out.size.width.to_emu()) * i64::from(per_mille + 1);
    assert!(larger / i64::from(*per_mille) > i64::from(Length::mm(40).to_emu()));
}

#[test]
fn shrinking_prefers_small_letters_to_divided_words() {
    let case = Case {
        width_mm: 25,
        height_mm: 9,
        overflow: Overflow::Shrink(300),
        ..Case::default()
    };
    let laid_out = case.lay_out("Wolfeschlegelsteinhausen Bergerdorff");
    assert_eq!(
        lines_of(&laid_out),
        ["Wolfeschlegelsteinhausen ", "Bergerdorff"]
    );
    assert!(matches!(
        laid_out.notes.entries(),
        [Note::Shrunk {
            per_mille: 300..1000
        }]
    ));
}

#[test]
fn shrinking_ends_in_an_ellipsis() {
    let case = Case {
        max_lines: Some(1),
        overflow: Overflow::Shrink(900),
        ..Case::default()
    };
    let laid_out = case.lay_out("Maximiliane Wolfeschlegelsteinhausen");
    assert_eq!(lines_of(&laid_out), ["Maximiliane Wolfeschleg…"]);
    assert_eq!(
        laid_out.notes.entries(),
        [
            Note::Shrunk { per_mille: 900 },
            Note::Cut { characters: 13 }
        ]
    );
}

#[test]
fn clipped_text_is_in_a_clipping_group() {
    let case = Case {
        height_mm: 6,
        overflow: Overflow::Clip,
        ..Case::default()
    };
    let laid_out = case.lay_out("one\ntwo\nthree");
    assert_eq!(laid_out.notes.entries(), [Note::Clipped]);
    let [
        Element {
            content: Content::Group(group),
            ..
        },
    ] = laid_out.elements.as_slice()
    else {
        panic!("{laid_out:?}")
    };
    assert!(group.clip.is_some());
    assert_eq!(lines_of(&laid_out), ["one", "two", "three"]);
    case.check("one", &["one"], &[]);
}

#[test]
fn refusal_says_how_much_room_is_needed() {
    let case = Case {
        max_lines: Some(2),
        overflow: Overflow::Refuse,
        ..Case::default()
    };
    let refused = case.with_box("one\ntwo\nthree", |text_box| lay_out(text_box, &FONTS));
    let error = refused.unwrap_err();
    assert!(matches!(
        error,
        TextError::DoesNotFit {
            lines: 3,
            max_lines: Some(2),
            ..
        }
    ));
    assert!(
        error
            .to_string()
            .ends_with("3 lines; the box has 40 × 100 mm and at most 2 lines"),
        "{error}"
    );
    case.check("one\ntwo", &["one", "two"], &[]);
}

#[test]
fn lines_are_aligned() {
    let x_of = |align| {
        runs_of(
            &Case {
                align,
                ..Case::default()
            }
            .lay_out("Row 12")
            .elements,
        )[0]
        .origin
        .x
    };
    let width = Case::default().lay_out("Row 12").size.width;
    for align in [Align::Start, Align::Left, Align::Justify] {
        assert_eq!(x_of(align), Length::mm(5), "{align:?}");
    }
    for align in [Align::End, Align::Right] {
        assert_eq!(x_of(align), Length::mm(45) - width, "{align:?}");
    }
    assert_eq!(
        x_of(Align::Center),
        Length::mm(5) + (Length::mm(40) - width).half()
    );
}

#[test]
fn justified_lines_reach_the_other_side() {
    let case = Case {
        align: Align::Justify,
        width_mm: 30,
        ..Case::default()
    };
    for text in [
        "The quick brown fox jumps over the lazy dog",
        "Съешь же ещё этих мягких французских булок",
    ] {
        let runs = runs_of(&case.lay_out(text).elements);
        let (last, others) = runs.split_last().unwrap();
        for run in others
            .iter()
            .filter(|run| run.text.trim_end().contains(' '))
        {
            let hanging = run.text.len() - run.text.trim_end().len();
            let mut visible = run.clone();
            visible.glyphs.truncate(run.glyphs.len() - hanging);
            let off = width_of(&visible) - i64::from(Length::mm(30).to_emu());
            assert!(off.abs() <= 100, "{:?} is off by {off}", run.text);
        }
        assert!(width_of(last) < i64::from(Length::mm(29).to_emu()));
    }
}

#[test]
fn boxes_are_aligned_vertically() {
    let y_of = |vertical_align| {
        Case {
            vertical_align,
            ..Case::default()
        }
        .lay_out("Row 12")
        .first_baseline
    };
    let height = Case::default().lay_out("Row 12").size.height;
    let slack = Length::mm(100) - height;
    assert_eq!(
        y_of(VerticalAlign::Middle),
        y_of(VerticalAlign::Top) + slack.half()
    );
    assert_eq!(
        y_of(VerticalAlign::Bottom),
        y_of(VerticalAlign::Top) + slack
    );
}

#[test]
fn line_heights_are_as_asked() {
    let baselines = |line_height, size| {
        let style = TextStyle::new(sans(), Length::pt(size));
        let laid_out = Case {
            line_height,
            style,
            ..Case::default()
        }
        .lay_out("a\nb");
        let runs = runs_of(&laid_out.elements);
        (runs[1].origin.y - runs[0].origin.y, laid_out.size.height)
    };
    let check = |line_height, size, expected: Length| {
        assert_eq!(
            baselines(line_height, size),
            (expected, expected + expected),
            "{line_height:?}"
        );
    };
    check(LineHeight::Exact(Length::pt(17)), 10, Length::pt(17));
    check(LineHeight::Relative(1500), 10, Length::pt(15));
    check(LineHeight::Relative(1500), 20, Length::pt(30));
    let metrics = FONTS.face(sans()).metrics();
    let units = i64::from(metrics.ascent) - i64::from(metrics.descent);
    let (normal, _) = baselines(LineHeight::Normal, 10);
    let expected = Length::pt(10).scaled(units, i64::from(metrics.units_per_em));
    assert!((normal.to_emu() - expected.to_emu()).abs() <= 1);
}

#[test]
fn composed_and_decomposed_text_look_alike() {
    let case = Case::default();
    for (composed, decomposed) in [
        ("Việt Nam", "Vie\u{323}\u{302}t Nam"),
        ("Ångström", "A\u{30A}ngstro\u{308}m"),
        ("Ψυχή", "Ψυχη\u{301}"),
        ("Йожик", "И\u{306}ожик"),
    ] {
        let glyphs = |text: &str| {
            let runs = runs_of(&case.lay_out(text).elements);
            runs.iter()
                .flat_map(|run| &run.glyphs)
                .map(|g| (g.id, g.advance))
                .collect::<Vec<_>>()
        };
        assert_eq!(glyphs(composed), glyphs(decomposed), "{composed}");
        assert_eq!(
            runs_of(&case.lay_out(decomposed).elements)[0].text,
            decomposed
        );
    }
}

#[test]
fn marks_are_stacked_above_each_other() {
    let laid_out = Case::default().lay_out("x\u{302}\u{301}\u{30C}");
    let glyphs = &runs_of(&laid_out.elements)[0].glyphs;
    assert_eq!(glyphs.len(), 4);
    let heights: Vec<i32> = glyphs.iter().skip(1).map(|glyph| glyph.y_offset).collect();
    assert!(heights.is_sorted_by(|a, b| a < b), "{heights:?}");
    assert!(glyphs.iter().skip(1).all(|glyph| glyph.advance == 0));
}

#[test]
fn rare_characters_come_from_another_face_and_are_noted() {
    let laid_out = Case::default().lay_out("Ab\u{A727}c");
    let used = FONTS.find_fallback(sans(), "\u{A727}").unwrap();
    assert_eq!(
        laid_out.notes.entries(),
        [Note::Substituted {
            character: '\u{A727}',
            asked: sans(),
            used
        }]
    );
    let runs = runs_of(&laid_out.elements);
    assert_eq!(
        runs.iter().map(|run| run.text.as_str()).collect::<Vec<_>>(),
        ["Ab", "\u{A727}", "c"]
    );
    assert_eq!(runs[1].font, used);
}

#[test]
fn a_letter_and_its_marks_come_from_one_face() {
    let laid_out = Case::default().lay_out("ab\u{32A}c");
    assert_eq!(runs_of(&laid_out.elements)[1].text, "b\u{32A}");
}

#[test]
fn missing_characters_show_a_sign_and_are_noted() {
    let laid_out = Case::default().lay_out("Zoë 世界 ok");
    assert_eq!(
        laid_out.notes.entries(),
        [
            Note::MissingGlyph {
                character: '世',
                font: sans()
            },
            Note::MissingGlyph {
                character: '界',
                font: sans()
            },
        ]
    );
    let runs = runs_of(&laid_out.elements);
    let sign = runs.iter().find(|run| run.text == "世界").unwrap();
    assert_eq!(sign.glyphs.len(), 2);
    assert!(sign.glyphs.iter().all(|glyph| glyph.id != 0));
    assert_eq!(lines_of(&laid_out).concat(), "Zoë 世界 ok");
}

#[test]
fn notes_are_bounded() {
    let text: String = ('一'..).take(50).collect();
    let laid_out = Case::default().lay_out(&text);
    assert_eq!(laid_out.notes.entries().len(), Notes::MAX_CHARACTERS);
    assert!(laid_out.notes.omitted() >= 30);
}

#[test]
fn right_to_left_text_is_refused_by_name() {
    for text in ["שלום", "a مرحبا", "a\u{202E}b"] {
        let refused = Case::default().with_box(text, |text_box| lay_out(text_box, &FONTS));
        assert!(
            matches!(refused, Err(TextError::RightToLeft { character: Some(_) })),
            "{text}"
        );
    }
}

#[test]
fn spans_keep_their_styles_and_share_a_baseline() {
    let case = Case {
        width_mm: 80,
        ..Case::default()
    };
    let small = TextStyle {
        underline: true,
        ..TextStyle::new(sans(), Length::pt(8))
    };
    let large = TextStyle {
        color: Color::Rgb { r: 200, g: 0, b: 0 },
        ..TextStyle::new(FONTS.find(SANS, BOLD, Slant::Upright), Length::pt(20))
    };
    let link = Some("https://example.org");
    let spans = vec![
        Span {
            text: "from ",
            style: &small,
            link: None,
        },
        Span {
            text: "49",
            style: &large,
            link,
        },
        Span {
            text: " euro",
            style: &small,
            link: None,
        },
    ];
    let laid_out = lay_out(&case.text_box(vec![case.paragraph(spans)]), &FONTS).unwrap();
    assert_eq!(lines_of(&laid_out), ["from 49 euro"]);
    let group = laid_out
        .elements
        .iter()
        .find_map(|element| match &element.content {
            Content::Group(group) => Some((element.role, group)),
            _ => None,
        });
    let (role, group) = group.unwrap();
    assert_eq!(role, Role::Paragraph);
    assert!(
        group
            .elements
            .iter()
            .all(|element| element.role == Role::Part)
    );
    let shapes = laid_out
        .elements
        .iter()
        .filter(|e| matches!(e.content, Content::Shape(_)));
    assert_eq!(shapes.count(), 2);
    let links = laid_out
        .elements
        .iter()
        .filter_map(|element| match &element.content {
            Content::Link(link) => Some(link),
            _ => None,
        });
    let runs = runs_of(&laid_out.elements);
    for link in links {
        assert_eq!(link.area.x, runs[1].origin.x);
        assert_eq!(link.area.right(), runs[2].origin.x);
    }
}

#[test]
fn lines_break_across_spans_as_if_they_were_one() {
    let case = Case {
        width_mm: 30,
        ..Case::default()
    };
    let spans = ["The qu", "ick bro", "wn fox jum", "ps"].map(|text| Span {
        text,
        style: &case.style,
        link: None,
    });
    let laid_out = lay_out(&case.text_box(vec![case.paragraph(spans.to_vec())]), &FONTS).unwrap();
    assert_eq!(lines_of(&laid_out), ["The quick brown ", "fox jumps"]);
}

#[test]
fn paragraphs_have_space_between_and_their_own_roles() {
    let case = Case::default();
    let span = |text| Span {
        text,
        style: &case.style,
        link: None,
    };
    let heading = Paragraph {
        role: Role::Heading(1),
        space_before: Length::mm(50),
        ..case.paragraph(vec![span("Head")])
    };
    let empty = case.paragraph(Vec::new());
    let body = Paragraph {
        space_before: Length::mm(3),
        ..case.paragraph(vec![span("Body")])
    };
    let laid_out = lay_out(&case.text_box(vec![heading, empty, body]), &FONTS).unwrap();
    let roles: Vec<Role> = laid_out
        .elements
        .iter()
        .map(|element| element.role)
        .collect();
    assert_eq!(roles, [Role::Heading(1), Role::Paragraph]);
    let line = case.lay_out("Head").size.height;
    let runs = runs_of(&laid_out.elements);
    assert_eq!(
        runs[1].origin.y - runs[0].origin.y,
        line + line + Length::mm(3)
    );
}

#[test]
fn letter_spacing_stands_between_letters_only() {
    let plain = Case::default().lay_out("ABC").size.width;
    let spaced = Case {
        style: TextStyle {
            letter_spacing_per_mille: 100,
            ..Case::default().style
        },
        ..Case::default()
    };
    let wide = spaced.lay_out("ABC").size.width;
    // 205 of 2048 units is the nearest to a tenth of the em.
    let spaces = 2 * 205 * Length::pt(10).to_emu() / 2048;
    assert!(((wide - plain).to_emu() - spaces).abs() <= 1);
    let marks = runs_of(&spaced.lay_out("AB\u{304}\u{308}C").elements);
    assert_eq!(marks[0].letter_spacing, Length::ZERO);
    let text: i64 = marks.iter().map(width_of).sum();
    assert!(text > i64::from(plain.to_emu()));
}

#[test]
fn baseline_shift_raises_and_keeps_line_heights() {
    let case = Case::default();
    let raised = TextStyle {
        baseline_shift_per_mille: 350,
        ..TextStyle::new(sans(), Length::pt(6))
    };
    let spans = vec![
        Span {
            text: "H",
            style: &case.style,
            link: None,
        },
        Span {
            text: "2",
            style: &raised,
            link: None,
        },
    ];
    let laid_out = lay_out(&case.text_box(vec![case.paragraph(spans)]), &FONTS).unwrap();
    let runs = runs_of(&laid_out.elements);
    assert_eq!(
        runs[0].origin.y - runs[1].origin.y,
        Length::pt(6).scaled(350, 1000)
    );
    assert_eq!(laid_out.size.height, case.lay_out("H").size.height);
}

#[test]
fn features_and_languages_change_glyphs() {
    let ids = |style: TextStyle, text: &str| {
        let runs = runs_of(
            &Case {
                style,
                ..Case::default()
            }
            .lay_out(text)
            .elements,
        );
        runs.iter()
            .flat_map(|run| &run.glyphs)
            .map(|glyph| glyph.id)
            .collect::<Vec<_>>()
    };
    let usual = TextStyle::new(sans(), Length::pt(10));
    let tabular = TextStyle {
        features: vec![FontFeature {
            tag: *b"tnum",
            value: 1,
        }],
        ..usual.clone()
    };
    assert_ne!(ids(usual.clone(), "1117"), ids(tabular, "1117"));
    let catalan = TextStyle {
        language: Language::new("ca"),
        ..usual.clone()
    };
    assert_ne!(
        ids(usual.clone(), "col·laborar"),
        ids(catalan, "col·laborar")
    );
    let english = TextStyle {
        language: Language::new("en-GB"),
        ..usual.clone()
    };
    assert_eq!(ids(usual, "colour"), ids(english, "colour"));
}

#[test]
fn measuring_agrees_with_layout() {
    let case = Case {
        width_mm: 30,
        ..Case::default()
    };
    let text = "The quick brown fox jumps over the lazy dog";
    let laid_out = case.lay_out(text);
    let measured = |width| {
        case.with_box(text, |text_box| measure(text_box, &FONTS, width))
            .unwrap()
    };
    let narrow = measured(Length::mm(30));
    assert_eq!((narrow.size, narrow.lines), (laid_out.size, laid_out.lines));
    assert_eq!(
        narrow.first_baseline + Length::mm(7),
        laid_out.first_baseline
    );
    assert_eq!(measured(narrow.full_width).lines, 1);
    assert_eq!(measured(narrow.full_width - Length::emu(1)).lines, 2);
    let word = case
        .lay_out("brown")
        .size
        .width
        .max(case.lay_out("jumps").size.width);
    assert_eq!(
        narrow.least_width,
        word.max(case.lay_out("quick").size.width)
    );
}

#[test]
fn too_much_text_is_refused() {
    let text = "a".repeat(1 + (1 << 20));
    let refused = Case::default().with_box(&text, |text_box| lay_out(text_box, &FONTS));
    assert_eq!(
        refused,
        Err(TextError::TooLong {
            found: text.len(),
            max: 1 << 20
        })
    );
}

#[test]
fn an_empty_box_is_empty() {
    let case = Case::default();
    for paragraphs in [vec![], vec![case.paragraph(Vec::new())]] {
        let laid_out = lay_out(&case.text_box(paragraphs), &FONTS).unwrap();
        assert!(laid_out.elements.is_empty());
    }
    assert!(case.lay_out("").elements.is_empty());
    assert_eq!(case.lay_out("").size.height, case.lay_out("x").size.height);
}

/// Text of all kinds: scripts, marks without letters, invisible and broken things.
fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,60}",
        "[a-zA-ZÀ-žΑ-ωЀ-ӿ \n\u{AD}\u{301}\u{323}\u{200D}\u{200B}fi-]{0,80}",
        "[\u{300}-\u{36F}\u{1DC4}x ]{0,30}",
        "[世界😀👨‍👩‍👧a\u{FE0F}\u{20E3} ]{0,20}",
    ]
}

fn any_style() -> impl Strategy<Value = TextStyle> {
    (
        0u16..9,
        0i32..2_000_000,
        any::<bool>(),
        any::<i16>(),
        any::<i16>(),
        0u8..4,
    )
        .prop_map(
            |(font, size, underline, letter_spacing_per_mille, baseline_shift_per_mille, kind)| {
                TextStyle {
                    underline,
                    letter_spacing_per_mille,
                    baseline_shift_per_mille,
                    features: (kind == 1)
                        .then_some(FontFeature {
                            tag: *b"tnum",
                            value: 1,
                        })
                        .into_iter()
                        .collect(),
                    language: Language::new(["", "ro", "sr", "vi"][usize::from(kind)]),
                    ..TextStyle::new(FontId(font), Length::emu(size))
                }
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_no_text_is_lost(
        texts in prop::collection::vec((any_text(), any_style()), 0..4),
        size in (any::<i32>(), any::<i32>()),
        max_lines in prop::option::of(any::<u16>()),
        choices in (0usize..4, 0usize..3, 0usize..6, any::<u16>()),
    ) {
        let overflow = [Overflow::Ellipsis, Overflow::Clip, Overflow::Refuse, Overflow::Shrink(choices.3)];
        let line_height =
            [LineHeight::Normal, LineHeight::Relative(choices.3), LineHeight::Exact(Length::emu(size.0))];
        let align =
            [Align::Start, Align::Center, Align::End, Align::Left, Align::Right, Align::Justify];
        let paragraphs = texts.iter().map(|(text, style)| Paragraph {
            role: Role::Paragraph,
            spans: vec![Span { text, style, link: None }, Span { text: "x", style, link: Some("tel:1") }],
            align: align[choices.2],
            line_height: line_height[choices.1],
            space_before: Length::emu(size.1),
            direction: Direction::Automatic,
        });
        let origin = Point { x: Length::emu(size.1), y: Length::emu(size.0) };
        let text_box = TextBox {
            frame: Rect { x: origin.x, y: origin.y, width: Length::emu(size.0), height: Length::emu(size.1) },
            paragraphs: paragraphs.collect(),
            vertical_align: VerticalAlign::Middle,
            max_lines,
            overflow: overflow[choices.0],
        };
        let laid_out = lay_out(&text_box, &FONTS);
        let _ = measure(&text_box, &FONTS, Length::emu(size.0));
        if let Ok(laid_out) = laid_out {
            let is_cut = laid_out.notes.entries().iter().any(|note| matches!(note, Note::Cut { .. }));
            let shown: String = runs_of(&laid_out.elements).iter().map(|run| run.text.as_str()).collect();
            for run in runs_of(&laid_out.elements) {
                let clusters = run.glyphs.iter().map(|glyph| glyph.cluster as usize);
                prop_assert!(clusters.clone().all(|cluster| run.text.is_char_boundary(cluster)));
                prop_assert!(clusters.is_sorted());
            }
            if !is_cut {
                let visible = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
                let given: String = texts.iter().map(|(text, _)| format!("{text}x")).collect();
                prop_assert_eq!(visible(&shown), visible(&given));
            }
        }
    }

    #[test]
    fn lines_are_never_wider_than_their_frame(text in "[a-zA-ZÀ-žΑ-ωЀ-ӿ -]{0,200}", width_mm in 8i32..80) {
        let case = Case { width_mm, height_mm: 5000, ..Case::default() };
        let laid_out = case.lay_out(&text);
        // Where a word is divided, the shaper may draw its halves a trace wider than together.
        let is_divided = laid_out.notes.entries().iter().any(|note| matches!(note, Note::WordsDivided { .. }));
        let tolerance = Length::pt(i32::from(is_divided));
        prop_assert!(laid_out.size.width <= Length::mm(width_mm) + tolerance);
    }
}
