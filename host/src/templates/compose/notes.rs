//! What the author should hear about, of bounded number.

use crate::templates::layout::{Note, NoteLevel, Place};

/// A word to a template's author, from the template itself or from the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorNote {
    /// How much it matters.
    pub level: NoteLevel,
    /// What it is about; the document for notes of the template's own.
    pub place: Place,
    /// Its kind, for those who gather notes.
    pub about: About,
    /// The words.
    pub text: String,
}

/// Notes that come by the dozen in one text can be gathered by what they are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A character that no font has.
    MissingCharacter(char),
    /// A character that another font lent.
    LentCharacter(char),
    /// Anything else.
    Other,
}

/// Notes in the order in which they came up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorNotes {
    entries: Vec<AuthorNote>,
    omitted: u64,
    limit: u64,
}

impl AuthorNotes {
    pub(super) fn with_limit(limit: u64) -> Self {
        Self {
            entries: Vec::new(),
            omitted: 0,
            limit,
        }
    }

    /// The notes.
    pub fn entries(&self) -> &[AuthorNote] {
        &self.entries
    }

    /// How many more there would have been.
    pub fn omitted(&self) -> u64 {
        self.omitted
    }

    /// Whether anything needs to be looked at.
    pub fn has_warnings(&self) -> bool {
        self.entries
            .iter()
            .any(|note| note.level == NoteLevel::Warning)
    }

    pub(super) fn extend_from_guest(&mut self, notes: &[Note]) {
        for note in notes {
            self.push(AuthorNote {
                level: note.level,
                place: Place::Document,
                about: About::Other,
                text: note.text.clone(),
            });
        }
    }

    pub(super) fn warn(&mut self, place: Place, about: About, text: String) {
        self.push(AuthorNote {
            level: NoteLevel::Warning,
            place,
            about,
            text,
        });
    }

    fn push(&mut self, note: AuthorNote) {
        if (self.entries.len() as u64) < self.limit {
            self.entries.push(note);
        } else {
            self.omitted = self.omitted.saturating_add(1);
        }
    }
}
