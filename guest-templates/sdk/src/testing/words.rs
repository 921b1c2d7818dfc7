//! What a document says, without measuring it.

use crate::contract::{Document, ItemContent, Paragraph};

/// All text of a document in reading order, one line for each paragraph. Backgrounds are not read.
#[must_use]
pub fn words(document: &Document) -> String {
    document
        .pages
        .iter()
        .flat_map(|page| &page.items)
        .filter_map(|item| match &item.content {
            ItemContent::Text(text) => Some(text),
            _ => None,
        })
        .flat_map(|text| &text.paragraphs)
        .map(|paragraph| line(paragraph) + "\n")
        .collect()
}

fn line(paragraph: &Paragraph) -> String {
    let spans = paragraph.spans.iter();
    spans.map(|span| span.text.as_str()).collect()
}
