//! The answer of `prepare`.

use std::collections::HashSet;

use ticket_render::length::Size;

use super::super::reader::{Reader, quoted};
use super::document::{GREATEST_PAGE_EMU, LEAST_PAGE_EMU, read_items};
use super::{PrepareFailure, SettingsProblem, bounded, text, wit};
use crate::templates::call::TemplateFailure;
use crate::templates::layout::{CodeContent, ItemContent, LayoutProblem, Place};
use crate::templates::limits::TemplateLimits;
use crate::templates::manifest::{
    AssetNeed, Background, Field, FontNeed, Manifest, PageFormat, Prepared, Sample, Subject,
    TokenProfile, TokenUse,
};

const DESCRIPTION_BYTES: usize = 1_000;
const FIELD_DESCRIPTION_BYTES: usize = 500;
const SAMPLE_TEXT_BYTES: usize = 4_096;
const SCHEMA_BYTES: usize = 256 * 1024;
const LANGUAGES: usize = 100;
const PAGE_FORMATS: usize = 20;
const FIELDS: usize = 200;
const ASSETS: usize = 100;
const FONTS: usize = 50;
const STYLES: usize = 1_000;
const GREATEST_SIDE_PX: u32 = 10_000;
const LOCATION_BYTES: usize = 500;
/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z.
const MOMENTS: (i64, i64) = (-62_135_596_800, 253_402_300_799);

pub(super) fn read(
    prepared: wit::Prepared,
    limits: &TemplateLimits,
) -> Result<Prepared, Vec<LayoutProblem>> {
    let mut reader = Reader::new(limits);
    reader.place = Place::Manifest;
    let manifest = read_manifest(&mut reader, prepared.manifest);
    reader.place = Place::Document;
    let state_bytes = prepared.state.len() as u64;
    reader.count_limited("state", state_bytes, "state_bytes", limits.state_bytes);
    reader.count("styles", prepared.styles.len(), 0, STYLES);
    let background_count = prepared.backgrounds.len() as u64;
    reader.count_limited(
        "backgrounds",
        background_count,
        "backgrounds",
        limits.backgrounds,
    );
    let styles = prepared
        .styles
        .into_iter()
        .take(STYLES)
        .zip(0..)
        .map(|(style, index)| {
            reader.place = Place::Style { style: index };
            text::style(&mut reader, style)
        })
        .collect();
    let kept = usize::try_from(limits.backgrounds).unwrap_or(usize::MAX);
    let backgrounds = prepared
        .backgrounds
        .into_iter()
        .take(kept)
        .zip(0..)
        .map(|(background, index)| read_background(&mut reader, background, index))
        .collect();
    reader.finish(Prepared {
        manifest,
        state: prepared.state,
        styles,
        backgrounds,
    })
}

fn read_background(reader: &mut Reader, background: wit::Background, index: u32) -> Background {
    let place = |item| Place::Background {
        background: index,
        item,
    };
    reader.place = place(0);
    let size = reader.size("size", background.size.width, background.size.height);
    let items = read_items(reader, background.items, place);
    for (item, number) in items.iter().zip(1..) {
        reader.place = place(number);
        match &item.content {
            ItemContent::Code(code) if code.content == CodeContent::Token => {
                reader.problem(
                    "content",
                    "a background cannot carry the token; put the slot on a page",
                );
            }
            ItemContent::Background { index: other, .. } if *other >= index => {
                reader.problem(
                    "index",
                    format!("background {other} is not before this one"),
                );
            }
            ItemContent::Image(image) => {
                if let crate::templates::layout::ImageSource::Value { .. } = image.source {
                    reader.problem("source", "images of a background come from assets only");
                }
            }
            _ => {}
        }
    }
    Background { size, items }
}

fn read_manifest(reader: &mut Reader, manifest: wit::Manifest) -> Manifest {
    let name = reader.slug("name", manifest.name, 64);
    if !name.is_empty() && !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        reader.problem("name", "does not begin with a letter a-z");
    }
    if !is_semantic_version(&manifest.version) {
        let shown = quoted(&manifest.version);
        reader.problem(
            "version",
            format!("`{shown}` is not a version such as 1.4.0"),
        );
    }
    reader.count("languages", manifest.languages.len(), 1, LANGUAGES);
    reader.count("page-formats", manifest.page_formats.len(), 1, PAGE_FORMATS);
    reader.count("fields", manifest.fields.len(), 0, FIELDS);
    reader.count("assets", manifest.assets.len(), 0, ASSETS);
    reader.count("fonts", manifest.fonts.len(), 0, FONTS);
    if manifest.settings_schema.len() > SCHEMA_BYTES {
        let bytes = manifest.settings_schema.len();
        reader.problem(
            "settings-schema",
            format!("{bytes} bytes; at most {SCHEMA_BYTES}"),
        );
    }
    let read = Manifest {
        name,
        version: manifest.version,
        description: reader.words("description", manifest.description, DESCRIPTION_BYTES),
        languages: manifest
            .languages
            .into_iter()
            .take(LANGUAGES)
            .map(|tag| reader.language("languages", tag))
            .collect(),
        page_formats: manifest
            .page_formats
            .into_iter()
            .take(PAGE_FORMATS)
            .map(|format| read_page_format(reader, format))
            .collect(),
        fields: manifest
            .fields
            .into_iter()
            .take(FIELDS)
            .map(|field| read_field(reader, field))
            .collect(),
        settings_schema: manifest.settings_schema,
        assets: manifest
            .assets
            .into_iter()
            .take(ASSETS)
            .map(|asset| AssetNeed {
                name: reader.name("assets.name", asset.name),
                description: reader.words(
                    "assets.description",
                    asset.description,
                    FIELD_DESCRIPTION_BYTES,
                ),
            })
            .collect(),
        fonts: manifest
            .fonts
            .into_iter()
            .take(FONTS)
            .map(|font| FontNeed {
                family: reader.name("fonts.family", font.family),
                weight: reader.number("fonts.weight", font.weight, 1, 1_000),
                italic: font.slant == wit::Slant::Italic,
            })
            .collect(),
        token: read_token_use(manifest.token),
    };
    check_unique(reader, &read);
    read
}

fn read_page_format(reader: &mut Reader, format: wit::PageFormatResult) -> PageFormat {
    let mut side = |field, emu| reader.bounded(field, emu, LEAST_PAGE_EMU, GREATEST_PAGE_EMU);
    let size = Size {
        width: side("page-formats.size.width", format.size.width),
        height: side("page-formats.size.height", format.size.height),
    };
    PageFormat {
        name: reader.slug("page-formats.name", format.name, 32),
        size,
    }
}

fn read_field(reader: &mut Reader, field: wit::Field) -> Field {
    Field {
        subject: match field.source {
            wit::Subject::Ticket => Subject::Ticket,
            wit::Subject::Event => Subject::Event,
            wit::Subject::Organizer => Subject::Organizer,
        },
        name: reader.name("fields.name", field.name),
        required: field.required,
        description: reader.words(
            "fields.description",
            field.description,
            FIELD_DESCRIPTION_BYTES,
        ),
        sample: read_sample(reader, field.sample),
    }
}

fn read_sample(reader: &mut Reader, sample: wit::Sample) -> Sample {
    const FIELD: &str = "fields.sample";
    match sample {
        wit::Sample::Text(text) => Sample::Text(reader.words(FIELD, text, SAMPLE_TEXT_BYTES)),
        wit::Sample::Integer(value) => Sample::Integer(value),
        wit::Sample::Decimal(decimal) => Sample::Decimal {
            unscaled: decimal.unscaled,
            scale: reader.number(FIELD, decimal.scale, 0, 18),
        },
        wit::Sample::Boolean(value) => Sample::Boolean(value),
        wit::Sample::Moment(seconds) => {
            Sample::Moment(reader.number(FIELD, seconds, MOMENTS.0, MOMENTS.1))
        }
        wit::Sample::Money(money) => {
            let known = money.currency.len() == 3
                && money.currency.bytes().all(|byte| byte.is_ascii_uppercase());
            if !known {
                let shown = quoted(&money.currency);
                reader.problem(FIELD, format!("`{shown}` is not a currency such as EUR"));
            }
            Sample::Money {
                minor_units: money.minor_units,
                currency: money.currency,
            }
        }
        wit::Sample::Image(size) => Sample::Image {
            width_px: reader.number(FIELD, size.width_px, 1, GREATEST_SIDE_PX),
            height_px: reader.number(FIELD, size.height_px, 1, GREATEST_SIDE_PX),
        },
    }
}

fn read_token_use(token: wit::TokenUse) -> TokenUse {
    match token {
        wit::TokenUse::None => TokenUse::None,
        wit::TokenUse::Required(profile) => TokenUse::Required(match profile {
            wit::TokenProfile::Standard => TokenProfile::Standard,
            wit::TokenProfile::Dated => TokenProfile::Dated,
            wit::TokenProfile::Named => TokenProfile::Named,
            wit::TokenProfile::Server => TokenProfile::Server,
        }),
    }
}

fn check_unique(reader: &mut Reader, manifest: &Manifest) {
    let mut fields = HashSet::new();
    for field in &manifest.fields {
        if !field.name.is_empty() && !fields.insert((field.subject, &field.name)) {
            let (subject, name) = (field.subject.name(), &field.name);
            reader.problem(
                "fields",
                format!("`{name}` of the {subject} is listed twice"),
            );
        }
    }
    let mut names = HashSet::new();
    for format in &manifest.page_formats {
        if !format.name.is_empty() && !names.insert(&format.name) {
            reader.problem("page-formats", format!("`{}` is listed twice", format.name));
        }
    }
    let mut assets = HashSet::new();
    for asset in &manifest.assets {
        if !asset.name.is_empty() && !assets.insert(&asset.name) {
            reader.problem("assets", format!("`{}` is listed twice", asset.name));
        }
    }
}

/// `major.minor.patch` with optional pre-release and build parts (Semantic Versioning 2.0).
fn is_semantic_version(version: &str) -> bool {
    let without_build = version.split_once('+').map_or(version, |(core, _)| core);
    let core = without_build
        .split_once('-')
        .map_or(without_build, |(core, _)| core);
    let numbers: Vec<&str> = core.split('.').collect();
    version.len() <= 64
        && version.is_ascii()
        && !version
            .bytes()
            .any(|byte| byte.is_ascii_control() || byte == b' ')
        && numbers.len() == 3
        && numbers.iter().all(|number| {
            !number.is_empty()
                && number.bytes().all(|byte| byte.is_ascii_digit())
                && (*number == "0" || !number.starts_with('0'))
        })
}

/// Reads what a template says against its settings.
pub(super) fn read_problems(
    problems: Vec<wit::Problem>,
    limits: &TemplateLimits,
) -> PrepareFailure {
    if problems.is_empty() {
        return PrepareFailure::Broken(TemplateFailure::bad_answer(
            "`prepare` failed without naming a problem".to_owned(),
        ));
    }
    let kept = usize::try_from(limits.problems).unwrap_or(usize::MAX);
    let problems = problems
        .into_iter()
        .take(kept)
        .map(|problem| SettingsProblem {
            kind: match problem.kind {
                wit::ProblemKind::Unreadable => "unreadable",
                wit::ProblemKind::Unknown => "unknown",
                wit::ProblemKind::Missing => "missing",
                wit::ProblemKind::Malformed => "malformed",
                wit::ProblemKind::OutOfRange => "out-of-range",
                wit::ProblemKind::Conflict => "conflict",
                wit::ProblemKind::Failed => "failed",
            },
            at: {
                let mut at = problem.at;
                at.truncate(at.floor_char_boundary(LOCATION_BYTES));
                at
            },
            message: bounded(problem.message),
        })
        .collect();
    PrepareFailure::Settings { problems }
}

#[cfg(test)]
mod tests {
    use super::is_semantic_version;

    #[test]
    fn versions_have_three_numbers() {
        for good in ["1.4.0", "0.1.0-rc.1", "1.0.0+build.5", "10.20.30"] {
            assert!(is_semantic_version(good), "{good}");
        }
        for bad in [
            "", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "v1.2.3", "1.2.3 ",
        ] {
            assert!(!is_semantic_version(bad), "{bad}");
        }
    }
}
