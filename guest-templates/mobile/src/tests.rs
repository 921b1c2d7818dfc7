//! What can be said of the layout without measuring text.

use guichet_template_sdk::testing::{
    mistakes, remove, required_only, sample_request, trials, words,
};

use super::*;

fn prepare(settings: &str) -> Prepared {
    Mobile::prepare(settings.as_bytes()).expect("good settings")
}

fn lay_out(prepared: &Prepared, mut request: Request) -> Document {
    request.state.clone_from(&prepared.state);
    let document = Mobile::layout(&request).expect("a document");
    assert_eq!(mistakes(prepared, &document), Vec::<String>::new());
    document
}

#[test]
fn the_sample_shows_every_value() {
    let prepared = prepare("");
    let words = words(&lay_out(&prepared, sample_request(&prepared.manifest)));
    assert_eq!(
        words,
        "Lakeside Concerts\nNight of the Synthesizers\nSaturday, 3 October 2026\n\
         Doors\u{a0}18:00 · Start\u{a0}19:00\nKraftwerk, Hall 2\n7K3D9QXA2M\n\
         Name\nZoë Østergård\nZone\nFloor\nSeat\n4 · 12\nTicket type\nEarly bird\n"
    );
}

#[test]
fn missing_values_leave_no_label_behind() {
    let prepared = prepare("");
    let words = words(&lay_out(&prepared, required_only(&prepared.manifest)));
    assert_eq!(words, "Night of the Synthesizers\n7K3D9QXA2M\n");
}

#[test]
fn any_values_keep_their_places() {
    let prepared = prepare("");
    for request in trials(&prepared.manifest) {
        lay_out(&prepared, request);
    }
}

#[test]
fn the_card_is_as_long_as_it_has_rows() {
    let prepared = prepare("");
    let ground = |missing: &[&str]| {
        let mut request = sample_request(&prepared.manifest);
        for name in missing {
            remove(&mut request, Subject::Ticket, name);
        }
        match &lay_out(&prepared, request).pages[0].items[0].content {
            ItemContent::Background(reference) => reference.index,
            other => panic!("the ground comes first, not {other:?}"),
        }
    };
    assert_eq!(ground(&[]), 2);
    assert_eq!(ground(&["zone", "seat"]), 2);
    assert_eq!(ground(&["holder"]), 1);
    assert_eq!(ground(&["zone", "seat", "type"]), 1);
    assert_eq!(ground(&["holder", "zone", "seat", "type"]), 0);
}

#[test]
fn text_on_a_light_accent_is_black() {
    let prepared = prepare(r##"{"accent":"#ffcc00"}"##);
    assert_eq!(prepared.styles[0].colour, Colour::BLACK);
    assert_eq!(prepare("").styles[0].colour, Colour::WHITE);
}

#[test]
fn wrong_settings_are_all_reported() {
    let problems = Mobile::prepare(br#"{"accent":"blue","accents":"red"}"#).expect_err("two");
    let places: Vec<_> = problems.iter().map(|problem| problem.at.as_str()).collect();
    assert_eq!(places, ["/accent", "/accents"]);
}

#[test]
fn the_settings_schema_is_json_and_names_every_setting() {
    let schema: serde_json::Value = serde_json::from_str(choices::SCHEMA).expect("JSON");
    let properties = schema["properties"].as_object().expect("an object");
    let names: Vec<_> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["accent"]);
}
