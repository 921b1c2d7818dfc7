//! What can be said of the layout without measuring text.

use guichet_template_sdk::testing::{mistakes, required_only, sample_request, trials, words};

use super::*;

fn prepare(settings: &str) -> Prepared {
    Thermal::prepare(settings.as_bytes()).expect("good settings")
}

fn lay_out(prepared: &Prepared, mut request: Request) -> Document {
    request.state.clone_from(&prepared.state);
    let document = Thermal::layout(&request).expect("a document");
    assert_eq!(mistakes(prepared, &document), Vec::<String>::new());
    document
}

#[test]
fn the_sample_shows_every_value() {
    let prepared = prepare("");
    let words = words(&lay_out(&prepared, sample_request(&prepared.manifest)));
    assert_eq!(
        words,
        "Adult\nCity Museums\nMidnight at the Museum\nTuesday, 8 September 2026\n\
         Doors\u{a0}18:00 · Start\u{a0}19:00\nNatural History Museum\n7K3D9QXA2M\n\
         Zone\nEast wing\nSeat\nTour 3\nName\nZoë Østergård\n\
         Price\n22.00 CHF\nOrder\nA-20260908-0042\n"
    );
}

#[test]
fn missing_values_leave_no_label_behind() {
    let prepared = prepare("");
    let words = words(&lay_out(&prepared, required_only(&prepared.manifest)));
    assert_eq!(words, "Midnight at the Museum\n7K3D9QXA2M\n");
}

#[test]
fn any_values_keep_their_places() {
    let prepared = prepare("");
    for request in trials(&prepared.manifest) {
        lay_out(&prepared, request);
    }
}

#[test]
fn the_paper_ends_where_the_words_do() {
    let height = |settings: &str, request: fn(&Manifest) -> Request| {
        let prepared = prepare(settings);
        lay_out(&prepared, request(&prepared.manifest)).pages[0]
            .size
            .height
    };
    let words = format!(r#"{{"footer":"{}"}}"#, "Long terms. ".repeat(33));
    assert!(height("", required_only) < height("", sample_request));
    assert!(height("", sample_request) < height(&words, sample_request));
    assert!(height(&words, sample_request) <= mm(HEIGHT).emu());
}

#[test]
fn everything_is_black_or_white_and_on_whole_dots() {
    let prepared = prepare("");
    let document = lay_out(&prepared, sample_request(&prepared.manifest));
    let is_pure = |colour: &Colour| [Colour::BLACK, Colour::WHITE].contains(colour);
    assert!(prepared.styles.iter().all(|style| is_pure(&style.colour)));
    let dot = mm(DOT).emu();
    for item in &document.pages[0].items {
        let frame = match &item.content {
            ItemContent::Rectangle(rectangle) => {
                let Some(Paint::Colour(colour)) = &rectangle.fill else {
                    panic!("only plain colours: {rectangle:?}");
                };
                assert!(is_pure(colour) && rectangle.stroke.is_none());
                assert!(rectangle.frame.height >= 4 * dot, "too thin: {rectangle:?}");
                rectangle.frame
            }
            ItemContent::Code(code) => {
                assert_eq!(code.frame.width, 49 * 10 * dot);
                code.frame
            }
            _ => continue,
        };
        for length in [frame.x, frame.y, frame.width, frame.height] {
            assert_eq!(length % dot, 0, "{frame:?}");
        }
    }
}

#[test]
fn nothing_lies_beside_the_printed_width() {
    let prepared = prepare(r#"{"footer":"No refunds.\nNo flash."}"#);
    let document = lay_out(&prepared, sample_request(&prepared.manifest));
    for item in &document.pages[0].items {
        if let ItemContent::Text(text) = &item.content {
            assert!(text.frame.x >= mm(4.0).emu() && text.frame.right() <= mm(76.0));
        }
    }
    assert!(words(&document).ends_with("\nNo refunds.\nNo flash.\n"));
}

#[test]
fn wrong_settings_are_all_reported() {
    let problems = Thermal::prepare(br##"{"footer":7,"accent":"#000000"}"##).expect_err("two");
    let places: Vec<_> = problems.iter().map(|problem| problem.at.as_str()).collect();
    assert_eq!(places, ["/footer", "/accent"]);
}

#[test]
fn the_settings_schema_is_json_and_names_every_setting() {
    let schema: serde_json::Value = serde_json::from_str(choices::SCHEMA).expect("JSON");
    let properties = schema["properties"].as_object().expect("an object");
    let names: Vec<_> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["footer"]);
}
