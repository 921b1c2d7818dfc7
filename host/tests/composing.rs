//! From a guest's layout to a page with a code: what is refused, what is reported, what is drawn.

mod sandbox_room;

use guichet::templates::manifest::Subject;
use guichet::templates::values::RawValue;
use guichet::templates::{CodeText, LaidOut, LayOutError, LayoutOrder, TemplateFailure};
use sandbox_room::{SINNER, Shop};
use ticket_render::scene::{Content, Element, PlacedCode};

/// As long as a standard token's.
fn token() -> CodeText {
    CodeText::Token(format!("TK1:{}", "6BF".repeat(50)))
}

fn lay_out(sin: &str, code: &CodeText) -> Result<LaidOut, LayOutError> {
    let shop = Shop::set_up();
    let template = shop.load(SINNER);
    let mut order: LayoutOrder = template.sample_order();
    order
        .values
        .set(Subject::Ticket, "sin", RawValue::Text(sin.to_owned()));
    template.lay_out(&order, code)
}

fn check_problem(sin: &str, expected: &str) {
    match lay_out(sin, &token()) {
        Err(LayOutError::Template(TemplateFailure::BadLayout { problems })) => {
            let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert_eq!(words, [expected], "{sin}");
        }
        other => panic!("{sin}: {other:?}"),
    }
}

fn codes_of(elements: &[Element]) -> Vec<&PlacedCode> {
    elements
        .iter()
        .filter_map(|element| match &element.content {
            Content::Code(code) => Some(code),
            _ => None,
        })
        .collect()
}

#[test]
fn the_code_is_drawn_last_on_its_own_ground() {
    let laid_out = lay_out("none", &token()).unwrap();
    let elements = &laid_out.scene.pages[0].elements;
    assert!(matches!(
        elements.last().map(|last| &last.content),
        Some(Content::Code(_))
    ));
    let codes = codes_of(elements);
    assert_eq!(codes.len(), 1);
    assert_eq!((codes[0].symbol.width(), codes[0].quiet_modules), (41, 4));
    // 30 mm over 49 modules, in whole EMU.
    assert_eq!(codes[0].module.to_emu(), 30 * 36_000 / 49);
    assert!(laid_out.notes.entries().is_empty(), "{:?}", laid_out.notes);
}

#[test]
fn a_specimen_says_so_beneath_the_code() {
    let CodeText::Token(text) = token() else {
        panic!("not a token")
    };
    let ticket = lay_out("none", &token()).unwrap().scene;
    let specimen = lay_out("none", &CodeText::Specimen(text)).unwrap().scene;
    let (ticket, specimen) = (&ticket.pages[0].elements, &specimen.pages[0].elements);
    assert_eq!(specimen.len(), ticket.len() + 1);
    assert!(matches!(
        specimen.last().map(|last| &last.content),
        Some(Content::Code(_))
    ));
    assert!(format!("{specimen:?}").contains("SPECIMEN"));
    assert!(!format!("{ticket:?}").contains("SPECIMEN"));
}

#[test]
fn slots_that_lie_badly_are_refused() {
    check_problem(
        "code-missing",
        "document, pages: no page has a code slot for the token; add a code with the content `token`, or say `none` in the manifest",
    );
    check_problem(
        "code-too-small",
        "page 1, item 1, frame: the modules of the code would be 0.306 mm; the least is 0.33 mm, which needs a frame of 16.2 mm",
    );
    check_problem(
        "code-off-page",
        "page 1, item 1, frame: the code slot from 76.0, 100.0 mm to 106.0, 130.0 mm is not wholly on the page of 105.0 × 148.0 mm",
    );
    check_problem(
        "code-moved-off-page",
        "page 1, item 2, frame: the code slot from 90.0, 100.0 mm to 120.0, 130.0 mm is not wholly on the page of 105.0 × 148.0 mm",
    );
}

#[test]
fn groups_that_spoil_a_code_are_refused() {
    for (sin, how) in [
        ("code-scaled", "scaled or mirrored"),
        ("code-turned-askew", "turned otherwise than by quarters"),
        ("code-transparent", "made transparent"),
        ("code-clipped", "clipped"),
    ] {
        check_problem(
            sin,
            &format!(
                "page 1, item 2, content: the code slot is {how} by a group around it; only moves and quarter turns are allowed"
            ),
        );
    }
}

#[test]
fn a_slot_may_be_turned_by_quarters() {
    let laid_out = lay_out("code-turned-by-quarter", &token()).unwrap();
    let elements = &laid_out.scene.pages[0].elements;
    let code = codes_of(elements)[0].clone();
    // The frame at 60, 100 turned about the origin, then moved by 140 mm.
    assert!(
        (10.0..11.0).contains(&code.origin.x.to_mm()),
        "{:?}",
        code.origin
    );
    assert!(
        (60.0..61.0).contains(&code.origin.y.to_mm()),
        "{:?}",
        code.origin
    );
}

#[test]
fn small_modules_are_reported() {
    let laid_out = lay_out("code-tight", &token()).unwrap();
    let notes: Vec<&str> = laid_out
        .notes
        .entries()
        .iter()
        .map(|note| note.text.as_str())
        .collect();
    assert_eq!(
        notes,
        [
            "the modules of the code are 0.367 mm; gates read 0.40 mm with ease, which needs a frame of 19.6 mm"
        ]
    );
}

#[test]
fn what_reaches_into_a_slot_is_refused() {
    let expected = "page 1, item 2, content: reaches into the code slot of item 1, quiet zone included; leave that area free";
    check_problem("code-overlapped", expected);
    check_problem("code-quiet-zone-overlapped", expected);
    check_problem("code-overlapped-by-code", expected);
}

#[test]
fn a_panel_beneath_a_slot_is_harmless() {
    assert!(lay_out("code-on-a-panel", &token()).is_ok());
}

#[test]
fn groups_must_be_balanced_and_not_too_deep() {
    check_problem(
        "open-group",
        "page 1, item 2, content: this group is never ended",
    );
    check_problem(
        "closed-group",
        "page 1, item 1, content: ends a group where none is open",
    );
    check_problem(
        "deep-groups",
        "page 1, item 17, content: groups are nested deeper than `group_depth` = 16",
    );
}

#[test]
fn references_to_nothing_are_refused_by_name() {
    check_problem(
        "unknown-style",
        "page 1, item 1, span.style: there is no style 7; there are 1, counted from 0",
    );
    check_problem(
        "unknown-family",
        "style 1, family: there is no family `Comic`; there are `sans`, `mono` and those that the manifest lists",
    );
    check_problem(
        "unknown-background",
        "page 1, item 1, index: there is no background 3; there are 0, counted from 0",
    );
    check_problem(
        "unknown-asset",
        "page 1, item 1, source: there is no asset `portrait`; the manifest lists what must be there",
    );
    check_problem(
        "unknown-image-value",
        "page 1, item 1, source: this request has no image value 4",
    );
}

#[test]
fn text_that_must_fit_and_does_not_is_refused() {
    match lay_out("overfull-text", &token()) {
        Err(LayOutError::Template(TemplateFailure::BadLayout { problems })) => {
            assert_eq!(problems[0].field, "overflow");
            assert!(
                problems[0].message.contains("the box has 20 × 10 mm"),
                "{}",
                problems[0]
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_order_gives_the_same_scene() {
    let first = lay_out("none", &token()).unwrap();
    let second = lay_out("none", &token()).unwrap();
    assert_eq!(first.scene, second.scene);
    assert_eq!(first.stats.fuel, second.stats.fuel);
}

#[test]
fn a_token_slot_against_the_manifests_word_is_refused() {
    // Text codes that could be taken for a token are refused by the words at the door.
    let failure = lay_out("code-forged", &token()).unwrap_err();
    assert!(failure.to_string().contains("`TK1:`"), "{failure}");
}
