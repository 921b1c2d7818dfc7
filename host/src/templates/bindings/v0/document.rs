//! Pages and items.

use ticket_render::scene::Role;

use super::super::reader::Reader;
use super::{drawing, text, wit};
use crate::templates::layout::{
    Item, ItemContent, Layout, LayoutProblem, Note, NoteLevel, Page, Place,
};
use crate::templates::limits::TemplateLimits;

const EMU_PER_MM: i32 = 36_000;
pub(super) const LEAST_PAGE_EMU: i32 = 10 * EMU_PER_MM;
pub(super) const GREATEST_PAGE_EMU: i32 = 5_080 * EMU_PER_MM;
const GREATEST_BLEED_EMU: i32 = 10 * EMU_PER_MM;
const TITLE_BYTES: usize = 1_000;
const NOTE_BYTES: usize = 1_000;
const ALTERNATIVE_BYTES: usize = 1_000;

/// Reads a document.
pub(super) fn read(
    document: wit::Document,
    limits: &TemplateLimits,
) -> Result<Layout, Vec<LayoutProblem>> {
    let mut reader = Reader::new(limits);
    let styles = document
        .styles
        .into_iter()
        .zip(0..)
        .map(|(style, index)| {
            reader.place = Place::Style { style: index };
            text::style(&mut reader, style)
        })
        .collect();
    reader.place = Place::Document;
    if document.title.trim().is_empty() {
        reader.problem("title", "is empty; it names the file and its window");
    }
    let title = reader.words("title", document.title, TITLE_BYTES);
    let language = reader.language("language", document.language);
    if document.pages.is_empty() {
        reader.problem("pages", "there is none; a document has at least one page");
    }
    let page_count = document.pages.len() as u64;
    let pages = if reader.count_limited("pages", page_count, "pages", limits.pages) {
        document
            .pages
            .into_iter()
            .zip(1..)
            .map(|(page, number)| read_page(&mut reader, page, number))
            .collect()
    } else {
        Vec::new()
    };
    check_page_names(&mut reader, &pages);
    let notes = read_notes(document.notes, limits);
    reader.finish(Layout {
        title,
        language,
        pages,
        styles,
        notes,
    })
}

fn read_page(reader: &mut Reader, page: wit::Page, number: u32) -> Page {
    reader.place = Place::Page { page: number };
    let name = reader.name("name", page.name);
    let mut side = |field, emu| reader.bounded(field, emu, LEAST_PAGE_EMU, GREATEST_PAGE_EMU);
    let size = ticket_render::length::Size {
        width: side("size.width", page.size.width),
        height: side("size.height", page.size.height),
    };
    let bleed = reader.bounded("bleed", page.bleed, 0, GREATEST_BLEED_EMU);
    let items = read_items(reader, page.items, |item| Place::Item {
        page: number,
        item,
    });
    Page {
        name,
        size,
        bleed,
        items,
    }
}

/// Reads a flat list; `place` says where its nth item stands, counted from 1.
pub(super) fn read_items(
    reader: &mut Reader,
    items: Vec<wit::Item>,
    place: impl Fn(u32) -> Place,
) -> Vec<Item> {
    // Not for more than are allowed: the guest chooses this number.
    let expected = items
        .len()
        .min(usize::try_from(reader.limits.items).unwrap_or(usize::MAX));
    let mut read = Vec::with_capacity(expected);
    for (item, number) in items.into_iter().zip(1..) {
        reader.place = place(number);
        if !reader.another_item() {
            break;
        }
        read.extend(read_item(reader, item));
    }
    read
}

fn read_item(reader: &mut Reader, item: wit::Item) -> Option<Item> {
    let role = role(item.role);
    let alternative = item
        .alternative
        .map(|words| reader.words("alternative", words, ALTERNATIVE_BYTES));
    let described = alternative
        .as_ref()
        .is_some_and(|words| !words.trim().is_empty());
    if role == Some(Role::Figure) && !described {
        reader.problem("alternative", "is missing; the role `figure` needs it");
    }
    let content = read_content(reader, item.content)?;
    Some(Item {
        role,
        alternative,
        content,
    })
}

fn read_content(reader: &mut Reader, content: wit::ItemContent) -> Option<ItemContent> {
    use wit::ItemContent as Content;
    match content {
        Content::Text(text_box) => Some(ItemContent::Text(text::text_box(reader, text_box))),
        Content::Rectangle(rectangle) => {
            Some(ItemContent::Shape(drawing::rectangle(reader, rectangle)))
        }
        Content::Line(line) => Some(ItemContent::Shape(drawing::line(reader, line))),
        Content::Path(path) => Some(ItemContent::Shape(drawing::path(reader, path))),
        Content::Image(image) => Some(ItemContent::Image(drawing::image(reader, image))),
        Content::Code(code) => drawing::code(reader, code).map(ItemContent::Code),
        Content::Background(reference) => Some(ItemContent::Background {
            index: reference.index,
            at: reader.point("at", reference.at.x, reference.at.y),
        }),
        Content::Link(link) => Some(ItemContent::Link {
            area: drawing::frame(reader, &link.frame),
            uri: reader.uri("target", link.target),
        }),
        Content::GroupStart(group) => Some(ItemContent::GroupStart(drawing::group(reader, group))),
        Content::GroupEnd => Some(ItemContent::GroupEnd),
        Content::StackStart(_) => unsupported(reader, "a stack"),
        Content::TableStart(_) => unsupported(reader, "a table"),
        Content::CellStart(_) => unsupported(reader, "a table cell"),
        // Reported once, at their starts.
        Content::StackEnd | Content::TableEnd | Content::CellEnd => None,
    }
}

fn unsupported(reader: &mut Reader, what: &str) -> Option<ItemContent> {
    reader.unsupported("content", what);
    None
}

pub(super) fn role(role: wit::Role) -> Option<Role> {
    match role {
        wit::Role::None => None,
        wit::Role::Artifact => Some(Role::Artifact),
        wit::Role::Paragraph => Some(Role::Paragraph),
        wit::Role::Heading1 => Some(Role::Heading(1)),
        wit::Role::Heading2 => Some(Role::Heading(2)),
        wit::Role::Heading3 => Some(Role::Heading(3)),
        wit::Role::Heading4 => Some(Role::Heading(4)),
        wit::Role::Heading5 => Some(Role::Heading(5)),
        wit::Role::Heading6 => Some(Role::Heading(6)),
        wit::Role::Figure => Some(Role::Figure),
        wit::Role::Link => Some(Role::Link),
        wit::Role::Table => Some(Role::Table),
        wit::Role::TableRow => Some(Role::TableRow),
        wit::Role::TableHeaderCell => Some(Role::TableHeader),
        wit::Role::TableCell => Some(Role::TableCell),
    }
}

fn check_page_names(reader: &mut Reader, pages: &[Page]) {
    let mut names = std::collections::HashSet::new();
    for (page, number) in pages.iter().zip(1..) {
        if !page.name.is_empty() && !names.insert(page.name.as_str()) {
            reader.place = Place::Page { page: number };
            reader.problem("name", format!("`{}` names an earlier page too", page.name));
        }
    }
}

/// Notes never spoil a document: too many are counted, too long ones are cut.
fn read_notes(notes: Vec<wit::Note>, limits: &TemplateLimits) -> Vec<Note> {
    let kept = usize::try_from(limits.notes).unwrap_or(usize::MAX);
    let dropped = notes.len().saturating_sub(kept);
    let mut read: Vec<Note> = notes
        .into_iter()
        .take(kept)
        .map(|note| Note {
            level: match note.level {
                wit::NoteLevel::Info => NoteLevel::Info,
                wit::NoteLevel::Warning => NoteLevel::Warning,
            },
            text: cut(note.text),
        })
        .collect();
    if dropped > 0 {
        let text = format!("{dropped} more notes were dropped; the limit `notes` is {kept}");
        read.push(Note {
            level: NoteLevel::Warning,
            text,
        });
    }
    read
}

fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(NOTE_BYTES));
    text
}
