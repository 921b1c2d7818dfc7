//! What can be said of the layout without measuring text.

use guichet_template_sdk::testing::{mistakes, required_only, sample_request, trials, words};

use super::*;

fn prepare(settings: &str) -> Prepared {
    Wristband::prepare(settings.as_bytes()).expect("good settings")
}

fn lay_out(prepared: &Prepared, mut request: Request) -> Document {
    request.state.clone_from(&prepared.state);
    let document = Wristband::layout(&request).expect("a document");
    assert_eq!(mistakes(prepared, &document), Vec::<String>::new());
    document
}

#[test]
fn the_sample_shows_every_value() {
    let prepared = prepare("");
    let words = words(&lay_out(&prepared, sample_request(&prepared.manifest)));
    assert_eq!(
        words,
        "Backstage\nGate C\n7K3D9QXA2M\nSommerklang Open Air\n\
         31 July 2026 to 2 August 2026 · Seewiese Thun\nZoë Østergård\nStick here\n"
    );
}

#[test]
fn without_a_type_the_panel_names_the_event() {
    let prepared = prepare("");
    let words = words(&lay_out(&prepared, required_only(&prepared.manifest)));
    assert_eq!(words, "Sommerklang Open Air\n7K3D9QXA2M\nStick here\n");
}

#[test]
fn any_values_keep_their_places() {
    let prepared = prepare("");
    for request in trials(&prepared.manifest) {
        lay_out(&prepared, request);
    }
}

#[test]
fn nothing_but_the_hint_lies_on_the_adhesive() {
    let prepared = prepare("");
    let document = lay_out(&prepared, sample_request(&prepared.manifest));
    let on_adhesive = document.pages[0].items.iter().filter(|item| {
        matches!(&item.content, ItemContent::Text(text)
            if text.frame.right() > mm(ADHESIVE_LEFT))
    });
    assert_eq!(on_adhesive.count(), 1);
}

#[test]
fn settings_bring_colour_and_message() {
    let prepared = prepare(r##"{"accent":"#102a43","message":"Help: +41 33 555 01 12"}"##);
    assert_eq!(prepared.styles[0].colour, Colour::WHITE);
    let words = words(&lay_out(&prepared, sample_request(&prepared.manifest)));
    assert!(words.contains("\nHelp: +41 33 555 01 12\n"), "{words}");
}

#[test]
fn wrong_settings_are_all_reported() {
    let problems = Wristband::prepare(br#"{"accent":1,"colour":"red"}"#).expect_err("two");
    let places: Vec<_> = problems.iter().map(|problem| problem.at.as_str()).collect();
    assert_eq!(places, ["/accent", "/colour"]);
}

#[test]
fn the_settings_schema_is_json_and_names_every_setting() {
    let schema: serde_json::Value = serde_json::from_str(choices::SCHEMA).expect("JSON");
    let properties = schema["properties"].as_object().expect("an object");
    let names: Vec<_> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["accent", "message"]);
}
