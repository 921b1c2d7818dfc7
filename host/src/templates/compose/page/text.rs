//! Text boxes of a page.

use ticket_render::fonts::FontSet;
use ticket_render::scene::Role;
use ticket_render::text::{self, TextError, TextStyle};

use super::super::About;
use super::super::figures::of_text;
use super::PageComposer;
use crate::templates::layout::{self, Item};

impl<'a> PageComposer<'a> {
    /// Lays out a text box; its lines must keep out of the slots like any other paint.
    pub(super) fn text(&mut self, item: &Item, text_box: &layout::TextBox, number: u32) {
        let Some(lines) = self.set(item, text_box) else {
            return;
        };
        let laid_out = match text::lay_out(&lines, &self.resources.fonts) {
            Ok(laid_out) => laid_out,
            Err(error) => return self.refuse_text(&error),
        };
        self.report_text(&laid_out.notes);
        of_text(&laid_out.elements, &self.resources.fonts, &mut |covered| {
            self.paint_rect(number, covered);
        });
        for element in laid_out.elements {
            self.push_element(element);
        }
    }

    /// The box in the renderer's words; `None` when a style is not there.
    fn set<'t>(&mut self, item: &Item, text_box: &'t layout::TextBox) -> Option<text::TextBox<'t>>
    where
        'a: 't,
    {
        let mut paragraphs = Vec::with_capacity(text_box.paragraphs.len());
        for paragraph in &text_box.paragraphs {
            let mut spans = Vec::with_capacity(paragraph.spans.len());
            for span in &paragraph.spans {
                let style = self.style(span.style)?;
                spans.push(text::Span {
                    text: &span.text,
                    style,
                    link: span.link.as_deref(),
                });
            }
            paragraphs.push(text::Paragraph {
                role: paragraph.role.or(item.role).unwrap_or(Role::Paragraph),
                spans,
                align: match paragraph.align {
                    layout::TextAlign::Start => text::Align::Start,
                    layout::TextAlign::Centre => text::Align::Center,
                    layout::TextAlign::End => text::Align::End,
                    layout::TextAlign::Justify => text::Align::Justify,
                },
                line_height: match paragraph.line_height {
                    layout::LineHeight::Normal => text::LineHeight::Normal,
                    layout::LineHeight::Relative(share) => text::LineHeight::Relative(share),
                    layout::LineHeight::Exact(height) => text::LineHeight::Exact(height),
                },
                space_before: paragraph.space_before,
                direction: match paragraph.direction {
                    layout::Direction::Automatic => text::Direction::Automatic,
                    layout::Direction::LeftToRight => text::Direction::LeftToRight,
                    layout::Direction::RightToLeft => text::Direction::RightToLeft,
                },
            });
        }
        Some(text::TextBox {
            frame: text_box.frame,
            paragraphs,
            vertical_align: match text_box.vertical_align {
                layout::VerticalAlign::Top => text::VerticalAlign::Top,
                layout::VerticalAlign::Middle => text::VerticalAlign::Middle,
                layout::VerticalAlign::Bottom => text::VerticalAlign::Bottom,
            },
            max_lines: text_box.max_lines,
            overflow: match text_box.overflow {
                layout::Overflow::Shrink(least) => text::Overflow::Shrink(least),
                layout::Overflow::Ellipsis => text::Overflow::Ellipsis,
                layout::Overflow::Clip => text::Overflow::Clip,
                layout::Overflow::Refuse => text::Overflow::Refuse,
            },
        })
    }

    fn style(&mut self, index: u32) -> Option<&'a TextStyle> {
        let shared = &self.resources.styles;
        let position = usize::try_from(index).unwrap_or(usize::MAX);
        let found = shared.get(position).or_else(|| {
            position
                .checked_sub(shared.len())
                .and_then(|own| self.own_styles.get(own))
        });
        if found.is_none() {
            let count = shared.len() + self.own_styles.len();
            self.findings.problem(
                "span.style",
                format!("there is no style {index}; there are {count}, counted from 0"),
            );
        }
        found
    }

    fn refuse_text(&mut self, error: &TextError) {
        let field = match error {
            TextError::DoesNotFit { .. } => "overflow",
            TextError::RightToLeft { .. } => "paragraph.direction",
            TextError::TooLong { .. } => "paragraphs",
        };
        self.findings.problem(field, error.to_string());
    }

    fn report_text(&mut self, notes: &text::Notes) {
        for note in notes.entries() {
            let words = describe_text_note(note, &self.resources.fonts);
            let about = match note {
                text::Note::MissingGlyph { character, .. } => About::MissingCharacter(*character),
                text::Note::Substituted { character, .. } => About::LentCharacter(*character),
                text::Note::Shrunk { .. }
                | text::Note::Cut { .. }
                | text::Note::WordsDivided { .. }
                | text::Note::Clipped
                | text::Note::Overfull { .. } => About::Other,
            };
            self.findings.warning_about(about, words);
        }
        if notes.omitted() > 0 {
            self.findings
                .warning(format!("{} more remarks on this text", notes.omitted()));
        }
    }
}

fn describe_text_note(note: &text::Note, fonts: &FontSet) -> String {
    let family = |font| fonts.member(font).family.as_str();
    match note {
        text::Note::MissingGlyph { character, font } => format!(
            "no font has the character {character} (U+{:04X}), asked of `{}`; a replacement sign is printed",
            u32::from(*character),
            family(*font)
        ),
        text::Note::Substituted {
            character,
            asked,
            used,
        } => format!(
            "`{}` does not have {character} (U+{:04X}); it comes from `{}`",
            family(*asked),
            u32::from(*character),
            family(*used)
        ),
        text::Note::Shrunk { per_mille } => {
            format!(
                "the text was shrunk to {}.{} % to fit",
                per_mille / 10,
                per_mille % 10
            )
        }
        text::Note::Cut { characters } => {
            format!("{characters} characters were cut off, because the text does not fit its box")
        }
        text::Note::WordsDivided { places } => {
            let places = match places {
                1 => "one place".to_owned(),
                several => format!("{several} places"),
            };
            format!("words that are longer than a line were divided at {places}")
        }
        text::Note::Clipped => "text was clipped at its frame".to_owned(),
        text::Note::Overfull { by } => format!(
            "text stands out of its frame by {:.1} × {:.1} mm",
            by.width.to_mm(),
            by.height.to_mm()
        ),
    }
}
