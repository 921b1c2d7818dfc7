//! Orders to try a template with: its own samples, and data that breaks careless layouts.

use std::sync::Arc;

use ticket_render::images::PreparedImage;

use super::loaded::LayoutOrder;
use super::manifest::{Field, Manifest, Sample, Subject};
use super::request::{Position, Precision};
use super::values::{OrderValues, RawValue, ValueImage};

/// Zone of sample moments.
const SAMPLE_ZONE: &str = "Europe/Zurich";
/// A neutral picture is at most this large; its proportion is what matters.
const GREATEST_PICTURE_SIDE_PX: u32 = 256;

/// One trial.
pub(super) struct Case {
    /// For the report.
    pub name: &'static str,
    pub order: LayoutOrder,
    /// What a failure means.
    pub weight: Weight,
}

/// How much a case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weight {
    /// The author's own sample: it must work.
    Sample,
    /// Data that will come: the template must not break, but may refuse by a rule of its own.
    Expected,
    /// What the renderer cannot shape yet: reported only.
    Beyond,
}

/// All trials of a template.
pub(super) fn cases(manifest: &Manifest) -> Vec<Case> {
    use Weight::{Beyond, Expected};
    let texts = |name, weight, person: &'static str, words: &'static str| Case {
        name,
        order: order_with(manifest, |field| hard_value(field, person, words)),
        weight,
    };
    vec![
        Case {
            name: "sample",
            order: sample_order(manifest),
            weight: Weight::Sample,
        },
        Case {
            name: "only required values",
            order: required_only(manifest),
            weight: Expected,
        },
        texts(
            "longest values",
            Expected,
            "Prof. Dr. Maximiliana-Konstantina Freifrau von und zu Hohenstein-Wolkenstädt",
            "The Extraordinarily Long and Winding Celebration of Everything That Was Ever Sung, Played or Said in This House",
        ),
        texts(
            "one long word",
            Expected,
            "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft",
            "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        ),
        texts(
            "Latin with diacritics",
            Expected,
            "Þórður Ďurđević-Łęški Ñandú",
            "Šťastný Ăņģěľ — Ẁœuf & Ÿvæß",
        ),
        texts(
            "Greek",
            Expected,
            "Αναστασία Παπαδημητρίου-Κωνσταντινοπούλου",
            "Μεγάλη Συναυλία Ελληνικής Μουσικής",
        ),
        texts(
            "Cyrillic",
            Expected,
            "Константин Преображенский-Щукин",
            "Большой зал филармонии: Щелкунчик",
        ),
        texts("Arabic", Beyond, "عبد الرحمن بن محمد", "حفل موسيقي كبير"),
        texts(
            "Chinese, Japanese and Korean",
            Beyond,
            "王小明 山田太郎 김철수",
            "東京音樂節 음악회",
        ),
        texts("emoji", Beyond, "Zoë 🎉👩‍👩‍👧", "Rock 🎸 am Ring 🤘🏽"),
    ]
}

/// An order of the manifest's own samples.
pub(super) fn sample_order(manifest: &Manifest) -> LayoutOrder {
    order_with(manifest, |field| sample_value(&field.sample))
}

fn required_only(manifest: &Manifest) -> LayoutOrder {
    order_with(manifest, |field| {
        field
            .required
            .then(|| sample_value(&field.sample))
            .flatten()
    })
}

fn order_with(manifest: &Manifest, value: impl Fn(&Field) -> Option<RawValue>) -> LayoutOrder {
    let mut values = OrderValues::in_zone(SAMPLE_ZONE);
    for field in &manifest.fields {
        if let Some(value) = value(field) {
            values.set(field.subject, &field.name, value);
        }
    }
    LayoutOrder {
        values,
        locale: manifest
            .languages
            .first()
            .cloned()
            .unwrap_or_else(|| "en".to_owned()),
        position: Position { index: 2, total: 3 },
    }
}

fn sample_value(sample: &Sample) -> Option<RawValue> {
    Some(match sample {
        Sample::Text(text) => RawValue::Text(text.clone()),
        Sample::Integer(value) => RawValue::Integer(*value),
        Sample::Decimal { unscaled, scale } => RawValue::Decimal {
            unscaled: *unscaled,
            scale: *scale,
        },
        Sample::Boolean(value) => RawValue::Boolean(*value),
        Sample::Moment(unix_seconds) => RawValue::Moment {
            unix_seconds: *unix_seconds,
            zone: None,
            precision: Precision::Minute,
        },
        Sample::Money {
            minor_units,
            currency,
        } => RawValue::Money {
            minor_units: *minor_units,
            currency: currency.clone(),
        },
        Sample::Image {
            width_px,
            height_px,
        } => RawValue::Image {
            pixels: ValueImage(neutral_picture(*width_px, *height_px)?),
            description: Some("a neutral picture".to_owned()),
        },
    })
}

/// Long or rare text where text is read; wide numbers where numbers are.
fn hard_value(field: &Field, person: &str, words: &str) -> Option<RawValue> {
    Some(match &field.sample {
        // These are short in nature: a number and an address of mail do not grow with names.
        Sample::Text(_) if is_short_by_nature(field) => return sample_value(&field.sample),
        Sample::Text(_) if field.subject == Subject::Ticket => RawValue::Text(person.to_owned()),
        Sample::Text(_) => RawValue::Text(words.to_owned()),
        Sample::Integer(_) => RawValue::Integer(9_999_999),
        Sample::Money { currency, .. } => RawValue::Money {
            minor_units: 123_456_789,
            currency: currency.clone(),
        },
        // A Wednesday in September has the longest names in most languages.
        Sample::Moment(_) => RawValue::Moment {
            unix_seconds: 1_790_197_140,
            zone: None,
            precision: Precision::Minute,
        },
        other => return sample_value(other),
    })
}

fn is_short_by_nature(field: &Field) -> bool {
    const SHORT: [(Subject, &str); 6] = [
        (Subject::Ticket, "number"),
        (Subject::Ticket, "order"),
        (Subject::Ticket, "seat"),
        (Subject::Event, "id"),
        (Subject::Organizer, "website"),
        (Subject::Organizer, "email"),
    ];
    SHORT
        .iter()
        .any(|(subject, name)| field.subject == *subject && field.name == *name)
}

/// A light gray picture of about that proportion.
fn neutral_picture(width_px: u32, height_px: u32) -> Option<Arc<PreparedImage>> {
    let longer = width_px.max(height_px).max(1);
    let scaled = |side: u32| {
        let side =
            u64::from(side) * u64::from(GREATEST_PICTURE_SIDE_PX.min(longer)) / u64::from(longer);
        u32::try_from(side).unwrap_or(1).max(1)
    };
    let (width, height) = (scaled(width_px), scaled(height_px));
    let pixels = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&vec![0xD0; pixels]).ok()?;
    writer.finish().ok()?;
    PreparedImage::read(&file).ok().map(Arc::new)
}
