//! What can be said of the layout without measuring text.

use guichet_template_sdk::testing::{mistakes, required_only, sample_request, trials, words};

use super::*;

fn prepare(settings: &str) -> Prepared {
    Badge::prepare(settings.as_bytes()).expect("good settings")
}

fn lay_out(prepared: &Prepared, mut request: Request) -> Document {
    request.state.clone_from(&prepared.state);
    let document = Badge::layout(&request).expect("a document");
    assert_eq!(mistakes(prepared, &document), Vec::<String>::new());
    document
}

#[test]
fn the_sample_shows_every_value() {
    let prepared = prepare("");
    let words = words(&lay_out(&prepared, sample_request(&prepared.manifest)));
    for expected in [
        "Open Rails 2026\n16 September 2026 to 18 September 2026\n",
        "Zoë Østergård\nNordic Signal Works\nInterlocking engineer\n",
        "Zone\nHalls 1 to 4\nTicket number\n7K3D9QXA2M\nSpeaker\n",
        "Wednesday, 16 September 2026\nto Friday, 18 September 2026\nDoors\u{a0}05:00 · Start\u{a0}06:00\n",
        "Palais de Beaulieu\nAvenue des Bergières 10, 1004 Lausanne\n",
        "hand it to the organizer.\nOpen Rails Foundation · desk@openrails.example\n",
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
        "Open Rails 2026\nTicket number\n7K3D9QXA2M\n7K3D9QXA2M\nOpen Rails 2026\n\
         Found this badge? Please hand it to the organizer.\n"
    );
}

#[test]
fn any_values_keep_their_places() {
    let prepared = prepare("");
    for request in trials(&prepared.manifest) {
        let document = lay_out(&prepared, request);
        let names: Vec<_> = document.pages.iter().map(|page| &page.name).collect();
        assert_eq!(names, ["front", "back"]);
    }
}

#[test]
fn nothing_but_the_ground_is_where_it_is_punched() {
    let prepared = prepare("");
    let document = lay_out(&prepared, sample_request(&prepared.manifest));
    for item in document.pages.iter().flat_map(|page| &page.items) {
        let frame = match &item.content {
            ItemContent::Text(text) => text.frame,
            ItemContent::Code(code) => code.frame,
            _ => continue,
        };
        assert!(frame.y >= mm(11.0).emu(), "{frame:?}");
    }
}

#[test]
fn settings_bring_colour_and_note() {
    let prepared = prepare(r##"{"accent":"#ffcc00","note":"Bring it to the desk."}"##);
    let event = prepared.styles.get(5).expect("a style on the accent");
    assert_eq!(event.colour, Colour::BLACK);
    let words = words(&lay_out(&prepared, sample_request(&prepared.manifest)));
    assert!(words.contains("\nBring it to the desk.\n"), "{words}");
}

#[test]
fn wrong_settings_are_all_reported() {
    let problems = Badge::prepare(br#"{"accent":"blue","note":7}"#).expect_err("two");
    let places: Vec<_> = problems.iter().map(|problem| problem.at.as_str()).collect();
    assert_eq!(places, ["/accent", "/note"]);
}

#[test]
fn the_settings_schema_is_json_and_names_every_setting() {
    let schema: serde_json::Value = serde_json::from_str(choices::SCHEMA).expect("JSON");
    let properties = schema["properties"].as_object().expect("an object");
    let names: Vec<_> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["accent", "note"]);
}
