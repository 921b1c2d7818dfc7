//! The sandbox against guests that do what no template may: each sin its own test.
//!
//! The guests come from `tests/hostile`, built by `cargo xtask build`.

mod sandbox_room;

use guichet::templates::bindings::v0::PrepareFailure;
use guichet::templates::call::TemplateFailure;
use sandbox_room::{Room, SINNER};

const MIB: u64 = 1024 * 1024;

#[test]
fn a_good_guest_is_laid_out() {
    let room = Room::new();
    let sinner = room.load(SINNER);
    let prepared = room.prepare(&sinner, b"").unwrap();
    assert_eq!(prepared.manifest.name, "sinner");
    let (layout, stats) = room.layout(&sinner, &prepared, "Ada Lovelace");
    assert_eq!(layout.unwrap().pages.len(), 1);
    assert!(stats.fuel > 0 && stats.fuel < 1_000_000, "{stats:?}");
    assert!(stats.peak_memory_bytes < 4 * MIB, "{stats:?}");
}

/// Commits a sin in `layout` twice, and expects the same verdict and figures both times.
fn failure_of(sin: &str) -> TemplateFailure {
    let room = Room::new();
    let sinner = room.load(SINNER);
    let prepared = room.prepare(&sinner, sin.as_bytes()).unwrap();
    let (first, first_stats) = room.layout(&sinner, &prepared, "Ada");
    let (second, second_stats) = room.layout(&sinner, &prepared, "Ada");
    let failure = first.unwrap_err();
    assert_eq!(second.unwrap_err(), failure, "the verdict differs");
    assert_eq!(first_stats.fuel, second_stats.fuel, "the fuel differs");
    assert_eq!(
        first_stats.peak_memory_bytes,
        second_stats.peak_memory_bytes
    );
    failure
}

fn check_trap(sin: &str, expected_message: &str, expected_frame: &str) {
    match failure_of(sin) {
        TemplateFailure::Trapped { message, backtrace } => {
            assert!(message.contains(expected_message), "{sin}: {message}");
            assert!(
                backtrace.iter().any(|frame| frame.contains(expected_frame)),
                "{sin}: {backtrace:?}"
            );
        }
        other => panic!("{sin}: {other:?}"),
    }
}

#[test]
fn computing_for_ever_runs_out_of_fuel() {
    let expected = TemplateFailure::OutOfFuel {
        name: "fuel",
        limit: 100_000_000,
    };
    assert_eq!(failure_of("endless-loop"), expected);
    // Few instructions that each do much: fuel follows the work, so this is not overload.
    assert_eq!(failure_of("bulk-fill"), expected);
}

#[test]
fn an_endless_start_runs_out_of_fuel() {
    let room = Room::new();
    let guest = room.load("endless_start");
    let limit = 500_000_000;
    assert_eq!(
        room.prepare(&guest, b"").unwrap_err(),
        PrepareFailure::Broken(TemplateFailure::OutOfFuel {
            name: "prepare_fuel",
            limit
        })
    );
}

#[test]
fn memory_ends_at_its_limit() {
    match failure_of("grow-memory") {
        TemplateFailure::OutOfMemory {
            name: "memory_bytes",
            limit,
            asked,
        } => {
            assert_eq!(limit, 64 * MIB);
            assert!(asked > limit && asked < limit + 4 * MIB, "{asked}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn memory_before_the_start_ends_at_its_limit() {
    let room = Room::new();
    match room.load_result("greedy_start") {
        // The pool knows the limit too, and refuses the component as a whole.
        Err(error) => assert!(error.contains("memory"), "{error}"),
        Ok(guest) => match room.prepare(&guest, b"").unwrap_err() {
            PrepareFailure::Broken(TemplateFailure::OutOfMemory { name, .. }) => {
                assert_eq!(name, "memory_bytes");
            }
            other => panic!("{other:?}"),
        },
    }
}

#[test]
fn deep_recursion_is_told_as_such() {
    check_trap(
        "deep-recursion",
        "call stack exhausted: recursion is deeper than the stack of 512 KiB",
        "descend",
    );
}

#[test]
fn a_panic_is_told_with_the_functions_that_ran() {
    check_trap("panic", "unreachable", "function_that_panics");
}

#[test]
fn a_wild_pointer_traps() {
    check_trap(
        "wild-pointer",
        "out of bounds memory access",
        "wild_pointer",
    );
}

#[test]
fn a_refusal_is_the_authors_word() {
    assert_eq!(
        failure_of("refuse"),
        TemplateFailure::Refused {
            reason: "a ticket of this type needs a seat".to_owned()
        }
    );
}

#[test]
fn a_caught_exception_is_told_and_cut() {
    assert_eq!(
        failure_of("fail"),
        TemplateFailure::Failed {
            message: "TypeError: undefined is not a function".to_owned()
        }
    );
    match failure_of("fail-at-length") {
        TemplateFailure::Failed { message } => assert_eq!(message.len(), 1_000),
        other => panic!("{other:?}"),
    }
}

#[test]
fn nothing_passes_from_one_ticket_to_the_next() {
    let room = Room::new();
    let sinner = room.load(SINNER);
    let prepared = room.prepare(&sinner, b"remember").unwrap();
    for _ in 0..3 {
        let layout = room.layout(&sinner, &prepared, "Ada").0.unwrap();
        assert!(format!("{layout:?}").contains("\"call 1\""));
    }
}

#[test]
fn text_that_is_no_text_is_refused() {
    check_problem_words("invalid-utf8", "its answer cannot be read");
}

fn check_problem_words(sin: &str, expected: &str) {
    let words = failure_of(sin).to_string();
    assert!(words.contains(expected), "{sin}: {words}");
}

/// The problems of a bad layout, as its author reads them.
fn problems_of(sin: &str) -> Vec<String> {
    match failure_of(sin) {
        TemplateFailure::BadLayout { problems } => {
            problems.iter().map(ToString::to_string).collect()
        }
        other => panic!("{sin}: {other:?}"),
    }
}

fn check_problem(sin: &str, expected: &str) {
    assert_eq!(
        problems_of(sin).first().map(String::as_str),
        Some(expected),
        "{sin}"
    );
}

#[test]
fn answers_larger_than_the_host_will_hold_are_refused() {
    let expected = "document: the answer takes more than `returned_bytes` = 25165824 to hold";
    check_problem("aliased-strings", expected);
    // A million items do not even fit the guest's own memory.
    check_problem_words("million-items", "more than `memory_bytes` = 67108864");
}

#[test]
fn counts_over_their_limits_are_named_with_their_figures() {
    check_problem(
        "too-many-items",
        "page 1, item 5001, items: more than the limit `items` = 5000",
    );
    check_problem(
        "too-many-pages",
        "document, pages: 21, more than the limit `pages` = 20",
    );
    check_problem(
        "too-much-text",
        "page 1, item 1, span.text: 300000, more than the limit `text_bytes` = 262144",
    );
    check_problem(
        "no-pages",
        "document, pages: there is none; a document has at least one page",
    );
}

#[test]
fn places_and_sizes_out_of_range_are_named_with_their_bounds() {
    check_problem(
        "far-away",
        "page 1, item 1, frame.x: 2147483647 EMU is out of range; allowed are -182880000 (-5080.00 mm) to 182880000 (5080.00 mm)",
    );
    check_problem(
        "negative-size",
        "page 1, item 1, frame.width: -1 EMU is out of range; allowed are 0 (0.00 mm) to 182880000 (5080.00 mm)",
    );
    check_problem(
        "huge-page",
        "page 1, size.width: 2147483647 EMU is out of range; allowed are 360000 (10.00 mm) to 182880000 (5080.00 mm)",
    );
    check_problem(
        "flat-group",
        "page 1, item 1, scale-x: 0 is out of range; allowed are 1000 to 1000000000, or the same negative",
    );
}

#[test]
fn all_faults_are_reported_at_once_but_not_without_end() {
    assert_eq!(problems_of("many-faults").len(), 100);
}

#[test]
fn notes_without_end_are_cut_and_counted() {
    let room = Room::new();
    let sinner = room.load(SINNER);
    let prepared = room.prepare(&sinner, b"too-many-notes").unwrap();
    let notes = room.layout(&sinner, &prepared, "Ada").0.unwrap().notes;
    assert_eq!(notes.len(), 101);
    assert_eq!(
        notes[100].text,
        "50 more notes were dropped; the limit `notes` is 100"
    );
}

#[test]
fn what_readers_must_not_get_is_refused() {
    check_problem(
        "script-link",
        "page 1, item 1, target: `javascript:alert(1)` does not begin with https:, http:, mailto: or tel:",
    );
    check_problem(
        "control-character",
        "page 1, item 1, span.text: contains the control character U+0007; only line feeds are printed",
    );
    check_problem(
        "empty-title",
        "document, title: is empty; it names the file and its window",
    );
    check_problem(
        "same-page-name",
        "page 2, name: `front` names an earlier page too",
    );
}

#[test]
fn what_cannot_be_drawn_yet_is_refused_by_name() {
    for (sin, name) in [
        ("gradient", "page 1, item 1, fill: a gradient"),
        ("spot-colour", "page 1, item 1, fill: a spot colour"),
        ("stack", "page 1, item 1, content: a stack"),
        ("aztec", "page 1, item 2, symbology: an Aztec code"),
    ] {
        check_problem(
            sin,
            &format!("{name} cannot be drawn by this version of the host yet"),
        );
    }
}

#[test]
fn a_forged_code_is_refused() {
    let words = "content: the text begins with `TK1:`, which only a signed ticket may; leave a slot for the token instead";
    check_problem("code-forged", &format!("page 1, item 2, {words}"));
    check_problem(
        "code-forged-in-disguise",
        &format!("page 1, item 3, {words}"),
    );
}

#[test]
fn codes_that_no_camera_reads_are_refused() {
    check_problem(
        "code-pale",
        "page 1, item 1, colours: the contrast is 2.6 to 1; readers need 7 to 1",
    );
    check_problem(
        "code-low-correction",
        "page 1, item 1, error-correction: `low` is too little for a token; `medium` is what it is made for",
    );
}

#[test]
fn a_lying_manifest_is_refused_with_all_its_lies() {
    let room = Room::new();
    let guest = room.load("lying_manifest");
    let PrepareFailure::Broken(TemplateFailure::BadLayout { problems }) =
        room.prepare(&guest, b"").unwrap_err()
    else {
        panic!("not a bad answer");
    };
    let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        words,
        [
            "manifest, name: `No Name` is not 1 to 64 of a-z, 0-9 and -",
            "manifest, version: `one` is not a version such as 1.4.0",
            "manifest, page-formats: 0 entries; allowed are 1 to 20",
            "manifest, languages: `english please` is not a language tag such as `en` or `de-CH`",
            "manifest, fonts.family: needs 1 to 64 characters",
            "manifest, fonts.weight: 0 is out of range; allowed are 1 to 1000",
            "manifest, fields: `holder` of the ticket is listed twice",
            "manifest, fields: `sin` of the ticket is listed twice",
            "background 0, item 1, content: a background cannot carry the token; put the slot on a page",
        ]
    );
}

#[test]
fn prepare_is_bounded_like_layout() {
    let room = Room::new();
    let sinner = room.load(SINNER);
    let failure = |settings: &[u8]| room.prepare(&sinner, settings).unwrap_err();
    match failure(b"prepare:endless") {
        PrepareFailure::Broken(TemplateFailure::OutOfFuel {
            name: "prepare_fuel",
            ..
        }) => {}
        other => panic!("{other:?}"),
    }
    match failure(b"prepare:panic") {
        PrepareFailure::Broken(TemplateFailure::Trapped { .. }) => {}
        other => panic!("{other:?}"),
    }
    match failure(b"prepare:problem") {
        PrepareFailure::Settings { problems } => {
            assert_eq!(
                (problems[0].kind, problems[0].at.as_str()),
                ("malformed", "/colour")
            );
        }
        other => panic!("{other:?}"),
    }
    for (settings, expected) in [
        (
            b"prepare:no-problem".as_slice(),
            "document: `prepare` failed without naming a problem",
        ),
        (
            b"prepare:big-state",
            "document, state: 1048577, more than the limit `state_bytes` = 1048576",
        ),
    ] {
        match failure(settings) {
            PrepareFailure::Broken(TemplateFailure::BadLayout { problems }) => {
                assert_eq!(problems[0].to_string(), expected);
            }
            other => panic!("{other:?}"),
        }
    }
}
