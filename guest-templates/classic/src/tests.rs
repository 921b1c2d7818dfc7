//! What can be said of the layout without measuring text: everything is on the page, off the folds,
//! and out of the code.

use guichet_template_sdk::testing::{
    mistakes, remove, required_only, sample_request, trials, words,
};

use super::*;
use crate::grid::{FOLD_X, FOLD_Y};

fn prepare(settings: &str) -> Prepared {
    Classic::prepare(settings.as_bytes()).expect("good settings")
}

fn lay_out(prepared: &Prepared, mut request: Request) -> Document {
    request.state.clone_from(&prepared.state);
    let document = Classic::layout(&request).expect("a document");
    assert_eq!(mistakes(prepared, &document), Vec::<String>::new());
    assert_eq!(crossing_folds(prepared, &document), Vec::<String>::new());
    document
}

/// Text, images and codes that lie on a fold.
fn crossing_folds(prepared: &Prepared, document: &Document) -> Vec<String> {
    let (fold_x, fold_y) = (mm(FOLD_X), mm(FOLD_Y));
    let pages = document.pages.iter().flat_map(|page| &page.items);
    let backgrounds = prepared.backgrounds.iter().flat_map(|one| &one.items);
    pages
        .chain(backgrounds)
        .filter_map(|item| match &item.content {
            ItemContent::Text(text) => Some(text.frame),
            ItemContent::Image(image) => Some(image.frame),
            ItemContent::Code(code) => Some(code.frame),
            _ => None,
        })
        .filter(|frame| {
            let crosses_x = Length::from_emu(frame.x) < fold_x && fold_x < frame.right();
            let crosses_y = Length::from_emu(frame.y) < fold_y && fold_y < frame.bottom();
            crosses_x || crosses_y
        })
        .map(|frame| format!("{frame:?}"))
        .collect()
}

#[test]
fn the_sample_shows_every_value() {
    let prepared = prepare("");
    let words = words(&lay_out(&prepared, sample_request(&prepared.manifest)));
    for expected in [
        "Jazz at the Lake",
        "Saturday, 14 November 2026",
        "Doors\u{a0}18:00 · Start\u{a0}19:00",
        "Date\nSaturday, 14 November 2026\nTime (UTC)\nDoors\u{a0}18:00 · Start\u{a0}19:00 · End\u{a0}22:00\nVenue",
        "Salle des Fêtes",
        "12 Quai du Mont-Blanc\n1201 Genève",
        "Balcony left",
        "Row 4, seat 12",
        "Reduced",
        "Zoë Østergård",
        "24.50 CHF",
        "A-20261114-0042",
        "7K3D9QXA2M",
        "Lakeside Concerts",
        "https://lakeside.example",
        "tickets@lakeside.example",
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
        "Jazz at the Lake\n7K3D9QXA2M\nDetails\nTicket number\n7K3D9QXA2M\n"
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
fn words_follow_the_locale_and_fall_back_to_english() {
    let prepared = prepare("");
    for (locale, language, label) in [
        ("en", "en", "Order"),
        ("fr-CH", "fr", "Commande"),
        ("de", "de", "Bestellung"),
        ("el", "en", "Order"),
    ] {
        let mut request = sample_request(&prepared.manifest);
        request.locale = locale.to_owned();
        let document = lay_out(&prepared, request);
        assert_eq!(document.language, language);
        assert!(words(&document).contains(label), "{locale}");
    }
}

#[test]
fn the_backgrounds_are_numbered_as_the_labels_say() {
    let prepared = prepare("");
    assert_eq!(prepared.backgrounds.len(), labels::ALL.len());
    for (labels, index) in labels::ALL.iter().zip(0..) {
        assert_eq!(labels.background, BackgroundId(index));
    }
}

#[test]
fn a_free_ticket_and_a_day_without_times_are_worded() {
    let prepared = prepare("");
    let mut request = sample_request(&prepared.manifest);
    for named in request.ticket.iter_mut().chain(&mut request.event) {
        match &mut named.value {
            Value::Money(price) => price.value.minor_units = 0,
            Value::Moment(moment) => moment.precision = Precision::Day,
            _ => {}
        }
    }
    let words = words(&lay_out(&prepared, request));
    assert!(words.contains("Price\nFree\n"), "{words}");
    assert!(!words.contains("19:00"), "{words}");
}

#[test]
fn an_event_is_told_by_the_moments_that_are_known() {
    let prepared = prepare("");
    let told = |known: &[&str]| {
        let mut request = sample_request(&prepared.manifest);
        for name in ["doors", "starts", "ends"] {
            if !known.contains(&name) {
                remove(&mut request, Subject::Event, name);
            }
        }
        let words = words(&lay_out(&prepared, request));
        let (_, details) = words.split_once("Details\n").expect("the heading");
        let (times, _) = details.split_once("Venue\n").expect("the place");
        times.to_owned()
    };
    let date = "Date\nSaturday, 14 November 2026\n";
    assert_eq!(told(&[]), "");
    assert_eq!(
        told(&["starts"]),
        format!("{date}Time (UTC)\nStart\u{a0}19:00\n")
    );
    assert_eq!(
        told(&["doors", "ends"]),
        format!("{date}Time (UTC)\nDoors\u{a0}18:00 · End\u{a0}22:00\n")
    );
}

#[test]
fn an_event_of_several_days_names_its_last_one() {
    let prepared = prepare("");
    let mut request = sample_request(&prepared.manifest);
    for named in &mut request.event {
        if let Value::Moment(moment) = &mut named.value
            && named.name == "ends"
        {
            moment.unix_seconds += 2 * 86_400;
            moment.formatted.full_date = "Monday, 16 November 2026".to_owned();
        }
    }
    let words = words(&lay_out(&prepared, request));
    assert!(words.contains("\nto Monday, 16 November 2026\n"), "{words}");
    let details = "Start\u{a0}19:00\nEnd\nMonday, 16 November 2026, 22:00 (UTC)\n";
    assert!(words.contains(details), "{words}");
}

#[test]
fn settings_bring_colour_logo_and_terms() {
    let prepared =
        prepare(r##"{"accent":"#ff8800","logo":"crest","terms":"No refunds.\n\nNo dogs."}"##);
    assert_eq!(prepared.manifest.assets.len(), 1);
    assert!(
        prepared
            .manifest
            .fields
            .iter()
            .all(|field| field.name != "logo")
    );
    let items = &prepared.backgrounds[0].items;
    let has =
        |wanted: &dyn Fn(&ItemContent) -> bool| items.iter().any(|item| wanted(&item.content));
    assert!(has(
        &|content| matches!(content, ItemContent::Rectangle(bar)
        if bar.fill == Some(Paint::Colour(Colour::rgb(255, 136, 0))))
    ));
    assert!(has(&|content| matches!(content, ItemContent::Image(_))));
    assert!(has(&|content| matches!(content, ItemContent::Text(text)
        if text.paragraphs.iter().any(|line| line.spans[0].text == "No dogs."))));
    // The organizer's name would stand where the logo is.
    let words = words(&lay_out(&prepared, sample_request(&prepared.manifest)));
    assert_eq!(words.matches("Lakeside Concerts").count(), 1, "{words}");
}

#[test]
fn wrong_settings_are_all_reported() {
    let problems = Classic::prepare(br#"{"accent":"blue","log":"crest"}"#).expect_err("two");
    let places: Vec<_> = problems.iter().map(|problem| problem.at.as_str()).collect();
    assert_eq!(places, ["/accent", "/log"]);
}

#[test]
fn the_settings_schema_is_json_and_names_every_setting() {
    let schema: serde_json::Value = serde_json::from_str(choices::SCHEMA).expect("JSON");
    let properties = schema["properties"].as_object().expect("an object");
    let names: Vec<_> = properties.keys().map(String::as_str).collect();
    assert_eq!(names, ["accent", "logo", "terms"]);
}
