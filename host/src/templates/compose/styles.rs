//! Text styles with their faces found.

use ticket_render::fonts::{FontSet, Slant};
use ticket_render::text;

use super::Findings;
use crate::templates::layout::{Place, TextStyle};

/// Resolves styles whose indexes begin at `first_index`.
pub(super) fn resolve(
    styles: &[TextStyle],
    first_index: u32,
    fonts: &FontSet,
    findings: &mut Findings,
) -> Vec<text::TextStyle> {
    styles
        .iter()
        .zip(first_index..)
        .map(|(style, index)| {
            findings.place = Place::Style { style: index };
            resolve_one(style, fonts, findings)
        })
        .collect()
}

fn resolve_one(style: &TextStyle, fonts: &FontSet, findings: &mut Findings) -> text::TextStyle {
    let slant = if style.italic {
        Slant::Italic
    } else {
        Slant::Upright
    };
    let font = fonts.find(&style.family, style.weight, slant);
    let member = fonts.member(font);
    if !fonts.has_family(&style.family) {
        findings.problem(
            "family",
            format!(
                "there is no family `{}`; there are `sans`, `mono` and those that the manifest lists",
                style.family
            ),
        );
    } else if member.weight != style.weight || member.slant != slant {
        findings.problem(
            "weight",
            format!(
                "`{}` has no face of weight {}{}; faces are not imitated",
                style.family,
                style.weight,
                if style.italic { " italic" } else { "" }
            ),
        );
    }
    text::TextStyle {
        font,
        size: style.size,
        color: style.color,
        underline: style.underline,
        letter_spacing_per_mille: style.letter_spacing_em_per_mille,
        baseline_shift_per_mille: style.baseline_shift_em_per_mille,
        features: style
            .features
            .iter()
            .map(|feature| text::FontFeature {
                tag: feature.tag,
                value: feature.value,
            })
            .collect(),
        language: style.language.as_deref().and_then(text::Language::new),
    }
}
