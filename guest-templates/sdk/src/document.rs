//! Documents, pages and notes; and failures.

use crate::contract::{Document, Failure, Note, NoteLevel, Page, Size};
use crate::drawing::Drawing;
use crate::length::Length;

/// The longest title that the contract allows.
const TITLE_BYTES: usize = 1_000;

impl Document {
    /// A document without a page. The language is that of all text whose style names no other. A title
    /// made of values may be too long for the contract, and nobody reads that far: it is cut.
    #[must_use]
    pub fn new(title: &str, language: &str) -> Self {
        Self {
            title: title[..title.floor_char_boundary(TITLE_BYTES)].to_owned(),
            language: language.to_owned(),
            pages: Vec::new(),
            styles: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// One page more.
    #[must_use]
    pub fn page(mut self, page: Page) -> Self {
        self.pages.push(page);
        self
    }

    /// A word to the author, shown in reports and logs, never printed.
    #[must_use]
    pub fn note(mut self, level: NoteLevel, text: &str) -> Self {
        self.notes.push(Note {
            level,
            text: text.to_owned(),
        });
        self
    }
}

impl Page {
    /// A page without bleed. Names are unique in their document.
    #[must_use]
    pub fn new(name: &str, size: Size, drawing: Drawing) -> Self {
        Self {
            name: name.to_owned(),
            size,
            bleed: 0,
            items: drawing.into_items(),
        }
    }

    /// With this much drawn beyond each edge, to be trimmed off.
    #[must_use]
    pub fn bleed(mut self, bleed: Length) -> Self {
        self.bleed = bleed.emu();
        self
    }
}

impl Failure {
    /// The template's own rule says no; the reason is for whoever orders the ticket.
    #[must_use]
    pub fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(reason.into())
    }

    /// The template cannot go on; the message is for its author.
    #[must_use]
    pub fn failed(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }
}
