//! Text boxes, paragraphs, spans and styles.

use ticket_render::length::Length;
use ticket_render::scene::Role;

use super::super::reader::{Reader, quoted};
use super::document::role;
use super::drawing::{colour, frame};
use super::wit;
use crate::templates::layout::{
    Direction, FontFeature, LineHeight, Overflow, Paragraph, Span, TextAlign, TextBox, TextStyle,
    VerticalAlign,
};

const EMU_PER_POINT: i32 = 12_700;
const GREATEST_SIZE_EMU: i32 = 1_000 * EMU_PER_POINT;
const GREATEST_SPACE_EMU: i32 = 1_000 * 36_000;
const GREATEST_EMU: i32 = 182_880_000;
const FEATURES: usize = 16;

pub(super) fn text_box(reader: &mut Reader, text_box: wit::TextBox) -> TextBox {
    let frame = frame(reader, &text_box.frame);
    if frame.width == Length::ZERO {
        reader.problem("frame.width", "is 0, which only stacks and cells allow");
    }
    if text_box.paragraphs.is_empty() {
        reader.problem("paragraphs", "there is none; a text box has at least one");
    }
    TextBox {
        frame,
        paragraphs: text_box
            .paragraphs
            .into_iter()
            .map(|paragraph| read_paragraph(reader, paragraph))
            .collect(),
        vertical_align: match text_box.vertical_align {
            wit::VerticalAlign::Top => VerticalAlign::Top,
            wit::VerticalAlign::Middle => VerticalAlign::Middle,
            wit::VerticalAlign::Bottom => VerticalAlign::Bottom,
        },
        max_lines: text_box.max_lines,
        overflow: match text_box.overflow {
            wit::Overflow::Shrink(least) => {
                Overflow::Shrink(reader.number("overflow", least, 100, 1_000))
            }
            wit::Overflow::Ellipsis => Overflow::Ellipsis,
            wit::Overflow::Clip => Overflow::Clip,
            wit::Overflow::Refuse => Overflow::Refuse,
        },
    }
}

fn read_paragraph(reader: &mut Reader, paragraph: wit::Paragraph) -> Paragraph {
    let role = role(paragraph.role);
    if !matches!(role, None | Some(Role::Paragraph | Role::Heading(_))) {
        reader.problem(
            "paragraph.role",
            "a paragraph is `none`, `paragraph` or a heading; give other roles to the item",
        );
    }
    if paragraph.hyphenate {
        reader.unsupported("paragraph.hyphenate", "hyphenated text");
    }
    Paragraph {
        role,
        spans: paragraph
            .spans
            .into_iter()
            .map(|span| read_span(reader, span))
            .collect(),
        align: match paragraph.align {
            wit::TextAlign::Start => TextAlign::Start,
            wit::TextAlign::Centre => TextAlign::Centre,
            wit::TextAlign::End => TextAlign::End,
            wit::TextAlign::Justify => TextAlign::Justify,
        },
        line_height: match paragraph.line_height {
            wit::LineHeight::Normal => LineHeight::Normal,
            wit::LineHeight::Relative(share) => {
                LineHeight::Relative(reader.number("paragraph.line-height", share, 500, 5_000))
            }
            wit::LineHeight::Exact(height) => {
                LineHeight::Exact(reader.bounded("paragraph.line-height", height, 1, GREATEST_EMU))
            }
        },
        space_before: reader.bounded(
            "paragraph.space-before",
            paragraph.space_before,
            0,
            GREATEST_SPACE_EMU,
        ),
        direction: match paragraph.direction {
            wit::Direction::Automatic => Direction::Automatic,
            wit::Direction::LeftToRight => Direction::LeftToRight,
            wit::Direction::RightToLeft => Direction::RightToLeft,
        },
    }
}

fn read_span(reader: &mut Reader, span: wit::Span) -> Span {
    Span {
        text: reader.printed_text("span.text", span.text),
        style: span.style,
        link: span.link.map(|uri| reader.uri("span.link", uri)),
    }
}

pub(super) fn style(reader: &mut Reader, style: wit::TextStyle) -> TextStyle {
    reader.count("features", style.features.len(), 0, FEATURES);
    TextStyle {
        family: reader.name("family", style.family),
        weight: reader.number("weight", style.weight, 1, 1_000),
        italic: match style.slant {
            wit::Slant::Upright => false,
            wit::Slant::Italic => true,
        },
        size: reader.bounded("size", style.size, EMU_PER_POINT, GREATEST_SIZE_EMU),
        color: colour(reader, "colour", style.colour),
        underline: style.underline,
        letter_spacing_em_per_mille: reader.number(
            "letter-spacing",
            style.letter_spacing,
            -500,
            2_000,
        ),
        baseline_shift_em_per_mille: reader.number(
            "baseline-shift",
            style.baseline_shift,
            -2_000,
            2_000,
        ),
        features: style
            .features
            .iter()
            .take(FEATURES)
            .filter_map(|feature| read_feature(reader, feature))
            .collect(),
        language: style.language.map(|tag| reader.language("language", tag)),
    }
}

fn read_feature(reader: &mut Reader, feature: &wit::FontFeature) -> Option<FontFeature> {
    match <[u8; 4]>::try_from(feature.tag.as_bytes()) {
        Ok(tag) if tag.iter().all(|byte| (b' '..=b'~').contains(byte)) => Some(FontFeature {
            tag,
            value: feature.value,
        }),
        _ => {
            reader.problem(
                "features",
                format!(
                    "`{}` is not four printable ASCII characters",
                    quoted(&feature.tag)
                ),
            );
            None
        }
    }
}
