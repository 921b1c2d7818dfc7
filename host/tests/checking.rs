//! The dry run of an upload and its report.

mod sandbox_room;

use std::collections::BTreeSet;

use guichet::templates::ReportState;
use guichet::templates::loaded::VersionFiles;
use guichet::templates::report::{Finding, Report};
use sandbox_room::{SINNER, Shop, guest};

fn report_of(upload: &[u8], settings: &str) -> Report {
    let files = VersionFiles {
        settings: settings.as_bytes().to_vec(),
        assets: Vec::new(),
    };
    Shop::set_up().workshop.check(upload, &files).report
}

fn check_rejected(settings: &str, code: &str, words: &str) {
    let report = report_of(&guest(SINNER), settings);
    assert_eq!(report.state, ReportState::Rejected, "{settings}");
    let told = |finding: &Finding| finding.code == code && finding.message.contains(words);
    assert!(
        report.problems.iter().any(told),
        "{settings}: {:#?}",
        report.problems
    );
}

#[test]
fn a_good_template_is_ready_with_figures() {
    let report = report_of(&guest(SINNER), "");
    assert_eq!(report.problems, []);
    assert_eq!(report.state, ReportState::Ready);
    assert_eq!(
        report.manifest.map(|manifest| manifest.name).as_deref(),
        Some("sinner")
    );
    assert!(report.figures.code_bytes > 0 && report.figures.largest_layout.fuel > 0);
    assert!(report.figures.layouts.len() >= 8);
}

#[test]
fn sins_in_layout_reject_the_upload_with_their_code() {
    check_rejected("endless-loop", "TEMPLATE_OUT_OF_FUEL", "`fuel` = 100000000");
    check_rejected(
        "grow-memory",
        "TEMPLATE_OUT_OF_MEMORY",
        "`memory_bytes` = 67108864",
    );
    check_rejected("panic", "TEMPLATE_TRAPPED", "function_that_panics");
    check_rejected("fail", "TEMPLATE_FAILED", "TypeError");
    check_rejected(
        "refuse",
        "TEMPLATE_REFUSED",
        "refuses the sample of its own manifest",
    );
    check_rejected(
        "no-pages",
        "TEMPLATE_BAD_LAYOUT",
        "a document has at least one page",
    );
    check_rejected(
        "code-missing",
        "TEMPLATE_BAD_LAYOUT",
        "no page has a code slot",
    );
}

#[test]
fn wrong_settings_are_told_in_the_templates_words() {
    check_rejected("prepare:problem", "SETTINGS", "`blau` is not a colour");
}

#[test]
fn what_does_not_compile_is_rejected_with_a_reason() {
    let report = report_of(b"(component)", "");
    assert_eq!(report.state, ReportState::Rejected);
    assert_eq!(report.problems[0].code, "NOT_WEBASSEMBLY");
}

#[test]
fn a_code_with_small_modules_is_a_warning() {
    let report = report_of(&guest(SINNER), "code-tight");
    assert_eq!(report.problems, []);
    assert!(
        report
            .warnings
            .iter()
            .any(|finding| finding.message.contains("0.367 mm"))
    );
}

#[test]
fn characters_without_a_font_are_one_warning_for_each_trial() {
    let report = report_of(&guest(SINNER), "");
    let missing: Vec<&Finding> = report
        .warnings
        .iter()
        .filter(|finding| finding.code == "MISSING_CHARACTERS")
        .collect();
    let trials: BTreeSet<&str> = missing.iter().map(|one| one.place.as_str()).collect();
    assert_eq!(missing.len(), trials.len(), "{missing:#?}");
    let of_emoji = missing.iter().find(|finding| finding.place == "emoji");
    let words = &of_emoji.expect("no font has these").message;
    assert!(words.contains("🎉 (U+1F389)"), "{words}");
    assert!(words.contains("(first on page 1, item 1)"), "{words}");
}

#[test]
fn a_version_is_loaded_from_its_kept_code() {
    use guichet::templates::digest::Digest;
    use guichet::templates::workshop::{ComponentSource, LoadError};
    let upload = guest(SINNER);
    let files = VersionFiles::default();
    let shop = Shop::set_up();
    let unknown = ComponentSource::Digest(Digest::of(b"never uploaded"));
    assert!(matches!(
        shop.workshop.load(unknown, &files),
        Err(LoadError::CodeMissing)
    ));
    shop.workshop
        .load(ComponentSource::Upload(&upload), &files)
        .unwrap();
    // Another start of the host, which has only the folder.
    let again = Shop::set_up();
    let digest = Digest::of(&upload);
    assert!(again.workshop.has_code(&digest));
    again
        .workshop
        .load(ComponentSource::Digest(digest), &files)
        .unwrap();
}
