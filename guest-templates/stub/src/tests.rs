//! What can be said of the layout without measuring text.

use guichet_template_sdk::testing::{mistakes, required_only, sample_request, trials, words};

use super::*;

fn prepare(settings: &str) -> Prepared {
    Stub::prepare(settings.as_bytes()).expect("good settings")
}

fn lay_out(prepared: &Prepared, mut request: Request) -> Document {
    request.state.clone_from(&prepared.state);
    let document = Stub::layout(&request).expect("a document");
    assert_eq!(mistakes(prepared, &document), Vec::<String>::new());
    document
}

#[test]
fn the_sample_shows_every_value() {
    let prepared = prepare("");
    let words = words(&lay_out(&prepared, sample_request(&prepared.manifest)));
    for expected in [
        "Opéra du Rhône\nCarmen\nThursday, 11 June 2026\n",
        "Doors\u{a0}16:30 · Start\u{a0}17:30 · Opéra du Rhône, Grande Salle",
        "Name\nZoë Østergård\nTicket number\n7K3D9QXA2M\n",
        "Zone\nFirst balcony\nSeat\nRow B, 14\nTicket type\nCategory 2\nPrice\n86.00 CHF\n",
        "7K3D9QXA2M\nCarmen\n11 June 2026\nFirst balcony\nRow B, 14\n",
    ] {
        assert!(words.contains(expected), "{expected} in {words}");
    }
}

#[test]
fn missing_values_leave_no_label_behind() {
    let prepared = prepare("");
    let words = words(&lay_out(&prepared, required_only(&prepared.manifest)));
    assert_eq!(
        words,
        "Carmen\nTicket number\n7K3D9QXA2M\nTear off at the entrance only\n7K3D9QXA2M\nCarmen\n"
    );
}

#[test]
fn any_values_keep_their_places() {
    let prepared = prepare("");
    for request in trials(&prepared.manifest) {
        lay_out(&prepared, request);
    }
}

#[test]
fn both_parts_name_the_number_and_only_the_stub_has_the_code() {
    let prepared = prepare("");
    let document = lay_out(&prepared, sample_request(&prepared.manifest));
    assert_eq!(words(&document).matches("7K3D9QXA2M").count(), 2);
    let codes: Vec<&Code> = document.pages[0]
        .items
        .iter()
        .filter_map(|item| match &item.content {
            ItemContent::Code(code) => Some(code),
            _ => None,
        })
        .collect();
    assert_eq!(codes.len(), 1);
    assert!(Length::from_emu(codes[0].frame.x) > mm(PERFORATION));
}

#[test]
fn settings_bring_colour_and_hint() {
    let prepared = prepare(r##"{"accent":"#ffcc00","hint":"Keep this part"}"##);
    assert_eq!(prepared.styles[0].colour, Colour::BLACK);
    let words = words(&lay_out(&prepared, sample_request(&prepared.manifest)));
    assert!(words.contains("Keep this part"), "{words}");
}

#[test]
fn wrong_settings_are_all_reported() {
    let problems = Stub::prepare(br#"{"accent":"blue","hnit":"x"}"#).expect_err("two");
    let places: Vec<_> = problems.iter().map(|problem| problem.at.as_str()).collect();
    assert_eq!(places, ["/accent", "/hnit"]);
}

#[test]
fn the_settings_schema_is_json_and_names_every_setting() {
    let schema: serde_json::Value = serde_json::from_str(choices::SCHEMA).expect("JSON");
    let properties = schema["properties"].as_object().expect("an object");
    let names: Vec<_> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["accent", "hint"]);
}
